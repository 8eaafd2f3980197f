"""How long this process may still act on what a lane has claimed: its leases, by the steady clock, and their renewal.

claim ─► hold ─► begin (what is left of the lease) ─► renew, again and again, while it lasts ─► let go

A lease is short, so that what a killed process held is soon taken up by another one; while the process lives it is
renewed. A process that was stopped, or lost its database, finds its leases over and sends nothing any more.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager

from gateway.errors import TemporaryFailure


class Grip:
    """The leases of one lane. ``seconds``: how long each lasts; ``margin``: what is left of it to close in."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.margin = min(5.0, seconds / 5)
        self._until: dict[str, float] = {}
        self._timers: dict[str, asyncio.Timeout] = {}

    @property
    def held(self) -> Collection[str]:
        """Return the ids that are held."""
        return self._until.keys()

    @property
    def aging(self) -> Collection[str]:
        """Return the ids whose leases the next turn renews: it costs a row each, so not those taken a moment ago."""
        old = time.monotonic() + self.seconds * 5 / 6
        return {each for each, until in self._until.items() if until <= old}

    @property
    def renews_in(self) -> float:
        """Return the seconds until the leases should be renewed."""
        if not self._until:
            return self.seconds
        return max(0.0, min(self._until.values()) - time.monotonic() - self.seconds * 2 / 3)

    def hold(self, ids: Iterable[str], since: float) -> None:
        """Count leases from ``since``, a reading of the steady clock from before they were taken or renewed."""
        for each in ids:
            self._until[each] = since + self.seconds
            if timer := self._timers.get(each):
                _reschedule(timer, self._left(each))

    def lost(self, ids: Iterable[str]) -> None:
        """Stop what is under way for leases that somebody else has taken."""
        for each in ids:
            self._until[each] = time.monotonic()
            if timer := self._timers.get(each):
                _reschedule(timer, 0)

    def let_go(self, ids: Iterable[str]) -> None:
        """Forget leases that are closed."""
        for each in ids:
            self._until.pop(each, None)

    @asynccontextmanager
    async def within(self, work_id: str) -> AsyncIterator[None]:
        """Act while the lease lasts. Raises TemporaryFailure when nothing is left of it, TimeoutError when it ends."""
        left = self._left(work_id)
        if left <= 0:
            raise TemporaryFailure("delivery.lease_ended")
        async with asyncio.timeout(left) as timer:
            self._timers[work_id] = timer
            try:
                yield
            finally:
                del self._timers[work_id]

    def _left(self, work_id: str) -> float:
        return self._until.get(work_id, 0.0) - self.margin - time.monotonic()


def _reschedule(timer: asyncio.Timeout, seconds: float) -> None:
    if not timer.expired():
        timer.reschedule(asyncio.get_running_loop().time() + max(0.0, seconds))
