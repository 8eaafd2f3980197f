"""The conditions of the steps, by the names that the tables use; each returns what stands against the step, or None."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import get_args

from gateway.canonical.identifiers.folding import compact
from gateway.canonical.messages.bodies import Consent
from gateway.canonical.organisations import Level
from gateway.errors import Fact
from gateway.lifecycle.objection import Objection
from gateway.lifecycle.periods import agreed_on, lasts_to
from gateway.lifecycle.roster import (
    addressee_is_active,
    addressee_is_no_party,
    addressee_is_of_that_level,
    addressee_takes_such_cases,
    mediators_are_on_the_roster,
    no_mediator_is_party,
    nobody_objects_to_the_mediator,
)
from gateway.lifecycle.situation import Situation
from gateway.lifecycle.steps import first_rows, steps

# A unit that declined for one of these may be asked again: the reason can pass (规则 12 has another one designated).
_PASSING_REASONS = frozenset({"incomplete", "overloaded"})
# In-litigation help (M-01d) is invited by the court in its own proceedings, not agreed to by the parties beforehand.
_WITHOUT_CONSENT = frozenset({"invited"})


Guard = Callable[[Situation], Objection | None]


def names_an_addressee(situation: Situation) -> Objection | None:
    """Require somebody to hold the case next, and not the one who hands it on from its own leg."""
    if not situation.addressee:
        return Objection("lifecycle.addressee_missing")
    if situation.event == "escalation" and situation.addressee == situation.sender:
        return Objection("lifecycle.addressee_is_sender")
    return None


def every_party_consents(situation: Situation) -> Objection | None:
    """Require the consent of every party before dispatch (在线调解规则 4; 焦中法〔2021〕155号 9-12)."""
    if situation.data.variant in _WITHOUT_CONSENT:
        return None
    asked = _answers(situation.data.consents)
    parties = {compact(party.name) for party in situation.data.parties}
    given = sum(asked.get(party, False) for party in parties)
    if given < len(parties):
        return Objection("lifecycle.consent_missing", {"given": given, "needed": len(parties)})
    return None


def every_party_agrees(situation: Situation) -> Objection | None:
    """Require as many consents to an extension as the case has parties (焦中法〔2021〕155号 14)."""
    asked = _answers(situation.data.consents)
    parties = situation.case.parties if situation.case else 0
    given = sum(asked.values())
    if given < parties or given < len(asked):
        return Objection("lifecycle.consent_missing", {"given": given, "needed": max(parties, len(asked))})
    return None


def agreed_before_expiry(situation: Situation) -> Objection | None:
    """Judge by the day of the last consent, not by the day the message came (在线调解规则 24)."""
    last, due = _agreement(situation)
    if due is not None and last > due:
        return Objection("lifecycle.extension_after_expiry", {"agreed_on": str(last), "due_on": str(due)})
    return None


def expired(situation: Situation) -> Objection | None:
    """Take up again only what failed because its period ran out."""
    leg = situation.leg
    if leg is not None and leg.expired_on is None:
        return Objection("lifecycle.not_expired")
    return None


def was_accepted_in_time(situation: Situation) -> Objection | None:
    """Judge by the day of the acceptance, not by the day its message came (在线调解规则 12)."""
    accepted, last = situation.data.accepted_at.date(), situation.leg.answer_by if situation.leg else None
    if last is None or accepted > last:
        return Objection("lifecycle.accepted_too_late", {"accepted_on": str(accepted), "answer_by": str(last or "-")})
    return None


def nobody_else_has_it(situation: Situation) -> Objection | None:
    """Leave a case with whoever it was given to after a silence."""
    case = situation.case
    if case is not None and (case.leg != situation.leg or case.state != "READY"):
        return Objection("lifecycle.given_to_another", {"holder": case.holder})
    return None


def is_longer(situation: Situation) -> Objection | None:
    """Require the new last day to lie after the present one."""
    _, due = _agreement(situation)
    if due is not None and situation.data.until <= due:
        facts: dict[str, Fact] = {"until": str(situation.data.until), "due_on": str(due)}
        return Objection("lifecycle.extension_not_longer", facts)
    return None


def the_parties_are_willing(situation: Situation) -> Objection | None:
    """Require that the parties were asked and that nobody refused to go on at the higher level."""
    asked = _answers(situation.data.consents)
    given = sum(asked.values())
    if not asked or given < len(asked):
        return Objection("lifecycle.consent_missing", {"given": given, "needed": max(len(asked), 1)})
    return None


def leads_upwards(situation: Situation) -> Objection | None:
    """Require a higher level than the unit's own, where that is known."""
    levels = get_args(Level)
    own = situation.leg.level if situation.leg else None
    if own is not None and levels.index(situation.data.level) <= levels.index(own):
        return Objection("lifecycle.level_not_higher", {"level": situation.data.level, "own_level": own})
    return None


