"""The way to the launcher: start a process in a tenth of a second, and hear of it when one has ended."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).parents[3]


class Nursery:
    """Processes that the launcher has started, by their ids."""

    def __init__(self, launcher: asyncio.subprocess.Process) -> None:
        self._launcher = launcher
        self._starting: asyncio.Queue[int] = asyncio.Queue()
        self._one_at_a_time = asyncio.Lock()
        self._ended: dict[int, Callable[[], None]] = {}
        self._gone: set[int] = set()
        self._ready = asyncio.Event()
        self._hearing = asyncio.create_task(self._hear(), name="launcher")

    async def start(
        self, name: str, command: Sequence[str], *, environment: Mapping[str, str], log: Path,
        orders: Path | None = None, bug: str | None = None, module: str | None = None,
        ended: Callable[[], None] = lambda: None,
    ) -> int:  # fmt: skip
        """Start a process; ``ended`` is called once it is no more."""
        await self._ready.wait()
        order = {
            "start": name, "command": list(command), "environment": dict(environment), "log": str(log),
            "orders": str(orders) if orders else None, "bug": bug, "module": module,
        }  # fmt: skip
        assert self._launcher.stdin is not None
        async with self._one_at_a_time:
            self._launcher.stdin.write(json.dumps(order).encode() + b"\n")
            await self._launcher.stdin.drain()
            pid = await self._starting.get()
        if pid in self._gone:
            asyncio.get_running_loop().call_soon(ended)
        self._ended[pid] = ended
        return pid

    def kill(self, pid: int) -> None:
        """End a process without a word."""
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    async def close(self) -> None:
        """End everything."""
        self._ended.clear()
        assert self._launcher.stdin is not None
        self._launcher.stdin.close()
        await self._launcher.wait()
        await self._hearing

    async def _hear(self) -> None:
        assert self._launcher.stdout is not None
        async for line in self._launcher.stdout:
            fact = json.loads(line)
            if "ready" in fact:
                self._ready.set()
            elif "started" in fact:
                self._starting.put_nowait(fact["pid"])
            else:
                self._gone.add(fact["ended"])
                self._ended.pop(fact["ended"], lambda: None)()


@asynccontextmanager
async def nursery() -> AsyncIterator[Nursery]:
    """Run a launcher."""
    launcher = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.faults.steps.launcher", cwd=ROOT,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    made = Nursery(launcher)
    try:
        yield made
    finally:
        await made.close()
