"""A changed byte, anywhere in a signed file, never leaves a ruling that belongs to its message; nor other words.

A few hundred offsets by default; every offset with ``TEST_EFFORT=long``.
"""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Iterable, Mapping

import pytest

from adapters.court_oa.simulator_signing import pdf
from adapters.court_oa.simulator_signing.bench import Bench
from adapters.court_oa.simulator_signing.messages import signed_message
from gateway.rulings.container import unpack
from gateway.rulings.context import Expected
from gateway.rulings.limits import Limits, deadline
from gateway.rulings.result import GENUINE_CHECKS, Check, Verdict
from gateway.rulings.verification import verify
from tests.gateway.rulings.conftest import NOW, trust_in

LIMITS = Limits()


def offsets(size: int, count: int) -> Iterable[int]:
    if os.environ.get("TEST_EFFORT") == "long":
        return range(size)
    return sorted(random.Random(20261120).sample(range(size), min(count, size)))


def changed(octets: bytes, offset: int) -> bytes:
    return octets[:offset] + bytes([octets[offset] ^ (1 + offset % 255)]) + octets[offset + 1 :]


def test_a_changed_byte_of_an_ofd_never_passes(sm2: Bench) -> None:
    octets = sm2.sealed_ofd()
    before = contents(octets)
    trust, expected = trust_in(sm2.people), Expected(sha256=hashlib.sha256(octets).hexdigest())
    assert verify(octets, trust=trust, now=NOW, expected=expected).check(Check.BINDING).verdict is Verdict.PASSED
    for offset in offsets(len(octets), 400):
        other = changed(octets, offset)
        verification = verify(other, trust=trust, now=NOW, expected=expected)
        assert Check.BINDING in {result.check for result in verification.failed}, offset
        # What no signature protects is how the files are packed and listed: their contents are the same.
        if verification.genuine:
            assert protected(contents(other)) == protected(before), offset


@pytest.mark.parametrize("kind", ["sm2", "rsa"])
def test_a_changed_byte_of_a_pdf_never_passes(request: pytest.FixtureRequest, kind: str) -> None:
    bench: Bench = request.getfixturevalue(kind)
    signing = pdf.Signing(
        sign=lambda message: signed_message(message, bench.people.court, at=bench.at), at=bench.at, gap=4_000
    )
    octets = pdf.signed(bench.ruling, signing)
    trust, expected = trust_in(bench.people), Expected(sha256=hashlib.sha256(octets).hexdigest())
    for offset in offsets(len(octets), 120):
        other = changed(octets, offset)
        verification = verify(other, trust=trust, now=NOW, expected=expected)
        assert verification.failed, offset
        if verification.genuine:  # the letter of a hexadecimal digit, in another case
            assert outside(other) == outside(octets), offset
            assert inside(other) == inside(octets), offset


def test_a_failed_or_impossible_check_is_never_genuine(sm2: Bench) -> None:
    octets = sm2.sealed_ofd()
    for offset in offsets(len(octets), 60):
        verification = verify(changed(octets, offset), trust=trust_in(sm2.people), now=NOW)
        verdicts = {verification.check(check).verdict for check in GENUINE_CHECKS}
        assert verification.genuine == (verdicts <= {Verdict.PASSED, Verdict.NOT_APPLICABLE})


def contents(octets: bytes) -> Mapping[str, bytes]:
    return unpack(octets, LIMITS, deadline(LIMITS))


def protected(files: Mapping[str, bytes]) -> dict[str, bytes]:
    return {
        name: content for name, content in files.items() if not name.endswith(("Signatures.xml", "SignedValue.dat"))
    }


def outside(octets: bytes) -> tuple[bytes, bytes]:
    begin = octets.index(b"/Contents <3") + 11
    return octets[:begin], octets[octets.index(b">", begin) :]


def inside(octets: bytes) -> bytes:
    begin = octets.index(b"/Contents <3") + 11
    return bytes.fromhex(octets[begin : octets.index(b">", begin)].decode())
