"""Who may come in, and whether there is room: asked before a body is read, and again when its sender is known.

    request ─► too many forgeries from there? ─► store writable? ─► queue, disk, memory, places free? ─► body is read
            ─► sender proved ─► within the partner's quota? ─► decode …

What is refused here has left no trace: nothing is half accepted, and there is room again as soon as others are done.
One door never takes more than half of the room, so that whoever floods it, or sends very slowly, leaves the other half.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, Self
from urllib.parse import unquote, urlsplit

from gateway.errors import GatewayError, Overloaded, StoreUnavailable
from gateway.quotas import Quotas
from gateway.space import Space

STALLED = 15.0  # seconds in which a writer that lives has finished a group
SHORTLY = 2.0  # seconds after which a place is likely free again


class Writing(Protocol):
    """What is asked of the writer."""

    @property
    def ready(self) -> bool:
        """Say whether an entry would be taken."""

    @property
    def waiting(self) -> int:
        """Return how many entries wait."""

    @property
    def busy_seconds(self) -> float:
        """Return how long the present group has been in the making."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a process takes upon itself at once: requests, bytes of bodies, entries that wait for the writer."""

    requests: int = 1024
    body_bytes: int = 256 * 1024 * 1024
    queue: int = 5000


class Place:
    """What one request takes up while it is entered; it grows with a body whose length was not announced."""

    def __init__(self, admission: Admission, door: str, size: int) -> None:
        self._admission = admission
        self._door = door
        self.size = size

    def __enter__(self) -> Self:
        self._admission.enter(self._door, self.size)
        return self

    def __exit__(self, *_: object) -> None:
        self._admission.leave(self._door, self.size)

    def grow(self, size: int) -> None:
        """Take up ``size`` bytes in all, if that is more than before. Raises Overloaded."""
        if size > self.size:
            self._admission.take(self._door, size - self.size)
            self.size = size


@dataclass(slots=True, kw_only=True)
class Admission:
    """The doors' common sense of what still fits into this process."""

    writer: Writing
    space: Space
    quotas: Quotas
    limits: Limits = field(default_factory=Limits)
    requests: int = 0
    body_bytes: int = 0
    _requests_of: Counter[str] = field(default_factory=Counter)
    _bytes_of: Counter[str] = field(default_factory=Counter)

    async def look(self, door: str, address: str, declared: int = 0) -> None:
        """Refuse a request of ``declared`` bytes that there is no room for. Raises Overloaded, StoreUnavailable."""
        await self.quotas.require_few_forgeries(door, address)
        self.require_writer()
        await self.space.require(declared)

    def place(self, door: str, declared: int = 0) -> Place:
        """Return a request's place, to be entered: that raises Overloaded, and then nothing is taken up."""
        return Place(self, door, declared)

    def enter(self, door: str, size: int) -> None:
        """Count one request more, of ``size`` bytes. Raises Overloaded when it does not fit."""
        if self.requests >= self.limits.requests or 2 * self._requests_of[door] >= self.limits.requests:
            raise Overloaded("gateway.requests_full", retry_after=SHORTLY)
        self.take(door, size)
        self.requests += 1
        self._requests_of[door] += 1

    def leave(self, door: str, size: int) -> None:
        """Count one request less."""
        self.requests -= 1
        self._requests_of[door] -= 1
        self._give_back(door, size)

    def take(self, door: str, size: int) -> None:
        """Count bytes of a body that is about to be in memory. Raises Overloaded when they do not fit."""
        most = self.limits.body_bytes
        if self.body_bytes + size > most or 2 * (self._bytes_of[door] + size) > most:
            raise Overloaded("gateway.memory_full", retry_after=SHORTLY)
        self.body_bytes += size
        self._bytes_of[door] += size

    def require_writer(self) -> None:
        """Refuse while nothing can be kept, or too much waits to be. Raises StoreUnavailable, Overloaded."""
        if not self.writer.ready or self.writer.busy_seconds > STALLED:
            raise StoreUnavailable
        if self.writer.waiting >= self.limits.queue:
            raise Overloaded("store.queue_full", retry_after=SHORTLY, waiting=self.limits.queue)

    async def objections(self, probe: Callable[[], Any]) -> Sequence[GatewayError]:
        """Return why nothing can be taken in now; ``probe`` reaches the database through the writer."""
        found: list[GatewayError] = []
        for question in (self._ask_writer(probe), self.space.require(0), self._ask_room()):
            try:
                await question
            except GatewayError as error:
                found.append(error)
        return found

    async def _ask_writer(self, probe: Callable[[], Any]) -> None:
        self.require_writer()
        try:
            async with asyncio.timeout(SHORTLY):
                await probe()
        except TimeoutError:
            raise StoreUnavailable from None

    async def _ask_room(self) -> None:
        if self.requests >= self.limits.requests:
            raise Overloaded("gateway.requests_full")
        if self.body_bytes >= self.limits.body_bytes:
            raise Overloaded("gateway.memory_full")

    def _give_back(self, door: str, size: int) -> None:
        self.body_bytes -= size
        self._bytes_of[door] -= size
        if not self._requests_of[door]:
            del self._requests_of[door], self._bytes_of[door]


def folders_of(data_dir: Path, documents_url: str | None) -> tuple[Path, ...]:
    """Return the folders in which there must be room: of the store, and of the documents where that is another."""
    place = urlsplit(documents_url or "")
    return (data_dir, Path(unquote(place.path))) if place.scheme == "file" else (data_dir,)
