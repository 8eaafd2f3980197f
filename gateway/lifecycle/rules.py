"""Judge one message against one case: look up the row, ask who says it, try the guards, take the step."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from gateway.canonical.messages import Message, short_type
from gateway.lifecycle import refusal
from gateway.lifecycle.case import Case, Leg
from gateway.lifecycle.decision import Accepted, Decision
from gateway.lifecycle.effects import correct, take
from gateway.lifecycle.guards import GUARDS
from gateway.lifecycle.profile import NATIONAL, Profile
from gateway.lifecycle.situation import CASELESS, Situation, event_of, leg_meant
from gateway.lifecycle.states import Event
from gateway.lifecycle.steps import case_events, first_rows, steps


def decide(
    case: Case | None,
    message: Message,
    *,
    case_id: str,
    now: datetime,
    addressee: str | None = None,
    profile: Profile = NATIONAL,
    corrects: str | None = None,
) -> Decision:
    """Say whether a message is the next lawful step of its case, and what the case is after it.

    ``case``: as it is now, None where nobody has referred it yet. ``case_id``: the id a new case gets. ``now``: the
    gateway's time; what the law counts goes by the times in the message. ``addressee``: who the directory made of the
    message's own addressee, where that differs. ``corrects``: the accepted message that this one is a later version of,
    where the partner's dialect knows corrections. Identical duplicates and partners that are no party to the case have
    been sorted out before. Pure; raises nothing.
    """
    if short_type(message) in CASELESS:
        return Accepted(case=case)
    event = event_of(message)
    if message.sender is None:
        return refusal.sender_unknown(event)
    if case is None and event != "referral":
        return refusal.unknown_case(event)
    leg = case.leg if case else None
    if case and first_rows()[event].who == "unit":
        leg = leg_meant(case, message.sender, cast(Any, message).data.case.leg)
    situation = Situation(
        event=event,
        message=message,
        sender=message.sender,
        addressee=addressee or message.addressee,
        case=case,
        leg=leg,
        profile=profile,
    )
    if corrects and case and leg and _is_result_of(case, leg, corrects, event, message.sender):
        return correct(case, leg, message.id)  # 修改化解结果: no second result, but a later version of the same
    return _judge(situation, case_id=case_id, now=now)


def _is_result_of(case: Case, leg: Leg, corrects: str, event: Event, sender: str) -> bool:
    return event == "success" and sender == leg.unit and case.result == leg.result == corrects


def _judge(situation: Situation, *, case_id: str, now: datetime) -> Decision:
    case, leg, event = situation.case, situation.leg, situation.event
    if case is not None and leg is not None:
        if situation.sender != situation.who(first_rows()[event].who):
            return refusal.not_the_senders(situation)
        step = steps().get((event, case.state if event in case_events() else leg.state))
        if step is None:
            return refusal.not_now(situation, case)
    else:
        step = steps()[event, None]
    for guard in step.guards:
        objection = GUARDS[guard](situation)
        if objection is not None:
            return refusal.objected(situation, objection)
    return take(step, situation, case_id=case_id, now=now)
