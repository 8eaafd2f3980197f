"""What a verification found can be found again on any machine, and a changed archive never counts as evidence.

A few dozen offsets by default; every offset of the archive with ``TEST_EFFORT=long``.
"""

from __future__ import annotations

import json
import os
import random
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest

from adapters.court_oa.simulator_signing.bench import Bench
from adapters.court_oa.simulator_signing.certificates import revocation_list
from adapters.court_oa.simulator_signing.messages import signed_message
from gateway.rulings.certificate import read_certificate
from gateway.rulings.container import unpack
from gateway.rulings.context import Expected
from gateway.rulings.evidence.archive import LIMITS, MANIFEST, RECORD, archived, is_archive
from gateway.rulings.evidence.examination import ArchiveReport, examine
from gateway.rulings.evidence.record import digests_of, read_record, record_of
from gateway.rulings.limits import deadline
from gateway.rulings.malformed import Malformed
from gateway.rulings.result import Check, Verdict
from gateway.rulings.trust import Court, CourtCertificate, CourtSeal, Period, Trust
from gateway.rulings.trust.folder import read_files
from gateway.rulings.trust.revocation import read_list
from gateway.rulings.trust.written import written
from gateway.rulings.verification import verify
from tests.gateway.rulings.conftest import AT, COURT, NOW, bench_of, trust_in

DAY = timedelta(days=1)
LATER = NOW + 3000 * DAY
EXPECTED = Expected(court=COURT, parties=("沈谷雨", "姚霜降"), ruling="valid")
Files = dict[str, bytes]


def believing(bench: Bench) -> Trust:
    """Return trust of every kind: an anchor with dates, a list, two courts, a seal withdrawn later."""
    listed = revocation_list(bench.people.issuing, [(bench.people.stamping, AT - DAY, None)], at=AT + DAY)
    signer = read_certificate(bench.people.court.der)
    seal = CourtSeal(id=bench.wanted.id, period=Period(withdrawn=NOW + DAY, compromised=True))
    period = Period(start=AT - 30 * DAY, end=AT + 300 * DAY - timedelta(microseconds=1))
    row = CourtCertificate(sha256=signer.sha256, certificate=signer, period=period)
    others = (CourtCertificate(sha256="0f" * 32, period=Period(withdrawn=AT)),)
    courts = (
        Court(name=COURT, codes=frozenset({"浙0521", "浙05"}), certificates=(row,), seals=(seal,)),
        Court(name="枫桥测试法院", codes=frozenset(), certificates=others),
    )
    return trust_in(bench.people, revocation_lists=(read_list(listed),), courts=courts, revocation="where_configured")


def kept(octets: bytes, trust: Trust, *, signature: bytes | None = None, expected: Expected | None = None) -> bytes:
    verification = verify(octets, trust=trust, now=NOW, detached=signature, expected=expected)
    return archived(
        octets, record_of(verification, trust=trust, detached=signature, expected=expected), signature=signature
    )


@pytest.fixture(scope="module")
def archive(sm2: Bench) -> bytes:
    return kept(sm2.sealed_ofd(), believing(sm2), expected=EXPECTED)


def root(bench: Bench) -> str:
    return read_certificate(bench.people.root.der).sha256


def codes(report: ArchiveReport, verdict: Verdict = Verdict.FAILED) -> set[str]:
    return {each.code for each in report.findings if each.verdict is verdict}


def files_of(octets: bytes) -> Files:
    return dict(unpack(octets, LIMITS, deadline(LIMITS)))


def packed(files: Mapping[str, bytes], *, listed: bool = True) -> bytes:
    """Return an archive of other files; ``listed``: by a forger who makes the manifest anew."""
    files = dict(files)
    if listed:
        manifest = json.loads(files.pop(MANIFEST))
        manifest["files"] = {name: digests_of(content).model_dump() for name, content in files.items()}
        files = {MANIFEST: json.dumps(manifest).encode(), **files}
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return stream.getvalue()


