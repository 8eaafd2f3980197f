"""The conditions of the steps of a confirmation, by the names that the table uses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, NamedTuple, cast

from gateway.canonical.identifiers.folding import compact
from gateway.canonical.messages.envelope import Envelope
from gateway.lifecycle.case import Case
from gateway.lifecycle.confirmation import Confirmation
from gateway.lifecycle.interests import Digester, is_named
from gateway.lifecycle.objection import Objection
from gateway.lifecycle.periods import WorkingDays, effective_on, last_day_of
from gateway.lifecycle.profile import Profile
from gateway.lifecycle.states import ConfirmationEvent

# What other procedures decide (民诉法解释 355 (三) … (五)).
_ELSEWHERE = ("identity_relation", "title", "other_procedure")
_PARTY_DAYS, _INTERESTED_DAYS = 15, 183  # 民诉法解释 372: fifteen days, six months


class Review(NamedTuple):
    """Everything that a guard may look at; ``confirmation`` is None where the message opens one."""

    event: ConfirmationEvent
    message: Envelope
    sender: str
    court: str | None
    case: Case | None
    confirmation: Confirmation | None
    profile: Profile
    working_days: WorkingDays
    digester: Digester | None = None

    @property
    def data(self) -> Any:
        """Return what the message says; its shape follows from the event."""
        return cast(Any, self.message).data


ReviewGuard = Callable[[Review], Objection | None]


def everybody_applies(review: Review) -> Objection | None:
    """Require all parties to apply jointly, or to have authorised whoever applies for them (民事诉讼法 205)."""
    names = {compact(party.name) for party in review.data.applicants}
    needed = max(review.case.parties if review.case else 0, len(names), 2)
    if review.data.channel == "parties":
        given = len(names)
    else:
        answers = {compact(consent.party): consent.given for consent in review.data.authorisations}
        given = sum(answers.get(name, False) for name in names)
    return None if given >= needed else Objection("lifecycle.not_joint", {"given": given, "needed": needed})


def agreement_is_in_effect(review: Review) -> Objection | None:
    """Require an agreement that had taken effect when it was applied for."""
    since, applied = effective_on(review.data.agreement), _applied_on(review)
    if since > applied:
        return Objection("lifecycle.not_in_effect", {"effective_on": str(since), "applied_on": str(applied)})
    return None


def channel_is_open(review: Review) -> Objection | None:
    """Require that the jurisdiction lets an application come this way, for this kind of mediation."""
    channel, mediation = review.data.channel, review.data.presider.mediation
    open_for = dict(review.profile.channels)
    if channel not in open_for or (open_for[channel] and mediation not in open_for[channel]):
        return Objection("lifecycle.channel_closed", {"channel": channel, "mediation": mediation})
    return None


def organisation_is_eligible(review: Review) -> Objection | None:
    """Require a mediation whose agreements could be confirmed on the day this one took effect."""
    day, mediation = effective_on(review.data.agreement), review.data.presider.mediation
    eligible = review.profile.eligible(day)
    if mediation in eligible:
        return None
    known = ", ".join(sorted(eligible)) or "-"
    return Objection("lifecycle.not_eligible", {"mediation": mediation, "effective_on": str(day), "eligible": known})


def content_can_be_confirmed(review: Review) -> Objection | None:
    """Keep what concerns identity, title or other procedures from confirmation (民诉法解释 355)."""
    for matter in review.data.matters:
        if matter in _ELSEWHERE:
            return Objection("lifecycle.not_confirmable", {"matter": matter})
    terms = compact(review.data.agreement.terms)
    for words in review.profile.not_confirmable:
        if compact(words) in terms:
            return Objection("lifecycle.not_confirmable", {"matter": words})
    return None


def within_30_days(review: Review) -> Objection | None:
    """Require the application within the period from the day the agreement took effect (民事诉讼法 205, 85)."""
    since, applied = effective_on(review.data.agreement), _applied_on(review)
    last = last_day_of(since, review.profile.application_days, review.working_days)
    if applied > last:
        facts = {"effective_on": str(since), "last_day": str(last), "applied_on": str(applied)}
        return Objection("lifecycle.applied_too_late", facts)
    return None


def told_once(review: Review) -> Objection | None:
    """Let a court list what is missing once and completely (民诉法解释 354)."""
    again = review.confirmation is not None and review.confirmation.supplements > 0
    return Objection("lifecycle.supplement_twice") if again else None


def number_is_this_ones(review: Review) -> Objection | None:
    """Keep another case's number out, whoever's it is; a further document of one number is 之一, 之二 …"""
    said = getattr(review.data, "confirmation_number", None)
    known = review.confirmation.court_number if review.confirmation else None
    if said and known and _stem(said) != _stem(known):
        return Objection("lifecycle.other_number", {"number": said, "known": known})
    return None


def review_is_longer(review: Review) -> Objection | None:
    """Require a new last day that lies after the present one."""
    until, due = review.data.review_due_on, review.confirmation.review_due_on if review.confirmation else None
    if until is None or (due is not None and until <= due):
        return Objection("lifecycle.extension_not_longer", {"until": str(until or "-"), "due_on": str(due or "-")})
    return None


def rules_as_was_said(review: Review) -> Objection | None:
    """Let no ruling contradict what the court has said it ruled."""
    said = review.confirmation.result if review.confirmation else None
    if said and review.data.result != said:
        return Objection("lifecycle.ruling_differs", {"result": review.data.result, "known": said})
    return None


def replaces_the_one_that_is_here(review: Review) -> Objection | None:
    """Take a further file as a correction where it says which one it replaces, or is its later version."""
    here, said = review.confirmation, review.data
    if here is None or here.ruling is None or here.document is None or said.replaces == here.document:
        return None
    if said.document_id == here.document and said.version > (here.version or 0):
        return None
    return Objection("lifecycle.second_ruling", {"document": here.document})


def objects_in_time(review: Review) -> Objection | None:
    """Require an objection within its period, where it says since when it runs (民诉法解释 372)."""
    said = review.data
    if said.known_on is None:
        return None
    days = _PARTY_DAYS if said.by == "party" else _INTERESTED_DAYS
    last = last_day_of(said.known_on, days, review.working_days)
    if said.raised_on > last:
        return Objection("lifecycle.objection_too_late", {"last_day": str(last), "raised_on": str(said.raised_on)})
    return None


def ruling_was_released(review: Review) -> Objection | None:
    """Require a ruling that has gone out: what nobody has verified nobody can have served."""
    here = review.confirmation
    return None if here and here.addressees else Objection("lifecycle.ruling_not_released")


def serves_on_an_addressee(review: Review) -> Objection | None:
    """Require a receipt of one of those on whom the ruling is to be served."""
    return Objection("lifecycle.not_an_addressee") if served_on(review) is None else None


def served_on(review: Review) -> int | None:
    """Return the place of the addressee of a receipt: by the gateway's task that it answers, else by the name."""
    here, said = review.confirmation, review.data
    if here is None or here.ruling is None or review.case is None:
        return None
    tasks = [task_of(here.ruling, place) for place in range(len(here.addressees))]
    if said.task in tasks:
        return tasks.index(said.task)
    for place, kept in enumerate(here.addressees):
        if kept and review.digester and is_named(said.addressee, kept, review.case.id, review.digester):
            return place
    return None


def task_of(ruling: str, place: int) -> str:
    """Return the number of the gateway's task to serve a ruling, which is a message, on one addressee."""
    return f"SD-{ruling}-{place + 1}"


def _stem(number: str) -> str:
    return number.partition("号")[0]


def _applied_on(review: Review) -> date:
    applied: date = review.data.applied_at.date()
    return applied


CONFIRMATION_GUARDS: Mapping[str, ReviewGuard] = {
    guard.__name__: guard
    for guard in (
        everybody_applies, agreement_is_in_effect, channel_is_open, organisation_is_eligible, content_can_be_confirmed,
        within_30_days, told_once, number_is_this_ones, review_is_longer, rules_as_was_said,
        replaces_the_one_that_is_here, objects_in_time, ruling_was_released, serves_on_an_addressee,
    )
}  # fmt: skip
