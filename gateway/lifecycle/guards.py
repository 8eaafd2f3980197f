"""The conditions of the steps, by the names that the tables use; each returns what stands against the step, or None."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import get_args

from gateway.canonical.identifiers.folding import compact
from gateway.canonical.messages.referral_data import Consent
from gateway.canonical.organisations import Level
from gateway.errors import Fact
from gateway.lifecycle.periods import agreed_on, due_on
from gateway.lifecycle.situation import Situation
from gateway.lifecycle.steps import first_rows

# A unit that declined for one of these may be asked again: the reason can pass (规则 12 has another one designated).
_PASSING_REASONS = frozenset({"incomplete", "overloaded"})
# In-litigation help (M-01d) is invited by the court in its own proceedings, not agreed to by the parties beforehand.
_WITHOUT_CONSENT = frozenset({"invited"})


@dataclass(frozen=True, slots=True)
class Objection:
    """What stands against a step: a code of the catalogue and the facts of its text."""

    code: str
    facts: Mapping[str, Fact] = field(default_factory=dict)


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
        if leg.unit == situation.addressee and leg.declined and leg.declined not in _PASSING_REASONS:
            return Objection("lifecycle.addressee_declined", {"addressee": leg.unit, "reason": leg.declined})
    return None


def profile_escalates(situation: Situation) -> Objection | None:
    """Require a jurisdiction that lets a unit hand a case up."""
    return None if situation.profile.escalation else Objection("lifecycle.escalation_not_foreseen")


def origin_was_consulted(situation: Situation) -> Objection | None:
    """Where the jurisdiction asks for it, require the origin's opinion before a return (腴地府发〔2022〕45号附件六)."""
    answered = situation.leg is not None and situation.leg.state == "FAILED"
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


GUARDS: Mapping[str, Guard] = {
    guard.__name__: guard
    for guard in (
        names_an_addressee, every_party_consents, every_party_agrees, agreed_before_expiry, is_longer,
        the_parties_are_willing, leads_upwards, addressee_has_not_declined, profile_escalates, origin_was_consulted,
        ends_after_it_started, was_made_before_the_end,
    )
}  # fmt: skip


def _answers(consents: Iterable[Consent]) -> dict[str, bool]:
    """Return each party's latest answer; names are compared without spaces and in one width."""
    return {compact(consent.party): consent.given for consent in sorted(consents, key=lambda consent: consent.at)}


def _agreement(situation: Situation) -> tuple[date, date | None]:
    """Return the day of the last consent, and the last day of the period as it stood then."""
    day = agreed_on(situation.data.consents, situation.message.time)
    return day, due_on(situation.leg, day) if situation.leg else None
