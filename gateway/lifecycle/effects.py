"""What a lawful step changes: the leg it is about, the leg it opens, the case and its holder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from gateway.canonical.identifiers.folding import compact
from gateway.lifecycle.case import Case, Leg
from gateway.lifecycle.decision import Accepted
from gateway.lifecycle.periods import agreed_on, due_on, last_day
from gateway.lifecycle.situation import Situation
from gateway.lifecycle.states import CASE_TERMINAL, LEG_ENDED, Event
from gateway.lifecycle.steps import Step

Changes = dict[str, Any]
Effect = Callable[[Situation, Leg], Changes]

# Results that count against the period; a unit that declines never had one.
_TIMED = frozenset({"success", "escalation", "return"})
# Steps that decide how the case ends.
_DECIDING = frozenset({"success", "litigation:filed"})


def take(step: Step, situation: Situation, *, case_id: str, now: datetime) -> Accepted:
    """Return the case after a lawful step, and the number of the leg that the step opens or is about."""
    case, leg = situation.case, situation.leg
    if case is None or leg is None:
        opened = _new_leg(situation, number=1)
        return Accepted(case=_new_case(situation, opened, case_id=case_id, now=now), leg=1)
    changed = _leg_after(step, situation, leg)
    legs = (*case.legs[: leg.number - 1], changed, *case.legs[leg.number :])
    if not step.opens_leg:
        return Accepted(case=_case_after(step, situation, case, legs, now=now), leg=leg.number)
    opened = _new_leg(situation, number=len(legs) + 1)
    return Accepted(case=_case_after(step, situation, case, (*legs, opened), now=now), leg=opened.number)


def _new_case(situation: Situation, leg: Leg, *, case_id: str, now: datetime) -> Case:
    return Case(
        id=case_id,
        state="DISPATCHED",
        holder=leg.unit,
        holder_since=now,
        origin=situation.sender,
        opened_at=now,
        legs=(leg,),
        **_of_the_referral(situation),
    )


def _case_after(step: Step, situation: Situation, case: Case, legs: tuple[Leg, ...], *, now: datetime) -> Case:
    state = step.case or case.state
    holder = (situation.who(step.holder) if step.holder else None) or case.holder
    return replace(
        case,
        state=state,
        holder=holder,
        holder_since=case.holder_since if holder == case.holder else now,
        legs=legs,
        closed_at=now if state in CASE_TERMINAL else None,
        result=situation.message.id if step.event in _DECIDING else case.result,
        flags=case.flags | {"late"} if _is_late(step, situation) else case.flags,
        **(_of_the_referral(situation) if step.event == "referral" else {}),
    )


def _of_the_referral(situation: Situation) -> Changes:
    parties = {compact(party.name) for party in situation.data.parties}
    return {"variant": situation.data.variant, "parties": len(parties)}


def _new_leg(situation: Situation, *, number: int) -> Leg:
    """Open the addressee's leg. After an escalation the period is the same length and starts anew on acceptance."""
    if situation.event == "referral" or situation.leg is None:
        period = situation.data.period_days or situation.profile.period_days
    else:
        period = situation.leg.period_days
    return Leg(
        number=number,
        unit=situation.addressee or "",  # names_an_addressee has seen to it
        level=situation.data.level,
        state="DISPATCHED",
        dispatched_at=situation.message.time,
        period_days=period,
    )


def _leg_after(step: Step, situation: Situation, leg: Leg) -> Leg:
    effect = _EFFECTS.get(step.event)
    changes = effect(situation, leg) if effect else {}
    if step.leg in LEG_ENDED:
        changes |= {"result": situation.message.id, "ended_at": situation.message.time}
    if step.leg:
        changes["state"] = step.leg
    return replace(leg, **changes) if changes else leg


def _is_late(step: Step, situation: Situation) -> bool:
    """Judge by the day it happened: nobody is late because a message travelled long."""
    day = situation.message.time.date()
    due = due_on(situation.leg, day) if situation.leg and step.event in _TIMED else None
    return due is not None and day > due


def _start_period(situation: Situation, leg: Leg) -> Changes:
    accepted_at = situation.data.accepted_at
    return {"accepted_at": accepted_at, "due_on": last_day(accepted_at, leg.period_days)}


def _note_refusal(situation: Situation, _leg: Leg) -> Changes:
    return {"declined": situation.data.reason}


def _name_mediators(situation: Situation, leg: Leg) -> Changes:
    if leg.mediators and not leg.open:
        return {}  # an assignment that came after the end may be older than the one that is known
    return {"mediators": tuple(mediator.id for mediator in situation.data.mediators)}


def _stop_clock(situation: Situation, _leg: Leg) -> Changes:
    return {"paused_on": situation.message.time.date()}


def _start_clock(situation: Situation, leg: Leg) -> Changes:
    return {"due_on": due_on(leg, situation.message.time.date()), "paused_on": None}


def _extend(situation: Situation, leg: Leg) -> Changes:
    """Set the new last day. What an appraisal has saved until the agreement is in it already."""
    agreed = agreed_on(situation.data.consents, situation.message.time)
    paused_on = max(leg.paused_on, agreed) if leg.paused_on else None
    return {"due_on": situation.data.until, "paused_on": paused_on}


_EFFECTS: Mapping[Event, Effect] = {
    "acceptance": _start_period,
    "decline": _note_refusal,
    "assignment": _name_mediators,
    "progress:appraisal_started": _stop_clock,
    "progress:appraisal_ended": _start_clock,
    "return_consultation": _start_clock,
    "success": _start_clock,
    "escalation": _start_clock,
    "return": _start_clock,
    "extension": _extend,
}


def correct(case: Case, leg: Leg, result: str) -> Accepted:
    """Put a later version of a result in the place of the one that stands; nothing else of the case changes."""
    legs = tuple(replace(each, result=result) if each.number == leg.number else each for each in case.legs)
    return Accepted(case=replace(case, result=result, legs=legs, flags=case.flags | {"corrected"}), leg=leg.number)
