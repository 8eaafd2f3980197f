"""Idleness: what the processes of a gateway cost while nothing happens, in thousandths of one core.

    embedded      serve                                            twin: the bare door, which keeps nothing
    distributed   serve, worker, clock over PostgreSQL and Redis   twin: RQ's own worker, which waits for a job

Every process first comes to rest; then its processor time is read twice, a minute apart.
"""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.figures import Figure
from benchmarks.processes import Running, listening
from benchmarks.setting import SECRETS, write_configuration
from gateway import private_servers
from gateway.errors import GatewayError
from gateway.supervisor import Member

AIM = "≤ 20 ‰"
REST = 15.0  # seconds until a process counts as resting
WINDOW = 60.0  # seconds
START_WITHIN = 240.0  # seconds: a busy machine spoils the start of a process, and hardly what it uses afterwards
KEY = "bench:" + base64.b64encode(bytes(32)).decode()  # of a store that is thrown away


def measure(rounds: int, quick: bool) -> Iterator[Figure]:
    """Yield what each process uses; ``quick``: over a moment, before it rests."""
    rest, window = (1.0, 2.0) if quick else (REST, WINDOW)
    for name, processes in (("embedded", _embedded), ("distributed", _distributed)):
        with TemporaryDirectory(prefix="fengqiao-bench-") as folder, ExitStack() as ends:
            try:
                running = processes(Path(folder), ends)
            except GatewayError as error:
                print(f"idle, {name}: not measured, {error.code}")
                continue
            time.sleep(rest)
            used = [_used(running, window) for _ in range(rounds)]
        twin = next(each for each in running if each.startswith("twin"))
        for each in running:
            if each != twin:
                ours, theirs = ([max(0.01, taken[which]) for taken in used] for which in (each, twin))
                yield Figure(name=f"idle, {name}: {each}", ours=ours, twin=theirs, aim=AIM, unit="‰")


def _used(running: Mapping[str, Running], window: float) -> dict[str, float]:
    """Return the thousandths of a core that each process uses."""
    before = {name: process.cpu_seconds() or 0.0 for name, process in running.items()}
    began = time.monotonic()
    time.sleep(window)
    took = time.monotonic() - began
    return {
        name: ((process.cpu_seconds() or 0.0) - before[name]) / took * 1000 for name, process in running.items()
    }  # fmt: skip


def _embedded(folder: Path, ends: ExitStack) -> dict[str, Running]:
    twin = ends.enter_context(
        listening(["benchmarks.bare_door", "--file", str(folder / "twin.db")], log=folder / "twin.log")
    )
    return {"serve": ends.enter_context(_gateway(folder, "serve", {})), "twin: bare door": twin}


def _distributed(folder: Path, ends: ExitStack) -> dict[str, Running]:
    postgres, database_url = private_servers.prepare_postgres(folder)
    redis, redis_url = private_servers.prepare_redis(folder)
    ends.enter_context(_server("PostgreSQL", postgres, lambda: private_servers.postgres_answers(database_url)))
    ends.enter_context(_server("Redis", redis, lambda: private_servers.redis_answers(redis_url)))
    environment = {"FENGQIAO_DATABASE_URL": database_url, "FENGQIAO_REDIS_URL": redis_url, "FENGQIAO_KEY": KEY}
    running = {
        role: ends.enter_context(_gateway(folder, role, environment)) for role in ("serve", "worker", "clock")
    }  # fmt: skip
    running["twin: rq worker"] = ends.enter_context(
        _process([Path(sys.executable).with_name("rq"), "worker", "--url", redis_url, "idle"], {}, folder / "twin.log")
    )
    return running


@contextmanager
def _gateway(folder: Path, role: str, environment: Mapping[str, str]) -> Iterator[Running]:
    """Run a process of the gateway; the block begins when it says that it is ready."""
    write_configuration(folder / "config", {}, concurrency=8)
    given = {
        **SECRETS, **environment, "FENGQIAO_DATA_DIR": str(folder / "data"),
        "FENGQIAO_CONFIG_DIR": str(folder / "config"), "FENGQIAO_PORT": "0",
    }  # fmt: skip
    log = folder / f"{role}.log"
    with _process([sys.executable, "-m", "gateway", role, "--json"], given, log) as running:
        give_up = time.monotonic() + START_WITHIN
        while b'"pid"' not in log.read_bytes():
            if time.monotonic() > give_up:
                raise SystemExit(f"{role} did not start:\n{log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.1)
        yield running


@contextmanager
def _process(command: Sequence[str | Path], environment: Mapping[str, str], log: Path) -> Iterator[Running]:
    with log.open("wb") as out:
        process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=out, stderr=out)
    try:
        yield Running(0, process.pid)
    finally:
        process.terminate()
        process.wait()


@contextmanager
def _server(name: str, member: Member, answers: Callable[[], bool]) -> Iterator[None]:
    said = member.start()
    try:
        private_servers.await_answer(name, answers, lambda: not member.runs, private_servers.ANSWER_WITHIN)
        yield
    finally:
        if member.process is not None:
            member.process.send_signal(member.stop_signal)
        member.stop(private_servers.ANSWER_WITHIN)
        said.close()
