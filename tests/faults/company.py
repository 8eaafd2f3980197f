"""The processes of a campaign and whoever starts them again: a supervisor that knows nothing but "it has ended"."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.process import set_clock
from tests.servers import free_port, tree

AGAIN_AFTER = 0.3  # seconds until the supervisor starts again what has ended
STOP_WITHIN = 15.0  # seconds
NOWHERE = "http://127.0.0.1:9"


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """One process of the gateway: its name, its command, and the address where it answers if it listens."""

    name: str
    command: tuple[str, ...]
    port: int | None = None


def roles(*, doors: int, workers: int, clocks: int) -> list[Role]:
    """Return the processes of a gateway."""
    ports = [free_port() for _ in range(doors)]
    return [
        *(Role(name=f"door-{n}", command=("serve", "--port", str(port)), port=port) for n, port in enumerate(ports, 1)),
        *(Role(name=f"worker-{n}", command=("worker",)) for n in range(1, workers + 1)),
        *(Role(name=f"clock-{n}", command=("clock",)) for n in range(1, clocks + 1)),
    ]


@dataclass(slots=True, kw_only=True)
class Member:
    """One running process; the supervisor starts it again when it ends."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    clock: Path | None = None
    starts: int = 0
    process: subprocess.Popen[bytes] | None = None
    wanted: bool = False
    ended_at: float = 0.0

    def start(self) -> None:
        """Start it."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command, env=dict(self.environment), stdout=log, stderr=log)
        self.starts += 1
        self.wanted, self.ended_at = True, 0.0

    def kill(self) -> None:
        """End it without a word (SIGKILL), and whatever it started."""
        self.signal(signal.SIGKILL)
        if self.process is not None:
            self.process.wait()

    def signal(self, signum: signal.Signals) -> None:
        """Send a signal to the process and everything it started."""
        if self.process is None or self.process.poll() is not None:
            return
        for pid in tree(self.process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signum)

    def stop(self) -> None:
        """Have it end in its own time, or else at once."""
        self.wanted = False
        if self.process is None or self.process.poll() is not None:
            return
        self.signal(signal.SIGCONT)
        self.process.terminate()
        try:
            self.process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            self.kill()


@dataclass(slots=True)
class Company:
    """All members, by name."""

    folder: Path
    members: dict[str, Member] = field(default_factory=dict)
    _supervisor: asyncio.Task[None] | None = None

    def simulator(self, name: str, module: str, *, port: int, keys: Path, gateway: str = NOWHERE) -> None:
        """Start a pretend partner. ``gateway``: where it collects, if it does; what it sends is sent for it."""
        command = [sys.executable, "-m", module, "--port", str(port), "--gateway-url", gateway,
                   "--partner", name, "--keys-file", str(keys)]  # fmt: skip
        self._add(Member(name=name, command=command, environment=os.environ, log=self._log(name)))

    def gateway(
        self, role: Role, environment: Mapping[str, str], *, bug: str | None = None, migrations: Path | None = None
    ) -> None:
        """Start a process of the gateway, with a clock of its own; ``migrations``: the steps of the tables it knows."""
        clock = self.folder / "clocks" / role.name
        set_clock(clock, 0.0)
        command = [sys.executable, "-m", "tests.faults.process", "--clock", str(clock)]
        command += ["--bug", bug] if bug else []
        command += ["--migrations", str(migrations)] if migrations else []
        self._add(
            Member(
                name=role.name,
                command=[*command, "--", *role.command],
                environment={**os.environ, **environment},
                log=self._log(role.name),
                clock=clock,
            )
        )

    def supervise(self) -> None:
        """Start again, from now on, whatever ends."""
        self._supervisor = asyncio.create_task(self._supervise(), name="supervisor")

    async def stop(self) -> None:
        """Stop everything, each process by its own id."""
        if self._supervisor is not None:
            self._supervisor.cancel()
        await asyncio.gather(*(asyncio.to_thread(member.stop) for member in self.members.values()))

    def _add(self, member: Member) -> None:
        self.members[member.name] = member
        member.start()

    def _log(self, name: str) -> Path:
        return self.folder / "logs" / f"{name}.log"

    async def _supervise(self) -> None:
        while True:
            for member in self.members.values():
                if member.wanted and member.process is not None and member.process.poll() is not None:
                    member.ended_at = member.ended_at or time.monotonic()
                    if time.monotonic() - member.ended_at >= AGAIN_AFTER:
                        member.start()
            await asyncio.sleep(0.1)
