"""An embedded gateway on two processors: its carrier, or the process that serves, is killed, stopped, told things."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from gateway.bootstrap import shipped_simulator
from gateway.demo import cast
from gateway.demo.cast import CAST, COURT, VILLAGE
from gateway.demo.everybody import EVERYBODY, PEACE
from gateway.demo.scenery import Scenery, call
from gateway.store import carrier_lock
from tests.stage import Stage, on_stage, supervision

pytestmark = [pytest.mark.live, pytest.mark.fault]
CASES, REMINDERS = 30, 3
EVERYTHING = CASES * (1 + REMINDERS)
DELIVERED = re.compile(r'^fengqiao_deliveries_ended_total\{partner="(\w+)",status="delivered"\} (\S+)$', re.MULTILINE)


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """A gateway with a carrier, and its partners."""
    monkeypatch.setenv("FENGQIAO_CARRIER", "true")
    with on_stage(tmp_path) as stage:
        yield stage


def carrier_of(stage: Stage, *, other_than: int | None = None) -> int:
    """Wait for a carrier whose lanes run, and return its process id."""
    found: list[int] = []

    def carries() -> bool:
        pid = carrier_lock.holder(stage.scenery.folder)
        if pid and pid != other_than and shown(stage, "fengqiao_carrier_runs") == 1:
            found.append(pid)
        return bool(found)

    stage.until(carries, "a carrier")
    return found[0]


def metrics(stage: Stage) -> str:
    token = (stage.scenery.folder / "admin-token").read_text().strip()
    headers = {"authorization": f"Bearer {token}"}
    page = httpx.get(f"{stage.scenery.gateway_url}/metrics", headers=headers, timeout=30, trust_env=False)
    return page.raise_for_status().text


def shown(stage: Stage, name: str) -> float | None:
    found = re.search(rf"^{name} (\S+)$", metrics(stage), flags=re.MULTILINE)
    return float(found[1]) if found else None


def delivered(stage: Stage) -> dict[str, float]:
    return {partner: float(count) for partner, count in DELIVERED.findall(metrics(stage))}


def accept_all(stage: Stage) -> None:
    for number in range(CASES):
        case = f"AJ-CARRY-{number:03d}"
        assert stage.refer(case)["body"]["code"] == 0
        for reminder in range(1, REMINDERS + 1):
            assert stage.scenery.push(COURT, supervision(stage, case, reminder))["body"]["code"] == 0


def deliveries(stage: Stage) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = stage.scenery.administration("deliveries")
    return found


def in_hand(stage: Stage) -> bool:
    with closing(sqlite3.connect(stage.scenery.folder / "gateway.db", timeout=30)) as store:
        (count,) = store.execute("SELECT count(*) FROM delivery WHERE lease IS NOT NULL").fetchone()
    return bool(count)


def everything_arrived_once_and_in_order(stage: Stage) -> None:
    held = stage.scenery.received(VILLAGE)
    assert len(held) == len({each["id"] for each in held}) == EVERYTHING
    assert {each["effects"] for each in held} == {1}
    by_case: dict[str, list[str]] = defaultdict(list)
    for each in held:
        text = each["fields"].get("superviseContent") or each["kind"]
        by_case[each["case"]].append(f"{each['kind']}:{text}")
    assert len(by_case) == CASES
    for said in by_case.values():
        assert said[0].startswith("case.dispatch")
        assert said[1:] == sorted(said[1:]), "reminders are numbered in the order they were sent"
    assert stage.scenery.administration("counts")["deliveries"] == {"delivered": EVERYTHING}


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return "State:\tZ" in Path(f"/proc/{pid}/status").read_text()


def test_the_serving_process_takes_and_its_carrier_delivers_in_the_order_of_each_case(stage: Stage) -> None:
    accept_all(stage)
    stage.settled()
    everything_arrived_once_and_in_order(stage)
    assert carrier_of(stage) != stage.scenery.processes["gateway"].pid
    stage.until(lambda: delivered(stage) == {VILLAGE: EVERYTHING}, "the carrier's count in the metrics")
    assert shown(stage, r'fengqiao_delivery_seconds_count\{partner="village"\}') == EVERYTHING
    assert shown(stage, r'fengqiao_attempts_total\{outcome="delivered",partner="village"\}') == EVERYTHING
    assert shown(stage, r'fengqiao_records_total\{fate="accepted",partner="court"\}') == EVERYTHING


def test_a_carrier_that_is_killed_in_the_middle_is_followed_by_another_that_ends_its_work(stage: Stage) -> None:
    first = carrier_of(stage)
    stage.scenery.fault(VILLAGE, "slow", seconds=0.1)
    accept_all(stage)
    stage.until(lambda: len(stage.scenery.received(VILLAGE)) >= 20, "some deliveries")
    stage.until(lambda: bool(delivered(stage)), "some of them counted")
    before = delivered(stage)[VILLAGE]
    os.kill(first, signal.SIGKILL)
    assert len(stage.scenery.received(VILLAGE)) < EVERYTHING, "the kill came too late to prove anything"
    assert stage.refer("AJ-MEANWHILE")["body"]["code"] == 0, "records are taken without a carrier"
    stage.scenery.fault(VILLAGE, None)
    assert carrier_of(stage, other_than=first) != first
    stage.settled()
    held = stage.scenery.received(VILLAGE)
    assert {each["effects"] for each in held} == {1}
    assert len(held) == EVERYTHING + 1
    assert "carrier.ended" in stage.logs()
    stage.until(lambda: delivered(stage)[VILLAGE] > before, "the second one's count on top of the first one's")


def test_what_a_dead_carrier_had_in_hand_is_due_at_once_and_not_when_its_lease_ends(stage: Stage) -> None:
    first = carrier_of(stage)
    stage.scenery.fault(VILLAGE, "slow", seconds=30)
    stage.refer("AJ-IN-HAND")

    stage.until(lambda: in_hand(stage), "a delivery under way")
    stage.scenery.fault(VILLAGE, None)
    os.kill(first, signal.SIGKILL)
    stage.settled()
    (delivery,) = stage.trace("AJ-IN-HAND")["steps"][0]["deliveries"]
    assert [attempt["code"] for attempt in delivery["tries"]] == ["delivery.lease_ended", None]
    assert "lanes.leases_released" in stage.logs()


def test_a_carrier_does_not_outlive_the_process_that_serves(stage: Stage) -> None:
    carrier = carrier_of(stage)
    stage.scenery.fault(VILLAGE, "slow", seconds=0.1)
    accept_all(stage)
    stage.until(lambda: len(stage.scenery.received(VILLAGE)) >= 10, "some deliveries")
    stage.scenery.kill_gateway()
    stage.until(lambda: is_gone(carrier), "the end of the carrier")
    arrived = len(stage.scenery.received(VILLAGE))
    assert arrived < EVERYTHING, "the kill came too late to prove anything"
    stage.scenery.fault(VILLAGE, None)
    stage.scenery.start_gateway()
    stage.settled()
    everything_arrived_once_and_in_order(stage)


@pytest.mark.parametrize(("word", "status"), [(b'{"word":"stop"}\n', 0), (b"", 1)], ids=["told", "let go of"])
def test_a_carrier_ends_by_the_cord_alone(stage: Stage, word: bytes, status: int) -> None:
    stage.scenery.processes["gateway"].terminate()
    assert stage.scenery.processes["gateway"].wait(60) == 0
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            number = str(theirs.fileno())
            folders = ["--data-dir", str(stage.scenery.folder), "--config-dir", str(stage.scenery.config)]
            carrier = subprocess.Popen(
                [sys.executable, "-m", "gateway", *folders, "carrier", "--cord", number], pass_fds=[theirs.fileno()]
            )
        with ours.makefile("rb") as said:
            assert said.readline() == b'{"word":"carries"}\n'
        ours.sendall(word or b"{}\n")
        if not word:
            ours.shutdown(socket.SHUT_RDWR)
        assert carrier.wait(60) == status


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_both_end_in_order_and_leave_nothing_in_hand(stage: Stage, how: signal.Signals) -> None:
    carrier = carrier_of(stage)
    stage.scenery.fault(VILLAGE, "slow", seconds=0.5)
    stage.refer("AJ-LAST")
    stage.until(lambda: in_hand(stage), "a delivery under way")
    os.kill(carrier, how)  # as Ctrl+C, or a supervisor that signals everybody, does
    serving = stage.scenery.processes["gateway"]
    serving.send_signal(how)
    assert serving.wait(60) == 0
    assert is_gone(carrier)
    assert carrier_lock.holder(stage.scenery.folder) is None
    (held,) = stage.scenery.received(VILLAGE)
    assert held["times"] == 1
    stage.scenery.start_gateway()
    (delivery,) = stage.trace("AJ-LAST")["steps"][0]["deliveries"]
    assert (delivery["status"], len(delivery["tries"])) == ("delivered", 1)
    assert "carrier.ended" not in stage.logs()


def test_another_configuration_reaches_the_carrier(stage: Stage) -> None:
    carrier = carrier_of(stage)
    row = stage.scenery.config / "partners" / "village.yaml"
    content = yaml.safe_load(row.read_text())
    right, content["base_url"] = content["base_url"], "http://127.0.0.1:9"
    row.write_text(yaml.safe_dump(content))
    stage.scenery.administration_post("reload")
    stage.refer("AJ-WRONG-ADDRESS")
    stage.until(lambda: any(each["attempts"] for each in deliveries(stage)), "a try at the wrong address")
    content["base_url"] = right
    row.write_text(yaml.safe_dump(content))
    stage.scenery.administration_post("reload")
    stage.settled()
    assert stage.event(VILLAGE, "case.dispatch")["effects"] == 1
    assert carrier_of(stage) == carrier, "the same process went by each of them"


def test_a_folder_that_is_wrong_by_now_keeps_no_carrier_from_starting(stage: Stage) -> None:
    first = carrier_of(stage)
    (stage.scenery.config / "routes.yaml").write_text("copies: 3\n")
    os.kill(first, signal.SIGKILL)
    carrier_of(stage, other_than=first)
    stage.refer("AJ-STILL")
    stage.settled()
    assert stage.event(VILLAGE, "case.dispatch")["effects"] == 1


def test_a_mailbox_is_rung_for_what_a_turn_of_the_carrier_brings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The centre speaks of the case by its own number before its receipt has come; a copy goes to a mailbox."""
    monkeypatch.setenv("FENGQIAO_CARRIER", "true")
    actors = (*CAST, *(actor for actor in EVERYBODY if actor.name == PEACE))
    with Scenery(folder=tmp_path, actors=actors, simulator=shipped_simulator) as scenery:
        stage = Stage(scenery)
        (scenery.config / "routes.yaml").write_text(
            yaml.safe_dump({"copies": [{"types": ["acceptance"], "to": PEACE}]})
        )
        scenery.administration_post("reload")
        scenery.fault(VILLAGE, "answer_lost")
        stage.refer("AJ-BELL")
        event = stage.event(VILLAGE, "case.dispatch")["case"]
        stage.report(VILLAGE, "case.accept", event, 1, **cast.accepted(stage.calendar))
        assert scenery.administration("counts")["records"] == {"accepted": 1, "parked": 1}
        headers = {"x-partner": PEACE, "authorization": f"Bearer {scenery.token_of(PEACE)}"}
        url = f"{scenery.gateway_url}/v1/mailbox"
        assert call(url, headers=headers)["messages"] == []
        scenery.fault(VILLAGE, None)
        # It has just been looked into, and is not again for longer than this waits, unless its bell rings.
        found = call(f"{url}?wait=15", headers=headers)["messages"]
        assert [each["message"]["type"] for each in found] == ["fengqiao.acceptance"]
