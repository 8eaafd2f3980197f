"""Draw the machines from the tables, as Mermaid state diagrams."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import chain

from gateway.lifecycle.confirmation_steps import CONFIRMATION_STEPS
from gateway.lifecycle.states import CASE_TERMINAL, CONFIRMATION_ENDED, LEG_ENDED, Machine
from gateway.lifecycle.steps import CASE_STEPS, LEG_STEPS
from gateway.texts import Language, text

Arrow = tuple[str, str, str]  # from, to, event
_EDGE = "[*]"


def diagram(machine: Machine, language: Language = "en") -> str:
    """Return the diagram of a machine (case, leg, confirmation): one arrow per pair of states, its events joined."""
    arrows: dict[tuple[str, str], list[str]] = {}
    family = "review" if machine == "confirmation" else "state"
    for before, after, event in _ARROWS[machine]():
        name = text(f"lifecycle.step.{event.replace(':', '.')}", language) if event else ""
        names = arrows.setdefault((before, after), [])
        names.extend([name] if name and name not in names else [])
    states = dict.fromkeys(state for pair in arrows for state in pair if state != _EDGE)
    titles = (f'    state "{state} {text(f"lifecycle.{family}.{state}", language)}" as {state}' for state in states)
    lines = (f"    {before} --> {after}{_label(names, language)}" for (before, after), names in arrows.items())
    return "\n".join(("stateDiagram-v2", *titles, *lines)) + "\n"


def _case_arrows() -> Iterator[Arrow]:
    for step in CASE_STEPS:
        for state in step.before:
            yield state or _EDGE, step.case or state or _EDGE, step.event
    for step in LEG_STEPS:
        for state in step.before:
            if state is not None and state not in LEG_ENDED:
                yield state, step.case or state, step.event
    for terminal in sorted(CASE_TERMINAL):
        yield terminal, _EDGE, ""


def _leg_arrows() -> Iterator[Arrow]:
    for step in chain(CASE_STEPS, LEG_STEPS):
        if step.opens_leg:
            yield _EDGE, "DISPATCHED", step.event
    for step in LEG_STEPS:
        for state in step.before:
            if state is not None:
                yield state, step.leg or state, step.event
    for ended in sorted(LEG_ENDED):
        yield ended, _EDGE, ""


def _confirmation_arrows() -> Iterator[Arrow]:
    for step in CONFIRMATION_STEPS:
        for state in step.before:
            again = state in CONFIRMATION_ENDED and step.after == "SUBMITTED"
            if not again:  # a further application is another one
                yield state or _EDGE, step.after or state or _EDGE, step.event
    for ended in sorted(CONFIRMATION_ENDED):
        yield ended, _EDGE, ""


_ARROWS: Mapping[Machine, Callable[[], Iterator[Arrow]]] = {
    "case": _case_arrows, "leg": _leg_arrows, "confirmation": _confirmation_arrows,
}  # fmt: skip


def _label(names: list[str], language: Language) -> str:
    return f": {('、' if language == 'zh' else ', ').join(names)}" if names else ""
