"""A whole gateway is disturbed in every way there is, and every message that was acknowledged arrives all the same."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.faults.bugs import BUGS
from tests.faults.campaign import Order, Report, run
from tests.faults.cast import MAIN, PARTS
from tests.faults.stage import Cast

SEED = 20260  # the next one that finds something is added, not put in its place
# Deliberate bug ─► the scene of the ending that brings it out for certain, and what must be seen. The whole campaign,
# which plays every scene without a bug, is the proof that the checker does not see what is not there.
FOUND_BY = {
    "acknowledge_before_commit": ("killed as it answered", "lost"),
    "lease_too_short": ("longer than a lease", "twice_at_once"),
    "claim_without_condition": ("longer than a lease", "twice_at_once"),
    "sweep_missing": ("due when nobody looks", "stuck"),
}


def ran(order: Order, folder: Path) -> Report:
    """Run a campaign; its report stands in pytest's output of a failing test."""
    report = asyncio.run(run(order, folder))
    print("\n".join(report.lines()))
    return report


@pytest.mark.live
@pytest.mark.fault
@pytest.mark.timeout(1800)
def test_nothing_acknowledged_is_lost_doubled_out_of_order_or_stuck_whatever_goes_wrong(tmp_path: Path) -> None:
    report = ran(Order(seed=SEED, faults=64, cast=Cast()), tmp_path)
    assert report.passed, "\n".join(report.lines())
    assert sum(report.faults.values()) >= 60
    assert report.messages >= 300
    assert all(report.received[part.name] for part in PARTS if part in MAIN or part.copies), report.received


@pytest.mark.live
@pytest.mark.fault
@pytest.mark.timeout(900)
@pytest.mark.parametrize("bug", sorted(BUGS))
def test_a_deliberate_bug_is_found(bug: str, tmp_path: Path) -> None:
    scene, trouble = FOUND_BY[bug]
    few = Cast(workers=2, clocks=1, bug=bug, parts=MAIN)
    report = ran(Order(seed=5, faults=0, scenes=(scene,), at_once=2, cast=few, quiet_within=20), tmp_path)
    assert trouble in {each.kind for each in report.troubles}
