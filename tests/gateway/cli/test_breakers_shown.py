"""A partner that does not answer is seen: by ``partners``, by ``doctor``, and in the administration's API."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest

OPENED, PROBE = 1_800_000_000_000, 1_800_000_060_000  # 2027-01-15 16:00:00 and a minute later, UTC+8


def _write(desk, state, failures, probe_at=PROBE):
    with closing(sqlite3.connect(desk.folder / "gateway.db")) as store, store:
        store.execute("DELETE FROM breaker")
        store.execute(
            "INSERT INTO breaker (partner, state, failures, opened_at, probe_at, waits, reason)"
            " VALUES ('village', ?, ?, ?, ?, 2, 'transport.never_reached')",
            (state, failures, None if state == "closed" else OPENED, probe_at),
        )


def _breakers(desk):
    return [each for each in desk.json("doctor")["findings"] if each["code"] == "cli.doctor.breaker_open"]


@pytest.mark.parametrize("state", ["open", "probing"])
def test_doctor_warns_of_an_open_breaker(desk, state):
    _write(desk, state, 9)
    (found,) = _breakers(desk)
    assert (found["level"], found["who"]) == ("warning", "operator")
    for language, said in (("zh", "自 2027-01-15 16:00:00 起连续失败 9 次"), ("en", "village: 9 failures in a row")):
        assert said in found["texts"][language]
        assert "2027-01-15 16:01:00" in found["texts"][language]
        assert "2027-01-15" in desk.run("doctor", language=language).stdout


def test_doctor_says_nothing_of_a_partner_that_failed_and_is_still_tried(desk):
    _write(desk, "closed", 2, None)
    assert _breakers(desk) == []


@pytest.mark.parametrize(("state", "said"), [("open", "paused"), ("probing", "trying"), ("closed", "failed")])
def test_partners_shows_who_is_let_through_and_who_is_not(desk, state, said):
    _write(desk, state, 9, None if state == "closed" else PROBE)
    shown = desk.run("partners").stdout
    assert said in shown
    rows = {row["partner"]: row["breaker"] for row in desk.json("partners")["partners"]}
    assert rows["court"] is None
    assert (rows["village"]["state"], rows["village"]["failures"], rows["village"]["waits"]) == (state, 9, 2)
    assert json.dumps(rows["village"]).count("transport.never_reached") == 1
