"""Judge one message against one case: look up the row, ask who says it, try the guards, take the step."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from gateway.canonical.messages import Message, short_type
from gateway.canonical.messages.referral import Success
from gateway.lifecycle import refusal
from gateway.lifecycle.calendar import UNKNOWN, WorkingCalendar
from gateway.lifecycle.case import Case, Leg
from gateway.lifecycle.confirmation_guards import Review
from gateway.lifecycle.confirmation_rules import (
    CONFIRMING,
    concerns_the_ruling,
    confirmation_event,
    judge_review,
    may_open_agreed,
)
from gateway.lifecycle.decision import Accepted, Decision, Refused
from gateway.lifecycle.effects import correct, take
from gateway.lifecycle.guards import GUARDS
from gateway.lifecycle.interests import Digester
from gateway.lifecycle.periods import WorkingDays
from gateway.lifecycle.profile import NATIONAL, Profile
from gateway.lifecycle.situation import ACCOMPANYING, Situation, event_of, leg_meant, may_open, names_a_case
from gateway.lifecycle.standing import Standing
from gateway.lifecycle.states import Event
from gateway.lifecycle.steps import case_events, first_rows, steps

_OF_A_FILE = frozenset({"ruling_notice", "service_receipt"})  # what may also be about something else of the case


def decide(
    case: Case | None,
    message: Message,
    *,
    case_id: str,
    now: datetime,
    addressee: str | None = None,
    profile: Profile = NATIONAL,
    corrects: str | None = None,
    standing: Standing | None = None,
    digester: Digester | None = None,
    calendar: WorkingCalendar = UNKNOWN,
    by_clock: Event | None = None,
    by_gateway: bool = False,
) -> Decision:
    """Say whether a message is the next lawful step of its case, and what the case is after it.

    ``case``: as it is now, None where nobody has spoken of it yet. ``case_id``: the id a new case gets. ``now``: the
    gateway's time; what the law counts goes by the times in the message. ``addressee``: who the directory made of the
    message's own addressee, where that differs. ``corrects``: the accepted message that this one is a later version of,
    where the partner's dialect knows corrections. ``standing``: what the roster says of the addressee of a dispatch, or
    of who assigns a mediator or goes to litigation. ``digester``: how a case keeps its parties recognisable.
    ``calendar``: the working days that periods end by. ``by_clock``: what a period that ran out brings about, where the
    gateway itself says the message. ``by_gateway``: the gateway itself says it, through no
    door. Identical duplicates and partners that are no party to the case have been sorted out before. Pure; raises
    nothing.
    """
    kind = short_type(message)
    if kind in ACCOMPANYING or (kind == "joint_plan" and not names_a_case(message)):
        return refusal.unknown_case(kind) if case is None and names_a_case(message) else Accepted(case=case)
    if kind == "ruling_notice" and not by_gateway:
        return Refused(code="lifecycle.gateway_only", facts=refusal.named("step", kind))
    if kind in _OF_A_FILE and not concerns_the_ruling(case, message):
        return refusal.unknown_case(kind) if case is None and names_a_case(message) else Accepted(case=case)
    if kind in CONFIRMING:
        return _reviewed(case, message, case_id=case_id, now=now, court=addressee or message.addressee,
                         profile=profile, digester=digester, working_days=calendar.first_working,
                         by_gateway=by_gateway)  # fmt: skip
    return _stepped(case, message, case_id=case_id, now=now, addressee=addressee or message.addressee, profile=profile,
                    corrects=corrects, standing=standing, digester=digester, calendar=calendar,
                    by_clock=by_clock)  # fmt: skip


def _stepped(
    case: Case | None, message: Message, *, case_id: str, now: datetime, addressee: str | None, profile: Profile,
    corrects: str | None, standing: Standing | None, digester: Digester | None, calendar: WorkingCalendar,
    by_clock: Event | None,
) -> Decision:  # fmt: skip
    event = by_clock or event_of(message)
    if message.sender is None:
        return refusal.sender_unknown(event)
    if case is None and not may_open(message, standing):
        return refusal.unknown_case(event)
    leg = case.leg if case else None
    if case and first_rows()[event].who == "unit":
        leg = leg_meant(case, message.sender, cast(Any, message).data.case.leg)
    situation = Situation(
        event=event,
        message=message,
        sender=message.sender,
        addressee=addressee,
        case=case,
        leg=leg,
        profile=profile,
        standing=standing,
        digester=digester,
        calendar=calendar,
    )
    if corrects and case and leg and _is_result_of(case, leg, corrects, event, message.sender):
        if case.confirmation and case.confirmation.stands and case.confirmation.ruling:
            return refusal.ruled_upon(situation)
        return correct(
            case, leg, cast(Success, message)
        )  # 修改化解结果: no second result, but a later version of the same
    return _judge(situation, case_id=case_id, now=now)


def _reviewed(
    case: Case | None, message: Message, *, case_id: str, now: datetime, court: str | None, profile: Profile,
    digester: Digester | None, working_days: WorkingDays, by_gateway: bool,
) -> Decision:  # fmt: skip
    event = confirmation_event(message)
    if message.sender is None and not by_gateway:
        return refusal.sender_unknown(event)
    if case is None and not may_open_agreed(message):
        return refusal.parked(event, "referral")
    here = case.confirmation if case else None
    review = Review(
        event=event, message=message, sender=message.sender or "", court=court, case=case, confirmation=here,
        profile=profile, working_days=working_days, digester=digester,
    )  # fmt: skip
    return judge_review(review, case_id=case_id, now=now, digester=digester)


def _is_result_of(case: Case, leg: Leg, corrects: str, event: Event, sender: str) -> bool:
    return event.startswith("success") and sender == leg.unit and case.result == leg.result == corrects


def _judge(situation: Situation, *, case_id: str, now: datetime) -> Decision:
    case, leg, event = situation.case, situation.leg, situation.event
    if case is not None:
        if leg is None and event not in case_events():
            return refusal.never_referred(situation)
        if situation.sender != situation.who(first_rows()[event].who):
            return refusal.not_the_senders(situation)
        step = steps().get((event, case.state if leg is None or event in case_events() else leg.state))
        if step is None:
            return refusal.not_now(situation, case)
    else:
        step = steps()[event, None]
    for guard in step.guards:
        objection = GUARDS[guard](situation)
        if objection is not None:
            return refusal.objected(situation, objection)
    return take(step, situation, case_id=case_id, now=now)
