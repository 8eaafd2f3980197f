"""What every process does by itself every few seconds, whatever its role; what is done once for all is the clock's.

the revision that another process activated ─► retired transports ─► the store's time ─► a beat
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import structlog

from gateway.beat import Beat
from gateway.following import Following
from gateway.opening import Store
from gateway.store.clock import StoreClock

log = structlog.get_logger("fengqiao")
EVERY = 5.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Tending:
    """``clock``: the store's, where several processes share one; None where there is one process."""

    store: Store
    following: Following
    clock: StoreClock | None
    beat: Beat

    async def run(self) -> None:
        """Tend until cancelled. A beat is left out while anything of it fails."""
        self.beat.strike()
        while True:
            await asyncio.sleep(EVERY)
            try:
                await self.adopt()
                await self.following.close_retired()
                await asyncio.to_thread(self._set_clock)
                self.beat.strike()
            except Exception as error:
                log.warning("tending.fault", why=type(error).__name__)

    async def adopt(self) -> None:
        """Take over the revision that another process has made the active one. None can where this one has the lock."""
        if self.store.lock is None:
            await self.following.adopt()

    def _set_clock(self) -> None:
        if self.clock is not None:
            with self.store.engine.connect() as connection:
                self.clock.look(connection)
