"""A backlog drains while new work enters: deliveries per second with a door at work, against those without.

N wait ─► serve ─► sink                                   deliveries per second until the N are delivered
N wait ─► serve ─► sink, and two callers at the door      the same; what comes in new goes out after the backlog
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Engine, func, select

from benchmarks.figures import Figure
from benchmarks.filling import Copies
from benchmarks.processes import listening
from benchmarks.setting import SECRETS, write_configuration
from gateway.bootstrap import Gateway, shipped_adapters
from gateway.demo.cast import CAST, VILLAGE
from gateway.settings import load_settings
from gateway.store.engine import open_engine
from gateway.store.tables import delivery

WITHIN = 600.0  # seconds
CALLERS = 2
WAYS: dict[str, Sequence[str]] = {"one process": (), "with a carrier": ("--carrier",)}
ENDLESS = 100_000  # requests: more than are taken in meanwhile


def measure(rounds: int, quick: bool) -> Iterator[Figure]:
    """Yield the speed of the drain with and without new work."""
    os.environ.update(SECRETS)
    count = 300 if quick else 6_000
    with TemporaryDirectory(prefix="fengqiao-bench-") as name:
        folder = Path(name)
        with listening(["benchmarks.sink"], log=folder / "sink.log") as sink:
            urls = {actor.name: f"http://127.0.0.1:{sink.port}" for actor in CAST}
            write_configuration(folder / "config", urls, concurrency=32)
            for title, options in WAYS.items():
                alone, besides = [], []
                for n in range(rounds):
                    alone.append(_drained(folder, f"ALONE-{n}{title[:1]}", count, options, new_work=False))
                    besides.append(_drained(folder, f"BESIDE-{n}{title[:1]}", count, options, new_work=True))
                yield Figure(
                    name=f"drain a backlog while new work enters, {title}", ours=besides, twin=alone, aim="≥ 0.8"
                )


def _drained(folder: Path, prefix: str, count: int, options: Sequence[str], *, new_work: bool) -> float:
    asyncio.run(_fill(folder, prefix, count))
    environment = {**SECRETS, "FENGQIAO_DATA_DIR": str(folder), "FENGQIAO_CONFIG_DIR": str(folder / "config")}
    engine = open_engine(f"sqlite:///{folder / 'gateway.db'}")
    first, goal = _delivered(engine) + 1, _delivered(engine) + count
    try:
        with listening(["gateway", "serve", *options], log=folder / "serve.log", environment=environment) as serving:
            caller = _calling(serving.port, prefix) if new_work else None
            try:
                began, before = _reached(engine, first)  # a carrier takes a while to start
                ended, after = _reached(engine, goal)
                return (after - before) / (ended - began)
            finally:
                if caller is not None:
                    caller.kill()
                    caller.wait()
    finally:
        engine.dispose()


async def _fill(folder: Path, prefix: str, count: int) -> None:
    gateway = Gateway(load_settings(data_dir=folder, config_dir=folder / "config"), shipped_adapters())
    try:
        await gateway.attend()
        await (await Copies.of(gateway, prefix)).write(count, [VILLAGE])
    finally:
        await gateway.stop()


def _calling(port: int, prefix: str) -> subprocess.Popen[bytes]:
    words = ["--port", str(port), "--connections", str(CALLERS), "--requests", str(ENDLESS), "--prefix", f"N{prefix}"]
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks.load", *words, "--as-they-go"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def _reached(engine: Engine, goal: int) -> tuple[float, int]:
    """Return when so many were delivered, by the steady clock, and how many they were by then."""
    give_up = time.monotonic() + WITHIN
    while (found := _delivered(engine)) < goal:
        if time.monotonic() > give_up:
            raise SystemExit("the backlog does not drain")
        time.sleep(0.05)
    return time.monotonic(), found


def _delivered(engine: Engine) -> int:
    query = select(func.count()).where(delivery.c.partner == VILLAGE, delivery.c.status == "delivered")
    with engine.connect() as connection:
        return int(connection.execute(query).scalar_one())
