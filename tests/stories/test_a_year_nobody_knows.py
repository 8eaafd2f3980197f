"""A period reaches into a year that the State Council has not laid down yet; later the year becomes known."""

from __future__ import annotations

from pathlib import Path

import httpx

from tests.stories.clocktower import VILLAGE, Tower, tower

# Invented: New Year's Day of 2031 is a Wednesday; the arrangement makes the 2nd and 3rd holidays too.
KNOWN = "years: [2030, 2031]\nholidays: [2031-01-01, 2031-01-02, 2031-01-03]\nworking_days: [2030-12-29]\n"


def learn(town: Tower, written: str) -> None:
    """Have the administrator write the file and reload the configuration."""
    (town.folder / "config" / "calendar.yaml").write_text(written, encoding="utf-8")
    headers = {"authorization": f"Bearer {town.gateway.admin_token}"}
    httpx.post(f"{town.url}/admin/reload", headers=headers, timeout=60, trust_env=False).raise_for_status()


def until(town: Tower) -> tuple[str, bool]:
    kept = town.kept
    return kept["holder_until"], kept["clock_provisional"]


def test_the_last_day_is_provisional_until_the_year_is_known_and_then_reckoned_anew(tmp_path: Path) -> None:
    with tower(tmp_path, "2030-12-27 09:00:00") as town:
        town.refer()
        assert until(town) == ("2031-01-02", True), "by weekends and New Year's Day, which the law fixes"
        assert town.ring("2030-12-31 09:00:00") == 1, "the reminder"
        assert town.ring("2031-01-03 09:00:00") == 0
        assert town.overdue() == [], "nobody is late by a day that is not certain"

        learn(town, KNOWN)
        assert town.ring("2031-01-03 10:00:00") == 1
        assert town.kept["state"] == "READY", "the 29th, a Sunday, was worked: the period ended on the 31st"


def test_where_the_year_stays_unknown_the_longest_holiday_passes_first(tmp_path: Path) -> None:
    with tower(tmp_path, "2030-12-27 09:00:00") as town:
        town.refer()
        assert town.ring("2031-01-11 09:00:00") == 0
        assert town.ring("2031-01-12 09:00:00") == 1
        assert town.kept["state"] == "READY"


def test_nobody_is_late_with_what_has_not_been_delivered(tmp_path: Path) -> None:
    """The village's system is out of order for a week: its three working days begin when it has the case."""
    with tower(tmp_path, "2026-03-02 09:00:00") as town:
        town.fault(VILLAGE, "error_500")
        town.refer(delivered=False)
        assert town.kept["holder_until"] == "2026-03-05"
        assert town.ring("2026-03-06 09:00:00") == 0
        assert (town.kept["state"], town.kept["clock_provisional"], town.overdue()) == ("DISPATCHED", True, [])

        town.clock.set("2026-03-08 09:00:00")
        town.fault(VILLAGE, None)
        town.quiet()
        assert town.ring("2026-03-09 09:00:00") == 0
        assert until(town) == ("2026-03-11", False)
        assert town.accept() == ("ACCEPTED", "0")
