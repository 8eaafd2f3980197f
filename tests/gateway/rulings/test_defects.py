"""Every defect fails exactly the check that it belongs to, and what has none is genuine, in every form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from adapters.court_oa.simulator_signing import defects
from adapters.court_oa.simulator_signing.bench import Bench
from adapters.court_oa.simulator_signing.defects import Defect
from gateway.rulings.result import GENUINE_CHECKS, Check, Verification
from gateway.rulings.verification import verify
from tests.gateway.rulings.conftest import NOW, codes, failed_checks, trust_in

SOUND: Mapping[str, tuple[str, str, Callable[[Bench], bytes]]] = {
    "ofd with a v4 seal": ("sm2", "ses_v4", lambda bench: bench.sealed_ofd()),
    "ofd with a v1 seal": ("sm2", "ses_v1", lambda bench: bench.sealed_ofd(wanted=replace(bench.wanted, version=1))),
    "ofd with a v5 seal": ("sm2", "ses_v5", lambda bench: bench.sealed_ofd(wanted=replace(bench.wanted, version=5))),
    "ofd whose seal lists a digest": (
        "sm2", "ses_v4", lambda bench: bench.sealed_ofd(wanted=replace(bench.wanted, by_digest=True)),
    ),
    "ofd with a time stamp": ("sm2", "ses_v4", lambda bench: bench.sealed_ofd(stamping=bench.people.stamping)),
    "ofd with relative references": ("sm2", "ses_v4", lambda bench: bench.sealed_ofd(signing={"relative": True})),
    "ofd that protects the list": ("sm2", "ses_v4", lambda bench: bench.sealed_ofd(signing={"protects_list": True})),
    "ofd with the digest's number": (
        "sm2", "ses_v4", lambda bench: bench.sealed_ofd(signing={"check_method": "1.2.156.10197.1.401"}),
    ),
    "ofd with GB/T 35275": ("sm2", "gbt_35275", lambda bench: bench.message_ofd()),
    "ofd with GB/T 35275 and attributes": ("sm2", "gbt_35275", lambda bench: bench.message_ofd(attributes=True)),
    "pdf with GB/T 35275": ("sm2", "gbt_35275", lambda bench: bench.message_pdf()),
    "pdf with SM2 in CMS": ("sm2", "cms", lambda bench: bench.message_pdf(form="1.2.840.113549.1.7.2")),
    "pdf with a v4 seal": ("sm2", "ses_v4", lambda bench: bench.sealed_pdf()),
    "pdf with a v1 seal": ("sm2", "ses_v1", lambda bench: bench.sealed_pdf(wanted=replace(bench.wanted, version=1))),
    "pdf with a v5 seal": ("sm2", "ses_v5", lambda bench: bench.sealed_pdf(wanted=replace(bench.wanted, version=5))),
    "pdf with RSA": ("rsa", "cms", lambda bench: bench.message_pdf()),
    "pdf with ECDSA": ("ecdsa", "cms", lambda bench: bench.message_pdf()),
}  # fmt: skip
BAD: list[tuple[str, str, str, Defect]] = [
    *(("ofd", "sm2", name, defect) for name, defect in defects.OFD.items()),
    *(("sealed pdf", "sm2", name, defect) for name, defect in defects.SEALED_PDF.items()),
    *(("pdf", kind, name, each) for kind in ("sm2", "rsa", "ecdsa") for name, each in defects.MESSAGE_PDF.items()),
]


@pytest.fixture
def bench(request: Any) -> Callable[[str], Bench]:
    return request.getfixturevalue  # type: ignore[no-any-return]


def verified(bench: Bench, octets: bytes) -> Verification:
    return verify(octets, trust=trust_in(bench.people), now=NOW)


@pytest.mark.parametrize(("kind", "form", "make"), SOUND.values(), ids=SOUND.keys())
def test_a_sound_ruling_is_genuine(
    bench: Callable[[str], Bench], kind: str, form: str, make: Callable[[Bench], bytes]
) -> None:
    verification = verified(bench(kind), make(bench(kind)))
    assert verification.genuine, [result.to_dict() for result in verification.checks]
    assert [signature.form for signature in verification.signatures] == [form]
    assert len(verification.evidence.anchors) == 1


@pytest.mark.parametrize(
    ("kind", "defect"), [(kind, defect) for _, kind, _, defect in BAD],
    ids=[f"{form}, {kind}: {name}" for form, kind, name, _ in BAD],
)  # fmt: skip
def test_a_defect_fails_its_own_check_and_no_other(bench: Callable[[str], Bench], kind: str, defect: Defect) -> None:
    verification = verified(bench(kind), defect.make(bench(kind)))
    assert failed_checks(verification) == [Check(defect.check)], codes(verification)
    assert not verification.genuine


@pytest.mark.parametrize("table", [defects.OFD, defects.SEALED_PDF | defects.MESSAGE_PDF], ids=["ofd", "pdf"])
def test_every_check_has_a_defect_where_it_applies(table: Mapping[str, Defect]) -> None:
    never = {Check.DIGESTS, Check.SEAL_COPY} if table is not defects.OFD else set()
    assert {Check(defect.check) for defect in table.values()} == set(GENUINE_CHECKS) - never


def test_one_name_in_two_cases_is_a_duplicate(sm2: Bench) -> None:
    verification = verified(sm2, defects.OFD["duplicate_entry"].make(sm2))
    assert "rulings.container.duplicate" in codes(verification)


def test_a_ruling_that_nobody_signed_is_said_to_be_unsigned(sm2: Bench) -> None:
    from adapters.court_oa.simulator_signing import ofd, pdf

    for octets in (pdf.unsigned(sm2.ruling), ofd.packed(ofd.signed(ofd.unsigned(sm2.ruling)) | _empty_list())):
        verification = verified(sm2, octets)
        assert failed_checks(verification) == [Check.SIGNATURE]
        assert "rulings.signature.none" in codes(verification)


def test_a_form_of_signature_that_nobody_knows_is_not_possible_and_never_unsigned(rsa: Bench) -> None:
    octets = rsa.message_pdf().replace(b"/adbe.pkcs7.detached", b"/xdbe.pkcs7.detached")
    verification = verified(rsa, octets)
    assert not verification.genuine
    assert "rulings.pdf.subfilter" in codes(verification)
    assert "rulings.signature.none" not in codes(verification)


def test_a_signature_that_no_field_leads_to_is_not_possible_and_never_unsigned(rsa: Bench) -> None:
    verification = verified(rsa, rsa.message_pdf().replace(b"/AcroForm", b"/AcroFoam"))
    assert "rulings.pdf.hidden" in codes(verification)
    assert "rulings.signature.none" not in codes(verification)
    assert not verification.genuine


@pytest.mark.parametrize("kind", ["sm2", "rsa"])
def test_a_second_signature_that_changes_nothing_leaves_a_pdf_genuine(bench: Callable[[str], Bench], kind: str) -> None:
    from adapters.court_oa.simulator_signing import pdf
    from adapters.court_oa.simulator_signing.messages import signed_message

    people, first = bench(kind).people, bench(kind).message_pdf()
    clerk = pdf.Signing(sign=lambda message: signed_message(message, people.maker, at=people.at), at=people.at)
    verification = verified(bench(kind), pdf.signed_again(first, clerk))
    assert verification.genuine, codes(verification)
    assert [signature.name for signature in verification.signatures] == ["Seal", "Second"]


def test_a_signature_with_sha_1_is_refused(rsa: Bench) -> None:
    verification = verified(rsa, rsa.message_pdf().replace(b"/adbe.pkcs7.detached", b"/adbe.pkcs7.sha1    "))
    assert Check.SIGNATURE in failed_checks(verification)
    assert "rulings.signature.weak" in codes(verification)


def _empty_list() -> dict[str, bytes]:
    return {"Doc_0/Signs/Signatures.xml": b'<ofd:Signatures xmlns:ofd="http://www.ofdspec.org/2016"/>'}
