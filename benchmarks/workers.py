"""Twice the workers while partners are slow: latency is the limit, not cores, so the drain is nearly twice as fast.

LANES slow partners, each answering after DELAY, IN_FLIGHT at once ◄── 1 worker, then 2, each AT_ONCE lanes at once
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from sqlalchemy import func, select

from benchmarks.figures import Figure
from benchmarks.filling import Copies
from benchmarks.processes import listening
from benchmarks.servers import redis_url, store_url
from benchmarks.setting import SECRETS, partner_files
from gateway.bootstrap import Gateway, shipped_adapters
from gateway.demo.cast import CAST, VILLAGE
from gateway.settings import load_settings
from gateway.store.tables import delivery

LANES, AT_ONCE, IN_FLIGHT = 16, 4, 2
DELAY = 0.2  # seconds
WITHIN = 600.0  # seconds
UP = "fengqiao-data"


def measure(rounds: int, quick: bool) -> Iterator[Figure]:
    """Yield the drain with two workers, against that with one."""
    os.environ.update(SECRETS)
    each = 4 if quick else 40
    with TemporaryDirectory(prefix="fengqiao-bench-") as name:
        folder = Path(name)
        slow = ["benchmarks.sink", "--delay", str(DELAY)]
        with (
            store_url("PostgreSQL", folder) as store,
            redis_url(folder) as redis,
            listening(slow, log=folder / "sink.log") as sink,
        ):
            _write_configuration(folder / "config", f"http://127.0.0.1:{sink.port}")
            found = asyncio.run(_measured(folder, store, redis, rounds, each))
    yield Figure(
        name=f"drain {LANES} slow partners, 2 workers to 1", ours=found[2], twin=found[1], aim="≥ 1.7",
        remarks=[f"{DELAY * 1000:.0f} ms an answer, {IN_FLIGHT} under way at each, {AT_ONCE} lanes a worker"],
    )  # fmt: skip


def _lane(n: int) -> str:
    return f"slow-{n:02d}"


def _write_configuration(folder: Path, url: str) -> None:
    """Write the demonstration's partners, and the slow ones beside the village's, which know it by the same code."""
    files: dict[str, Any] = dict(partner_files({actor.name: url for actor in CAST}))
    village = yaml.safe_load(files[f"partners/{VILLAGE}.yaml"])
    organisations = yaml.safe_load(files["organisations.yaml"])
    for lane in map(_lane, range(LANES)):
        row = {**village, "partner": lane, "organisations": [], "concurrency": IN_FLIGHT}
        files[f"partners/{lane}.yaml"] = yaml.safe_dump(row, allow_unicode=True)
        for each in organisations["organisations"]:
            each["codes"][lane] = each["codes"][VILLAGE]
    files["organisations.yaml"] = yaml.safe_dump(organisations, allow_unicode=True)
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")


async def _measured(folder: Path, store: str, redis: str, rounds: int, each: int) -> dict[int, list[float]]:
    settings = load_settings(data_dir=folder / UP, config_dir=folder / "config", database_url=store)
    gateway = Gateway(settings, shipped_adapters())
    environment = {
        **os.environ, "FENGQIAO_DATA_DIR": str(folder / UP), "FENGQIAO_CONFIG_DIR": str(folder / "config"),
        "FENGQIAO_DATABASE_URL": store, "FENGQIAO_REDIS_URL": redis, "FENGQIAO_WORKER_LANES": str(AT_ONCE),
        "PYTHONUNBUFFERED": "1",
    }  # fmt: skip
    found: dict[int, list[float]] = {1: [], 2: []}
    try:
        await gateway.attend()
        copies = await Copies.of(gateway, "SLOW")
        for _ in range(rounds):
            for workers, speeds in found.items():
                with _carrying(environment, workers, folder):
                    speeds.append(await _drained(gateway, copies, each * LANES))
    finally:
        await gateway.stop()
    return found


@contextmanager
def _carrying(environment: Mapping[str, str], workers: int, folder: Path) -> Iterator[None]:
    """Run workers and a clock until the end of the block, which begins once all of them say that they work."""
    with ExitStack() as stack:
        logs = [folder / f"{n}.log" for n in range(workers + 1)]
        for n, log in enumerate(logs):
            out = stack.enter_context(log.open("wb"))
            role = ["worker"] if n < workers else ["clock"]
            process = subprocess.Popen(
                [sys.executable, "-m", "gateway", *role, "--json"], env=dict(environment), stdout=out, stderr=out
            )
            stack.callback(process.wait)
            stack.callback(process.terminate)
        give_up = time.monotonic() + WITHIN
        while not all(b'"role"' in log.read_bytes() for log in logs):
            if time.monotonic() > give_up:
                raise SystemExit("a worker did not start")
            time.sleep(0.1)
        yield


async def _drained(gateway: Gateway, copies: Copies, count: int) -> float:
    """Have so many delivered; return how many a second."""
    query = select(func.count()).where(delivery.c.status == "delivered")

    def delivered() -> int:
        with gateway.store.engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    before = delivered()
    await copies.write(count, [_lane(n) for n in range(LANES)])
    began = time.monotonic()
    while (done := delivered() - before) < count and time.monotonic() - began < WITHIN:  # noqa: ASYNC110  # no bell here
        await asyncio.sleep(0.05)
    if done < count:
        raise SystemExit(f"{done} of {count} were delivered")
    return count / (time.monotonic() - began)
