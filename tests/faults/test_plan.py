"""A campaign is drawn from its seed, disturbs everything there is, and has every adapter in it."""

from __future__ import annotations

from adapters import ADAPTERS
from tests.faults.cast import PARTS
from tests.faults.plan import KINDS, Plan, make_plan

TARGETS = {
    "process": ["door-1", "door-2", "worker-1"], "partner": ["court", "village"], "disk": ["disk"],
    "redis": ["redis"], "postgres": ["postgres"],
}  # fmt: skip


def drawn(seed: int, faults: int = 60) -> Plan:
    return make_plan(seed, faults=faults, targets=TARGETS, every=1.5)


def test_the_same_seed_is_the_same_plan_and_another_is_another() -> None:
    assert drawn(7) == drawn(7)
    assert drawn(7).digest != drawn(8).digest


def test_the_short_campaign_has_every_kind_of_fault_in_it() -> None:
    plan = drawn(3)
    assert {fault.kind for fault in plan.faults} == set(KINDS)
    assert len(plan.faults) == 60
    assert all(fault.target in TARGETS[KINDS[fault.kind]] for fault in plan.faults)


def test_the_faults_come_one_after_the_other_and_end() -> None:
    plan = drawn(9, faults=200)
    assert sorted(plan.faults, key=lambda fault: fault.at) == list(plan.faults)
    assert all(fault.seconds <= 6 for fault in plan.faults)


def test_every_adapter_plays_in_the_campaign() -> None:
    assert {part.actor.adapter for part in PARTS} == set(ADAPTERS)
