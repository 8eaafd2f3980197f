"""What has to happen by the clock: chores, done by one process at a time, which is elected by a lease in the database.

lead? ─► yes: begin every chore whose time has come, each by itself ─► a second later again
      └► no: look again; whoever leads may have been killed

A chore that takes long delays neither the others nor the lead, which is renewed over a connection of its own: the
writer may be busy with a chore.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from gateway.canonical.identifiers import uuid7
from gateway.store import leaders
from gateway.store.engine import unusable, writing
from gateway.store.times import millis

log = structlog.get_logger("fengqiao.clock")
T = TypeVar("T")
LEAD = "clock"
TICK = 1.0  # seconds
LEASE = 8.0  # seconds: how long a killed leader is waited for


@dataclass(frozen=True, slots=True, kw_only=True)
class Chore:
    """Something to do every so many seconds. One that fails is logged and done again when its time comes."""

    name: str
    every: float
    do: Callable[[], Awaitable[object]] = field(repr=False)


@dataclass(slots=True, kw_only=True)
class Clockwork:
    """Do chores while this process leads. ``holder``: its name among others; None where it is alone."""

    engine: Engine
    chores: Sequence[Chore]
    now: Callable[[], datetime]
    holder: str | None
    leads: bool = False
    _next: dict[str, float] = field(default_factory=dict)
    _under_way: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def run(self) -> None:
        """Tick until cancelled."""
        try:
            while True:
                try:
                    if await self._leading():
                        self._begin_chores()
                except SQLAlchemyError as error:
                    log.warning("clock.store_unavailable", code=unusable(error).code)
                await asyncio.sleep(TICK)
        finally:
            await self._break_off()

    async def step_down(self) -> None:
        """Give up the lead, so that the next process takes it at once."""
        if not self.leads or self.holder is None:
            return
        holder, now = self.holder, millis(self.now())
        self.leads = False
        try:
            await self._written(lambda connection: leaders.step_down(connection, LEAD, holder, now))
        except SQLAlchemyError as error:
            log.warning("clock.not_stepped_down", code=unusable(error).code)

    async def _leading(self) -> bool:
        if self.holder is None:
            self.leads = True
            return True
        holder, now = self.holder, self.now()
        until = millis(now + timedelta(seconds=LEASE))
        led, self.leads = self.leads, False
        self.leads = await self._written(
            lambda connection: leaders.lead(connection, LEAD, holder=holder, now=millis(now), until=until)
        )
        if self.leads != led:
            log.info("clock.leads" if self.leads else "clock.follows", holder=holder)
        return self.leads

    async def _written(self, work: Callable[[Connection], T]) -> T:
        """Do something in a transaction of its own. Raises SQLAlchemyError."""

        def write() -> T:
            with writing(self.engine).begin() as connection:
                return work(connection)

        at_work = asyncio.ensure_future(asyncio.to_thread(write))
        try:
            return await asyncio.shield(at_work)
        except asyncio.CancelledError:
            await asyncio.wait([at_work])  # it cannot be interrupted, and holds a connection
            raise

    def _begin_chores(self) -> None:
        for chore in self.chores:
            if chore.name not in self._under_way and self._next.get(chore.name, 0.0) <= time.monotonic():
                self._under_way[chore.name] = asyncio.create_task(self._done(chore), name=f"chore {chore.name}")

    async def _done(self, chore: Chore) -> None:
        try:
            await chore.do()
        except Exception:
            log.exception("clock.chore_failed", chore=chore.name, fault_id=uuid7())
        finally:
            self._next[chore.name] = time.monotonic() + chore.every
            del self._under_way[chore.name]

    async def _break_off(self) -> None:
        under_way = list(self._under_way.values())
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
