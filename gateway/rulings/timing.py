"""Check 10: is the time believable? Not in the future, not before the ruling, and what a time stamp says of it.

That the time lies within the dates of the seal belongs to check 7, within those of the certificates to check 9.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from gateway.canonical.identifiers import BEIJING
from gateway.rulings import cms, digests, signatures, tlv
from gateway.rulings.context import Context
from gateway.rulings.malformed import Malformed
from gateway.rulings.result import Check, Finding, Verdict, failed, not_possible, passed
from gateway.rulings.trust.chain import Chain, Moment, build

TOLERANCE = timedelta(minutes=10)  # between the clocks of a court, a time stamp authority and ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What a time stamp token says of when it was made, as far as it holds."""

    at: datetime | None
    findings: tuple[Finding, ...]
    chains: tuple[Chain, ...] = ()


def of_time(at: datetime | None, stamp: Stamp | None, context: Context) -> Iterator[Finding]:
    """Yield what check 10 says of a claimed time of signing."""
    yield from stamp.findings if stamp else ()
    if at is None:
        yield not_possible(Check.TIME, "rulings.time.none")
        return
    shown = {"at": at.astimezone(BEIJING).isoformat(timespec="seconds")}
    issued = context.expected.issued_on if context.expected else None
    if at > context.now + TOLERANCE:
        yield failed(Check.TIME, "rulings.time.future", **shown)
    elif issued and _day(at) < issued:
        yield failed(Check.TIME, "rulings.time.before_ruling", issued=issued, **shown)
    elif stamp and stamp.at and stamp.at + TOLERANCE < at:
        yield failed(Check.TIME, "rulings.time.stamped_before", stamped=stamp.at, **shown)
    else:
        yield passed(Check.TIME, "rulings.time.plausible", **shown)


def before_ruling(at: datetime | None, issued: date | None) -> Iterator[Finding]:
    """Yield a failure where the text of the ruling bears a date after its own signature."""
    if at is not None and issued is not None and _day(at) < issued:
        shown = at.astimezone(BEIJING).isoformat(timespec="seconds")
        yield failed(Check.TIME, "rulings.time.before_ruling", issued=issued, at=shown)


def stamped(token: bytes, signature: bytes, context: Context) -> Stamp:
    """Return what a time stamp token (RFC 3161, GB/T 20520) over a signature value says."""
    try:
        return _read(token, signature, context)
    except Malformed as error:
        return Stamp(at=None, findings=(error.as_finding(Check.TIME),))


def _read(token: bytes, signature: bytes, context: Context) -> Stamp:
    message = cms.read_signed_message(token)
    content, signer = message.content, message.signers[0] if len(message.signers) == 1 else None
    if content is None or signer is None:
        raise Malformed("rulings.time.stamp_outline")
    stated = tlv.read(content).expect(tlv.SEQUENCE)
    imprint, at = stated[2].expect(tlv.SEQUENCE), stated[4].time
    algorithm = imprint[0][0].oid
    if algorithm not in digests.ALGORITHMS:
        raise Malformed("rulings.time.stamp_outline")
    if imprint[1].octets != digests.digest(algorithm, signature):
        return Stamp(at=None, findings=(failed(Check.TIME, "rulings.time.stamp_of_another"),))
    if not _holds(message, signer, content):
        return Stamp(at=None, findings=(failed(Check.TIME, "rulings.time.stamp_forged"),))
    certificate = signer.certificate(message.certificates)
    assert certificate is not None  # noqa: S101 - it holds, so there is one
    chain = build(certificate, message.certificates, context.trust, "timestamp", Moment(at=at, now=context.now))
    return Stamp(at=_trusted(at, chain), findings=tuple(_of_chain(chain, at)), chains=(chain,))


def _holds(message: cms.SignedMessage, signer: cms.Signer, content: bytes) -> bool:
    certificate = signer.certificate(message.certificates)
    if certificate is None or signer.digest not in digests.ALGORITHMS or signer.attributes is None:
        return False
    if signer.message_digest != digests.digest(signer.digest, content):
        return False
    signed, value = signer.attributes, signer.signature
    return signatures.outcome(certificate, signer.algorithm, signed, value, digest=signer.digest) == "holds"


def _trusted(at: datetime, chain: Chain) -> datetime | None:
    bad = (Verdict.FAILED, Verdict.NOT_POSSIBLE)
    return None if any(each.verdict in bad for each in chain.findings) else at


def _of_chain(chain: Chain, at: datetime) -> Iterator[Finding]:
    for each in chain.findings:
        if each.verdict in (Verdict.FAILED, Verdict.NOT_POSSIBLE):
            yield Finding(check=Check.TIME, verdict=each.verdict, code=each.code, facts=each.facts)
    if _trusted(at, chain):
        yield passed(Check.TIME, "rulings.time.stamped", at=at.astimezone(BEIJING).isoformat(timespec="seconds"))


def _day(at: datetime) -> date:
    return at.astimezone(BEIJING).date()
