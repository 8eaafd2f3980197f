"""When orphans are collected: at most every hour, a bounded number at a time, going on where the last time ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Engine

from gateway.store.documents.documents import Documents
from gateway.store.documents.orphans import GRACE, STEP, Collected, collect_orphans

log = structlog.get_logger("fengqiao.documents")
EVERY = timedelta(hours=1)
STEPS = 40


@dataclass(slots=True, kw_only=True)
class Rounds:
    """The collection of one process; several at once do no harm."""

    engine: Engine
    documents: Documents
    now: Callable[[], datetime]
    grace: timedelta = GRACE
    steps: int = STEPS
    step: int = STEP
    _due: datetime | None = field(default=None, init=False)
    _after: str = field(default="", init=False)
    _round: asyncio.Task[None] | None = field(default=None, init=False)
    _stopping: bool = field(default=False, init=False)

    async def set_off(self) -> None:
        """Begin a round in a thread, if it is time and none is under way; return at once."""
        if self._round is None or self._round.done():
            self._round = asyncio.create_task(self._run(), name="orphans")

    async def stop(self) -> None:
        """Have the round end with the step it is at."""
        self._stopping = True
        if self._round is not None:
            await asyncio.gather(self._round, return_exceptions=True)

    def collect(self) -> Collected | None:
        """Collect if it is time; None when it is not. Raises as ``collect_orphans``, and then tries in an hour."""
        now = self.now()
        if self._due is not None and now < self._due:
            return None
        self._due = now + EVERY
        swept = self.documents.sweep(now - self.grace)
        found = self._walked(now)
        if swept or found.set_aside or found.brought_back or found.dropped:
            log.info(
                "documents.collected", set_aside=found.set_aside, dropped=found.dropped, swept=swept,
                brought_back=found.brought_back,
            )  # fmt: skip
        return found

    def _walked(self, now: datetime) -> Collected:
        found = Collected()
        for _ in range(self.steps):
            if self._stopping:
                break
            found += collect_orphans(
                self.engine, self.documents, now=now, grace=self.grace, after=self._after, limit=self.step
            )
            self._after = found.after or ""
            if found.after is None:
                break
        return found

    async def _run(self) -> None:
        try:
            await asyncio.to_thread(self.collect)
        except Exception as error:
            log.warning("documents.not_collected", why=type(error).__name__, code=getattr(error, "code", None))
