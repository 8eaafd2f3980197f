"""What the directory says of the organisation that a step depends on, handed in with the message."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.canonical.dispute import DisputeType
from gateway.canonical.messages.referral_data import Variant
from gateway.canonical.organisations import Level, OrganisationKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One organisation as the roster has it: the addressee of a dispatch, the sender of an assignment or a litigation.

    ``active``: on the day of the message. ``disputes`` and ``variants``: what it takes; empty: whatever its kind takes.
    ``mediators``: ids and names, folded and without spaces; empty: nobody keeps a roster, so nothing is checked.
    """

    id: str
    name: str
    kind: OrganisationKind
    level: Level | None = None
    credit_code: str | None = None
    active: bool = True
    disputes: tuple[DisputeType, ...] = ()
    variants: tuple[Variant, ...] = ()
    mediators: frozenset[str] = frozenset()
