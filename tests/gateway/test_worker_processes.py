"""``fengqiao worker`` and ``fengqiao clock`` as processes: what RQ shows of them, and what an outage does to them."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from gateway.demo.cast import VILLAGE
from gateway.rq_lanes import QUEUE, RqLanes
from tests.gateway.cli.conftest import Process
from tests.gateway.province import KEY, Province, province, until
from tests.servers import PostgresServer, RedisServer, postgres, postgres_url, redis_server, redis_url

__all__ = ["postgres", "postgres_url", "redis_server", "redis_url"]
pytestmark = pytest.mark.live
WITHIN = 120.0  # seconds until a process that was told to stop counts as one that never will


@pytest.fixture
async def town(tmp_path: Path, postgres_url: str, redis_url: str) -> AsyncIterator[Province]:
    """A door, and a village that listens; no worker yet."""
    rows = {VILLAGE: {"timeouts": {"connect": 5, "answer": 600}}}
    async with AsyncExitStack() as ends:
        yield await ends.enter_async_context(province(tmp_path, postgres_url, redis_url, workers=0, rows=rows))


@pytest.fixture
def start(tmp_path: Path, postgres_url: str, redis_url: str) -> Iterator[Callable[..., Process]]:
    """Start a process of the province's gateway; what still runs at the end is killed."""
    started: list[Process] = []
    environment = {
        **os.environ, "FENGQIAO_DATA_DIR": str(tmp_path), "FENGQIAO_CONFIG_DIR": str(tmp_path / "config"),
        "FENGQIAO_DATABASE_URL": postgres_url, "FENGQIAO_REDIS_URL": redis_url, "FENGQIAO_KEY": KEY,
        "FENGQIAO_REDELIVERY_BASE_SECONDS": "0.05", "FENGQIAO_REDELIVERY_CAP_SECONDS": "0.2",
    }  # fmt: skip

    def start(role: str) -> Process:
        errors = tmp_path / f"{role}-{len(started)}.errors"
        with errors.open("wb") as out:
            command = [sys.executable, "-m", "gateway", role, "--json"]
            process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=out)
        started.append(Process(process, errors))
        return started[-1]

    yield start
    for each in started:
        each.kill()


async def ready(process: Process) -> dict[str, Any]:
    return await asyncio.to_thread(process.document)


def rq_info(url: str, *words: str) -> str:
    command = [Path(sys.executable).with_name("rq"), "info", "--url", url, *words]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


async def test_rq_shows_workers_queue_and_jobs_by_names_that_mean_something(
    town: Province, start: Callable[..., Process], redis_url: str
) -> None:
    lanes = RqLanes(redis_url)
    await until(lambda: lanes.queue.count == 3)  # the door wakes every partner's lane when it starts
    (job,) = [each for each in lanes.queue.jobs if each.description == f"drain {VILLAGE}"]
    assert job.id.startswith(f"drain-{VILLAGE}-")
    assert lanes.redis.hget(job.key, "description") == f"drain {VILLAGE}".encode(), "as a dashboard reads it"
    assert f"queue {QUEUE} 3" in rq_info(redis_url, "--raw", "--only-queues")
    worker = start("worker")
    said = await ready(worker)
    await until(lambda: said["name"] in rq_info(redis_url, "--raw", "--only-workers"))
    shown = rq_info(redis_url, "--raw", "--only-workers")
    assert f"worker {said['name']}" in shown
    assert str(worker.pid) in shown
    assert f" {QUEUE}. jobs: " in shown
    assert said["name"].startswith("worker-")
    await asyncio.to_thread(lanes.redis.close)
    assert await asyncio.to_thread(worker.stop) == 0
    assert said["name"] not in rq_info(redis_url, "--raw", "--only-workers"), "it said goodbye"


@pytest.mark.fault
async def test_a_worker_outlives_redis_that_dies_while_a_delivery_is_under_way(
    town: Province, start: Callable[..., Process], redis_server: RedisServer
) -> None:
    worker = start("worker")
    said = await ready(worker)
    gate = town.gates[VILLAGE]
    gate.shut = True
    await town.refer("AJ-1")
    await until(lambda: gate.under_way == 1)
    await asyncio.to_thread(redis_server.stop, immediate=True)
    gate.shut = False
    await town.until_delivered(1)
    await town.refer("AJ-2")
    await town.until_delivered(2)  # found in the store, for Redis is away
    await asyncio.to_thread(redis_server.start)
    await until(lambda: said["name"] in rq_info(redis_server.url, "--raw", "--only-workers"))
    await town.refer("AJ-3")
    await town.until_delivered(3)
    assert worker.process.poll() is None
    assert await asyncio.to_thread(worker.stop) == 0


@pytest.mark.fault
@pytest.mark.parametrize("gone", ["redis", "postgres", "both"])
async def test_a_worker_stops_though_its_servers_answer_nothing_any_more(
    town: Province, start: Callable[..., Process], postgres: PostgresServer, redis_server: RedisServer, gone: str
) -> None:
    worker = start("worker")
    await ready(worker)
    gate = town.gates[VILLAGE]
    gate.shut = gone != "redis"
    await town.refer("AJ-1")
    await until(lambda: gate.arrived == 1)
    servers = {"redis": [redis_server], "postgres": [postgres], "both": [redis_server, postgres]}[gone]
    for server in servers:
        server.freeze()
    try:
        worker.process.terminate()
        assert await asyncio.to_thread(worker.process.wait, WITHIN) == 0
    finally:
        for server in servers:
            server.thaw()
        gate.shut = False
    assert "Traceback" not in worker.errors()


@pytest.mark.fault
async def test_a_clock_stops_though_its_database_answers_nothing_any_more(
    town: Province, start: Callable[..., Process], postgres: PostgresServer
) -> None:
    clock = start("clock")
    await ready(clock)
    postgres.freeze()
    try:
        clock.process.terminate()
        assert await asyncio.to_thread(clock.process.wait, WITHIN) == 0
    finally:
        postgres.thaw()


def test_no_job_key_lives_for_ever(redis_url: str) -> None:
    lanes = RqLanes(redis_url)
    lanes.enqueue([VILLAGE])
    (job,) = lanes.queue.jobs
    assert job.ttl is not None
    assert job.failure_ttl is not None
    assert job.result_ttl == 0
    with Redis.from_url(redis_url) as client:
        keys = [key for key in client.keys("fengqiao:*") if client.pttl(key) < 0]
    assert keys == []
    lanes.redis.close()
