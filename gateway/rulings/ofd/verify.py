"""Verify an OFD: container, protection, then each signature by the judge of its form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gateway.rulings import bare, cms, enveloped, sealed, ses, tlv
from gateway.rulings.context import Context, Judged
from gateway.rulings.malformed import Malformed
from gateway.rulings.ofd import protection
from gateway.rulings.ofd.package import Package, read_package
from gateway.rulings.ofd.signature_file import SignatureFile, read_signature_file
from gateway.rulings.result import Check, Finding, failed, not_possible, of_signature, passed
from gateway.rulings.sm2 import encoding


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What a format's verifier hands back; ``package`` is there for the extraction of the text."""

    findings: tuple[Finding, ...]
    judged: tuple[Judged, ...] = ()
    package: Package | None = None


def examine(octets: bytes, context: Context) -> Examined:
    """Return what checks 1 to 10 find in an OFD. Raises nothing but what ``verify`` catches for every format."""
    try:
        package = read_package(octets, context.limits, context.deadline)
    except Malformed as error:
        return Examined(findings=(error.as_finding(Check.CONTAINER),))
    findings: list[Finding] = []
    signatures = list(_readable(package, context, findings))
    if not any(each.check is Check.CONTAINER for each in findings):
        findings.append(passed(Check.CONTAINER, "rulings.container.sane", count=len(package.files)))
    if not package.signatures:
        findings.append(failed(Check.SIGNATURE, "rulings.signature.none"))
        return Examined(findings=tuple(findings), package=package)
    if len(signatures) == len(package.signatures):
        findings += protection.coverage(package, signatures)
    else:
        findings.append(not_possible(Check.COVERAGE, "rulings.coverage.unreadable"))
    for number, signature in enumerate(signatures, 1):
        last = number == len(signatures)
        findings += of_signature(signature.name, protection.digests_of(package, signature, last=last))
    judged = tuple(each for signature in signatures for each in _judge(package, signature, context))
    return Examined(findings=tuple(findings), judged=judged, package=package)


def _readable(package: Package, context: Context, findings: list[Finding]) -> Iterator[SignatureFile]:
    for listed in package.signatures:
        context.deadline.check()
        try:
            yield read_signature_file(package, listed, context.limits)
        except Malformed as error:
            findings += of_signature(listed.id or listed.path, [error.as_finding(Check.CONTAINER)])


def _judge(package: Package, signature: SignatureFile, context: Context) -> tuple[Judged, ...]:
    value = package.files[signature.value]
    parts = (signature.raw,)
    try:
        if encoding.signature_numbers(value):
            return (
                bare.judge(
                    signature.name, value, algorithm=signature.method, parts=parts, stated_at=signature.stated_at,
                    context=context,
                ),
            )  # fmt: skip
        if cms.is_signed_message(tlv.read(value)):
            message = cms.read_signed_message(value)
            return enveloped.judge(signature.name, message, parts=parts, stated_at=signature.stated_at, context=context)
        seal_file = package.files[signature.seal] if signature.seal else None
        read = ses.read_seal_signature(value)
        return (sealed.judge(signature.name, read, message=parts, seal_file=seal_file, context=context),)
    except Malformed as error:
        return (sealed.unreadable(signature.name, "unknown", error),)
