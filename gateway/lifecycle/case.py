"""A case with its legs, as the store keeps it: who must act next, and what each unit did with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from gateway.canonical.messages.referral_data import DeclineReason, Variant
from gateway.canonical.organisations import Level
from gateway.lifecycle.confirmation import Confirmation
from gateway.lifecycle.interests import Mark
from gateway.lifecycle.states import LEG_ENDED, CaseState, LegState


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One unit's handling of a case. Times are business times, as the senders gave them.

    ``number`` counts from 1. ``mediators`` holds the partner's ids in order, None for one that has none; names are in
    the messages only. ``declined`` is the reason of a refusal. ``due_on`` is the last day of the period, from
    acceptance on. ``paused_on`` is the day an appraisal stopped the clock. ``result`` is the id of the message that
    ended the leg, ``ended_at`` its time. ``opened_by`` is the id of the message that opened it, ``arrived_on`` the day
    the gateway had that. ``answer_by``: the last day to answer, once it has passed in silence; ``expired_on``: the last
    day of the period, once it has passed without a result.
    """

    number: int
    unit: str
    level: Level | None
    state: LegState
    dispatched_at: datetime
    period_days: int
    accepted_at: datetime | None = None
    due_on: date | None = None
    paused_on: date | None = None
    mediators: tuple[str | None, ...] = ()
    declined: DeclineReason | None = None
    result: str | None = None
    ended_at: datetime | None = None
    opened_by: str | None = None
    arrived_on: date | None = None
    answer_by: date | None = None
    expired_on: date | None = None

    @property
    def open(self) -> bool:
        """Say whether the unit still has it in hand."""
        return self.state not in LEG_ENDED

    def to_dict(self) -> dict[str, Any]:
        """Return the leg as JSON values."""
        return {
            "number": self.number,
            "unit": self.unit,
            "level": self.level,
            "state": self.state,
            "dispatched_at": self.dispatched_at.isoformat(),
            "period_days": self.period_days,
            "accepted_at": _text(self.accepted_at),
            "due_on": _text(self.due_on),
            "paused_on": _text(self.paused_on),
            "mediators": list(self.mediators),
            "declined": self.declined,
            "result": self.result,
            "ended_at": _text(self.ended_at),
            "opened_by": self.opened_by,
            "arrived_on": _text(self.arrived_on),
            "answer_by": _text(self.answer_by),
            "expired_on": _text(self.expired_on),
        }

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Leg:
        """Read what ``to_dict`` wrote."""
        return cls(
            number=kept["number"],
            unit=kept["unit"],
            level=kept["level"],
            state=kept["state"],
            dispatched_at=datetime.fromisoformat(kept["dispatched_at"]),
            period_days=kept["period_days"],
            accepted_at=_moment(kept["accepted_at"]),
            due_on=_day(kept["due_on"]),
            paused_on=_day(kept["paused_on"]),
            mediators=tuple(kept["mediators"]),
            declined=kept["declined"],
            result=kept["result"],
            ended_at=_moment(kept["ended_at"]),
            opened_by=kept.get("opened_by"),  # legs kept before there were clocks have none of these
            arrived_on=_day(kept.get("arrived_on")),
            answer_by=_day(kept.get("answer_by")),
            expired_on=_day(kept.get("expired_on")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A dispute's whole life in the gateway.

    ``holder`` is the one organisation that must act next, ``origin`` the one that referred the case first.
    ``holder_since``, ``opened_at`` and ``closed_at`` are the gateway's own times. ``variant`` and ``parties``, how many
    parties there are, come from the referral: None and 0 for a case that went to litigation without one, which has no
    leg either; who the parties are is in the messages only, and ``marks`` are keyed digests to recognise them by.
    ``result`` is the id of the message that decided how the case ends: an agreement or a filing. ``flags``: ``late``, a
    unit reported its result after the period; ``corrected``, it sent a later version of it. ``profile`` names the
    policy that judged the latest step. ``lead`` watches over the agreement, where a joint plan names it.
    ``agreed_on``: the day its agreement took effect.
    ``confirmations`` are the applications for confirmation or a mediation statement, the last one is current.
    """

    id: str
    state: CaseState
    holder: str
    holder_since: datetime
    origin: str
    variant: Variant | None
    parties: int
    opened_at: datetime
    closed_at: datetime | None = None
    legs: tuple[Leg, ...] = ()
    result: str | None = None
    flags: frozenset[str] = frozenset()
    marks: tuple[Mark, ...] = ()
    profile: str | None = None
    lead: str | None = None
    agreed_on: date | None = None
    confirmations: tuple[Confirmation, ...] = ()

    @property
    def confirmation(self) -> Confirmation | None:
        """Return the current application, which is the last one."""
        return self.confirmations[-1] if self.confirmations else None

    @property
    def keeper(self) -> str:
        """Return who watches over the agreement: the lead unit, else the one that reached it, else the origin."""
        return self.lead or (self.leg.unit if self.leg else self.origin)

    @property
    def until(self) -> date | None:
        """Return the day by which the holder must have acted, where a rule sets one."""
        if self.confirmation and self.confirmation.live:
            return self.confirmation.until
        leg = self.leg
        runs = leg is not None and leg.open and leg.paused_on is None and self.holder == leg.unit
        return leg.due_on if leg and runs else None

    @property
    def leg(self) -> Leg | None:
        """Return the current leg, which is the last one; None where nobody was ever asked to mediate."""
        return self.legs[-1] if self.legs else None

    def leg_of(self, organisation: str) -> Leg | None:
        """Return the latest leg of an organisation, or None when it never had one."""
        for leg in reversed(self.legs):
            if leg.unit == organisation:
                return leg
        return None

    def to_dict(self) -> dict[str, Any]:
        """Return the case as JSON values, the same bytes for the same case."""
        return {
            "id": self.id,
            "state": self.state,
            "holder": self.holder,
            "holder_since": self.holder_since.isoformat(),
            "origin": self.origin,
            "variant": self.variant,
            "parties": self.parties,
            "opened_at": self.opened_at.isoformat(),
            "closed_at": _text(self.closed_at),
            "legs": [leg.to_dict() for leg in self.legs],
            "result": self.result,
            "flags": sorted(self.flags),
            "marks": [[mark.name, mark.code, *mark.phones] for mark in self.marks],
            "profile": self.profile,
            "lead": self.lead,
            "agreed_on": _text(self.agreed_on),
            "confirmations": [each.to_dict() for each in self.confirmations],
        }

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Case:
        """Read what ``to_dict`` wrote."""
        return cls(
            id=kept["id"],
            state=kept["state"],
            holder=kept["holder"],
            holder_since=datetime.fromisoformat(kept["holder_since"]),
            origin=kept["origin"],
            variant=kept["variant"],
            parties=kept["parties"],
            opened_at=datetime.fromisoformat(kept["opened_at"]),
            closed_at=_moment(kept["closed_at"]),
            legs=tuple(Leg.from_dict(leg) for leg in kept["legs"]),
            result=kept["result"],
            flags=frozenset(kept["flags"]),
            marks=tuple(
                Mark(name=name, code=code, phones=tuple(phones)) for name, code, *phones in kept.get("marks", ())
            ),
            profile=kept.get("profile"),  # cases kept before there were profiles have none
            lead=kept.get("lead"),
            agreed_on=_day(kept.get("agreed_on")),
            confirmations=tuple(Confirmation.from_dict(each) for each in kept.get("confirmations", ())),
        )


def _text(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def _moment(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


def _day(value: str | None) -> date | None:
    return None if value is None else date.fromisoformat(value)
