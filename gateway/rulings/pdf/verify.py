"""Verify a PDF: its reading, its coverage, then each signature by the judge of its form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gateway.rulings import cms, enveloped, sealed, ses, timing, tlv
from gateway.rulings.context import Context, Judged
from gateway.rulings.malformed import Malformed, Unsupported
from gateway.rulings.pdf.coverage import coverage, protected
from gateway.rulings.pdf.reading import Pdf, PdfSignature, read_pdf
from gateway.rulings.pdf.second import second_opinion
from gateway.rulings.result import (
    Check,
    Finding,
    SignatureFound,
    failed,
    not_applicable,
    not_possible,
    of_signature,
    passed,
)
from gateway.rulings.signatures import SM2
from gateway.rulings.wording import Wording
from gateway.rulings.wording.pdf import wording_of

_CMS = frozenset({"adbe.pkcs7.detached", "ETSI.CAdES.detached"})
_SHA1 = frozenset({"adbe.pkcs7.sha1", "adbe.x509.rsa_sha1"})
_TIME_STAMP = "ETSI.RFC3161"
_MARK = b"/ByteRange"


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What is found about a PDF, and its words."""

    findings: tuple[Finding, ...]
    judged: tuple[Judged, ...] = ()
    wording: Wording | None = None


def examine(octets: bytes, context: Context) -> Examined:
    """Return what checks 1 to 10 find in a PDF."""
    try:
        pdf = read_pdf(octets, most=context.limits.signatures)
    except Malformed as error:
        return Examined(findings=(error.as_finding(Check.CONTAINER), *_unread(octets)))
    wording = wording_of(pdf.reader, context)
    findings = [passed(Check.CONTAINER, "rulings.pdf.sane"), not_applicable(Check.DIGESTS, "rulings.digests.none")]
    if not pdf.signatures:
        return Examined(findings=(*findings, _unsigned(octets)), wording=wording)
    findings += coverage(pdf)
    judged = tuple(each for signature in pdf.signatures for each in _judged(pdf, signature, context))
    return Examined(findings=tuple(findings), judged=judged, wording=wording)


def _unread(octets: bytes) -> Iterator[Finding]:
    """Yield that a signature may be there, where the file could not be read."""
    if _MARK in octets:
        yield not_possible(Check.SIGNATURE, "rulings.pdf.hidden")


def _unsigned(octets: bytes) -> Finding:
    """Return that there is no signature, unless something in the file looks like one that no field leads to."""
    if _MARK in octets:
        return not_possible(Check.SIGNATURE, "rulings.pdf.hidden")
    return failed(Check.SIGNATURE, "rulings.signature.none")


def _judged(pdf: Pdf, signature: PdfSignature, context: Context) -> tuple[Judged, ...]:
    parts = protected(pdf, signature)
    if parts is None:
        shown = SignatureFound(name=signature.name, form="unknown", signed_at=signature.stated_at)
        return (Judged(found=shown, findings=()),)
    try:
        return _by_form(pdf, signature, parts, context)
    except Malformed as error:
        return (sealed.unreadable(signature.name, "unknown", error),)


def _by_form(
    pdf: Pdf, signature: PdfSignature, parts: tuple[memoryview, memoryview], context: Context
) -> tuple[Judged, ...]:
    name, contents = signature.name, signature.contents
    if signature.subfilter in _SHA1:
        weak = [failed(Check.SIGNATURE, "rulings.signature.weak", algorithm="SHA-1")]
        return (Judged(found=SignatureFound(name=name, form="cms"), findings=of_signature(name, weak)),)
    if signature.subfilter == _TIME_STAMP:
        return (_document_stamp(signature, parts, context),)
    whole = tlv.read(contents, trailing=b"\0")
    if ses.is_seal_signature(whole):
        read = ses.read_seal_signature(contents, trailing=b"\0")
        return (sealed.judge(name, read, message=parts, seal_file=None, context=context),)
    if not cms.is_signed_message(whole):
        raise Unsupported("rulings.pdf.subfilter", subfilter=signature.subfilter)
    message = cms.read_signed_message(contents, trailing=b"\0")
    chinese = message.form == "gbt_35275" or any(each.algorithm in SM2 for each in message.signers)
    if not chinese and signature.subfilter not in _CMS:
        raise Unsupported("rulings.pdf.subfilter", subfilter=signature.subfilter)
    judged = enveloped.judge(name, message, parts=parts, stated_at=signature.stated_at, context=context)
    return judged if chinese else tuple(_with_second(pdf, signature, each, context) for each in judged)


def _with_second(pdf: Pdf, signature: PdfSignature, judged: Judged, context: Context) -> Judged:
    if judged.found.signed_at is None:
        return judged
    more = second_opinion(pdf, signature, judged.found.signed_at, context)
    return Judged(found=judged.found, findings=(*judged.findings, *more), chains=judged.chains)


def _document_stamp(signature: PdfSignature, parts: tuple[memoryview, memoryview], context: Context) -> Judged:
    """Return what a time stamp over the document says; it stands for no signer."""
    token = tlv.read(signature.contents, trailing=b"\0").raw
    stamp = timing.stamped(token, b"".join(bytes(part) for part in parts), context)
    shown = SignatureFound(name=signature.name, form="time_stamp", signed_at=stamp.at)
    return Judged(found=shown, findings=of_signature(signature.name, stamp.findings), chains=stamp.chains)
