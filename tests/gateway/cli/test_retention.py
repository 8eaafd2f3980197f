"""``hold`` and ``prune`` over a store that nobody serves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.gateway.cli.conftest import CASE, Desk


def test_a_case_is_held_listed_shown_in_its_trace_and_released(desk: Desk) -> None:
    assert desk.json("hold")["holds"] == []
    held = desk.json("hold", CASE, "--reason", "信访复查", "--by", "王管理员")
    assert held["changed"]
    (hold,) = desk.json("hold")["holds"]
    assert (hold["case_id"], hold["reason"], hold["placed_by"]) == (held["case"], "信访复查", "王管理员")
    assert datetime.now(UTC) - datetime.fromisoformat(hold["placed_at"]) < timedelta(hours=1)
    assert "王管理员: 信访复查" in desk.run("trace", CASE).output
    assert "was under legal hold before" in desk.run("hold", CASE, "--reason", "once more").output
    assert "信访复查" in desk.run("hold").output
    assert "no legal hold any more" in desk.run("hold", CASE, "--release").output
    assert desk.run("hold", CASE, "--release").exit_code != 0
    assert desk.run("hold").exit_code == 0


def test_a_hold_needs_a_case_and_either_a_reason_or_a_release(desk: Desk) -> None:
    for wrong in (["--release"], [CASE], [CASE, "--reason", "x"], [CASE, "--reason", "why not", "--release"]):
        assert desk.run("hold", *wrong).exit_code == 2
    assert desk.run("hold", "no-such-case", "--reason", "信访复查").exit_code not in {0, 2, 70}


def test_pruning_counts_first_and_takes_nothing_that_is_young(desk: Desk) -> None:
    counted = desk.json("prune", "--dry-run")["counts"]
    assert set(counted) == {"cases_emptied", "requests_emptied", "cases_deleted", "requests_deleted"}
    assert not any(counted.values())
    assert not any(desk.json("prune")["counts"].values())
    assert "0 would go" in desk.run("prune", "--dry-run").output
