"""Whom to believe: chains under every condition, revocation lists, registries, and the folder that says it all."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.court_oa.simulator_signing.bench import Bench
from adapters.court_oa.simulator_signing.certificates import (
    AUTHORITY,
    KEY_COMPROMISE,
    SIGNING,
    Issued,
    Wanted,
    issue,
    revocation_list,
)
from adapters.court_oa.simulator_signing.hierarchy import YEAR, person
from adapters.court_oa.simulator_signing.keys import new_key
from gateway.errors import ConfigurationFault
from gateway.rulings.certificate import read_certificate, read_certificates
from gateway.rulings.malformed import Malformed
from gateway.rulings.result import Check, CheckResult, Verdict
from gateway.rulings.trust import Anchor, Court, CourtCertificate, CourtSeal, Period, Trust
from gateway.rulings.trust.chain import Chain, Moment, build
from gateway.rulings.trust.folder import read_trust
from gateway.rulings.trust.revocation import read_list
from gateway.rulings.verification import verify
from tests.gateway.rulings.conftest import AT, COURT, NOW, codes, failed_checks, trust_in
from tests.house.tree import blocks, read

DAY = timedelta(days=1)
KINDS = ("sm2", "rsa", "ecdsa")


@pytest.fixture(params=KINDS)
def bench(request: Any) -> Bench:
    return request.getfixturevalue(request.param)  # type: ignore[no-any-return]


def chain(leaf: Issued, trust: Trust, *others: Issued, at: datetime = AT) -> Chain:
    between = [read_certificate(each.der) for each in others]
    return build(read_certificate(leaf.der), between, trust, "signer", Moment(at=at, now=NOW))


def failures(found: Chain) -> set[str]:
    return {each.code for each in found.findings if each.verdict is Verdict.FAILED}


def test_a_chain_over_an_intermediate_of_the_file_holds(bench: Bench) -> None:
    trust = trust_in(bench.people, intermediates=())
    found = chain(bench.people.court, trust, bench.people.issuing, bench.people.maker)
    assert failures(found) == set()
    assert [each.sha256 for each in found.path] == [
        bench.people.court.sha256, bench.people.issuing.sha256, bench.people.root.sha256,
    ]  # fmt: skip


def test_without_its_intermediate_a_certificate_leads_nowhere(bench: Bench) -> None:
    found = chain(bench.people.court, trust_in(bench.people, intermediates=()))
    assert failures(found) == {"rulings.chain.no_anchor"}


def test_a_certificate_that_its_issuer_did_not_sign_is_called_forged(bench: Bench) -> None:
    forged = issue(
        person(COURT, AT), new_key(bench.people.kind), bench.people.root, signed_by=new_key(bench.people.kind)
    )
    assert failures(chain(forged, trust_in(bench.people))) == {"rulings.chain.forged"}


def test_a_signer_cannot_issue_certificates(bench: Bench) -> None:
    leaf = issue(person(COURT, AT), new_key(bench.people.kind), bench.people.court)
    # its issuer is no authority, so it is not even considered as one
    assert failures(chain(leaf, trust_in(bench.people), bench.people.court)) == {"rulings.chain.no_anchor"}
    anchored = trust_of(bench.people.court)
    assert "rulings.chain.not_a_ca" in failures(chain(leaf, anchored))


def test_a_path_may_not_be_longer_than_an_authority_allows(bench: Bench) -> None:
    below = issue(authority("枫桥测试下级机构"), new_key(bench.people.kind), bench.people.issuing)
    leaf = issue(person(COURT, AT), new_key(bench.people.kind), below)
    assert failures(chain(leaf, trust_in(bench.people), below)) == {"rulings.chain.path_length"}


def test_an_authority_needs_the_usage_to_sign_certificates(bench: Bench) -> None:
    weak = issue(replace(authority("枫桥测试弱机构"), usage=SIGNING), new_key(bench.people.kind), bench.people.root)
    leaf = issue(person(COURT, AT), new_key(bench.people.kind), weak)
    assert failures(chain(leaf, trust_in(bench.people), weak)) == {"rulings.chain.key_usage"}


def test_an_expired_intermediate_breaks_the_chain_at_the_time_of_signing(bench: Bench) -> None:
    old = issue(replace(authority("枫桥测试旧机构"), end=AT - DAY), new_key(bench.people.kind), bench.people.root)
    leaf = issue(person(COURT, AT), new_key(bench.people.kind), old)
    assert failures(chain(leaf, trust_in(bench.people), old)) == {"rulings.chain.not_valid"}
    assert failures(chain(leaf, trust_in(bench.people), old, at=AT - 2 * DAY)) == set()


def test_many_authorities_of_one_name_end_in_an_answer(ecdsa: Bench) -> None:
    many = [issue(authority("枫桥测试重名"), new_key("ecdsa"), None) for _ in range(60)]
    leaf = issue(person(COURT, AT), new_key("ecdsa"), many[0], signed_by=new_key("ecdsa"))
    assert failures(chain(leaf, trust_in(ecdsa.people), *many)) <= {"rulings.chain.no_anchor", "rulings.chain.forged"}


SUPERSEDED = 4


@pytest.mark.parametrize(
    ("when", "reason", "verdict"),
    [
        (AT - DAY, SUPERSEDED, "failed"), (AT + DAY, SUPERSEDED, "passed"), (AT + DAY, None, "not_possible"),
        (AT + DAY, KEY_COMPROMISE, "failed"), (None, None, "passed"),
    ],
    ids=["before", "after", "after, who knows why", "compromised after", "never"],
)  # fmt: skip
def test_revocation_counts_at_the_time_of_signing(
    bench: Bench, when: datetime | None, reason: int | None, verdict: str
) -> None:
    revoked = [(bench.people.court, when, reason)] if when else [(bench.people.maker, AT, None)]
    listed = read_list(revocation_list(bench.people.issuing, revoked, at=AT + 2 * DAY))
    found = chain(bench.people.court, trust_in(bench.people, revocation_lists=(listed,)))
    assert failures(found) == ({"rulings.chain.revoked"} if verdict == "failed" else set())
    assert CheckResult(check=Check.CHAIN, findings=found.findings).verdict == verdict
    assert found.lists == (listed,)


def test_a_time_stamp_before_a_revocation_without_a_reason_saves_the_signature(sm2: Bench) -> None:
    listed = read_list(revocation_list(sm2.people.issuing, [(sm2.people.court, AT + DAY, None)], at=AT + 2 * DAY))
    trust = trust_in(sm2.people, revocation_lists=(listed,))
    assert not verify(sm2.sealed_ofd(), trust=trust, now=NOW).genuine
    assert verify(sm2.sealed_ofd(stamping=sm2.people.stamping), trust=trust, now=NOW).genuine


def test_a_list_that_the_issuer_did_not_sign_revokes_nothing(bench: Bench) -> None:
    stranger = new_key(bench.people.kind)
    made = revocation_list(bench.people.issuing, [(bench.people.court, AT - DAY, None)], at=AT, signed_by=stranger)
    found = chain(bench.people.court, trust_in(bench.people, revocation_lists=(read_list(made),)))
    assert (failures(found), found.lists) == (set(), ())


def test_where_lists_are_required_a_missing_one_leaves_the_chain_undecided(sm2: Bench) -> None:
    current = [read_list(revocation_list(each, [], at=AT)) for each in (sm2.people.root, sm2.people.issuing)]
    old = read_list(revocation_list(sm2.people.issuing, [], at=AT - 30 * DAY))
    for lists, verdict in (((), "not_possible"), ((current[0], old), "not_possible"), (tuple(current), "passed")):
        trust = trust_in(sm2.people, revocation_lists=lists, revocation="required")
        verification = verify(sm2.sealed_ofd(), trust=trust, now=NOW)
        assert verification.check(Check.CHAIN).verdict == verdict
        assert verification.genuine == (verdict == "passed")


@pytest.mark.parametrize(
    ("period", "code"),
    [
        (Period(withdrawn=AT - DAY), "anchor_withdrawn"),
        (Period(withdrawn=AT + DAY), None),
        (Period(withdrawn=AT + DAY, compromised=True), "anchor_withdrawn"),
        (Period(end=AT - DAY), "anchor_not_valid"),
        (Period(start=AT - DAY, end=AT + DAY), None),
    ],
)
def test_an_anchor_counts_while_it_is_configured_to(sm2: Bench, period: Period, code: str | None) -> None:
    trust = trust_in(sm2.people)
    trust = replace(trust, anchors=tuple(replace(each, period=period) for each in trust.anchors))
    assert failures(chain(sm2.people.court, trust)) == ({f"rulings.chain.{code}"} if code else set())


@pytest.mark.parametrize(
    ("change", "check"),
    [
        (lambda court: court, None),
        (lambda court: replace(court, certificates=(registered("0" * 64),)), Check.CHAIN),
        (lambda court: with_certificate(court, withdrawn=AT - DAY), Check.CHAIN),
        (lambda court: with_certificate(court, withdrawn=AT + DAY), None),
        (lambda court: with_certificate(court, withdrawn=AT + DAY, compromised=True), Check.CHAIN),
        (lambda court: with_certificate(court, end=AT - DAY), Check.CHAIN),
        (lambda court: replace(court, seals=(CourtSeal(id="another", period=Period()),)), Check.SEAL),
        (lambda court: with_seal(court, withdrawn=AT - DAY), Check.SEAL),
        (lambda court: with_seal(court, start=AT + DAY), Check.SEAL),
        (lambda court: replace(court, codes=frozenset({"浙0502"})), Check.BINDING),
        (lambda court: replace(court, name="样例县人民法院"), Check.BINDING),
    ],
)
def test_what_a_court_registered_decides_who_may_sign(
    sm2: Bench, change: Callable[[Court], Court], check: Check | None
) -> None:
    court = Court(
        name=COURT, codes=frozenset({"浙0521"}), certificates=(registered(sm2.people.court.sha256),),
        seals=(CourtSeal(id=sm2.wanted.id, period=Period()),),
    )  # fmt: skip
    verification = verify(sm2.sealed_ofd(), trust=trust_in(sm2.people, courts=(change(court),)), now=NOW)
    assert failed_checks(verification) == ([check] if check else [])


def test_without_any_trust_the_chain_is_not_possible_and_never_passed(sm2: Bench) -> None:
    verification = verify(sm2.sealed_ofd(), trust=Trust(), now=NOW)
    assert verification.check(Check.CHAIN).verdict is Verdict.NOT_POSSIBLE
    assert not verification.genuine


def test_an_anchor_for_signers_makes_no_seals(sm2: Bench) -> None:
    trust = trust_in(sm2.people)
    trust = replace(trust, anchors=tuple(replace(each, roles=frozenset({"signer"})) for each in trust.anchors))
    verification = verify(sm2.sealed_ofd(), trust=trust, now=NOW)
    assert failed_checks(verification) == [Check.CHAIN]


def test_a_trust_folder_is_read_with_everything_it_names(sm2: Bench, tmp_path: Path) -> None:
    write_folder(tmp_path, sm2)
    trust = read_trust(tmp_path)
    assert [each.certificate.sha256 for each in trust.anchors] == [sm2.people.root.sha256]
    assert trust.anchors[0].roles == {"signer", "maker"}
    assert trust.courts[0].certificates[0].period.withdrawn is None
    assert trust.courts[0].seals[0].period.end is not None
    assert verify(sm2.sealed_ofd(), trust=trust, now=NOW).genuine


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("anchors: [{file: nowhere.pem}]", "rulings.trust.no_file"),
        ("anchors: [{file: ../root.pem}]", "rulings.trust.wrong"),
        ("anchors: [{file: trust.yaml}]", "rulings.trust.unreadable"),
        ("anchors: [{file: root.pem, until: soon}]", "rulings.trust.wrong"),
        ("anchors: [{file: root.pem, roles: [king]}]", "rulings.trust.wrong"),
        ("courts: [{name: 法院, codes: [浙0521], certificates: [{}]}]", "rulings.trust.wrong"),
        ("revocation_lists: [root.pem]", "rulings.trust.unreadable"),
        ("authorities: []", "rulings.trust.wrong"),
        ("anchors: [", "configuration.not_yaml"),
    ],
)
def test_a_trust_folder_with_a_fault_is_refused_by_its_place(sm2: Bench, tmp_path: Path, line: str, code: str) -> None:
    write_folder(tmp_path, sm2)
    (tmp_path / "trust.yaml").write_text(line, encoding="utf-8")
    with pytest.raises(ConfigurationFault) as refused:
        read_trust(tmp_path)
    assert refused.value.code == code
    assert refused.value.text("zh") != code


def test_the_example_of_the_guide_is_a_trust_folder(sm2: Bench, tmp_path: Path) -> None:
    (example,) = blocks(read("docs/rulings.md"), "yaml")
    for name in re.findall(r"[a-z]+/[a-z0-9-]+\.(?:pem|crl)", example):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        listed = revocation_list(sm2.people.issuing, [], at=AT)
        (tmp_path / name).write_bytes(listed if name.endswith("crl") else pem(sm2.people.court.der))
    (tmp_path / "trust.yaml").write_text(example, encoding="utf-8")
    trust = read_trust(tmp_path)
    assert (len(trust.anchors), len(trust.revocation_lists), len(trust.courts[0].certificates)) == (1, 1, 2)
    assert trust.courts[0].seals[0].period.compromised


def test_a_folder_without_its_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationFault):
        read_trust(tmp_path)


def test_a_name_whose_string_type_lies_is_read_as_well_as_can_be(sm2: Bench) -> None:
    whole = sm2.people.court.der
    # the organisation's UTF8String, filled with what is no UTF-8
    lying = whole.replace("枫桥测试".encode(), "浙江法院".encode("gb18030") + b"\xd6\xd0\xb9\xfa", 1)
    assert read_certificate(lying).shown
    twice = whole.replace("枫桥测试".encode(), "浙江法院".encode("gb18030") + b"\xd6\xd0\xb9\xfa")
    assert COURT in read_certificate(twice).shown


@pytest.mark.parametrize("octets", [b"", b"\x30\0", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_what_is_no_certificate_is_refused(octets: bytes) -> None:
    with pytest.raises(Malformed):
        read_certificates(octets)


def write_folder(folder: Path, bench: Bench) -> None:
    for name, issued in (("root", bench.people.root), ("issuing", bench.people.issuing), ("court", bench.people.court)):
        (folder / f"{name}.pem").write_bytes(pem(issued.der))
    (folder / "issuing.crl").write_bytes(revocation_list(bench.people.issuing, [], at=AT))
    (folder / "trust.yaml").write_text(
        f"""
