"""Why a step cannot be taken now: it waits for another, contradicts one that stands, or is not this sender's to say."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.errors import Fact
from gateway.lifecycle.case import Case
from gateway.lifecycle.decision import Conflict, Parked, Refused
from gateway.lifecycle.objection import Objection
from gateway.lifecycle.profile import Profile
from gateway.lifecycle.situation import Situation
from gateway.lifecycle.states import ENDING, Actor
from gateway.lifecycle.steps import ANSWERS_TO_ESCALATION, case_events, expected, first_rows, steps, waits
from gateway.texts import Language, text

_LANGUAGES: tuple[Language, ...] = ("zh", "en")


def sender_unknown(event: str) -> Refused:
    """Refuse what nobody is named to have said."""
    return Refused(code="lifecycle.sender_unknown", facts=named("step", event))


def unknown_case(event: str) -> Parked:
    """Let a message about a case that nobody has referred yet wait for the referral."""
    return parked(event, "referral")


def not_the_senders(situation: Situation) -> Parked | Refused:
    """Say who may take the step; a unit that answers an escalation which is not here yet waits for it."""
    event, leg = situation.event, situation.leg
    answers = event in ANSWERS_TO_ESCALATION and situation.profile.foresees("escalation")
    if answers and leg and ("escalation", leg.state) in steps():
        return parked(event, "escalation")
    return Refused(code="lifecycle.wrong_actor", facts=_facts(situation, first_rows()[event].who))


def not_now(situation: Situation, case: Case) -> Parked | Refused:
    """Say why the step does not follow from the states that the case and the leg are in."""
    event, leg = situation.event, situation.leg
    first = waits().get((event, leg.state)) if leg else None
    if first is not None:
        return parked(event, first)
    facts, ended = _facts(situation), leg is not None and not leg.open
    if (event in ENDING and ended) or (event.startswith("litigation") and case.result):
        return Conflict(code="lifecycle.second_result", facts=facts)
    if event == "referral" and leg is not None and leg.open:
        return Conflict(code="lifecycle.already_referred", facts=facts)
    if event not in case_events() and ended:
        return Refused(code="lifecycle.leg_ended", facts=facts)
    return Refused(code="lifecycle.wrong_state" if facts["expected"] else "lifecycle.case_closed", facts=facts)


def never_referred(situation: Situation) -> Refused:
    """Refuse what only a unit that was asked to mediate, or its answer, could be about."""
    return Refused(code="lifecycle.never_referred", facts=_facts(situation))


def ruled_upon(situation: Situation) -> Conflict:
    """Let nobody change an agreement that a court has ruled on."""
    return Conflict(code="lifecycle.result_ruled_upon", facts=_facts(situation))


def objected(situation: Situation, objection: Objection) -> Refused:
    """Refuse a step whose condition is not met."""
    return Refused(code=objection.code, facts={**_facts(situation), **objection.facts})


def parked(event: str, first: str) -> Parked:
    """Let a message wait for what has to come first."""
    facts = {**named("step", event), **named("first", first)}
    return Parked(waits_for=(first,), code="lifecycle.predecessor_missing", facts=facts)


def _facts(situation: Situation, actor: Actor | None = None) -> dict[str, Fact]:
    """Return the step, the states, what is expected next and of whom (or who may say this step), and the basis."""
    case, leg = situation.case, situation.leg
    facts: dict[str, Fact] = {**named("step", situation.event), "basis": first_rows()[situation.event].basis}
    facts["profile"] = situation.profile.name
    if case is None:
        return facts | {"expected": situation.event, "who": situation.sender}
    if actor is None:
        actor = "unit" if _holds_its_leg(case) else "origin"
    # A case without a leg has one state only: the sentences that name both name it twice.
    facts |= named("state", case.state) | named("leg_state", (leg or case).state) | named("role", actor)
    facts["who"] = situation.who(actor)
    return facts | _expected_of(case, situation.profile)


def _expected_of(case: Case, profile: Profile) -> dict[str, Fact]:
    """Return the short types that the holder may say next, also in words; empty when nothing more is expected."""
    actors: set[Actor] = {"unit"} if _holds_its_leg(case) else set()
    if case.holder == case.origin:
        actors.add("origin")
    if case.holder == case.keeper:
        actors.add("lead")
    said = expected(case.state, case.leg.state if case.leg else None, frozenset(actors))
    return listed(kind for kind in said if profile.foresees(kind))


def _holds_its_leg(case: Case) -> bool:
    return case.leg is not None and case.holder == case.leg.unit


def listed(kinds: Iterable[str]) -> dict[str, Fact]:
    """Return the steps that are expected, as short types and in words; empty when nothing more is."""
    types = list(kinds)
    return {
        "expected": ", ".join(types),
        "expected_zh": "、".join(text(f"lifecycle.step.{kind}", "zh") for kind in types),
        "expected_en": ", ".join(text(f"lifecycle.step.{kind}", "en") for kind in types),
    }


def named(fact: str, value: str) -> dict[str, Fact]:
    """Return a fact as a code and as its name in every language: the catalogue's sentences use the names."""
    family = "state" if fact == "leg_state" else "step" if fact == "first" else fact
    return in_words(fact, f"lifecycle.{family}.{value.replace(':', '.')}", value)


def in_words(fact: str, code: str, value: str) -> dict[str, Fact]:
    """Return a fact with its name in every language, given the code of the name."""
    return {fact: value, **{f"{fact}_{language}": text(code, language) for language in _LANGUAGES}}
