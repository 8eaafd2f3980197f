"""Judge one message about an application for confirmation: look up the row, ask who says it, try the guards."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from gateway.canonical.identifiers.folding import compact
from gateway.canonical.messages import Message, short_type
from gateway.errors import Fact
from gateway.lifecycle import refusal
from gateway.lifecycle.case import Case
from gateway.lifecycle.confirmation_effects import APPLICATIONS, take_up
from gateway.lifecycle.confirmation_guards import CONFIRMATION_GUARDS, Review
from gateway.lifecycle.confirmation_steps import (
    CONFIRMATION_STEPS,
    CONFIRMATION_WAITS,
    confirmation_steps,
    first_confirmation_rows,
)
from gateway.lifecycle.decision import Conflict, Decision, Parked, Refused
from gateway.lifecycle.interests import Digester, keep
from gateway.lifecycle.objection import Objection
from gateway.lifecycle.states import ConfirmationEvent
from gateway.lifecycle.steps import AGREED

_PAST = frozenset({"superseded", "revoked"})  # notices about a file that another one has replaced, or a decision
CONFIRMING = frozenset(step.event.partition(":")[0] for step in CONFIRMATION_STEPS)
# Objections that two of the court's own words raise against each other.
_CONTRADICTIONS = frozenset({"lifecycle.second_ruling", "lifecycle.ruling_differs"})
_KINDS = {"confirmation_status": "state", "confirmation_supplement": "subject", "ruling": "result",
          "ruling_notice": "outcome", "revocation": "outcome"}  # fmt: skip


def confirmation_event(message: Message) -> ConfirmationEvent:
    """Return which step a message of the confirmation family takes."""
    kind = short_type(message)
    if kind == "service_receipt":
        return "service_receipt:served" if _is_served(message.data) else "service_receipt:other"
    field = _KINDS.get(kind)
    return cast(ConfirmationEvent, f"{kind}:{getattr(message.data, field)}" if field else kind)


def concerns_the_ruling(case: Case | None, message: Message) -> bool:
    """Say whether a receipt or a notice is about the current application's ruling; other papers are served, too."""
    here, said = case.confirmation if case else None, cast(Any, message.data)
    if here is None:
        return False
    if short_type(message) == "ruling_notice":
        current = (said.document_id, said.version) == (here.document, here.version)
        return bool(current and said.outcome not in _PAST)
    if here.document is not None and here.document in {item.document_id for item in said.items}:
        return True
    if said.task is not None:
        return here.ruling is not None and bool(said.task.startswith(f"SD-{here.ruling}-"))
    return said.confirmation_number is not None or here.ruling is not None


def may_open_agreed(message: Message) -> bool:
    """Say whether an application may be the first that is heard of a case: mediated by a body on its own (205 (二))."""
    data: Any = message.data
    opens = short_type(message) in APPLICATIONS and not data.presider.invited_by_court
    return opens and bool(data.case.partner_id)


def _is_served(said: Any) -> bool:
    """Say whether a receipt proves service: also what was left behind before witnesses (民事诉讼法 89)."""
    return bool(said.outcome == "served" or (said.outcome == "refused" and said.method == "left_behind"))


def judge_review(review: Review, *, case_id: str, now: datetime, digester: Digester | None) -> Decision:
    """Say whether a message is the next lawful step of a review, and what the case is after it."""
    here = review.confirmation
    if (early := _out_of_place(review) or _wrong_actor(review)) is not None:
        return early
    step = confirmation_steps().get((review.event, here.state if here else None))
    if step is None:
        return _not_now(review)
    for guard in step.guards:
        objection = CONFIRMATION_GUARDS[guard](review)
        if objection is not None:
            return _objected(review, objection)
    case = review.case or _agreed_elsewhere(review, case_id=case_id, now=now, digester=digester)
    return take_up(step, review, case, now=now)


def _out_of_place(review: Review) -> Parked | Refused | None:
    """Say why there is nothing yet that the message could be about."""
    event, case = review.event, review.case
    if event.startswith("service_receipt") and review.confirmation and review.confirmation.ruling is None:
        return Refused(code="lifecycle.ruling_not_released", facts=_facts(review))
    if event not in APPLICATIONS:
        return refusal.parked(event, "confirmation_application") if review.confirmation is None else None
    if case is not None and case.leg is not None and case.leg.open:
        return refusal.parked(event, "success")
    if case is not None and case.state not in AGREED:
        return Refused(code="lifecycle.nothing_to_confirm", facts=_facts(review))
    return None if review.court else Refused(code="lifecycle.addressee_missing", facts=_facts(review))


def _wrong_actor(review: Review) -> Refused | None:
    here, who = review.confirmation, first_confirmation_rows()[review.event].who
    if review.event in APPLICATIONS or here is None or who in {"anybody", "gateway"}:
        return None  # what is the gateway's to say comes through no door: gateway_only
    expected = (here.applicant,) if who == "applicant" else (here.court,)
    if review.sender in (expected if who != "server" else (here.applicant, here.court)):
        return None
    facts = _facts(review) | refusal.named("role", who) | {"who": expected[0]}
    return Refused(code="lifecycle.wrong_actor", facts=facts)


def _not_now(review: Review) -> Parked | Refused:
    event, here = review.event, review.confirmation
    if here is not None and (first := CONFIRMATION_WAITS.get((event, here.state))):
        return refusal.parked(event, first)
    facts = _facts(review)
    if event in APPLICATIONS:
        return Conflict(code="lifecycle.already_applied", facts=facts)
    if event.startswith("service_receipt"):
        return Refused(code="lifecycle.ruling_not_released", facts=facts)
    if event.startswith("ruling:") and here is not None and here.ruling:
        return Conflict(code="lifecycle.second_ruling", facts=facts | {"document": here.document or "-"})
    return Refused(code="lifecycle.wrong_state" if facts["expected"] else "lifecycle.case_closed", facts=facts)


def _objected(review: Review, objection: Objection) -> Refused:
    kind = Conflict if objection.code in _CONTRADICTIONS else Refused
    return kind(code=objection.code, facts={**_facts(review), **objection.facts})


def _facts(review: Review) -> dict[str, Fact]:
    here = review.confirmation
    facts: dict[str, Fact] = refusal.named("step", review.event)
    facts |= {"basis": first_confirmation_rows()[review.event].basis, "profile": review.profile.name}
    state = f"review.{here.state}" if here else f"state.{review.case.state}" if review.case else "state.SETTLED"
    facts |= refusal.in_words("state", f"lifecycle.{state}", state.partition(".")[2])
    turn = "applicant" if here is None or here.with_applicant else "court"
    facts |= refusal.named("role", turn) | {"who": here.holder if here else review.sender}
    said = (step.event for step in CONFIRMATION_STEPS if here and here.state in step.before and step.who == turn)
    return facts | refusal.listed(dict.fromkeys(event.partition(":")[0] for event in said))


def _agreed_elsewhere(review: Review, *, case_id: str, now: datetime, digester: Digester | None) -> Case:
    """Return the case of an agreement that was mediated without a referral: whoever applies answers for it."""
    applicants = review.data.applicants
    return Case(
        id=case_id,
        state="SETTLED",
        holder=review.sender,
        holder_since=now,
        origin=review.sender,
        variant=None,
        parties=len({compact(party.name) for party in applicants}),
        opened_at=now,
        marks=keep(applicants, case_id, digester) if digester else (),
    )
