"""Judge a signature value with nothing around it: whose it is must be known from a registered certificate."""

from __future__ import annotations

from datetime import datetime

from gateway.rulings import signatures, standing, timing
from gateway.rulings.certificate import Certificate
from gateway.rulings.context import Context, Judged
from gateway.rulings.enveloped import Parts, without_seal
from gateway.rulings.result import Check, SignatureFound, failed, not_possible, of_signature, passed
from gateway.rulings.trust.chain import Moment
from gateway.rulings.value import of_value


def judge(
    name: str, signature: bytes, *, algorithm: str, parts: Parts, stated_at: datetime | None, context: Context,
    hint: str | None = None,
) -> Judged:  # fmt: skip
    """Return what is found about a bare signature over ``parts``; ``hint``: the SHA-256 of the certificate to use."""
    context.deadline.check()
    message = b"".join(bytes(part) for part in parts)
    candidates = [each for each in context.trust.signing_certificates() if hint in (None, each.sha256)]
    signer = _signer(candidates, algorithm, message, signature)
    found = [*without_seal(), passed(Check.SIGNED_HASH, "rulings.signed_hash.direct")]
    found += timing.of_time(stated_at, None, context)
    shown = SignatureFound(name=name, form="bare", signed_at=stated_at)
    if signer is None:
        code = "rulings.signature.nobodys" if candidates else "rulings.signature.no_registered"
        finding = failed if candidates else not_possible
        found.append(finding(Check.SIGNATURE, code))
        return Judged(found=shown, findings=of_signature(name, found))
    found.append(of_value(signer, algorithm, message, signature))
    if stated_at is None:
        found.append(standing.no_time())
        return Judged(found=_shown(name, signer, None, context), findings=of_signature(name, found))
    moment = Moment(at=stated_at, now=context.now)
    chain = standing.chain_of_signer(signer, (), context, moment)
    found += [*chain.findings, *standing.registration(signer, context, moment)]
    return Judged(found=_shown(name, signer, stated_at, context), findings=of_signature(name, found), chains=(chain,))


def _signer(candidates: list[Certificate], algorithm: str, message: bytes, signature: bytes) -> Certificate | None:
    """Return the registered certificate under which the signature holds."""
    for each in candidates:
        if signatures.outcome(each, algorithm, message, signature) == "holds":
            return each
    return None


def _shown(name: str, signer: Certificate, at: datetime | None, context: Context) -> SignatureFound:
    court = standing.court_of(signer, None, context)
    return SignatureFound(
        name=name, form="bare", signer=signer.shown, signer_sha256=signer.sha256, signed_at=at,
        court=court.name if court else None,
    )  # fmt: skip
