"""Doors of real processes that are sent too much, run out of disk, or lose their database: they refuse, and recover."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.bootstrap import shipped_simulator
from gateway.canonical.identifiers import uuid7
from gateway.demo.cast import CAST, COURT, VILLAGE, Calendar, referral
from tests.faults.disk import Disk
from tests.gateway.api.test_api import bearer
from tests.gateway.api.test_api import referral as message
from tests.gateway.conftest import write_configuration
from tests.servers import PostgresServer, RedisServer, free_port, postgres, postgres_url, redis_server, redis_url

__all__ = ["postgres", "postgres_url", "redis_server", "redis_url"]
WITHIN = 60.0  # seconds until something that has to happen counts as not happening


@dataclass(slots=True, kw_only=True)
class Serving:
    """One serving process, its partners' keys, and the way to it."""

    folder: Path
    port: int
    keys: Mapping[str, Mapping[str, str]]
    process: subprocess.Popen[bytes]
    client: httpx.Client
    calendar: Calendar = field(default_factory=Calendar)

    def push(self, actor: str = COURT, case: str = "AJ50024220260001", **changes: Any) -> httpx.Response:
        """Have a partner send a record of its own dialect, correctly signed."""
        adapter = next(each.adapter for each in CAST if each.name == actor)
        simulator = shipped_simulator(adapter)(gateway_url=None, partner=actor, keys=self.keys[actor])
        asked = simulator.wrap([referral(self.calendar, case)])
        return self.client.request(
            asked["method"], f"/partners/{actor}{asked['path']}", params=asked.get("query") or None,
            headers={**asked["headers"], **changes.pop("headers", {})}, content=changes.pop("body", asked["body"]),
        )  # fmt: skip

    def say(self, partner: str = COURT, **changes: Any) -> httpx.Response:
        """Have a partner send a message in the common language."""
        return self.client.post("/v1/messages", json=message(**changes), headers=bearer(partner))

    def readiness(self) -> tuple[int, list[str]]:
        answer = self.client.get("/readyz")
        return answer.status_code, [each["code"] for each in answer.json()["reasons"]]

    def counted(self) -> httpx.Response:
        """Ask, as an administrator, for what is kept."""
        token = (self.folder / "data" / "admin-token").read_text().strip()
        return self.client.get("/admin/counts", headers={"authorization": f"Bearer {token}"})

    def counts(self) -> Any:
        return self.counted().json()


@contextmanager
def serving(
    folder: Path, rows: Mapping[str, Mapping[str, Any]] | None = None, port: int | None = None, **settings: str
) -> Iterator[Serving]:
    """Start a gateway in a folder; stop it at the end."""
    config, port = folder / "config", port or free_port()
    kept = folder / "keys.json"
    keys = json.loads(kept.read_text()) if kept.exists() else write_configuration(config, **(rows or {}))
    kept.write_text(json.dumps(keys))
    given = {"DATA_DIR": str(folder / "data"), "CONFIG_DIR": str(config), "PORT": str(port), **settings}
    environment = {**os.environ, **{f"FENGQIAO_{name}": value for name, value in given.items()}}
    with (folder / f"log-{port}").open("ab") as log:
        process = subprocess.Popen([sys.executable, "-m", "gateway", "serve"], env=environment, stdout=log, stderr=log)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False) as client:
            one = Serving(folder=folder, port=port, keys=keys, process=process, client=client)
            until(lambda: answers(one), "the gateway answers")
            yield one
    finally:
        process.terminate()
        process.wait(WITHIN)


def answers(one: Serving) -> bool:
    assert one.process.poll() is None, (one.folder / f"log-{one.port}").read_text()
    try:
        return one.readiness()[0] == 200
    except httpx.TransportError:
        return False


def until(happened: Callable[[], bool], what: str) -> None:
    give_up = time.monotonic() + WITHIN
    while not happened():
        assert time.monotonic() < give_up, f"not within {WITHIN:.0f} s: {what}"
        time.sleep(0.05)


QUOTA = {"quota": {"per_second": 0.01, "burst": 3}}


def test_who_sends_more_than_its_quota_is_told_so_in_its_own_dialect(tmp_path: Path) -> None:
    with serving(tmp_path, {COURT: QUOTA, VILLAGE: QUOTA}) as one:
        for n in range(3):
            assert one.push(case=f"AJ5002422026000{n}").status_code == 200
        refused = one.push(case="AJ50024220260009")
        assert (refused.status_code, refused.json()["code"]) == (429, 2)
        assert int(refused.headers["retry-after"]) > 1
        again = one.say()
        assert (again.status_code, again.json()["code"]) == (429, "gateway.too_many")
        assert again.headers["content-type"] == "application/problem+json"
        assert one.push(VILLAGE).status_code != 429
        assert one.readiness() == (200, [])
        assert one.counts()["cases"] == 3


def test_two_doors_count_together_and_a_redis_that_is_gone_refuses_nobody(
    tmp_path: Path, postgres_url: str, redis_url: str, redis_server: RedisServer
) -> None:
    given = {"DATABASE_URL": postgres_url, "REDIS_URL": redis_url}
    with serving(tmp_path, {COURT: QUOTA}, **given) as one, serving(tmp_path, **given) as other:
        statuses = [door.say().status_code for door in (one, other, one, other)]
        assert [status == 429 for status in statuses] == [False, False, False, True]
        redis_server.stop()
        try:
            assert one.say().status_code != 429
            assert one.readiness()[0] == 200
        finally:
            redis_server.start()


