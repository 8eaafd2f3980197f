"""Whatever is thrown at a verification ends in twelve checks, quickly; bounded here, long with ``TEST_EFFORT=long``.

No input may take more than a second of the processor, nor all of them together more than 128 MiB of memory above what
the parsers take for themselves, the 60 MB of which the bomb is made included.
"""

from __future__ import annotations

import random
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.court_oa.simulator_signing import der, ofd
from adapters.court_oa.simulator_signing.bench import Bench
from gateway.rulings import cms, ses, tlv
from gateway.rulings.certificate import read_certificate, read_certificates
from gateway.rulings.container import unpack
from gateway.rulings.limits import Limits, deadline
from gateway.rulings.malformed import Malformed
from gateway.rulings.result import Check, Verification
from gateway.rulings.trust import Trust
from gateway.rulings.trust.revocation import read_list
from gateway.rulings.verification import verify
from gateway.rulings.wording import cmap
from gateway.rulings.wording.fields import stated
from gateway.rulings.wording.operators import operators
from tests.contract.effort import effort
from tests.gateway.rulings.conftest import NOW, trust_in

READERS: dict[str, Callable[[bytes], Any]] = {
    "tlv": tlv.read,
    "cms": cms.read_signed_message,
    "ses": ses.read_seal_signature,
    "seal": ses.read_seal,
    "certificate": read_certificate,
    "certificates": read_certificates,
    "list": read_list,
    "container": lambda octets: unpack(octets, Limits(), deadline(Limits())),
}
elements = st.recursive(
    st.one_of(
        st.binary(max_size=12).map(lambda content: der.tlv(4, content)),
        st.integers(-(2**70), 2**70).map(der.integer),
        st.text(max_size=6).map(der.utf8),
        st.sampled_from(["1.2.840.113549.1.7.2", "1.2.156.10197.6.1.4.2.2", "1.2.156.10197.1.501"]).map(der.oid),
        st.binary(max_size=15).map(lambda digits: der.tlv(0x18, digits)),
    ),
    lambda inner: st.builds(
        lambda tag, parts: der.tlv(tag, *parts),
        st.sampled_from([0x30, 0x31, 0xA0, 0xA1, 0x24]),
        st.lists(inner, max_size=6),
    ),
    max_leaves=30,
)


@pytest.mark.parametrize("name", READERS)
@effort(60)
@given(octets=st.one_of(st.binary(max_size=300), elements))
def test_a_reader_of_anything_returns_or_refuses(name: str, octets: bytes) -> None:
    try:
        with within_a_second():
            READERS[name](octets)
    except Malformed as refusal:
        assert refusal.text("zh") != refusal.code  # noqa: PT017 - it may refuse, but only with a text


@effort(40)
@given(
    start=st.sampled_from([b"%PDF-1.7\n", b"PK\3\4", b"", b"%PDF-1.4\n1 0 obj<<>>endobj"]),
    octets=st.binary(max_size=400),
)
def test_any_bytes_end_in_twelve_checks(start: bytes, octets: bytes) -> None:
    sound(bounded(start + octets, trust=Trust(), now=NOW))
    sound(bounded(octets, detached=start + octets, trust=Trust(), now=NOW))


@effort(40)
@given(value=elements)
def test_any_value_in_an_ofd_ends_in_twelve_checks(sm2: Bench, value: bytes) -> None:
    signing = ofd.Signing(sign=lambda message: value, at=NOW, seal_file=value)
    octets = ofd.packed(ofd.signed(ofd.unsigned(sm2.ruling), signing))
    assert not sound(bounded(octets, trust=trust_in(sm2.people), now=NOW)).genuine


@effort(40)
@given(
    seed=st.integers(0, 2**32), size=st.integers(1, 40), kind=st.sampled_from(["value", "list", "signature", "page"])
)
def test_a_damaged_part_of_an_ofd_ends_in_twelve_checks(
    sm2: Bench, signed_files: ofd.Files, seed: int, size: int, kind: str
) -> None:
    names = {
        "value": "Doc_0/Signs/Sign_0/SignedValue.dat", "list": "Doc_0/Signs/Signatures.xml",
        "signature": "Doc_0/Signs/Sign_0/Signature.xml", "page": "Doc_0/Pages/Page_0/Content.xml",
    }  # fmt: skip

    damaged = spoiled(signed_files[names[kind]], random.Random(seed), size)
    octets = ofd.packed({**signed_files, names[kind]: damaged})
    sound(bounded(octets, trust=trust_in(sm2.people), now=NOW))


@effort(15)
@given(seed=st.integers(0, 2**32), size=st.integers(1, 60))
def test_a_damaged_pdf_ends_in_twelve_checks(rsa: Bench, seed: int, size: int) -> None:
    octets = rsa.message_pdf()
    kept = octets[:700] + octets[-6000:]
    sound(bounded(spoiled(octets, random.Random(seed), size), trust=trust_in(rsa.people), now=NOW))
    sound(bounded(spoiled(kept, random.Random(seed), size), trust=trust_in(rsa.people), now=NOW))


