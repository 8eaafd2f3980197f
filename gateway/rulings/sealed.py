"""Judge one SES_Signature (GB/T 38540): checks 4 to 10, the same wherever it stands, in an OFD or in a PDF."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from gateway.canonical.identifiers import BEIJING
from gateway.rulings import digests, standing, timing
from gateway.rulings.certificate import Certificate, read_certificate
from gateway.rulings.context import Context, Judged
from gateway.rulings.malformed import Malformed
from gateway.rulings.result import (
    Check,
    Finding,
    SignatureFound,
    Verdict,
    failed,
    not_applicable,
    not_possible,
    of_signature,
    passed,
)
from gateway.rulings.ses import Seal, SealSignature
from gateway.rulings.signatures import outcome
from gateway.rulings.trust.chain import Chain, Moment, badness, build
from gateway.rulings.value import of_value


def judge(
    name: str, signature: SealSignature, *, message: tuple[bytes | memoryview, ...], seal_file: bytes | None,
    context: Context,
) -> Judged:  # fmt: skip
    """Return what is found about a seal put to ``message``; ``seal_file``: the seal that lies beside it, if any."""
    context.deadline.check()
    signer, maker = read_certificate(signature.signer), read_certificate(signature.seal.maker)
    stamp = timing.stamped(signature.time_stamp, signature.signature, context) if signature.time_stamp else None
    at = (stamp.at if stamp else None) or signature.at
    chains = list(stamp.chains) if stamp else []
    found = [
        _hash(signature, message),
        _copy(signature, seal_file),
        of_value(signer, signature.algorithm, signature.signed, signature.signature),
        *_seal(signature.seal, maker, at),
        _listing(signature, signer),
        *timing.of_time(signature.at, stamp, context),
    ]
    found += _standing(
        signature, signer=signer, maker=maker, at=at, chains=chains, proven=bool(stamp and stamp.at), context=context
    )
    return Judged(
        found=_shown(name, signature, signer, context), findings=of_signature(name, found), chains=tuple(chains)
    )


def _hash(signature: SealSignature, message: tuple[bytes | memoryview, ...]) -> Finding:
    if digests.sm3(*message) == signature.hashed:
        return passed(Check.SIGNED_HASH, "rulings.signed_hash.equal")
    return failed(Check.SIGNED_HASH, "rulings.signed_hash.different")


def _copy(signature: SealSignature, seal_file: bytes | None) -> Finding:
    if seal_file is None:
        return not_applicable(Check.SEAL_COPY, "rulings.seal_copy.none")
    if seal_file == signature.seal.raw:
        return passed(Check.SEAL_COPY, "rulings.seal_copy.equal")
    return failed(Check.SEAL_COPY, "rulings.seal_copy.different")


def _seal(seal: Seal, maker: Certificate, at: datetime | None) -> Iterator[Finding]:
    """Yield check 7: the maker's signature, and the dates of the seal against the time of signing."""
    result = outcome(maker, seal.algorithm, seal.signed, seal.signature)
    facts = {"seal": seal.id, "seal_name": seal.name}
    if result == "holds":
        yield passed(Check.SEAL, "rulings.seal.made", maker=maker.shown, **facts)
    elif result == "unknown":
        yield not_possible(Check.SEAL, "rulings.signature.unknown_algorithm", algorithm=seal.algorithm)
    else:
        yield failed(Check.SEAL, "rulings.seal.forged", maker=maker.shown, **facts)
    if at is not None and not seal.start <= at <= seal.end:
        start, end = (each.astimezone(BEIJING).date() for each in (seal.start, seal.end))
        yield failed(
            Check.SEAL, "rulings.seal.not_valid", at=at.astimezone(BEIJING).date(), start=start, end=end, **facts
        )


def _listing(signature: SealSignature, signer: Certificate) -> Finding:
    """Return check 8: does the seal name the signer's certificate, itself or by its digest?"""
    seal = signature.seal
    listed = digests.sm3(signer.der) in seal.listed if seal.lists_digests else signer.der in seal.listed
    if listed:
        return passed(Check.LISTED, "rulings.listed.yes", name=signer.shown)
    return failed(Check.LISTED, "rulings.listed.no", name=signer.shown)


def _standing(
    signature: SealSignature, *, signer: Certificate, maker: Certificate, at: datetime | None, chains: list[Chain],
    proven: bool, context: Context,
) -> Iterator[Finding]:  # fmt: skip
    """Yield check 9 for signer and maker, and what the registry says of certificate and seal."""
    if at is None:
        yield standing.no_time()
        return
    moment = Moment(at=at, now=context.now, proven=proven)
    of_signer = standing.chain_of_signer(signer, (), context, moment)
    of_maker = _chain_of_maker(maker, signature.seal, at, context)
    chains += [of_signer, of_maker]
    yield from _once([*of_signer.findings, *of_maker.findings])
    yield from standing.registration(signer, context, moment)
    yield from standing.seal_registration(signature.seal.id, context, moment)


def _chain_of_maker(maker: Certificate, seal: Seal, at: datetime, context: Context) -> Chain:
    """Return the maker's chain, when the seal was used or when it says it was made.

    A maker's certificate may have run out before the seal; and there are real seals whose date of making lies before
    their maker's certificate.
    """
    used = build(maker, (), context.trust, "maker", Moment(at=at, now=context.now))
    if seal.created >= at or not any(badness(used.findings)):
        return used
    made = build(maker, (), context.trust, "maker", Moment(at=seal.created, now=context.now))
    return min(used, made, key=lambda chain: badness(chain.findings))


def _once(findings: list[Finding]) -> Iterator[Finding]:
    seen: list[Finding] = []
    for each in findings:
        if each not in seen or each.verdict is not Verdict.NOT_APPLICABLE:
            seen.append(each)
            yield each


def _shown(name: str, signature: SealSignature, signer: Certificate, context: Context) -> SignatureFound:
    seal = signature.seal
    court = standing.court_of(signer, seal.id, context)
    return SignatureFound(
        name=name, form=f"ses_v{seal.version}", signer=signer.shown, signer_sha256=signer.sha256, seal_id=seal.id,
        seal_name=seal.name, signed_at=signature.at, court=court.name if court else None,
    )  # fmt: skip


def unreadable(name: str, form: str, error: Malformed, check: Check = Check.SIGNATURE) -> Judged:
    """Return what is left to say of a signature that cannot be read."""
    return Judged(found=SignatureFound(name=name, form=form), findings=of_signature(name, [error.as_finding(check)]))
