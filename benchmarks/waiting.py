"""What a million waiting deliveries cost: the time of a claim, and the memory of a process that delivers them.

1,000 wait ─► claim, claim …, serve ─► fill up to N ─► claim, claim …, serve          on both databases
"""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection, func, select
from sqlalchemy import text as sql

from benchmarks.figures import Figure
from benchmarks.filling import Copies
from benchmarks.processes import Running, listening
from benchmarks.servers import store_url
from benchmarks.setting import SECRETS, write_configuration
from gateway.bootstrap import Gateway, shipped_adapters
from gateway.demo.cast import CAST, VILLAGE
from gateway.settings import Settings, load_settings
from gateway.store import outbox
from gateway.store.engine import open_engine
from gateway.store.tables import delivery
from gateway.store.times import millis

FEW, MANY = 1_000, 1_000_000
CLAIMS, AT_ONCE = 40, 32
LEAST = 10  # of the claims: those that other processes disturbed least
LEASE = 60_000  # milliseconds
DELIVERED_WITHIN = 600.0  # seconds
STORES = ("SQLite", "PostgreSQL")


def measure(rounds: int, quick: bool) -> Iterator[Figure]:
    """Yield the claim and the memory at many, against those at few, on both databases. One round: filling is slow."""
    del rounds
    os.environ.update(SECRETS)
    many = MANY // 50 if quick else MANY
    for kind in STORES:
        with TemporaryDirectory(prefix="fengqiao-bench-") as name:
            yield from _measured(kind, Path(name), many)


def _measured(kind: str, folder: Path, many: int) -> Iterator[Figure]:
    with store_url(kind, folder) as url, listening(["benchmarks.sink"], log=folder / "sink.log") as sink:
        urls = {actor.name: f"http://127.0.0.1:{sink.port}" for actor in CAST}
        write_configuration(folder / "config", urls, concurrency=AT_ONCE)
        settings = load_settings(data_dir=folder, config_dir=folder / "config", database_url=url)
        claims, sizes = {}, {}
        for count in (FEW, many):
            claims[count] = asyncio.run(_claim_times(settings, count))
            sizes[count] = _memory(folder, url)
    yield Figure(
        name=f"claim {AT_ONCE} of {many:,} waiting, {kind}",
        ours=[1 / each for each in claims[many]], twin=[1 / each for each in claims[FEW]], aim="≥ 0.5",
        remarks=[f"{statistics.median(claims[n]) * 1000:.2f} ms with {n:,} waiting" for n in (FEW, many)],
    )  # fmt: skip
    yield Figure(
        name=f"memory with {many:,} waiting, {kind}", ours=[sizes[many]], twin=[sizes[FEW]], aim="≤ 1.1", unit="MB"
    )


async def _claim_times(settings: Settings, count: int) -> list[float]:
    """Fill up to ``count`` waiting deliveries; return the seconds of some claims, each undone afterwards."""
    gateway = Gateway(settings, shipped_adapters())
    try:
        await gateway.attend()
        copies = await Copies.of(gateway, f"WAIT-{count}")
        with gateway.store.engine.connect() as connection:
            waiting = _count(connection, "pending")
        await copies.write(count - waiting, [VILLAGE])
        if settings.store_url().startswith("postgresql"):
            await gateway.writer.ran(lambda connection: connection.execute(sql("ANALYZE")))
        return sorted([await _claim_time(gateway) for _ in range(CLAIMS)])[:LEAST]
    finally:
        await gateway.stop()


async def _claim_time(gateway: Gateway) -> float:
    taken: list[float] = []

    def claim(connection: Connection) -> None:
        now, began = millis(gateway.now()), time.perf_counter()
        claimed = outbox.claim(connection, VILLAGE, limit=AT_ONCE, now=now, lease_until=now + LEASE)
        taken.append(time.perf_counter() - began)
        assert len(claimed) == AT_ONCE
        raise _Undone

    try:
        await gateway.writer.ran(claim)
    except _Undone:
        return taken[0]
    raise AssertionError


class _Undone(Exception):
    """Takes a claim back."""


def _memory(folder: Path, url: str) -> float:
    """Serve until some hundred are delivered; return the megabytes of the process then."""
    environment = {
        **SECRETS, "FENGQIAO_DATA_DIR": str(folder), "FENGQIAO_CONFIG_DIR": str(folder / "config"),
        "FENGQIAO_DATABASE_URL": url,
    }  # fmt: skip
    with listening(["gateway", "serve"], log=folder / "serve.log", environment=environment) as serving:
        engine, give_up = open_engine(url), time.monotonic() + DELIVERED_WITHIN
        try:
            with engine.connect() as connection:
                before = _count(connection, "delivered")
            while time.monotonic() < give_up:
                with engine.connect() as connection:
                    if _count(connection, "delivered") - before >= FEW // 2:
                        return _resident(serving)
                time.sleep(0.1)
        finally:
            engine.dispose()
    raise SystemExit("nothing was delivered:\n" + (folder / "serve.log").read_text()[-2000:])


def _count(connection: Connection, status: str) -> int:
    """Count what waits at the measured partner, or was delivered to it."""
    query = select(func.count()).where(delivery.c.partner == VILLAGE, delivery.c.status == status)
    return int(connection.execute(query).scalar_one())


def _resident(process: Running) -> float:
    pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
