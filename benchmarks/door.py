"""The door: the gateway as it is served, against a bare route that only stores the bytes with the same group commit.

    load ──► fengqiao serve ──► SQLite          authenticate, translate, validate, decide, seal, keep, answer
    load ──► bare_door ──────► SQLite           keep, answer

The referrals are due at a centre that takes a connection and never answers, one delivery at a time: so the lane of the
serving process holds one delivery and waits, and what is measured is the door. What a lane costs is measured in
``lane.py``.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson

from benchmarks.figures import Figure
from benchmarks.processes import Running, listening
from benchmarks.setting import SECRETS, write_configuration
from gateway.demo.cast import TOWNSHIP, VILLAGE

CONNECTIONS = (32, 64)
Run = dict[str, float]


def measure(rounds: int, quick: bool) -> Iterator[Figure]:
    """Yield requests per second with 32 and with 64 connections."""
    count = 400 if quick else 6000
    with TemporaryDirectory(prefix="fengqiao-bench-") as folder:
        yield from _measured(Path(folder), rounds, count)


def _measured(folder: Path, rounds: int, count: int) -> Iterator[Figure]:
    with listening(["benchmarks.sink", "--silent"], log=folder / "silent.log") as centre:
        url = f"http://127.0.0.1:{centre.port}"
        write_configuration(folder / "config", {VILLAGE: url, TOWNSHIP: url}, concurrency=1)
        environment = {**SECRETS, "FENGQIAO_DATA_DIR": str(folder), "FENGQIAO_CONFIG_DIR": str(folder / "config")}
        serve, bare = ["gateway", "serve"], ["benchmarks.bare_door", "--file", str(folder / "bare.db")]
        with (
            listening(serve, log=folder / "gateway.log", environment=environment) as ours,
            listening(bare, log=folder / "bare.log") as twin,
        ):
            for door in (ours, twin):
                _push(door, 32, 300, "WARM")
            for connections in CONNECTIONS:
                yield _figure(ours, twin, connections, rounds, count)


def _figure(ours: Running, twin: Running, connections: int, rounds: int, count: int) -> Figure:
    runs: dict[Running, list[Run]] = {ours: [], twin: []}
    for n in range(rounds):
        for door, found in runs.items():
            found.append(_push(door, connections, count, f"B{connections}-{n}"))
    return Figure(
        name=f"take in a referral, {connections} connections",
        ours=[run["per_second"] for run in runs[ours]],
        twin=[run["per_second"] for run in runs[twin]],
        aim="≥ 0.5",
        remarks=[f"ours:  {_account(runs[ours])}", f"plain: {_account(runs[twin])}"],
    )


def _push(door: Running, connections: int, count: int, prefix: str) -> Run:
    command = [
        sys.executable, "-m", "benchmarks.load", "--port", str(door.port), "--connections", str(connections),
        "--requests", str(count), "--prefix", prefix,
    ]  # fmt: skip
    before = door.cpu_seconds()
    ended = subprocess.run(command, capture_output=True, check=False)
    after = door.cpu_seconds()
    if ended.returncode != 0:
        raise SystemExit(f"the load failed:\n{ended.stderr.decode(errors='replace')[-2000:]}")
    found: Run = orjson.loads(ended.stdout)
    return found if before is None or after is None else {**found, "cpu": (after - before) / count * 1000}


def _account(runs: list[Run]) -> str:
    said = {name: statistics.median(run.get(name, float("nan")) for run in runs) for name in ("p50", "p99", "cpu")}
    return f"wait p50 {said['p50']:.1f} ms, p99 {said['p99']:.1f} ms; processor {said['cpu']:.2f} ms a request"
