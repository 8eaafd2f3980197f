"""Free space of the folders that the gateway writes to, looked at once a second at most, never from the event loop."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from gateway.errors import StoreUnavailable

FRESH = 1.0  # seconds
PATIENCE = 2.0  # seconds that a look may take: a share whose server is gone answers never


def free_bytes(folders: Sequence[Path]) -> int | None:
    """Return the bytes that an unprivileged process may still write in the fullest of these; None: cannot be told."""
    found: list[int] = []
    for folder in folders:
        with suppress(OSError):  # a share that is not mounted: the document store says so itself
            state = os.statvfs(folder)
            found.append(state.f_bavail * state.f_frsize)
    return min(found, default=None)


@dataclass(slots=True, kw_only=True)
class Space:
    """``least``: bytes that stay free, for the commit under way, for what is being fetched, for the administrator."""

    folders: Sequence[Path]
    least: int
    measure: Callable[[Sequence[Path]], int | None] = free_bytes
    free: int | None = None
    _looked_at: float = field(default=float("-inf"))
    _look: asyncio.Task[None] | None = None

    async def require(self, size: int) -> None:
        """Refuse ``size`` bytes that would leave less than the least. Raises StoreUnavailable."""
        if time.monotonic() - self._looked_at > FRESH:
            await self._looked()
        if self.free is not None and self.free - size < self.least:
            raise StoreUnavailable("store.space_short")

    async def _looked(self) -> None:
        """Look, or wait for whoever is looking; a look that takes too long leaves what was known."""
        if self._look is None or self._look.done():
            self._look = asyncio.create_task(self._measured(), name="free space")
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self._look), PATIENCE)

    async def _measured(self) -> None:
        self.free = await asyncio.to_thread(self.measure, self.folders)
        self._looked_at = time.monotonic()
