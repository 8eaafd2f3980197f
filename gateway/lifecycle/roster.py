"""The conditions that ask the roster: may this organisation be given the case, may this person mediate it.

What the directory does not know is not checked here: an unknown organisation has no partner, so its message is held.
"""

from __future__ import annotations

from collections.abc import Mapping

from gateway.canonical.identifiers.folding import compact
from gateway.canonical.messages.referral_data import Mediator, Variant
from gateway.canonical.organisations import OrganisationKind
from gateway.errors import Fact
from gateway.lifecycle.interests import Mark, is_kept, mark_of_mediator, mark_of_organisation, marks_of
from gateway.lifecycle.objection import Objection
from gateway.lifecycle.situation import Situation

# Cases go to villages, units of local governance and professional organisations (焦中法〔2021〕155号 3, 7). A court
# does not mediate what a court hands out; a police station hands out itself, and is invited to assist
# (腴地府发〔2022〕45号).
_COURTS: frozenset[OrganisationKind] = frozenset({"court", "tribunal"})
_NOT_FOR: Mapping[Variant, frozenset[OrganisationKind]] = {
    "delegated": _COURTS | {"police_station"},
    "entrusted": _COURTS | {"police_station"},
    "individual": _COURTS,
    "invited": _COURTS,
}


def addressee_is_active(situation: Situation) -> Objection | None:
    """Require an organisation that is in the roster on the day of the message."""
    standing = situation.standing
    if standing is not None and not standing.active:
        return Objection("lifecycle.addressee_inactive", {"addressee": standing.id})
    return None


def addressee_takes_such_cases(situation: Situation) -> Objection | None:
    """Require a fitting kind of organisation; what its row in the directory lists goes before what its kind takes."""
    standing = situation.standing
    if standing is None:
        return None
    facts: dict[str, Fact] = {"addressee": standing.id, "kind": standing.kind}
    variant = _variant(situation)
    if variant and (variant not in standing.variants if standing.variants else standing.kind in _NOT_FOR[variant]):
        return Objection("lifecycle.addressee_not_for_variant", facts | {"variant": variant})
    dispute = situation.data.dispute
    if dispute is not None and standing.disputes and dispute.type not in standing.disputes:
        return Objection("lifecycle.addressee_not_for_dispute", facts | {"dispute": dispute.type})
    return None


def addressee_is_of_that_level(situation: Situation) -> Objection | None:
    """Require an organisation of the level that is asked for, where both are known."""
    standing, level = situation.standing, situation.data.level
    if standing is not None and level and standing.level and level != standing.level:
        facts: dict[str, Fact] = {"addressee": standing.id, "level": level, "own_level": standing.level}
        return Objection("lifecycle.addressee_of_other_level", facts)
    return None


def addressee_is_no_party(situation: Situation) -> Objection | None:
    """Keep a case from an organisation that is a party to it."""
    standing = situation.standing
    if standing is not None and _is_party(mark_of_organisation(standing), situation):
        return Objection("lifecycle.addressee_is_party", {"addressee": standing.id})
    return None


def mediators_are_on_the_roster(situation: Situation) -> Objection | None:
    """Require mediators of the unit's own roster, by id or name, where it keeps one (在线调解规则 28)."""
    standing = situation.standing
    if standing is None or not standing.mediators:
        return None
    for number, mediator in enumerate(_mediators(situation), 1):
        if standing.mediators.isdisjoint((compact(mediator.id or ""), compact(mediator.name))):
            return Objection("lifecycle.mediator_not_on_roster", {"number": number, "unit": standing.id})
    return None


def no_mediator_is_party(situation: Situation) -> Objection | None:
    """Keep a case from a mediator who is a party to it, or represents one.

    A namesake whom nothing else tells apart counts as the party, unless the unit states that there is nothing to
    disclose: then the identity number alone decides.
    """
    asked = _disclosure(situation) == "nothing_to_disclose"
    for number, mediator in enumerate(_mediators(situation), 1):
        mark = mark_of_mediator(mediator)
        if _is_party(Mark(name="", code=mark.code) if asked else mark, situation):
            return Objection("lifecycle.mediator_is_party", {"number": number})
    return None


def nobody_objects_to_the_mediator(situation: Situation) -> Objection | None:
    """Require that no party objects to a mediator after what the mediator disclosed (在线调解规则 13, 14)."""
    return Objection("lifecycle.mediator_objected_to") if _disclosure(situation) == "objected" else None


def _variant(situation: Situation) -> Variant | None:
    """Return how the case was referred, which an escalation does not change."""
    if situation.event == "escalation":
        return situation.case.variant if situation.case else None
    variant: Variant = situation.data.variant
    return variant


def _mediators(situation: Situation) -> tuple[Mediator, ...]:
    if situation.event == "assignment":
        mediators: tuple[Mediator, ...] = situation.data.mediators
        return mediators
    individual = situation.data.individual
    return (individual,) if individual else ()


def _disclosure(situation: Situation) -> str | None:
    return situation.data.disclosure if situation.event == "assignment" else None


def _is_party(who: Mark, situation: Situation) -> bool:
    """Ask the parties that the message names and those of the case, which a new referral replaces."""
    if any(who.meets(mark) for mark in marks_of(getattr(situation.data, "parties", ()))):
        return True
    case, digester = situation.case, situation.digester
    if case is None or digester is None or situation.event == "referral":
        return False
    return is_kept(who, case.marks, case.id, digester)
