"""A year of looking at the cases every few days: each thing is said once, and what nobody can be told is said later."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import httpx

from tests.stories.clocktower import COURT, VILLAGE, Tower, tower


def mend(town: Tower, before: str, after: str) -> None:
    """Have the administrator change the directory."""
    file = town.folder / "config" / "organisations.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")
    headers = {"authorization": f"Bearer {town.gateway.admin_token}"}
    httpx.post(f"{town.url}/admin/reload", headers=headers, timeout=60, trust_env=False).raise_for_status()


def test_a_year_passes_in_a_moment_and_nothing_is_said_twice(tmp_path: Path) -> None:
    with tower(tmp_path, "2026-01-05 09:00:00") as town:
        town.refer()
        assert town.accept() == ("ACCEPTED", "0")
        said = 0
        for n in range(0, 366, 3):
            if now := town.ring(f"{date(2026, 1, 6) + timedelta(days=n)} 09:00:00"):
                town.quiet()  # else the deliveries would be days old when they are made
                said += now
        assert said == 2
        assert [each["fields"]["degreeCode"] for each in town.received(VILLAGE, "case.supervise")] == ["1", "2"]
        assert len(town.received(COURT, "ajdb")) == 1, "whoever referred it gets a copy of the order"
        assert (town.kept["state"], town.overdue()) == ("FAILED", [town.case])


def test_whom_the_directory_does_not_reach_is_told_once_it_does(tmp_path: Path) -> None:
    with tower(tmp_path, "2026-01-05 09:00:00") as town:
        town.refer()
        assert town.accept() == ("ACCEPTED", "0")
        mend(town, "partner: village", "partner: null")
        for day in ("2026-02-05", "2026-02-06"):
            assert town.ring(f"{day} 09:00:00") > 0, "each clock says in the log that it could tell nobody"
        assert town.received(VILLAGE, "case.supervise") == []
        assert town.kept["state"] == "ACCEPTED"
        mend(town, "partner: null", "partner: village")
        assert town.ring("2026-02-07 09:00:00") == 1
        town.quiet()
        assert len(town.received(VILLAGE, "case.supervise")) == 1
        assert town.ring("2026-02-08 09:00:00") == 0
