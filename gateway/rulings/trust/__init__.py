"""Whom the gateway believes: anchors, revocation lists, and which court signs with what for which case numbers.

    trust.yaml + PEM/DER files ── folder.py ──► Trust ──► chain.py   signer ─► … ─► anchor, all conditions at one time
                                                  │         └── revocation.py
                   ◄─ written.py ──               └─────► courts     whose certificate or seal is it, withdrawn when?

Everything has dates. A withdrawal says from when: what was signed before stays good, unless the key was
compromised, when no claimed time helps.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from gateway.rulings.certificate import Certificate
from gateway.rulings.trust.revocation import RevocationList

Role = Literal["signer", "maker", "timestamp"]
ROLES: tuple[Role, ...] = ("signer", "maker", "timestamp")


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """When something counts, and from when it was withdrawn; ``compromised`` makes claimed times worthless."""

    start: datetime | None = None
    end: datetime | None = None
    withdrawn: datetime | None = None
    compromised: bool = False

    def covers(self, at: datetime) -> bool:
        """Say whether ``at`` lies between start and end."""
        return (self.start is None or self.start <= at) and (self.end is None or at <= self.end)

    def withdrawn_for(self, at: datetime, now: datetime) -> bool:
        """Say whether what claims to be of ``at`` falls under the withdrawal, seen from ``now``."""
        if self.withdrawn is None:
            return False
        return self.withdrawn <= (now if self.compromised else at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A certificate believed without another's word, for the roles named."""

    certificate: Certificate
    roles: frozenset[Role]
    period: Period


@dataclass(frozen=True, slots=True, kw_only=True)
class CourtCertificate:
    """A signing certificate registered for a court; the file of a raw signature may name it by its digest."""

    sha256: str
    period: Period
    certificate: Certificate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CourtSeal:
    """A seal registered for a court."""

    id: str
    period: Period


@dataclass(frozen=True, slots=True, kw_only=True)
class Court:
    """A court, the court codes of the case numbers it may sign for, its certificates and seals."""

    name: str
    codes: frozenset[str]
    certificates: tuple[CourtCertificate, ...] = ()
    seals: tuple[CourtSeal, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """All of it. ``revocation``: whether a chain needs a revocation list that is current."""

    anchors: tuple[Anchor, ...] = ()
    intermediates: tuple[Certificate, ...] = ()
    revocation_lists: tuple[RevocationList, ...] = ()
    courts: tuple[Court, ...] = ()
    revocation: Literal["required", "where_configured"] = "where_configured"

    def registered(self, sha256: str) -> tuple[Court, CourtCertificate] | None:
        """Return the court that a certificate is registered for."""
        return next(
            ((court, each) for court in self.courts for each in court.certificates if each.sha256 == sha256), None
        )

    def seal(self, seal_id: str) -> tuple[Court, CourtSeal] | None:
        """Return the court that a seal is registered for."""
        return next(((court, each) for court in self.courts for each in court.seals if each.id == seal_id), None)

    def signing_certificates(self) -> Iterable[Certificate]:
        """Return the registered certificates that are at hand."""
        return (each.certificate for court in self.courts for each in court.certificates if each.certificate)

    @property
    def registers_certificates(self) -> bool:
        """Say whether any court has its certificates registered; then a signer must be one of them."""
        return any(court.certificates for court in self.courts)

    @property
    def registers_seals(self) -> bool:
        """Say whether any court has its seals registered; then a seal must be one of them."""
        return any(court.seals for court in self.courts)