def addressee_has_not_declined(situation: Situation) -> Objection | None:
    """Keep a case from a unit that declined it for a lasting reason (在线调解规则 12)."""
    legs = situation.case.legs if situation.case else ()
    for leg in legs:
        reason = "unanswered" if leg.state == "UNANSWERED" else leg.declined
        if leg.unit == situation.addressee and reason and reason not in _PASSING_REASONS:
            return Objection("lifecycle.addressee_declined", {"addressee": leg.unit, "reason": reason})
    return None


def profile_escalates(situation: Situation) -> Objection | None:
    """Require a jurisdiction that lets a unit hand a case up."""
    return None if situation.profile.foresees("escalation") else Objection("lifecycle.escalation_not_foreseen")


def profile_consults(situation: Situation) -> Objection | None:
    """Require a jurisdiction that has a unit ask before it returns a case; the national rules know no such step."""
    foreseen = situation.profile.foresees("return_consultation")
    return None if foreseen else Objection("lifecycle.consultation_not_foreseen")


def origin_was_consulted(situation: Situation) -> Objection | None:
    """Where the jurisdiction asks for it, require the origin's opinion before a return (腴地府发〔2022〕45号附件六)."""
    leg = situation.leg
    answered = leg is not None and leg.state == "FAILED" and leg.expired_on is None
    if situation.profile.consult_before_return and not answered:
        basis = first_rows()["return_consultation"].basis
        return Objection("lifecycle.consultation_required", {"origin": situation.who("origin"), "basis": basis})
    return None


def ends_after_it_started(situation: Situation) -> Objection | None:
    """Keep the end of an earlier appraisal, arriving late, from ending this one."""
    started = situation.leg.paused_on if situation.leg else None
    if started is not None and situation.message.time.date() < started:
        return Objection("lifecycle.appraisal_ended_before", {"started_on": str(started)})
    return None


def was_made_before_the_end(situation: Situation) -> Objection | None:
    """Let pass what only travelled longer than the end of the leg."""
    ended = situation.leg.ended_at if situation.leg else None
    if ended is not None and situation.message.time > ended:
        return Objection("lifecycle.leg_ended")
    return None


def says_why(situation: Situation) -> Objection | None:
    """Require the reason in words where its code says nothing (人民法院在线调解规则 15)."""
    said = situation.data
    if said.reason == "other" and not (said.note or getattr(said, "explanation", None)):
        row = steps().get((situation.event, None)) or first_rows()[situation.event]
        return Objection("lifecycle.reason_missing", {"basis": row.basis})
    return None


def lead_follows_the_rule(situation: Situation) -> Objection | None:
    """Require one lead unit; where the jurisdiction lays it down, the right one (腴地府发〔2022〕45号 三(二)).

    An industry's unit goes before whoever received the dispute first; where the plan marks neither, the unit that led
    so far does.
    """
    participants = situation.data.participants
    leads = [each.unit for each in participants if each.role == "lead"]
    if len(leads) != 1:
        return Objection("lifecycle.lead_not_named", {"count": len(leads)})
    if not situation.profile.lead_unit_rule:
        return None
    industry = [each.unit for each in participants if each.industry]
    right = industry or [each.unit for each in participants if each.first_received]
    if not right and situation.case and situation.case.legs:
        right = [each.unit for each in participants if each.unit == situation.case.keeper]
    if right and leads[0] not in right:
        return Objection("lifecycle.lead_unit", {"lead": leads[0], "right": ", ".join(right)})
    return None


def no_application_is_open(situation: Situation) -> Objection | None:
    """Keep a file open while a court has an application of it."""
    here = situation.case.confirmation if situation.case else None
    return Objection("lifecycle.application_open", {"court": here.court}) if here and here.live else None


GUARDS: Mapping[str, Guard] = {
    guard.__name__: guard
    for guard in (
        addressee_is_active, addressee_takes_such_cases, addressee_is_of_that_level, addressee_is_no_party,
        mediators_are_on_the_roster, no_mediator_is_party, nobody_objects_to_the_mediator,
        names_an_addressee, every_party_consents, every_party_agrees, agreed_before_expiry, is_longer,
        expired, was_accepted_in_time, nobody_else_has_it,
        the_parties_are_willing, leads_upwards, addressee_has_not_declined, profile_escalates, origin_was_consulted,
        ends_after_it_started, was_made_before_the_end, says_why, profile_consults,
        lead_follows_the_rule, no_application_is_open,
    )
}  # fmt: skip


def _answers(consents: Iterable[Consent]) -> dict[str, bool]:
    """Return each party's latest answer; names are compared without spaces and in one width."""
    return {compact(consent.party): consent.given for consent in sorted(consents, key=lambda consent: consent.at)}


def _agreement(situation: Situation) -> tuple[date, date | None]:
    """Return the day of the last consent, and the last day of the period as it stood then."""
    day = agreed_on(situation.data.consents, situation.message.time)
    return day, lasts_to(situation.leg, day, situation.profile, situation.calendar)
