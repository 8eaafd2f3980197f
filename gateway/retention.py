"""How long things are kept: contents and rows expire by clocks of their own, a few at a time, for as long as it takes.

    case closed ── content_days ─► contents emptied, documents let go ── event_days ─► rows gone
    request of no case ── content_days after its receipt ─► emptied ── event_days ─► gone

It knows where it is from the store alone: whoever begins anew finds what is left to do.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Engine

from gateway.errors import GatewayError, NotFound
from gateway.store import holds, pruning, shown
from gateway.store.pruning import Cursor, Sweep
from gateway.store.times import millis
from gateway.store.writer import Writer

log = structlog.get_logger("fengqiao.retention")
EVERY = timedelta(hours=24)  # between the end of a round and the next one
STEP = 50  # cases or requests in one transaction: nobody at the door waits long for it
REST = 0.2  # seconds between two of them
BEIJING = timedelta(hours=8)  # of a day's name


@dataclass(slots=True, kw_only=True)
class Retention:
    """The pruning of one store. ``content_days`` and ``event_days``: 0 keeps for ever."""

    engine: Engine
    writer: Writer[Any, Any]
    now: Callable[[], datetime]
    content_days: int
    event_days: int
    step: int = STEP
    rest: float = REST
    _due: datetime | None = None
    _round: asyncio.Task[None] | None = field(default=None, init=False)

    async def set_off(self) -> None:
        """Begin a round, if it is time and none is under way; return at once."""
        is_time = self._due is None or self.now() >= self._due
        if is_time and (self._round is None or self._round.done()):
            self._round = asyncio.create_task(self._run(), name="retention")

    async def stop(self) -> None:
        """End the round with the step it is at: the next one goes on from there."""
        if self._round is not None:
            self._round.cancel()
            await asyncio.gather(self._round, return_exceptions=True)

    def due(self) -> dict[str, int]:
        """Return how much would go now, by what would happen to it. Reads only."""
        with self.engine.connect() as connection:
            return {sweep.name: sweep.count(connection, before) for sweep, before in self._sweeps()}

    async def prune(self, steps: int | None = None) -> tuple[dict[str, int], bool]:
        """Prune all that may go, or ``steps`` steps of it; return what went, and whether there is more."""
        gone: Counter[str] = Counter({sweep.name: 0 for sweep, _ in self._sweeps()})
        for sweep, before in self._sweeps():
            after = pruning.START
            while found := await asyncio.to_thread(self._found, sweep, before, after):
                if steps == 0:
                    return dict(gone), True
                gone[sweep.name] += await self._pruned(sweep, found, before)
                after, steps = found[-1], None if steps is None else steps - 1
                await asyncio.sleep(self.rest)
        await self._prune_days()
        if any(gone.values()):
            log.info("retention.pruned", **gone)
        return dict(gone), False

    async def hold(self, case: str, *, reason: str, by: str) -> dict[str, Any]:
        """Put a case under legal hold: nothing of it is pruned until it is released. Raises NotFound."""
        case_id, now = await asyncio.to_thread(self._case, case), millis(self.now())
        placed = await self.writer.ran(
            lambda connection: holds.place(connection, case_id, reason=reason, by=by, now=now)
        )
        log.info("retention.held", case_id=case_id, by=by, again=not placed)
        return {"case": case_id, "held": True, "changed": placed}

    async def release(self, case: str, *, by: str) -> dict[str, Any]:
        """End the legal hold of a case. Raises NotFound."""
        case_id, now = await asyncio.to_thread(self._case, case), millis(self.now())
        released = await self.writer.ran(lambda connection: holds.release(connection, case_id, by=by, now=now))
        if not released:
            raise NotFound("case.not_held", case=case_id)
        log.info("retention.released", case_id=case_id, by=by)
        return {"case": case_id, "held": False, "changed": True}

    async def _run(self) -> None:
        self._due = self.now() + EVERY
        try:
            await self.prune()
        except GatewayError as error:
            self._due = None  # the next chore takes it up again
            log.warning("retention.broke_off", code=error.code)
        except Exception as error:
            log.warning("retention.fault", why=type(error).__name__)  # its text may show a row

    def _sweeps(self) -> Iterator[tuple[Sweep, int]]:
        """Return each kind of pruning with the time before which it applies."""
        for days, sweeps in ((self.content_days, pruning.CONTENTS), (self.event_days, pruning.EVENTS)):
            if days:
                yield from ((sweep, millis(self.now() - timedelta(days=days))) for sweep in sweeps)

    def _found(self, sweep: Sweep, before: int, after: Cursor) -> list[Cursor]:
        with self.engine.connect() as connection:
            return sweep.find(connection, before, after, self.step)

    async def _pruned(self, sweep: Sweep, found: list[Cursor], before: int) -> int:
        now = millis(self.now())
        return await self.writer.ran(lambda connection: sweep.prune(connection, found, before, now))

    async def _prune_days(self) -> None:
        if self.event_days:
            day = (self.now() - timedelta(days=self.event_days) + BEIJING).date().isoformat()
            await self.writer.ran(lambda connection: pruning.prune_days(connection, day))

    def _case(self, name: str) -> str:
        with self.engine.connect() as connection:
            case_id = shown.find_case(connection, name)
        if case_id is None:
            raise NotFound("case.unknown")
        return case_id
