"""The field of the comparison: one rival started, loaded and stopped, with the harness's own programs.

    start ─► warm ─► N records as fast as they are taken ─► all arrived ─► N/2 at half that speed ─► stop

Half speed is where latencies say something: at full speed they say how long the queue is.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.rivals import prepare

OURS = Path(__file__).with_name("peers")
SINK_PORT = 9900
CONNECTIONS = 32
WARM, HALF = 900_001, 500_001  # where the ids of the other phases begin
LONGEST_SEND, LONGEST_WAIT, STANDSTILL = 180, 300.0, 20.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """One that is measured. ``folder``: with ``start.sh`` and ``peer.env``; ``signed``: its requests are prepared."""

    name: str
    folder: Path
    title: str
    environment: Mapping[str, str]
    signed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one round of one rival brought: records per second, milliseconds, megabytes."""

    delivered: float
    accepted: float
    cpu_ms: float
    accept_p50: float
    accept_p99: float
    whole_p50: float
    whole_p99: float
    memory: float
    load: float


class Field:
    """Where rivals are measured. ``peers``: the harness's scripts; ``installed``: its programs and everybody's data."""

    def __init__(self, peers: Path, installed: Path) -> None:
        self._peers = peers
        self._installed = installed
        self._template = (peers / "harness" / "case.json").read_bytes().strip()

    def measured(self, rival: Rival, count: int) -> Run:
        """Measure one rival once. Raises SystemExit when it loses or doubles a record."""
        address = dict(line.split("=", 1) for line in (rival.folder / "peer.env").read_text().split())
        with self._sink(), self._running(rival):
            self._load(rival, address, count // 8, first=WARM)
            self._arrived(count // 8)
            before, load = _cpu_seconds(self._pids(rival)), os.getloadavg()[0]
            self._ask("/reset")
            sent = self._load(rival, address, count, first=1)
            came = self._arrived(count)
            pids = self._pids(rival)
            cpu = (_cpu_seconds(pids) - before) / count * 1000
            delivered = count / ((came["last_ns"] - sent["t0_ns"]) / 1e9)
            self._ask("/reset")
            half = self._load(rival, address, count // 2, first=HALF, rate=delivered / 2)
            late = self._arrived(count // 2)
            begun = half["t0_ns"] / 1e6 if rival.signed else 0.0
            return Run(
                delivered=delivered, accepted=sent["accepted_per_s"], cpu_ms=cpu, accept_p50=half["p50_ms"],
                accept_p99=half["p99_ms"], whole_p50=late["e2e_p50_ms"] - begun, whole_p99=late["e2e_p99_ms"] - begun,
                memory=_resident(pids), load=load,
            )  # fmt: skip

    def _load(self, rival: Rival, address: Mapping[str, str], count: int, *, first: int, rate: float = 0) -> Any:
        body = self._peers / "harness" / "case.json"
        if rival.signed:
            body = self._installed / "prepared.req"
            prepare.write(self._template, first, count, body, rate=rate)
        command: list[str | Path] = [
            self._installed / "load", address["PORT"], address["URLPATH"], str(count), str(CONNECTIONS), body,
            str(first), address.get("HEADER", ""), "", str(LONGEST_SEND), str(rate),
        ]  # fmt: skip
        found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        if found["accepted"] != count:
            raise SystemExit(f"{rival.name} did not take everything: {found}")
        return found

    def _arrived(self, count: int) -> Any:
        """Wait until the sink has everything; return what it counted."""
        began = moved = time.monotonic()
        seen: Any = {"unique": -1}
        while (now := time.monotonic()) - began < LONGEST_WAIT and now - moved < STANDSTILL:
            found = self._ask("/stats")
            if found["unique"] != seen["unique"]:
                moved = now
            seen = found
            if seen["unique"] >= count:
                break
            time.sleep(0.05)
        if seen["unique"] != count or seen["unmapped"]:
            raise SystemExit(f"not everything arrived, or not as agreed: {seen}")
        return seen

    def _ask(self, path: str) -> Any:
        with urllib.request.urlopen(f"http://127.0.0.1:{SINK_PORT}{path}", timeout=20) as answer:  # ours
            return json.load(answer)

    @contextmanager
    def _sink(self) -> Iterator[None]:
        process = subprocess.Popen([self._installed / "sink", str(SINK_PORT)])
        try:
            time.sleep(0.3)
            yield
        finally:
            process.kill()
            process.wait()

    @contextmanager
    def _running(self, rival: Rival) -> Iterator[None]:
        given = {
            "PEERS": str(self._installed), "FENGQIAO_PEERS": str(self._peers), "FENGQIAO_PYTHON": sys.executable,
            "SINK": f"http://127.0.0.1:{SINK_PORT}/in", "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }  # fmt: skip
        environment = {**os.environ, **given, **rival.environment}
        quiet: dict[str, Any] = {"env": environment, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        try:
            subprocess.run([rival.folder / "start.sh"], check=True, **{**quiet, "env": {**environment, "FRESH": "1"}})
            yield
        finally:
            subprocess.run([self._peers / "stop.sh", rival.name], check=False, **quiet)

    def _pids(self, rival: Rival) -> list[int]:
        """Return every process of a rival: the sessions that its start script noted, and who descends from them.

        PostgreSQL gives each of its processes a session of its own.
        """
        sessions = {int(file.read_text()) for file in (self._installed / rival.name / "run").glob("*.pid")}
        known = {pid: (int(fields[1]), int(fields[3])) for pid in _processes() if (fields := _stat(pid))}
        ours = {pid for pid, (_, session) in known.items() if session in sessions}
        while more := {pid for pid, (parent, _) in known.items() if parent in ours} - ours:
            ours |= more
        return sorted(ours)


def _processes() -> Iterator[int]:
    yield from (int(each.name) for each in Path("/proc").iterdir() if each.name.isdigit())


def _stat(pid: int) -> list[str]:
    """Return the fields of ``/proc/PID/stat`` after the name; none when the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _cpu_seconds(pids: list[int]) -> float:
    """Return what processes have used by now; of those that ended, what their parents waited for."""
    ticks = sum(int(fields[at]) for pid in pids if (fields := _stat(pid)) for at in (11, 12, 13, 14))
    return ticks / os.sysconf("SC_CLK_TCK")


def _resident(pids: list[int]) -> float:
    pages = sum(int(fields[21]) for pid in pids if (fields := _stat(pid)))
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