def test_trust_that_was_written_is_read_as_the_same_trust(sm2: Bench) -> None:
    trust = believing(sm2)
    files = written(trust)
    assert read_files(lambda name: files[name]) == trust
    assert written(read_files(lambda name: files[name])) == files


def test_a_record_reads_back_as_itself(sm2: Bench) -> None:
    trust = believing(sm2)
    record = record_of(verify(sm2.sealed_ofd(), trust=trust, now=NOW), trust=trust, expected=EXPECTED)
    assert read_record(record.to_json().encode(), record.files) == record
    assert "沈谷雨" not in repr(record)
    used = [*record.certificates, *record.anchors, *record.revocation_lists]
    assert [digests_of(record.files[each.file]).sm3 for each in used] == [each.sm3 for each in used]
    assert [len(each) for each in (record.certificates, record.anchors, record.revocation_lists)] == [4, 1, 1]


FORMS: dict[str, tuple[str, Callable[[Bench], tuple[bytes, bytes | None]]]] = {
    "ofd with a seal": ("sm2", lambda bench: (bench.sealed_ofd(stamping=bench.people.stamping), None)),
    "pdf with a seal": ("sm2", lambda bench: (bench.sealed_pdf(), None)),
    "pdf with RSA": ("rsa", lambda bench: (bench.message_pdf(), None)),
    "a signature beside": ("ecdsa", lambda bench: (b"annex", signed_message(b"annex", bench.people.court, at=AT))),
}


@pytest.mark.parametrize("form", FORMS)
def test_an_archive_is_confirmed_years_later_by_whoever_knows_its_anchor(
    request: pytest.FixtureRequest, form: str
) -> None:
    kind, make = FORMS[form]
    bench: Bench = request.getfixturevalue(kind)
    octets, signature = make(bench)
    trust = trust_in(bench.people)
    one = kept(octets, trust, signature=signature)
    assert one == kept(octets, trust, signature=signature)
    assert is_archive(one)
    report = examine(one, now=LATER, known={root(bench)})
    assert (report.verdict, report.intact) == (Verdict.PASSED, True), report.to_dict()
    assert report.again is not None
    assert report.again.evidence == verify(octets, trust=trust, now=NOW, detached=signature).evidence
    assert codes(report, Verdict.PASSED) == {
        "rulings.archive.whole", "rulings.archive.same", "rulings.archive.anchor_known",
    }  # fmt: skip


def test_an_archive_alone_proves_only_that_it_agrees_with_itself(archive: bytes, sm2: Bench) -> None:
    report = examine(archive, now=LATER)
    assert report.intact
    assert report.verdict is Verdict.NOT_POSSIBLE
    assert codes(report, Verdict.NOT_POSSIBLE) == {"rulings.archive.anchor_unknown"}
    assert root(sm2) in report.findings[-1].text("zh")
    forger = bench_of("sm2")
    own = kept(forger.sealed_ofd(), trust_in(forger.people))
    assert examine(own, now=LATER, known={root(sm2)}).verdict is Verdict.NOT_POSSIBLE
    assert examine(own, now=LATER, trust=trust_in(sm2.people)).verdict is Verdict.FAILED


def test_by_own_trust_the_ruling_is_judged_as_of_today(archive: bytes, sm2: Bench) -> None:
    trust = believing(sm2)
    assert examine(archive, now=NOW, trust=trust).verdict is Verdict.PASSED
    later = examine(archive, now=NOW + 2 * DAY, trust=trust)  # the seal's key was compromised the day before
    assert later.again is not None
    assert later.today is not None
    assert later.again.genuine
    assert [each.check for each in later.today.failed] == [Check.SEAL]
    assert (later.intact, later.verdict) == (True, Verdict.FAILED)


def test_a_refused_ruling_is_kept_as_well_and_stays_refused(sm2: Bench) -> None:
    from adapters.court_oa.simulator_signing import defects

    for octets in (defects.OFD["unlisted_signer"].make(sm2), b"PK\3\4 no container", b""):
        report = examine(kept(octets, trust_in(sm2.people)), now=LATER, known={root(sm2)})
        assert (report.intact, report.verdict) == (True, Verdict.FAILED)