@effort(60)
@given(stream=st.binary(max_size=300))
def test_any_content_stream_and_map_is_read_to_its_end(stream: bytes) -> None:
    with within_a_second():
        list(operators(stream))
        cmap.to_unicode(stream)(stream)


@effort(40)
@given(
    lines=st.lists(
        st.text(alphabet="申请人：法院民事裁定书（2026）浙0521特18号之一如下有效驳回二〇年十月日 O", max_size=60),
        max_size=12,
    )
)
def test_any_lines_are_read_for_what_they_say(lines: list[str]) -> None:
    from gateway.rulings.wording import Wording

    stated(Wording(lines=tuple(lines), pages=1))


def test_many_levels_and_members_are_refused_not_followed() -> None:
    deep = der.null()
    for _ in range(5000):
        deep = der.sequence(deep)
    wide = der.sequence(*[der.null()] * 50_000)
    for octets in (deep, wide, b"\x30\x80" * 5000, b"\x24\x80" * 5000, b"\x30\x84\xff\xff\xff\xff"):
        with pytest.raises(Malformed):
            tlv.read(octets)


@pytest.mark.parametrize(
    "program",
    [
        b"beginbfchar" * 50_000, b"beginbfrange" + b"<00><01>[" * 50_000 + b"endbfrange",
        b"beginbfrange" + b"<0000><ffff><0000>" * 20_000 + b"endbfrange",
    ],
    ids=["no ends", "no closing", "wide"],
)  # fmt: skip
def test_a_map_costs_no_more_than_its_length(program: bytes) -> None:
    assert len(cmap.to_unicode(program).characters) <= 200_000


@pytest.mark.parametrize("piece", [b"%\n", b"<a", b"(", b"[", b"BI ID x ", b"/", b"\\", b"1 "])
def test_a_content_stream_costs_no_more_than_its_length(piece: bytes) -> None:
    list(operators(piece * 100_000))


def test_a_value_too_long_to_be_one_is_refused_before_it_is_read(rsa: Bench) -> None:
    octets = rsa.message_pdf().replace(b"00>", b"0" * 1_000_000 + b">", 1)
    verification = verify(octets, trust=trust_in(rsa.people), now=NOW)
    assert verification.check(Check.CONTAINER).decisive.code == "rulings.container.too_large"
    assert "rulings.signature.none" not in {finding.code for finding in verification.findings}


def test_a_bomb_is_refused_before_it_takes_memory() -> None:
    import zipfile
    from io import BytesIO

    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("OFD.xml"), b"\0" * 60_000_000, zipfile.ZIP_DEFLATED)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    verification = verify(stream.getvalue(), trust=Trust(), now=NOW)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert verification.check(Check.CONTAINER).decisive.code == "rulings.container.ratio"
    assert grown < 20_000  # KiB


def test_a_fault_inside_is_a_finding_without_the_words_of_the_input(
    sm2: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gateway.rulings.ofd import verify as ofd_verify

    def fails(*arguments: object) -> None:
        raise KeyError("沈谷雨")

    monkeypatch.setattr(ofd_verify, "read_package", fails)
    verification = verify(sm2.sealed_ofd(), trust=Trust(), now=NOW)
    assert verification.check(Check.CONTAINER).decisive.code == "rulings.fault"
    assert "沈谷雨" not in str(verification.to_dict())
    assert not verification.genuine


def spoiled(octets: bytes, chance: random.Random, size: int) -> bytes:
    """Return bytes with a few changed, cut out or doubled."""
    at = chance.randrange(len(octets))
    piece = octets[at : at + size]
    other = chance.choice([b"", piece * 2, bytes(chance.randrange(256) for _ in piece), bytes(reversed(piece))])
    return octets[:at] + other + octets[at + size :]


def bounded(octets: bytes, **given: Any) -> Verification:
    """Return a verification that took no more than it may."""
    with within_a_second():
        return verify(octets, **given)


@contextmanager
def within_a_second() -> Iterator[None]:
    """Assert that what is done takes less than a second of this thread's processor time; waiting does not count."""
    before = time.thread_time()
    yield
    assert time.thread_time() - before < 1


@pytest.fixture(scope="module")
def signed_files(sm2: Bench) -> ofd.Files:
    """The files of a sealed OFD, signed once."""
    return dict(unpack(sm2.sealed_ofd(), Limits(), deadline(Limits())))


@pytest.fixture(scope="module", autouse=True)
def _bounded_memory(sm2: Bench, rsa: Bench) -> Iterator[None]:
    for octets, bench in ((sm2.sealed_ofd(), sm2), (rsa.message_pdf(), rsa)):  # the parsers are imported now
        verify(octets, trust=trust_in(bench.people), now=NOW)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 128 * 1024  # KiB


def sound(verification: Verification) -> Verification:
    """Return a verification after proving that it is whole: twelve checks that can be said in both languages."""
    assert len(verification.to_dict()["checks"]) == 12
    for finding in verification.findings:
        assert finding.text("zh") != finding.code != finding.text("en")
        assert "…" not in finding.text("zh") + finding.text("en")
        assert finding.code != "rulings.fault", finding.facts
    return verification
