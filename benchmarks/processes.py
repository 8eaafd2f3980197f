"""Run the processes of a measurement on loopback, each on a free port, and stop every one of them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

START_WITHIN = 60.0  # seconds
STOP_WITHIN = 15.0  # seconds


@dataclass(frozen=True, slots=True)
class Running:
    """One process of a measurement."""

    port: int
    pid: int

    def cpu_seconds(self) -> float | None:
        """Return the processor time it has used, the system's for it included; None where there is no ``/proc``."""
        try:
            fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return None
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def listening(command: Sequence[str], *, log: Path, environment: Mapping[str, str] | None = None) -> Iterator[Running]:
    """Run ``python -m <command> --port N`` until the end of the block, which begins once something listens there."""
    port = free_port()
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", *command, "--port", str(port)],
            env={**os.environ, **(environment or {})}, stdout=out, stderr=out,
        )  # fmt: skip
        try:
            _wait(process, port, log)
            yield Running(port, process.pid)
        finally:
            process.terminate()
            try:
                process.wait(STOP_WITHIN)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    give_up = time.monotonic() + START_WITHIN
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None or time.monotonic() > give_up:
            raise SystemExit(f"a process of the measurement did not start:\n{log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.05)