def record_saying(**other: Any) -> Callable[[Files], Files]:
    def change(files: Files) -> Files:
        return {**files, RECORD: json.dumps({**json.loads(files[RECORD]), **other}).encode()}

    return change


def all_passed(files: Files) -> Files:
    record = json.loads(files[RECORD])
    return record_saying(checks=[{**each, "verdict": "failed"} for each in record["checks"]])(files)


def without(prefix: str) -> Callable[[Files], Files]:
    return lambda files: {name: content for name, content in files.items() if not name.startswith(prefix)}


def appended(prefix: str) -> Callable[[Files], Files]:
    return lambda files: {
        name: content + b"\n" if name.startswith(prefix) else content for name, content in files.items()
    }


def _with_maker(files: Files, content: bytes | None) -> Files:
    """Return files with another certificate of the seal's maker, which the document holds and the trust does not."""
    trusted = files["trust.yaml"].decode()
    name = next(each for each in files if each.startswith("certificates/") and each not in trusted)
    rest = {each: files[each] for each in files if each != name}
    return rest if content is None else {**rest, name: content}


# By a forger who makes the manifest anew; what must be found.
FORGED: dict[str, tuple[Callable[[Files], Files], str]] = {
    "another document": (appended("document"), "rulings.archive.other"),
    "other verdicts": (all_passed, "rulings.archive.other"),
    "not genuine": (record_saying(genuine=False), "rulings.archive.other"),
    "another signature": (record_saying(signatures=[]), "rulings.archive.other"),
    "no certificates": (record_saying(certificates=[]), "rulings.archive.other"),
    "an extra field": (record_saying(comment="x"), "rulings.archive.record"),
    "no time": (record_saying(verified_at="x"), "rulings.archive.record"),
    "no record": (without(RECORD), "rulings.archive.manifest"),
    "an endless record": (lambda files: {**files, RECORD: b"[" * 100_000}, "rulings.archive.record"),
    "no document": (without("document"), "rulings.archive.no_document"),
    "two documents": (lambda files: {**files, "document.pdf": b"%PDF-"}, "rulings.archive.no_document"),
    "no certificate files": (without("certificates"), "rulings.archive.trust"),
    "a maker's certificate": (lambda files: _with_maker(files, b"\0"), "rulings.archive.other"),
    "no maker's certificate": (lambda files: _with_maker(files, None), "rulings.archive.other"),
    "no trust": (without("trust"), "rulings.archive.trust"),
    "other trust": (appended("trust"), "rulings.archive.other"),
    "endless trust": (lambda files: {**files, "trust.yaml": b"[" * 5_000_000}, "rulings.container.too_large"),
    "deep trust": (lambda files: {**files, "trust.yaml": b"[" * 100_000}, "rulings.archive.trust"),
    "another list": (without("lists"), "rulings.archive.trust"),
    "an extra file": (lambda files: {**files, "readme.txt": b"x"}, "rulings.archive.superfluous"),
    "a signature beside": (lambda files: {**files, "signature.dat": b"x"}, "rulings.archive.other"),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_archive_is_found_out(name: str, archive: bytes, sm2: Bench) -> None:
    change, code = FORGED[name]
    report = examine(packed(change(files_of(archive))), now=NOW, known={root(sm2)})
    assert code in codes(report), report.to_dict()["findings"]
    assert report.verdict is Verdict.FAILED


def test_what_the_manifest_does_not_say_is_found(archive: bytes) -> None:
    files = files_of(archive)
    name = next(each for each in files if each.startswith("lists/"))
    for change, code in (
        ({**files, "more.txt": b""}, "rulings.archive.unlisted"),
        ({**files, name: files[name] + b"\0"}, "rulings.archive.changed"),
        ({each: files[each] for each in files if each != name}, "rulings.archive.missing"),
        ({**files, MANIFEST: b"{"}, "rulings.archive.manifest"),
    ):
        report = examine(packed(change, listed=False), now=NOW)
        assert report.verdict is Verdict.FAILED
        assert code in codes(report)


def test_a_bomb_ends_in_a_finding(archive: bytes) -> None:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr(MANIFEST, b"\0" * 60_000_000)
    assert codes(examine(stream.getvalue(), now=NOW)) == {"rulings.container.ratio"}


def test_an_archive_larger_than_one_may_be_is_not_written(sm2: Bench) -> None:
    trust = trust_in(sm2.people)
    record = record_of(verify(b"", trust=trust, now=NOW), trust=trust)
    with pytest.raises(Malformed):
        archived(bytes(LIMITS.entry + 1), record)


def test_a_record_by_another_version_is_compared_by_its_verdicts(archive: bytes, sm2: Bench) -> None:
    report = examine(
        packed(record_saying(verifier="fengqiao-gateway 0.0.1")(files_of(archive))), now=NOW, known={root(sm2)}
    )
    assert report.verdict is Verdict.PASSED
    assert "rulings.archive.same_by_another" in codes(report, Verdict.PASSED)


def test_a_machine_that_is_too_slow_says_so_and_nothing_else(archive: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    from gateway.rulings import limits, verification

    monkeypatch.setattr(verification, "Limits", lambda: replace(limits.Limits(), seconds=-1.0))
    report = examine(archive, now=NOW)
    assert codes(report) == set()
    assert report.verdict is Verdict.NOT_POSSIBLE


def offsets(size: int, count: int) -> Iterable[int]:
    if os.environ.get("TEST_EFFORT") == "long":
        return range(size)
    return sorted(random.Random(20261120).sample(range(size), count))


def test_a_changed_byte_of_an_archive_never_passes(archive: bytes, sm2: Bench) -> None:
    for offset in offsets(len(archive), 150):
        other = archive[:offset] + bytes([archive[offset] ^ (1 + offset % 255)]) + archive[offset + 1 :]
        report = examine(other, now=NOW, known={root(sm2)})
        assert all(each.code != "rulings.fault" for each in report.findings), offset
        if report.verdict is Verdict.PASSED:  # a date or an attribute of an entry: what it holds is the same
            assert files_of(other) == files_of(archive), offset


def test_a_changed_byte_of_a_file_in_an_archive_never_passes_though_its_container_is_made_anew(
    archive: bytes, sm2: Bench
) -> None:
    files = files_of(archive)
    places = [(name, offset) for name, content in files.items() for offset in range(len(content))]
    for name, offset in (places[at] for at in offsets(len(places), 120)):
        content = files[name]
        turned = content[:offset] + bytes([content[offset] ^ (1 + offset % 255)]) + content[offset + 1 :]
        report = examine(packed({**files, name: turned}, listed=False), now=NOW, known={root(sm2)})
        if report.verdict is Verdict.PASSED:  # another kind of white space in the list of digests, which says the same
            assert name == MANIFEST, offset
            assert json.loads(turned) == json.loads(content), offset
        else:
            assert report.verdict is Verdict.FAILED, (name, offset)
        if name not in (
            MANIFEST,
            RECORD,
            "trust.yaml",
        ):  # a forger's new manifest helps against no digest of the record
            report = examine(packed({**files, name: turned}), now=NOW, known={root(sm2)})
            assert report.verdict is Verdict.FAILED, (name, offset)


def test_any_bytes_end_in_a_report(archive: bytes) -> None:
    chance = random.Random(7)
    for _ in range(60):
        at, size = chance.randrange(len(archive)), chance.randrange(1, 2000)
        other = archive[:at] + chance.choice([b"", archive[at : at + size] * 2]) + archive[at + size :]
        for octets in (other, other[: chance.randrange(len(other))]):
            report = examine(octets, now=NOW)
            assert report.verdict is not Verdict.PASSED
            assert all(each.text("zh") != each.code != "rulings.fault" for each in report.findings)
