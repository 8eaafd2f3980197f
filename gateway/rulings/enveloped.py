"""Judge a SignedData (CMS, GB/T 35275) over a message: checks 4, 6, 9 and 10; it holds no seal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from gateway.rulings import cms, digests, standing, timing
from gateway.rulings.certificate import Certificate
from gateway.rulings.context import Context, Judged
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
from gateway.rulings.trust.chain import Moment
from gateway.rulings.value import of_value

_NO_SEAL = (Check.SEAL_COPY, Check.SEAL, Check.LISTED)
Parts = tuple[bytes | memoryview, ...]


def judge(
    name: str, message: cms.SignedMessage, *, parts: Parts, stated_at: datetime | None, context: Context
) -> tuple[Judged, ...]:
    """Return what is found about each signer of ``message`` over ``parts``; ``stated_at``: the time beside it."""
    if not message.signers:
        nobody = of_signature(name, [failed(Check.SIGNATURE, "rulings.signature.none")])
        return (Judged(found=SignatureFound(name=name, form=message.form), findings=nobody),)
    numbered = len(message.signers) > 1
    return tuple(
        _judge(
            f"{name}#{number}" if numbered else name,
            message=message,
            signer=signer,
            parts=parts,
            stated_at=stated_at,
            context=context,
        )
        for number, signer in enumerate(message.signers, 1)
    )


def without_seal() -> Iterator[Finding]:
    """Yield that the checks of a seal have no object."""
    return (not_applicable(check, "rulings.no_seal") for check in _NO_SEAL)


def _judge(
    name: str, *, message: cms.SignedMessage, signer: cms.Signer, parts: Parts, stated_at: datetime | None,
    context: Context,
) -> Judged:  # fmt: skip
    context.deadline.check()
    at = signer.signed_at or stated_at
    registered = tuple(context.trust.signing_certificates())
    certificate = signer.certificate((*message.certificates, *registered))
    found = [*without_seal(), _hash(message, signer, parts)]
    shown = SignatureFound(name=name, form=message.form, signed_at=at)
    if certificate is None:
        found.append(not_possible(Check.SIGNATURE, "rulings.signature.no_certificate"))
        return Judged(found=shown, findings=of_signature(name, found))
    stamp = timing.stamped(signer.time_stamp, signer.signature, context) if signer.time_stamp else None
    found += [_value(message, signer, certificate, parts), *timing.of_time(at, stamp, context)]
    at = (stamp.at if stamp else None) or at
    chains = list(stamp.chains) if stamp else []
    if at is None:
        found.append(standing.no_time())
    else:
        moment = Moment(at=at, now=context.now, proven=bool(stamp and stamp.at))
        chain = standing.chain_of_signer(certificate, message.certificates, context, moment)
        chains.append(chain)
        found += [*chain.findings, *standing.registration(certificate, context, moment)]
    court = standing.court_of(certificate, None, context)
    shown = SignatureFound(
        name=name, form=message.form, signer=certificate.shown, signer_sha256=certificate.sha256,
        signed_at=signer.signed_at or stated_at, court=court.name if court else None,
    )  # fmt: skip
    return Judged(found=shown, findings=of_signature(name, found), chains=tuple(chains))


def _hash(message: cms.SignedMessage, signer: cms.Signer, parts: Parts) -> Finding:
    """Return check 4: what is signed names the digest of ``parts``, in an attribute or as its own content."""
    if weak := digests.weak(signer.digest):
        return failed(Check.SIGNED_HASH, "rulings.signed_hash.weak", algorithm=weak)
    if signer.digest not in digests.ALGORITHMS:
        return not_possible(Check.SIGNED_HASH, "rulings.signed_hash.unknown", algorithm=signer.digest)
    expected = digests.digest(signer.digest, *parts)
    whole = b"".join(bytes(part) for part in parts) if message.content is not None else b""
    carries = message.content in (None, expected, whole)
    if signer.attributes is not None:
        content = expected if message.content is None else digests.digest(signer.digest, message.content)
        carries = carries and signer.message_digest == content and signer.content_type in (None, message.content_type)
    if carries:
        return passed(Check.SIGNED_HASH, "rulings.signed_hash.equal")
    return failed(Check.SIGNED_HASH, "rulings.signed_hash.different")


def _value(message: cms.SignedMessage, signer: cms.Signer, certificate: Certificate, parts: Parts) -> Finding:
    signed = signer.attributes
    if signed is None:
        signed = message.content if message.content is not None else b"".join(bytes(part) for part in parts)
    return of_value(certificate, signer.algorithm, signed, signer.signature, digest=signer.digest)
