"""Why a step cannot be taken now: it waits for another, contradicts one that stands, or is not this sender's to say."""

from __future__ import annotations

from gateway.errors import Fact
from gateway.lifecycle.case import Case
from gateway.lifecycle.decision import Conflict, Parked, Refused
from gateway.lifecycle.guards import Objection
from gateway.lifecycle.situation import Situation
from gateway.lifecycle.states import ENDING, Actor, Event
from gateway.lifecycle.steps import ANSWERS_TO_ESCALATION, case_events, expected, first_rows, steps, waits
from gateway.texts import Language, text

_LANGUAGES: tuple[Language, ...] = ("zh", "en")


def sender_unknown(event: Event) -> Refused:
    """Refuse what nobody is named to have said."""
    return Refused(code="lifecycle.sender_unknown", facts=_named("step", event))


def unknown_case(event: Event) -> Parked:
    """Let a message about a case that nobody has referred yet wait for the referral."""
    return _parked(event, "referral")


def not_the_senders(situation: Situation) -> Parked | Refused:
    """Say who may take the step; a unit that answers an escalation which is not here yet waits for it."""
    event, leg = situation.event, situation.leg
    answers = event in ANSWERS_TO_ESCALATION and situation.profile.escalation
    if answers and leg and ("escalation", leg.state) in steps():
        return _parked(event, "escalation")
    return Refused(code="lifecycle.wrong_actor", facts=_facts(situation, first_rows()[event].who))


def not_now(situation: Situation, case: Case) -> Parked | Refused:
    """Say why the step does not follow from the states that the case and the leg are in."""
    event, leg = situation.event, situation.leg or case.leg
    first = waits().get((event, leg.state))
    if first is not None:
        return _parked(event, first)
    facts = _facts(situation)
    if (event in ENDING and not leg.open) or (event.startswith("litigation") and case.result):
        return Conflict(code="lifecycle.second_result", facts=facts)
    if event == "referral" and leg.open:
        return Conflict(code="lifecycle.already_referred", facts=facts)
    if event not in case_events() and not leg.open:
        return Refused(code="lifecycle.leg_ended", facts=facts)
    return Refused(code="lifecycle.wrong_state" if facts["expected"] else "lifecycle.case_closed", facts=facts)


def objected(situation: Situation, objection: Objection) -> Refused:
    """Refuse a step whose condition is not met."""
    return Refused(code=objection.code, facts={**_facts(situation), **objection.facts})


def _parked(event: Event, first: str) -> Parked:
    facts = {**_named("step", event), **_named("first", first)}
    return Parked(waits_for=(first,), code="lifecycle.predecessor_missing", facts=facts)


def _facts(situation: Situation, actor: Actor | None = None) -> dict[str, Fact]:
    """Return the step, the states, what is expected next and of whom (or who may say this step), and the basis."""
    case, leg = situation.case, situation.leg
    facts: dict[str, Fact] = {**_named("step", situation.event), "basis": first_rows()[situation.event].basis}
    if case is None or leg is None:
        return facts | {"expected": situation.event, "who": situation.sender}
    if actor is None:
        actor = "unit" if case.holder == case.leg.unit else "origin"
    facts |= _named("state", case.state) | _named("leg_state", leg.state) | _named("role", actor)
    facts["who"] = situation.who(actor)
    return facts | _expected_of(case)


def _expected_of(case: Case) -> dict[str, Fact]:
    """Return the short types that the holder may say next, also in words; empty when nothing more is expected."""
    actors: set[Actor] = {"unit"} if case.holder == case.leg.unit else set()
    if case.holder == case.origin:
        actors.add("origin")
    types = expected(case.state, case.leg.state, frozenset(actors))
    return {
        "expected": ", ".join(types),
        "expected_zh": "、".join(text(f"lifecycle.step.{kind}", "zh") for kind in types),
        "expected_en": ", ".join(text(f"lifecycle.step.{kind}", "en") for kind in types),
    }


def _named(fact: str, value: str) -> dict[str, Fact]:
    """Return a fact as a code and as its name in every language: the catalogue's sentences use the names."""
    family = "state" if fact == "leg_state" else "step" if fact == "first" else fact
    code = f"lifecycle.{family}.{value.replace(':', '.')}"
    return {fact: value, **{f"{fact}_{language}": text(code, language) for language in _LANGUAGES}}
