"""Lanes: one per partner, drained when its bell rings or something becomes due. The store is the truth.

wake(partners) ─► bell ─► drain ─► look again at … ─► bell │ time
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable
from datetime import datetime
from typing import Protocol

import structlog

from gateway.errors import NotFound, StoreUnavailable

log = structlog.get_logger("fengqiao.lanes")
Drain = Callable[[str, asyncio.Event], Awaitable[datetime | None]]
LOOK_AGAIN = 30.0  # seconds: a lane looks by itself at least this often, so a lost wake-up costs no more
AFTER_TROUBLE = 1.0  # seconds
WIND_UP = 5.0  # seconds that lanes have, when they are to end, for what is under way


class Lanes(Protocol):
    """Whatever gets a partner's lane drained soon."""

    def wake(self, partners: Iterable[str]) -> None:
        """Say that partners may have something due. Losing this costs time, never a message."""


async def ring(bell: asyncio.Event, seconds: float) -> None:
    """Wait until the bell rings, at most ``seconds``."""
    if seconds <= 0 or bell.is_set():
        await asyncio.sleep(0)
        return
    try:
        async with asyncio.timeout(seconds):
            await bell.wait()
    except TimeoutError:
        return


class EmbeddedLanes:
    """Drain every partner's lane in this process, one task each, until stopped."""

    def __init__(self, drain: Drain, *, now: Callable[[], datetime]) -> None:
        self._drain = drain
        self._now = now
        self._bells: dict[str, asyncio.Event] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._ending: set[asyncio.Task[None]] = set()

    def follow(self, partners: Collection[str]) -> None:
        """Run a lane for each of ``partners`` and for nobody else; one that is not followed any more ends by itself."""
        for gone in set(self._tasks) - set(partners):
            self._end(gone)
        for partner in sorted(set(partners) - set(self._tasks)):
            bell = self._bells[partner] = asyncio.Event()
            self._tasks[partner] = asyncio.create_task(self._run(partner, bell), name=f"lane {partner}")

    def wake(self, partners: Iterable[str]) -> None:
        """Ring the bells of ``partners``."""
        for partner in partners:
            if bell := self._bells.get(partner):
                bell.set()

    async def stop(self) -> None:
        """End every lane; what is under way after a while stays leased and is taken up again at the next start."""
        for partner in list(self._tasks):
            self._end(partner)
        ending = list(self._ending)
        if ending:
            await asyncio.wait(ending, timeout=WIND_UP)
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)

    def _end(self, partner: str) -> None:
        task = self._tasks.pop(partner)
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
        self._bells.pop(partner).set()

    async def _run(self, partner: str, bell: asyncio.Event) -> None:
        while self._bells.get(partner) is bell:
            pause = await self._drained(partner, bell)
            if self._bells.get(partner) is bell:
                await ring(bell, pause)

    async def _drained(self, partner: str, bell: asyncio.Event) -> float:
        """Drain once; return the seconds to wait. A lane outlives every trouble."""
        try:
            due = await self._drain(partner, bell)
        except StoreUnavailable as error:
            log.warning("lane.store_unavailable", partner=partner, code=error.code)
            return AFTER_TROUBLE
        except NotFound:
            return LOOK_AGAIN
        except Exception:
            log.exception("lane.fault", partner=partner)
            return AFTER_TROUBLE
        if due is None:
            return LOOK_AGAIN
        return min(LOOK_AGAIN, max(0.0, (due - self._now()).total_seconds()))
