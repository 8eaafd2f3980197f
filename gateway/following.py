"""Going by the active revision: made of the folder, or taken over from whoever did; its posts, and those they replace.

folder ─► read ─► activate: one commit, unless somebody else was quicker ─► install: posts, doors, lanes
store  ─► another than ours is active ─► adopt ─────────────────────────────┘
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection, Engine

from gateway import configuration, fetching
from gateway.assembling import Assembling
from gateway.configuration import Revision
from gateway.posts import Post, unknown_partner
from gateway.store import outbox, revisions
from gateway.store.times import millis
from gateway.store.writer import Writer
from gateway.transports.exchange import Transport

log = structlog.get_logger("fengqiao")
Made = tuple[dict[str, Post], dict[str, Post]]


@dataclass(kw_only=True)
class Following:
    """The revision that this process goes by, and the partners that it has made of it.

    ``read``: reads the folder, or raises ConfigurationFault. ``installed``: called when there are other posts; whether
    their lanes are to be run. ``lease``: seconds that a claim lasts.
    """

    revision: Revision
    read: Callable[[], Revision]
    engine: Engine
    writer: Writer[Any, Any]
    assembling: Assembling
    now: Callable[[], datetime]
    installed: Callable[[bool], None]
    lease: float
    posts: dict[str, Post] = field(default_factory=dict)
    doors: dict[str, Post] = field(default_factory=dict)
    _retired: list[tuple[datetime, Transport]] = field(default_factory=list)  # replaced, with what may be under way
    _adopting: asyncio.Lock = field(default_factory=asyncio.Lock)

    def post(self, name: str) -> Post:
        """Return a running partner. Raises NotFound."""
        if (post := self.posts.get(name)) is None:
            raise unknown_partner(name)
        return post

    def canonical_post(self, name: str) -> Post:
        """Return a partner's door for the common language. Raises NotFound."""
        if (post := self.doors.get(name)) is None:
            raise unknown_partner(name)
        return post

    @property
    def collected(self) -> frozenset[str]:
        """Return the partners that fetch what is due to them."""
        return frozenset(name for name, post in self.posts.items() if post.collected)

    @property
    def called(self) -> frozenset[str]:
        """Return the partners that are called: those with a lane."""
        return frozenset(self.posts) - self.collected

    @property
    def held_open(self) -> tuple[Transport, ...]:
        """Return what is to be closed at the end."""
        in_use = [each for post in self.posts.values() for each in post.held_open]
        return (*in_use, *(retired for _, retired in self._retired))

    async def go_by_the_folder(self) -> Revision:
        """Make the folder the active revision. Raises ConfigurationFault.

        Where another process has activated one since the folder was read, it is read again: it may be the newer one
        now, and what was read before would undo it.
        """
        while True:
            seen = await asyncio.to_thread(self._active)
            revision = await asyncio.to_thread(self.read)
            if await self.activate(revision, instead_of=seen):
                return revision

    async def go_by_the_store(self) -> bool:
        """Go by whatever is active; False where nothing is yet."""
        kept = await asyncio.to_thread(self._another, "")
        if kept is not None:
            self.install(await asyncio.to_thread(configuration.unpack, kept))  # it is active: nothing to activate
        return kept is not None

    async def activate(self, revision: Revision, *, lanes: bool = True, instead_of: str | Any | None = ...) -> bool:
        """Activate a revision, unless the active one is another than the one ``instead_of`` which it is to be."""
        now, packed = millis(self.now()), configuration.pack(revision)
        made = self.assembling.posts(revision, self.posts)  # first: an adapter may object to its settings

        def activated(connection: Connection) -> set[str] | None:
            if instead_of is not ... and revisions.active(connection, lock=True) not in {instead_of, revision.id}:
                return None
            revisions.activate(connection, revision.id, packed, now)
            return outbox.partners_with_work(connection)

        left = await self.writer.ran(activated)
        if left is None:
            return False
        for partner in sorted(left - set(made[0])):
            log.error("partner.left_with_deliveries", partner=partner)  # nobody carries them until it is back
        self.install(revision, made, lanes=lanes)
        return True

    def install(self, revision: Revision, made: Made | None = None, *, lanes: bool = True) -> None:
        """Go by a revision from now on."""
        before = self.posts
        self.posts, self.doors = made or self.assembling.posts(revision, before)
        self.revision = revision
        self.installed(lanes)
        self._retired += [(self._unused_from(post), each) for post in before.values() for each in post.held_open]

    async def adopt(self) -> None:
        """Take over the revision that another process has made the active one."""
        async with self._adopting:
            kept = await asyncio.to_thread(self._another, self.revision.id)
            if kept is not None:
                revision = await asyncio.to_thread(configuration.unpack, kept)
                self.install(revision)
                log.info("revision.adopted", revision=revision.id)

    async def close_retired(self) -> None:
        """Close what was replaced, once nothing can be under way on it."""
        over = [transport for at, transport in self._retired if at <= self.now()]
        self._retired = [(at, transport) for at, transport in self._retired if at > self.now()]
        for transport in over:
            await transport.aclose()

    def _active(self) -> str | None:
        with self.engine.connect() as connection:
            return revisions.active(connection)

    def _another(self, present: str) -> bytes | None:
        """Return the active revision as it is kept, None when it is the present one."""
        with self.engine.connect() as connection:
            active = revisions.active(connection)
            return revisions.packed(connection, active) if active not in {None, present} else None

    def _unused_from(self, post: Post) -> datetime:
        """Return when nothing can be under way any more of what a post that is replaced now has begun."""
        slowest = 8 * (post.row.timeouts.connect + post.row.timeouts.answer)
        return self.now() + timedelta(seconds=max(self.lease, slowest, fetching.LONGEST))
