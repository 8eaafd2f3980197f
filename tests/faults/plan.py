"""What will go wrong, and when: drawn from a seed, so that the same seed is the same campaign again."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

# Kind of fault ─► whom it can strike. "process" is any of the gateway's, "server" PostgreSQL or Redis.
KINDS: Mapping[str, str] = {
    "kill": "process",
    "freeze": "process",
    "clock_jump": "process",
    "disk_full": "disk",
    "redis_flush": "redis",
    "redis_restart": "redis",
    "redis_freeze": "redis",
    "redis_reset": "redis",
    "redis_silent": "redis",
    "redis_slow": "redis",
    "postgres_crash": "postgres",
    "postgres_freeze": "postgres",
    "postgres_reset": "postgres",
    "postgres_silent": "postgres",
    "postgres_slow": "postgres",
    "partner_slow": "partner",
    "partner_refuses": "partner",
    "partner_error": "partner",
    "partner_busy": "partner",
    "partner_down": "partner",
    "partner_resets": "partner",
    "partner_loses_answers": "partner",
    "partner_frozen": "partner",
    "partner_answers_late": "partner",
    "partner_answers_twice": "partner",
    "partner_silent": "partner",
    "partner_cut": "partner",
}
# How often a kind is drawn, where that is not once.
_WEIGHT = {
    "kill": 5,
    "freeze": 2,
    "redis_flush": 2,
    "redis_restart": 2,
    "postgres_crash": 2,
    "partner_loses_answers": 2,
}
# While these last, or shortly after, one delivery may rightly be under way twice.
EXCUSES = frozenset(
    {"freeze", "clock_jump", "redis_freeze", "postgres_freeze", "postgres_silent", "partner_frozen", "partner_silent"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault: ``at`` and ``seconds`` count from the beginning of the campaign."""

    number: int
    at: float
    kind: str
    target: str
    seconds: float
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that is drawn before anything starts."""

    seed: int
    faults: tuple[Fault, ...]

    @property
    def seconds(self) -> float:
        """Return when the last fault is over."""
        return max((fault.at + fault.seconds for fault in self.faults), default=0.0)

    @property
    def digest(self) -> str:
        """Return what tells this plan from another."""
        said = json.dumps([asdict(fault) for fault in self.faults], sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()[:16]


def make_plan(
    seed: int, *, faults: int, targets: Mapping[str, Sequence[str]], every: float, kinds: Iterable[str] | None = None
) -> Plan:
    """Draw ``faults`` faults, one every ``every`` seconds or so. ``targets``: names by what a kind can strike.

    Every kind that has a target comes once before any comes again in proportion to its weight.
    """
    dice = random.Random(seed)
    possible = [kind for kind in (kinds or KINDS) if targets.get(KINDS[kind])]
    drawn: list[str] = []
    while len(drawn) < faults:
        drawn += dice.sample(possible, len(possible))
        drawn += dice.choices(possible, weights=[_WEIGHT.get(kind, 1) for kind in possible], k=len(possible))
    at, planned = 1.0, []
    for number, kind in enumerate(drawn[:faults], start=1):
        planned.append(_fault(dice, number, kind, at, targets[KINDS[kind]]))
        at += every * dice.uniform(0.4, 1.6)
    return Plan(seed=seed, faults=tuple(planned))


def _fault(dice: random.Random, number: int, kind: str, at: float, targets: Sequence[str]) -> Fault:
    seconds, facts = round(dice.uniform(0.5, 4.0), 2), {}
    match kind:
        case "kill" | "redis_flush" | "redis_restart" | "postgres_crash":
            seconds = 0.0
        case "clock_jump":
            seconds, facts = round(dice.uniform(2, 6), 2), {"offset": dice.choice((-1, 1)) * dice.randint(3, 40)}
        case "partner_slow" | "redis_slow" | "postgres_slow":
            facts = {"each": round(dice.uniform(0.05, 0.8), 2)}
        case "partner_refuses":
            facts = {"times": dice.randint(1, 3)}
    return Fault(number=number, at=round(at, 2), kind=kind, target=dice.choice(targets), seconds=seconds, facts=facts)
