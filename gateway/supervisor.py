"""Keep several processes running: start in order, start again what ends, name who speaks, stop in the other order.

    start ─► runs ─ends─► wait (1 s, twice as long each time, at most 30 s; anew after a minute of health) ─► start
    SIGTERM, SIGINT ─► the stages stop one after another, last first: doors, then workers and clocks, then servers

A process of its own session each, so that Ctrl+C reaches the supervisor only; should the supervisor be killed, the
kernel ends them.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

FIRST_WAIT, LONGEST_WAIT, HEALTHY_AFTER = 1.0, 30.0, 60.0  # seconds
STOP_WITHIN = 25.0  # seconds until a process that was asked to stop is killed
LOOK_EVERY = 0.1  # seconds
_PDEATHSIG = 1  # prctl(2)


@dataclass(slots=True, kw_only=True)
class Member:
    """One process to keep. ``stage``: 0 starts first and stops last. ``user``: whom it runs as, None for ourselves."""

    name: str
    command: Sequence[str | Path]
    environment: Mapping[str, str] = field(repr=False)
    stage: int
    stop_signal: signal.Signals = signal.SIGTERM
    user: str | None = None
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0
    _started_at: float = 0.0
    _again_at: float = 0.0
    _wait: float = FIRST_WAIT

    @property
    def runs(self) -> bool:
        """Say whether it runs."""
        return self.process is not None and self.process.poll() is None

    def start(self) -> IO[bytes]:
        """Start it and return what it says, both of its streams in one."""
        libc = ctypes.CDLL(None)
        as_user: dict[str, Any] = {}
        if self.user is not None:
            as_user = {"user": self.user, "group": pwd.getpwnam(self.user).pw_gid, "extra_groups": []}
        self.process = subprocess.Popen(  # noqa: S603  # our own processes and servers
            self.command, env=dict(self.environment), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True,
            preexec_fn=lambda: libc.prctl(_PDEATHSIG, int(self.stop_signal)), **as_user,  # noqa: PLW1509  # one call
        )  # fmt: skip
        self.starts += 1
        self._started_at, self._again_at = time.monotonic(), 0.0
        assert self.process.stdout is not None  # noqa: S101  # PIPE
        return self.process.stdout

    def waits(self) -> float | None:
        """Return the seconds until it is started again, once, when it has just ended; None otherwise."""
        if self.runs or self._again_at:
            return None
        if time.monotonic() - self._started_at > HEALTHY_AFTER:
            self._wait = FIRST_WAIT
        wait, self._wait = self._wait, min(self._wait * 2, LONGEST_WAIT)
        self._again_at = time.monotonic() + wait
        return wait

    @property
    def is_due(self) -> bool:
        """Say whether it has ended and waited long enough."""
        return not self.runs and 0 < self._again_at <= time.monotonic()

    def stop(self, within: float) -> None:
        """Ask it to stop; kill it when it does not in time."""
        if self.process is None:
            return
        try:
            self.process.wait(within)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Supervisor:
    """All members. ``tell`` hears what becomes of them: a name and a text of the catalogue with its facts."""

    def __init__(self, tell: Callable[..., None], out: IO[str] = sys.stdout) -> None:
        self.members: list[Member] = []
        self._tell = tell
        self._out = out
        self._writing = threading.Lock()
        self._readers: list[threading.Thread] = []
        self._stopping = threading.Event()

    def add(self, member: Member) -> None:
        """Take a process in and start it."""
        self.members.append(member)
        self._start(member)

    def watch(self) -> None:
        """Start again what ends, until told to stop."""
        while not self._stopping.wait(LOOK_EVERY):
            self.look()

    def look(self) -> None:
        """See to what has ended."""
        for member in self.members:
            if (wait := member.waits()) is not None:
                status = member.process.returncode if member.process else None
                self._tell("supervisor.ended", process=member.name, status=status, seconds=round(wait))
            elif member.is_due:
                self._start(member)

    def end(self, *_: Any) -> None:
        """Have ``watch`` return. May be called by a signal."""
        self._stopping.set()

    @property
    def ends(self) -> bool:
        """Say whether it was told to stop."""
        return self._stopping.is_set()

    def stop(self) -> None:
        """Stop all members, the last stage first."""
        for stage in sorted({member.stage for member in self.members}, reverse=True):
            of_stage = [member for member in self.members if member.stage == stage]
            for member in of_stage:
                if member.runs and member.process:
                    member.process.send_signal(member.stop_signal)
            give_up = time.monotonic() + STOP_WITHIN
            for member in of_stage:
                member.stop(max(0.1, give_up - time.monotonic()))
        for reader in self._readers:
            reader.join(1.0)

    def _start(self, member: Member) -> None:
        said = member.start()
        pid = member.process.pid if member.process else 0
        self._tell("supervisor.started", process=member.name, pid=pid)
        reader = threading.Thread(target=self._pass_on, args=(member.name, said), daemon=True)
        reader.start()
        self._readers = [each for each in self._readers if each.is_alive()] + [reader]

    def _pass_on(self, name: str, said: IO[bytes]) -> None:
        """Print what a process says, each line with its name, until it ends."""
        with said:
            for line in said:
                with self._writing:
                    self._out.write(f"{name:<9}| {line.decode('utf-8', 'replace').rstrip()}\n")
                    self._out.flush()


def own_command(*words: str) -> list[str]:
    """Return the command of a process of this gateway."""
    return [sys.executable, "-m", "gateway", *words]


def other_user() -> str | None:
    """Return whom to run PostgreSQL as when we are root, which it refuses."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"
