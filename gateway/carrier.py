"""The carrier of an embedded gateway, as the serving process sees it: a second process that runs the lanes.

    follow ─► take its lock ─► start ─► carries ─dies─► release what it had in hand ─► wait a little longer ─► start
    wake, another revision ─► cord.py ─► carrier ─► mailboxes to ring, metrics
    stop ─► told, waited for, killed where it does not end

One interpreter uses one processor: doors, deciding and writing keep this one busy, and the lanes have their own.
Records are taken while there is no carrier; what is due to others waits.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from gateway.cord import Cord, Said
from gateway.errors import GatewayError
from gateway.queue import ring
from gateway.store import carrier_lock
from gateway.summing import Summing

log = structlog.get_logger("fengqiao.carrier")
PAUSES = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)  # seconds until one that died is followed by another
HEALTHY_AFTER = 60.0  # seconds after which a carrier's death is the first again
STOP_WITHIN = 30.0  # seconds until a carrier that was told to stop is killed; its lanes take WIND_UP of them
LET_GO = 5.0  # seconds that one which has let its end go has to be gone
LISTEN = 10.0  # seconds of listening; whoever says nothing so many times in a row is taken for stuck
SILENT, SILENT_AT_FIRST = 6, 30


@dataclass(slots=True, kw_only=True)
class Carrier:
    """Have the lanes drained by another process.

    ``command`` starts it, but for the number of its end of the cord. ``rung`` hears of mailboxes that it has work for;
    ``release`` makes due again what a dead one had in hand.
    """

    folder: Path
    command: Sequence[str]
    rung: Callable[[Iterable[str]], None]
    release: Callable[[], Awaitable[int]]
    metrics: Summing
    _cord: Cord | None = None
    _process: subprocess.Popen[bytes] | None = None
    _keeping: asyncio.Task[None] | None = None
    _carries: bool = False
    _heard: bool = False
    _ends: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def carries(self) -> bool:
        """Say whether there is a carrier whose lanes run."""
        return self._carries

    def follow(self, partners: Collection[str]) -> None:
        """Have the active revision's lanes drained: who is to be called, the carrier reads in the store."""
        del partners
        if self._keeping is None:
            self._keeping = asyncio.create_task(self._keep(), name="carrier")
        else:
            self._say(word="adopt")

    def wake(self, partners: Iterable[str]) -> None:
        """Wake lanes. One that starts looks into all of them by itself."""
        if self._cord is not None:
            self._cord.call(partners)

    async def stop(self) -> None:
        """Have it end what is under way, and wait for that; kill one that carries nothing yet or does not end."""
        self._ends.set()
        if self._keeping is None:
            return
        if self._carries:
            self._say(word="stop")
        elif self._process is not None:
            self._process.kill()
        await asyncio.wait([self._keeping], timeout=STOP_WITHIN)
        if self._process is not None:
            log.error("carrier.does_not_end", pid=self._process.pid)
            self._process.kill()
        await asyncio.gather(self._keeping, return_exceptions=True)

    def _say(self, **words: str) -> None:
        if self._cord is not None:
            self._cord.say(**words)

    async def _keep(self) -> None:
        """Keep one running until told to stop."""
        deaths = 0
        while not self._ends.is_set():
            began = time.monotonic()
            status = await self._ran()
            self.metrics.bury()
            if self._ends.is_set():
                return
            deaths = 0 if time.monotonic() - began > HEALTHY_AFTER else deaths
            pause = PAUSES[min(deaths, len(PAUSES) - 1)]
            deaths += 1
            log.error("carrier.ended", status=status, seconds=pause)
            if status is not None:
                await self._release()
            await ring(self._ends, pause)

    async def _ran(self) -> int | None:
        """Start a carrier and return how it ended; None where it could not be started."""
        try:
            await self._attend(self._start())
        except OSError as error:
            log.warning("carrier.not_started", why=error.strerror)
        except Exception:
            log.exception("carrier.fault")
        self._cord, self._carries = None, False
        process = self._process
        status = None if process is None else await asyncio.to_thread(_ended, process)
        self._process = None
        return status

    def _start(self) -> socket.socket:
        """Start the process with its end of the cord and its lock, and return our end. Raises OSError."""
        ours, theirs = socket.socketpair()
        with ExitStack() as opened:
            opened.enter_context(theirs)
            on_failure = opened.enter_context(ExitStack())
            on_failure.enter_context(ours)
            lock = carrier_lock.take(self.folder)
            opened.callback(os.close, lock)  # the carrier has its own
            number = theirs.fileno()
            self._process = subprocess.Popen(  # noqa: S603  # our own
                [*self.command, "--cord", str(number)], pass_fds=(number, lock), stdin=subprocess.DEVNULL,
                start_new_session=True,  # else Ctrl+C reached it before it can ignore that
            )  # fmt: skip
            carrier_lock.sign(lock, self._process.pid)
            on_failure.pop_all()
        log.info("carrier.started", pid=self._process.pid)
        return ours

    async def _attend(self, ours: socket.socket) -> None:
        """Be in touch with it until it is gone, or says nothing any more."""
        parted, silent = asyncio.Event(), 0
        cord = Cord(self._hear, parted.set)
        await cord.tie(ours)
        self._cord = cord
        while not parted.is_set() and silent < (SILENT if self._carries else SILENT_AT_FIRST):
            self._heard = False
            await ring(parted, LISTEN)
            silent = 0 if self._heard else silent + 1
        if not parted.is_set():
            log.error("carrier.silent", seconds=silent * LISTEN)
            cord.cut()

    def _hear(self, said: Said) -> None:
        self._heard = True
        if partners := said.get("partners"):
            self.rung(partners)
        if changes := said.get("counted"):
            self.metrics.take(changes)
        if said.get("word") == "carries":
            self._carries = True
            log.info("carrier.carries", pid=self._process.pid if self._process else None)

    async def _release(self) -> None:
        """Make due again what it had in hand; where that fails its leases run out by themselves."""
        try:
            released = await self.release()
        except GatewayError as error:
            log.warning("carrier.not_released", code=error.code)
        else:
            if released:
                log.warning("lanes.leases_released", count=released)


def _ended(process: subprocess.Popen[bytes]) -> int:
    """Return how a process ended that is to be gone by now; killed where it is not."""
    try:
        return process.wait(LET_GO)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