def test_a_flood_that_proves_nothing_eats_no_partners_quota(tmp_path: Path) -> None:
    with serving(tmp_path, {COURT: {"quota": {"per_second": 0.01, "burst": 10}}}) as one:
        forged = [one.client.post("/v1/messages", json={}, headers={"x-partner": COURT}) for _ in range(70)]
        assert [answer.status_code for answer in forged] == [401] * 50 + [429] * 20
        assert one.client.get("/livez").status_code == 200
        assert one.push(VILLAGE).status_code != 429
        until(lambda: one.say().status_code == 202, "the flood is forgotten")


def test_a_body_for_which_there_is_no_memory_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with serving(tmp_path, DOOR_MEMORY="64MiB") as one:
        with announcing(one, 30 * 2**20) as first:
            until(lambda: one.client.get("/readyz").json()["body_bytes"] == 30 * 2**20, "the first has its place")
            with announcing(one, 10 * 2**20) as second:
                assert b" 429 " in second.recv(65536).split(b"\r\n")[0]
            assert one.say(VILLAGE).status_code != 503
            first.close()
        until(lambda: one.client.get("/readyz").json()["body_bytes"] == 0, "its place is free again")
        assert one.push().status_code == 200


def test_requests_that_never_end_leave_room_for_other_doors(tmp_path: Path) -> None:
    with serving(tmp_path, DOOR_REQUESTS="4") as one:
        slow = [announcing(one, 1000) for _ in range(2)]
        for each in slow:
            each.__enter__()
        until(lambda: one.client.get("/readyz").json()["requests"] == 2, "both are under way")
        assert one.push().status_code == 429
        assert one.push(VILLAGE).status_code not in {429, 503}
        for each in slow:
            each.__exit__(None, None, None)
        until(lambda: one.client.get("/readyz").json()["requests"] == 0, "both are gone")
        assert one.push().status_code == 200


@contextmanager
def announcing(one: Serving, size: int) -> Iterator[socket.socket]:
    """Begin a request of the court, with a body that does not come."""
    with socket.create_connection(("127.0.0.1", one.port), timeout=30) as connection:
        head = f"POST /partners/{COURT}/push HTTP/1.1\r\nhost: gateway\r\ncontent-length: {size}\r\n\r\n"
        connection.sendall(head.encode())
        yield connection


@pytest.mark.fault
def test_a_disk_that_fills_up_refuses_and_is_taken_up_again_by_itself(tmp_path: Path) -> None:
    running: list[int] = []
    with small_disk(tmp_path / "data", running) as disk, serving(tmp_path, MIN_FREE="64MiB") as one:
        running.append(one.process.pid)
        assert one.push(case="AJ50024220260001").status_code == 200
        disk.fill()
        if disk.kind.startswith("tmpfs"):
            until(lambda: "store.space_short" in one.readiness()[1], "it is seen, and called by its name")
            assert one.client.head("/readyz").status_code == 503
        until(lambda: one.push(case="AJ50024220260002").status_code == 503, "it is seen")
        before = one.counts()
        for answer in (one.push(case="AJ50024220260003"), one.push(VILLAGE), one.say()):
            assert answer.status_code == 503, answer.text
            assert int(answer.headers["retry-after"]) >= 1
        ticket = one.client.post("/v1/documents", content=b"x" * 100_000, headers=bearer(COURT))
        assert ticket.status_code == 503
        assert one.counts()["records"] == before["records"]
        disk.free()
        until(lambda: one.readiness() == (200, []), "there is room again")
        assert one.push(case="AJ50024220260003").status_code == 200


@contextmanager
def small_disk(folder: Path, processes: list[int]) -> Iterator[Disk]:
    disk = Disk(folder, lambda: processes, size="160m")
    disk.mount()
    try:
        yield disk
    finally:
        disk.unmount()


@pytest.mark.fault
def test_a_database_that_is_lost_is_missed_and_found_again(
    tmp_path: Path, postgres: PostgresServer, postgres_url: str, redis_url: str
) -> None:
    with serving(tmp_path, DATABASE_URL=postgres_url, REDIS_URL=redis_url) as one:
        assert one.push(case="AJ50024220260001").status_code == 200
        postgres.stop(immediate=True)
        try:
            until(lambda: one.readiness() == (503, ["store.unavailable"]), "it is missed")
            for answer in (one.push(case="AJ50024220260002"), one.push(VILLAGE), one.say()):
                assert answer.status_code == 503, answer.text
                assert int(answer.headers["retry-after"]) >= 1
            asked = one.counted()
            assert (asked.status_code, asked.json()["code"]) == (503, "store.unavailable"), "no fault of ours"
            assert int(asked.headers["retry-after"]) >= 1
            assert one.client.get("/livez").status_code == 200
        finally:
            postgres.start()
        until(lambda: one.readiness() == (200, []), "it is found again")
        assert one.counts()["cases"] == 1
        assert one.push(case="AJ50024220260002").status_code == 200
        assert one.counts()["cases"] == 2


def test_health_can_be_asked_without_a_body_and_an_empty_message_names_what_is_missing(tmp_path: Path) -> None:
    with serving(tmp_path) as one:
        for path in ("/livez", "/readyz"):
            answer = one.client.head(path)
            assert (answer.status_code, answer.content) == (200, b"")
        answer = one.client.post("/v1/messages", json={}, headers=bearer(COURT))
        assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "mapping.missing", "type")
        assert "type" in answer.json()["detail"]
        answer = one.client.post(
            "/v1/messages", json={"type": "fengqiao.referral", "id": uuid7()}, headers=bearer(COURT)
        )
        assert (answer.status_code, answer.json()["code"]) == (422, "mapping.missing")
        assert answer.json()["field"]
