"""Verify a signature that lies beside a file: CMS, GB/T 35275, or a bare SM2 value of a registered certificate."""

from __future__ import annotations

from collections.abc import Iterable

from asn1crypto import pem

from gateway.rulings import bare, cms, enveloped, sealed, tlv
from gateway.rulings.certificate import READING_FAILS
from gateway.rulings.context import Context, Judged
from gateway.rulings.malformed import Malformed
from gateway.rulings.result import Check, Finding, not_applicable, passed
from gateway.rulings.signatures import SM2_SM3
from gateway.rulings.sm2 import encoding

NAME = "detached"
MAX_SIGNATURE = 1024 * 1024


def examine(
    octets: bytes, signature: bytes, context: Context, signer: str | None
) -> tuple[tuple[Finding, ...], tuple[Judged, ...]]:
    """Return what checks 1 to 10 find in ``signature`` over ``octets``."""
    try:
        judged = _judged(octets, _unarmoured(signature), context, signer)
    except Malformed as error:
        return _around([error.as_finding(Check.CONTAINER)]), (sealed.unreadable(NAME, "unknown", error),)
    return _around([passed(Check.CONTAINER, "rulings.container.one_file")]), judged


def _judged(octets: bytes, signature: bytes, context: Context, signer: str | None) -> tuple[Judged, ...]:
    if encoding.signature_numbers(signature):
        return (
            bare.judge(
                NAME, signature, algorithm=SM2_SM3, parts=(octets,), stated_at=context.now, context=context, hint=signer
            ),
        )
    if not cms.is_signed_message(tlv.read(signature)):
        raise Malformed("rulings.cms.outline")
    message = cms.read_signed_message(signature)
    return enveloped.judge(NAME, message, parts=(octets,), stated_at=None, context=context)


def _unarmoured(signature: bytes) -> bytes:
    if len(signature) > MAX_SIGNATURE:
        raise Malformed("rulings.container.too_large", limit=MAX_SIGNATURE)
    try:
        return pem.unarmor(signature)[2] if pem.detect(signature) else signature
    except READING_FAILS:
        raise Malformed("rulings.cms.outline") from None


def _around(found: Iterable[Finding]) -> tuple[Finding, ...]:
    whole = not_applicable(Check.COVERAGE, "rulings.coverage.whole_file")
    return (*found, whole, not_applicable(Check.DIGESTS, "rulings.digests.none"))
