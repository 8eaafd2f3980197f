"""Which rulings rest on a certificate or a seal that was withdrawn, and what the withdrawal means for each of them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from gateway.rulings.evidence.record import EvidenceRecord
from gateway.rulings.trust import Period, Trust


class Effect(StrEnum):
    """What a withdrawal means for a ruling that was verified before it was known."""

    VOID = "void"  # signed on or after the day of withdrawal
    DOUBTFUL = "doubtful"  # the key was in wrong hands, or nobody knows when it was signed: no claimed time helps
    UNTOUCHED = "untouched"  # signed before; it stays good


def by_certificate(record: EvidenceRecord, sha256: str, period: Period) -> Effect | None:
    """Return what the withdrawal of a certificate means for a ruling; None where it does not rest on it.

    It may be the signer's own or any of a chain: the seal maker's, an authority's, an anchor.
    """
    own = [each for each in record.signatures if each.get("signer_sha256") == sha256]
    in_chain = any(each.sha256 == sha256 for each in record.certificates)
    if not own and not in_chain:
        return None
    return _effect([each.get("signed_at") for each in own or record.signatures], period)


def by_seal(record: EvidenceRecord, seal_id: str, period: Period) -> Effect | None:
    """Return what the withdrawal of a seal means for a ruling; None where it does not bear that seal."""
    own = [each for each in record.signatures if each.get("seal_id") == seal_id]
    return _effect([each.get("signed_at") for each in own], period) if own else None


def withdrawal(trust: Trust, *, certificate: str | None = None, seal: str | None = None) -> Period:
    """Return the dates of a certificate or seal as ``trust`` has them now; nothing withdrawn where it knows neither."""
    for anchor in trust.anchors:
        if anchor.certificate.sha256 == certificate:
            return anchor.period
    known = trust.registered(certificate) if certificate else trust.seal(seal or "")
    return known[1].period if known else Period()


def _effect(signed_at: list[str | None], period: Period) -> Effect:
    if period.withdrawn is None:
        return Effect.UNTOUCHED
    if any(each is not None and datetime.fromisoformat(each) >= period.withdrawn for each in signed_at):
        return Effect.VOID
    return Effect.DOUBTFUL if period.compromised or None in signed_at or not signed_at else Effect.UNTOUCHED
