"""The lanes that one worker drains, each once, many at the same time: begun by a job, or by a look into the store.

    drain ─► there already: ring ─► it looks again before it ends
         └─► room? ─► begin ─► a little patience ─► done, or it goes on beside the next job
               └─ none: the lane that is drained longest begins nothing more, and counts no more

So a partner that answers slowly keeps its own lane busy and nobody else's, however few lanes a worker may drain.
"""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, replace

import structlog

from gateway.bootstrap import Gateway
from gateway.draining import Drained, Shift
from gateway.errors import GatewayError
from gateway.rq_lanes import RqLanes

log = structlog.get_logger("fengqiao.worker")
PATIENCE = 0.2  # seconds a job waits for its lane when it is the only one: so other workers take the next job
LINGER = 0.3  # seconds a lane is looked at again after its last work
LEAST = 1.0  # seconds that a lane is drained before it has to make room
AGAIN = 1.0  # seconds until the store is tried again


@dataclass(slots=True, eq=False)
class Lane:
    """A lane in the hands of this process. ``rung``: called since its last look; ``relieved``: it makes room."""

    bell: asyncio.Event
    began_at: float
    rung: bool = False
    relieved: bool = False
    running: Future[None] | None = None


class Crew:
    """The lanes of this process. Called from RQ's thread; they run in the loop's."""

    def __init__(self, gateway: Gateway, loop: asyncio.AbstractEventLoop) -> None:
        self._gateway = gateway
        self._loop = loop
        self._lanes: dict[str, Lane] = {}
        self._changing = threading.Lock()  # guards the lanes, and whether one was rung before it ended
        self._ending = False
        settings = gateway.settings
        self._most = settings.worker_lanes
        self._shift = Shift(
            seconds=settings.worker_shift_seconds, deliveries=settings.worker_shift_deliveries, linger=LINGER
        )

    @property
    def lanes(self) -> RqLanes:
        """Return what wakes the lanes of all processes."""
        lanes = self._gateway.lanes
        assert isinstance(lanes, RqLanes)  # noqa: S101  # a worker has no others
        return lanes

    def drain(self, partner: str) -> str:
        """Have a lane drained; return what became of it: drained, goes on, or rung, for it is under way already."""
        if self._ring(partner):
            return "rung"
        self._make_room()
        if (running := self._begin(partner)) is None:
            return self.drain(partner)  # somebody else has begun it just now
        done, _ = wait([running], timeout=PATIENCE / max(1, len(self._lanes)))
        return "drained" if done else "goes on"

    def waited(self, seconds: float) -> None:
        """Note how long a wake-up waited for this process."""
        self._gateway.telemetry.metrics.wake_seconds(max(0.0, seconds))

    def finish(self, seconds: float) -> None:
        """Wait for the lanes to end, so long at most; what is under way then stays leased until its lease ends."""
        self._ending = True
        wait(self._running(), timeout=seconds)

    def _ring(self, partner: str) -> bool:
        """Ring the bell of a lane that is drained here; it will look again, even if it is just ending."""
        with self._changing:
            if (lane := self._lanes.get(partner)) is None:
                return False
            lane.rung = True
        self._loop.call_soon_threadsafe(lane.bell.set)
        return True

    def _begin(self, partner: str) -> Future[None] | None:
        with self._changing:
            if partner in self._lanes:
                return None
            lane = self._lanes[partner] = Lane(asyncio.Event(), time.monotonic())
            lane.running = asyncio.run_coroutine_threadsafe(self._drained(partner, lane), self._loop)
            return lane.running

    def _running(self) -> list[Future[None]]:
        with self._changing:
            return [lane.running for lane in self._lanes.values() if lane.running is not None]

    def _make_room(self) -> None:
        """Wait until one lane more may be drained: until one ends, or has been drained long enough to be relieved."""
        while (oldest := self._in_the_way()) is not None:
            left = oldest.began_at + LEAST - time.monotonic()
            if left <= 0:
                oldest.relieved = True
                self._loop.call_soon_threadsafe(oldest.bell.set)
                return
            wait(self._running(), timeout=left, return_when=FIRST_COMPLETED)

    def _in_the_way(self) -> Lane | None:
        """Return the lane that is drained longest, when there are as many as there may be."""
        with self._changing:
            counting = [lane for lane in self._lanes.values() if not lane.relieved]
        return min(counting, key=lambda lane: lane.began_at) if len(counting) >= self._most else None

    async def _drained(self, partner: str, lane: Lane) -> None:
        """Drain a lane to its end, whatever happens to it."""
        try:
            goes_on = await self._worked(partner, lane)
        except Exception as error:
            if isinstance(error, GatewayError):
                log.warning("lane.store_unavailable", partner=partner, code=error.code)
            else:
                log.exception("lane.fault", partner=partner)
            goes_on = await self._left(partner, lane)
        finally:
            self._forget(partner, lane)
        if goes_on:
            self.lanes.wake([partner])

    async def _worked(self, partner: str, lane: Lane) -> bool:
        """Drain; look once more as long as somebody called meanwhile. Return whether others are to go on with it."""
        shift = replace(self._shift, relieved=lambda: lane.relieved)
        while True:
            with self._changing:
                lane.rung = False
            drained = await self._gateway.drain(partner, lane.bell, shift)
            called = not drained.elsewhere and await asyncio.to_thread(self.lanes.left, partner)
            if self._goes_on(drained):
                return True
            if not called and self._ends(partner, lane):
                return False

    def _ends(self, partner: str, lane: Lane) -> bool:
        """Have the lane no more, unless it was rung since its last look: whoever rang was told that it goes on."""
        with self._changing:
            if lane.rung:
                return False
            del self._lanes[partner]
            return True

    def _forget(self, partner: str, lane: Lane) -> None:
        with self._changing:
            if self._lanes.get(partner) is lane:  # else another one has begun since this one has ended
                del self._lanes[partner]

    async def _left(self, partner: str, lane: Lane) -> bool:
        """Give up the slot of a lane that met trouble, as soon as the store can be written; return whether it was.

        Else nobody would drain the lane until the slot's lease ends, although this process lives.
        """
        lane.relieved = True
        while not self._ending:
            try:
                await self._gateway.outbound.leave(partner)
            except GatewayError:
                await asyncio.sleep(AGAIN)
            else:
                return True
        return False

    def _goes_on(self, drained: Drained) -> bool:
        """Say whether a lane has more to do, and was left because its shift was over."""
        return drained.look_at is not None and drained.look_at <= self._gateway.now()
