"""What a lawful step changes: the leg it is about, the leg it opens, the case and its holder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from gateway.canonical.identifiers import BEIJING
from gateway.canonical.identifiers.folding import compact
from gateway.canonical.messages.referral import Success
from gateway.lifecycle.case import Case, Leg
from gateway.lifecycle.decision import Accepted
from gateway.lifecycle.interests import keep
from gateway.lifecycle.periods import agreed_on, due_on, effective_on, last_day, lasts_to
from gateway.lifecycle.situation import Situation, lead_named
from gateway.lifecycle.states import CASE_TERMINAL, LEG_ENDED, Event
from gateway.lifecycle.steps import Step

Changes = dict[str, Any]
Effect = Callable[[Situation, Leg], Changes]

# Results that count against the period; a unit that declines never had one.
_TIMED = frozenset({"success", "success:performed", "escalation", "return"})
# Steps that decide how the case ends.
_DECIDING = frozenset({"success", "success:performed", "litigation:filed"})
# Steps that bring an agreement, which may be confirmed.
_AGREEING = frozenset({"success", "success:performed"})
# Steps that say who the parties are.
_NAMING = frozenset({"referral", "intake"})


def take(step: Step, situation: Situation, *, case_id: str, now: datetime) -> Accepted:
    """Return the case after a lawful step, and the number of the leg that the step opens or is about."""
    case, leg = situation.case or _new_case(situation, case_id=case_id, now=now), situation.leg
    number, legs = None, case.legs
    if leg is not None:
        number, legs = leg.number, (*legs[: leg.number - 1], _leg_after(step, situation, leg), *legs[leg.number :])
    if step.opens_leg:
        number = len(legs) + 1
        legs = (*legs, _new_leg(situation, number=number, now=now))
    return Accepted(case=_case_after(step, situation, case, legs, now=now), leg=number)


def _new_case(situation: Situation, *, case_id: str, now: datetime) -> Case:
    """Return the case as it was before the step that makes it known: in its origin's hands, and nobody's leg."""
    return Case(
        id=case_id,
        state="READY",
        holder=situation.who("office") or situation.sender,
        holder_since=now,
        origin=(situation.who("office") if situation.event == "intake" else None) or situation.sender,
        variant=None,
        parties=0,
        opened_at=now,
    )


def _case_after(step: Step, situation: Situation, case: Case, legs: tuple[Leg, ...], *, now: datetime) -> Case:
    state = step.case or case.state
    lead = lead_named(situation.message) or case.lead
    holder = (situation.who(step.holder) if step.holder else None) or case.holder
    if case.confirmation and case.confirmation.live:
        holder = case.confirmation.holder  # whatever else happens, the review goes on
    return replace(
        case,
        state=state,
        holder=holder,
        holder_since=case.holder_since if holder == case.holder else now,
        legs=legs,
        closed_at=(case.closed_at or now) if state in CASE_TERMINAL else None,
        result=case.result or (situation.message.id if step.event in _DECIDING else None),
        flags=case.flags | {"late"} if _is_late(step, situation) else case.flags,
        profile=situation.profile.name,
        lead=lead,
        agreed_on=effective_on(situation.data.agreement) if step.event in _AGREEING else case.agreed_on,
        **(_of_the_parties(situation, case.id) if step.event in _NAMING else {}),
    )


def _of_the_parties(situation: Situation, case_id: str) -> Changes:
    parties, digester = situation.data.parties, situation.digester
    return {
        "variant": getattr(situation.data, "variant", None),
        "parties": len({compact(party.name) for party in parties}),
        "marks": keep(parties, case_id, digester) if digester else (),
    }


def _new_leg(situation: Situation, *, number: int, now: datetime) -> Leg:
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
        opened_by=situation.message.id,
        arrived_on=now.astimezone(BEIJING).date(),
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
    due = None
    if step.event in _TIMED:
        due = lasts_to(situation.leg, day, situation.profile, situation.calendar)
    return due is not None and day > due


def _start_period(situation: Situation, leg: Leg) -> Changes:
    accepted_at = situation.data.accepted_at
    due = last_day(accepted_at, leg.period_days)
    return {"accepted_at": accepted_at, "due_on": due, "answer_by": None, "result": None, "ended_at": None}


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
    return {"due_on": situation.data.until, "paused_on": paused_on, "expired_on": None}


def _note_silence(situation: Situation, _leg: Leg) -> Changes:
    return {"answer_by": situation.message.time.date()}


def _note_expiry(situation: Situation, _leg: Leg) -> Changes:
    return {"expired_on": situation.message.time.date()}


def _answer_expiry(_situation: Situation, _leg: Leg) -> Changes:
    return {"expired_on": None}  # the origin has said what is to be done


_EFFECTS: Mapping[Event, Effect] = {
    "acceptance": _start_period,
    "decline": _note_refusal,
    "assignment": _name_mediators,
    "progress:appraisal_started": _stop_clock,
    "progress:appraisal_ended": _start_clock,
    "return_consultation": _start_clock,
    "success": _start_clock,
    "success:performed": _start_clock,
    "withdrawal": _start_clock,
    "escalation": _start_clock,
    "return": _start_clock,
    "extension": _extend,
    "return_opinion:return": _answer_expiry,
    "silence": _note_silence,
    "expiry": _note_expiry,
}


def correct(case: Case, leg: Leg, message: Success) -> Accepted:
    """Put a later version of a result in the place of the one that stands; nothing else of the case changes.

    A court that reviews the agreement is told: its application is about the earlier version.
    """
    result = message.id
    legs = tuple(replace(each, result=result) if each.number == leg.number else each for each in case.legs)
    applications, here = case.confirmations, case.confirmation
    if here and here.live:
        applications = (*applications[:-1], replace(here, flags=here.flags | {"agreement_changed"}))
    changed = replace(case, result=result, legs=legs, flags=case.flags | {"corrected"}, confirmations=applications,
                      agreed_on=effective_on(message.data.agreement))  # fmt: skip
    return Accepted(case=changed, leg=leg.number)