revocation: where_configured
anchors:
  - {{file: root.pem, roles: [signer, maker], from: 2020-01-01, until: "2036-12-31"}}
intermediates: [issuing.pem]
revocation_lists: [issuing.crl]
courts:
  - name: {COURT}
    codes: [浙0521]
    certificates: [{{file: court.pem}}]
    seals: [{{id: "{bench.wanted.id}", until: 2030-12-31T18:00:00+08:00}}]
""",
        encoding="utf-8",
    )


def pem(der: bytes) -> bytes:
    from asn1crypto import pem as armour

    return bytes(armour.armor("CERTIFICATE", der))


def authority(name: str) -> Wanted:
    return Wanted(common_name=name, start=AT - YEAR, end=AT + YEAR, usage=AUTHORITY, authority=True)


def trust_of(issued: Issued) -> Trust:
    certificate = read_certificate(issued.der)
    return Trust(anchors=(Anchor(certificate=certificate, roles=frozenset({"signer"}), period=Period()),))


def registered(sha256: str, **period: Any) -> CourtCertificate:
    return CourtCertificate(sha256=sha256, period=Period(**period))


def with_certificate(court: Court, **period: Any) -> Court:
    return replace(court, certificates=tuple(registered(each.sha256, **period) for each in court.certificates))


def with_seal(court: Court, **period: Any) -> Court:
    return replace(court, seals=tuple(replace(each, period=Period(**period)) for each in court.seals))


def test_the_codes_of_a_registered_ruling_say_whose_it_is(sm2: Bench) -> None:
    court = Court(name=COURT, codes=frozenset({"浙0521"}), certificates=(registered(sm2.people.court.sha256),))
    verification = verify(sm2.message_pdf(), trust=trust_in(sm2.people, courts=(court,)), now=NOW)
    assert {"rulings.chain.registered", "rulings.chain.holds"} <= codes(verification)
    assert [each.court for each in verification.signatures] == [COURT]
