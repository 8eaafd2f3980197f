"""Real files of other makers: every verdict is the one written down in ``samples.yaml``."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from adapters.court_oa.simulator_signing.bench import Bench
from gateway.rulings import ses
from gateway.rulings.certificate import Certificate, read_certificate
from gateway.rulings.container import unpack
from gateway.rulings.limits import Limits, deadline
from gateway.rulings.result import GENUINE_CHECKS, Check, Verdict
from gateway.rulings.signatures import outcome
from gateway.rulings.trust import ROLES, Anchor, Court, CourtCertificate, Period, Trust
from gateway.rulings.verification import verify
from tests.gateway.rulings.conftest import trust_in

NOW = datetime(2026, 11, 25, tzinfo=UTC)
LETTERS = {"P": Verdict.PASSED, "F": Verdict.FAILED, "-": Verdict.NOT_APPLICABLE, "?": Verdict.NOT_POSSIBLE}
LIMITS = Limits()


@lru_cache(maxsize=1)
def written() -> dict[str, Any]:
    file = Path(__file__).with_name("samples.yaml")
    return dict(yaml.safe_load(file.read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", written())
def test_every_check_of_a_sample_is_as_written_down(name: str, samples: Path, sm2: Bench) -> None:
    row = written()[name]
    verification = verify((samples / name).read_bytes(), trust=trust_in(sm2.people), now=NOW)
    found = [verification.check(check).verdict for check in GENUINE_CHECKS]
    assert found == [LETTERS[letter] for letter in row["checks"].split()]
    assert set(row.get("codes", ())) <= {finding.code for finding in verification.findings}
    for code, files in (("rulings.digests.different", "files"), ("rulings.coverage.file", "uncovered")):
        named = {finding.facts["file"] for finding in verification.findings if finding.code == code}
        assert named == set(row.get(files, ()))


@pytest.mark.parametrize("name", [name for name, row in written().items() if "pinned" in row])
def test_a_sample_whose_makers_are_anchors_has_a_chain(name: str, samples: Path) -> None:
    octets = (samples / name).read_bytes()
    signatures = list(seal_signatures(octets))
    people = [read_certificate(each) for one in signatures for each in (one.signer, one.seal.maker)]
    verification = verify(octets, trust=Trust(anchors=tuple(map(anchor, people))), now=NOW)
    row = written()[name]
    assert verification.check(Check.CHAIN).verdict is LETTERS[row["pinned"]]
    assert verification.genuine == ("F" not in row["checks"].replace("F", "", 1) and row["pinned"] == "P")


def test_a_bare_value_is_that_of_the_registered_certificate(samples: Path) -> None:
    user = signer_of(samples / "V4RideRight.ofd")
    row = CourtCertificate(sha256=user.sha256, certificate=user, period=Period())
    court = Court(name="枫桥测试", codes=frozenset(), certificates=(row,))
    verification = verify(
        (samples / "DigitalSign.ofd").read_bytes(), trust=Trust(anchors=(anchor(user),), courts=(court,))
    )
    assert verification.genuine
    assert [each.signer_sha256 for each in verification.signatures] == [user.sha256]


@pytest.mark.parametrize("name", ["UserV1.esl", "UserV4.esl", "UserV5.esl", "UserV5_ts.esl"])
def test_the_maker_of_a_sample_seal_has_signed_it(name: str, samples: Path) -> None:
    seal = ses.read_seal((samples / name).read_bytes())
    assert seal.version == int(name[5])
    assert (seal.time_stamp is not None) == ("_ts" in name)
    maker = read_certificate(seal.maker)
    assert outcome(maker, seal.algorithm, seal.signed, seal.signature) == "holds"
    assert outcome(maker, seal.algorithm, seal.signed + b"\0", seal.signature) == "broken"


@pytest.mark.parametrize("name", ["SignedValueV4.dat", "SignedValueV5.dat"])
def test_a_sample_value_holds_under_its_own_certificate(name: str, samples: Path) -> None:
    signature = ses.read_seal_signature((samples / name).read_bytes())
    assert (
        outcome(read_certificate(signature.signer), signature.algorithm, signature.signed, signature.signature)
        == "holds"
    )
    assert signature.signer in signature.seal.listed


def seal_signatures(octets: bytes) -> Iterable[ses.SealSignature]:
    files = unpack(octets, LIMITS, deadline(LIMITS))
    values = [content for path, content in files.items() if path.endswith("SignedValue.dat")]
    return (ses.read_seal_signature(each) for each in values if b"ES" in each[:60])


def signer_of(file: Path) -> Certificate:
    return read_certificate(next(iter(seal_signatures(file.read_bytes()))).signer)


def anchor(certificate: Certificate) -> Anchor:
    return Anchor(certificate=certificate, roles=frozenset(ROLES), period=Period())
