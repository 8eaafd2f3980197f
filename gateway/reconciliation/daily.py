"""Set the due comparisons off from a clock that must not wait for partners."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import structlog

from gateway.reconciliation.reconciler import Reconciler

log = structlog.get_logger("fengqiao.reconciliation")
PAUSE = 60.0  # seconds before a round: none begins in the rush of a start


@dataclass(slots=True, kw_only=True)
class Daily:
    """One round of comparisons at a time, beside everything else."""

    reconciler: Reconciler
    pause: float = PAUSE
    _round: asyncio.Task[None] | None = field(default=None, init=False)

    async def set_off(self) -> None:
        """Begin a round unless one is under way; return at once."""
        if self._round is None or self._round.done():
            self._round = asyncio.create_task(self._run(), name="reconciliation")

    async def stop(self) -> None:
        """Break off the round. What it had begun is taken up again when its lease has run out."""
        if self._round is not None:
            self._round.cancel()
            await asyncio.gather(self._round, return_exceptions=True)

    async def _run(self) -> None:
        await asyncio.sleep(self.pause)
        try:
            await self.reconciler.run_due()
        except Exception as error:
            log.warning("comparison.round_broken", why=type(error).__name__, code=getattr(error, "code", None))
