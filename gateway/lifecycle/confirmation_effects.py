"""What a lawful step of a review changes: the application, the case's holder, and nothing else of the case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from gateway.lifecycle.case import Case
from gateway.lifecycle.confirmation import Confirmation
from gateway.lifecycle.confirmation_guards import Review, served_on
from gateway.lifecycle.confirmation_steps import ConfirmationStep
from gateway.lifecycle.decision import Accepted
from gateway.lifecycle.interests import named
from gateway.lifecycle.periods import effective_on

APPLICATIONS = frozenset({"confirmation_application", "statement_application"})
Changes = dict[str, Any]
Effect = Callable[[Review, Confirmation], Changes]


def take_up(step: ConfirmationStep, review: Review, case: Case, *, now: datetime) -> Accepted:
    """Return the case after a lawful step: while a review is under way, whose turn it is there holds the case."""
    here = review.confirmation
    if review.event in APPLICATIONS or here is None:
        confirmations = (*case.confirmations, _opened(review, number=len(case.confirmations) + 1, now=now))
    else:
        confirmations = (*case.confirmations[:-1], _changed(step, review, here, now=now))
    current = confirmations[-1]
    holder = current.holder if current.live else case.keeper
    after = replace(
        case,
        confirmations=confirmations,
        holder=holder,
        holder_since=case.holder_since if holder == case.holder else now,
        profile=review.profile.name,
    )
    return Accepted(case=after, leg=case.leg.number if case.leg else None)


def _opened(review: Review, *, number: int, now: datetime) -> Confirmation:
    return Confirmation(
        number=number,
        kind="statement" if review.event == "statement_application" else "confirmation",
        state="SUBMITTED",
        since=now,
        applicant=review.sender,
        court=review.court or "",  # without one it was refused
        application=review.message.id,
        submitted_at=review.data.applied_at,
        effective_on=effective_on(review.data.agreement),
    )


def _changed(step: ConfirmationStep, review: Review, here: Confirmation, *, now: datetime) -> Confirmation:
    effect = _EFFECTS.get(review.event) or _EFFECTS.get(review.event.partition(":")[0])
    changes = effect(review, here) if effect else {}
    state = changes.pop("state", None) or step.after or here.state
    return replace(here, **changes, state=state, since=here.since if state == here.state else now)


def _accept(review: Review, _here: Confirmation) -> Changes:
    said = review.data
    filed = said.filed_on or said.decided_at.date()
    due = said.review_due_on or filed + timedelta(days=review.profile.review_days)
    return {"court_number": said.confirmation_number, "filed_on": filed, "review_due_on": due}


def _call_for_materials(review: Review, here: Confirmation) -> Changes:
    return {"supply_by": review.data.supply_by, "supplements": here.supplements + 1}


def _call_for_a_statement(review: Review, _here: Confirmation) -> Changes:
    return {"supply_by": review.data.supply_by}


def _extend(review: Review, _here: Confirmation) -> Changes:
    return {"review_due_on": review.data.review_due_on}


def _decide(review: Review, _here: Confirmation) -> Changes:
    return {"result": review.data.state}


def _ask_to_withdraw(_review: Review, here: Confirmation) -> Changes:
    return {"flags": here.flags | {"withdrawal_asked"}}


def _keep_the_ruling(review: Review, here: Confirmation) -> Changes:
    said = review.data
    return {
        "ruling": review.message.id,
        "document": said.document_id,
        "version": said.version,
        "result": said.result,
        "court_number": here.court_number or said.confirmation_number,
        "addressees": (),
        "served": (),
    }


def _release(review: Review, _here: Confirmation) -> Changes:
    names, digester = review.data.addressees, review.digester
    case_id = review.case.id if review.case and digester else ""
    return {"addressees": tuple(named(name, case_id, digester) if digester else "" for name in names), "served": ()}


def _serve(review: Review, here: Confirmation) -> Changes:
    place = served_on(review)
    served = here.served if place is None or place in here.served else (*here.served, place)
    everybody = here.state == "SERVING" and len(served) == len(here.addressees)
    return {"served": served, "state": "SERVED" if everybody else here.state}


def _object(_review: Review, here: Confirmation) -> Changes:
    return {"resumes": here.state}


def _resume(_review: Review, here: Confirmation) -> Changes:
    return {"state": here.resumes or "RETURNED_ONLINE", "resumes": None}


_EFFECTS: Mapping[str, Effect] = {
    "confirmation_status:accepted": _accept,
    "confirmation_status:supplement": _call_for_materials,
    "confirmation_status:supplementary_statement": _call_for_a_statement,
    "confirmation_status:review_extended": _extend,
    "confirmation_status:valid": _decide,
    "confirmation_status:dismissed": _decide,
    "confirmation_withdrawal": _ask_to_withdraw,
    "ruling": _keep_the_ruling,
    "ruling_notice:released": _release,
    "service_receipt:served": _serve,
    "objection": _object,
    "revocation:rejected": _resume,
}
