"""The only place that puts the parts together. The table of adapters is an argument, so a test can bring its own."""

from __future__ import annotations

import asyncio
import importlib
import ssl
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection

from gateway import configuration, fetching
from gateway.canonical_dialect import CanonicalDialect
from gateway.configuration import PartnerRow, Revision, secrets_of
from gateway.contract import Adapter, MemorySession, Partner
from gateway.endings import Endings
from gateway.errors import NotFound
from gateway.fetching import Fetching
from gateway.inbound import Inbound
from gateway.opening import admin_token, open_store
from gateway.operations import Operations
from gateway.outbound import Outbound
from gateway.posts import Post, system_of, unknown_partner
from gateway.queue import EmbeddedLanes
from gateway.redelivery import Backoff
from gateway.rules import Rules
from gateway.settings import Settings
from gateway.store import outbox, revisions, sessions
from gateway.store.arrivals import Arrival, Kept
from gateway.store.journal import Journal
from gateway.store.times import millis
from gateway.store.writer import Writer
from gateway.transports.http import HttpTransport, Timeouts

log = structlog.get_logger("fengqiao")
Adapters = Mapping[str, type[Adapter]]
HOUSEKEEPING = 15.0  # seconds


def load_revision(settings: Settings, adapters: Adapters) -> Revision:
    """Read the configuration folder. Raises ConfigurationFault for the first thing wrong in form or in sense."""
    revision = configuration.load(settings.config_folder, configuration.shipped_files())
    for finding in configuration.check(revision, adapters, base=settings.config_folder):
        if finding.level == "error":
            raise finding.fault()
    return revision


class Gateway:
    """One running gateway: a store, a writer, the active revision, and both halves over them."""

    def __init__(
        self,
        settings: Settings,
        adapters: Adapters,
        *,
        now: Callable[[], datetime] | None = None,
    ) -> None:
        self.settings = settings
        self.adapters = adapters
        self.now = now or (lambda: datetime.now(UTC))
        self.revision = load_revision(settings, adapters)
        self.store = open_store(settings, write=True)
        self.journal = Journal(cipher=self.store.cipher, decide=Rules(lambda: self.revision), now=self.now)
        self.writer: Writer[Arrival, Kept] = Writer(
            self.store.engine, batch=self.journal.keep, group=settings.group_size
        )
        self.admin_token = admin_token(settings)
        self._posts: dict[str, Post] = {}
        self._doors: dict[str, Post] = {}
        self.lanes = EmbeddedLanes(self._drain, now=self.now)
        self.inbound = Inbound(
            writer=self.writer,
            cipher=self.store.cipher,
            documents=self.store.documents,
            wake=self.lanes.wake,
            now=self.now,
            spool_above=settings.spool_above,
        )
        self.outbound = self._outbound()
        self.operations = Operations(
            engine=self.store.engine,
            writer=self.writer,
            journal=self.journal,
            cipher=self.store.cipher,
            documents=self.store.documents,
            inbound=self.inbound,
            post=self.post,
            canonical_post=self.canonical_post,
            wake=self.lanes.wake,
            now=self.now,
        )
        self._retired: list[tuple[datetime, HttpTransport]] = []  # replaced, with what may be under way on them
        self._housekeeping: asyncio.Task[None] | None = None
        self._stopping = False

    async def start(self) -> None:
        """Activate the revision, take up what a killed predecessor left, and run the lanes."""
        if self.store.lock is not None:
            now = millis(self.now())
            released = await self.writer.ran(lambda connection: outbox.release_leases(connection, now))
            if released:
                log.warning("lanes.leases_released", count=released)
        await self._activate(self.revision)
        self._housekeeping = asyncio.create_task(self._keep_house(), name="housekeeping")

    async def attend(self) -> None:
        """Activate the revision without running its lanes: for one operation where nobody serves."""
        await self._activate(self.revision, lanes=False)

    async def reload(self) -> str:
        """Make the configuration folder the active revision and return its id. Raises ConfigurationFault."""
        revision = await asyncio.to_thread(load_revision, self.settings, self.adapters)
        await self._activate(revision)
        log.info("revision.activated", revision=revision.id)
        return revision.id

    async def stop(self) -> None:
        """Stop the lanes, finish what is being written, close everything."""
        self._stopping = True
        if self._housekeeping is not None:
            self._housekeeping.cancel()
            await asyncio.gather(self._housekeeping, return_exceptions=True)
        await self.lanes.stop()
        in_use = [post.transport for post in self._posts.values() if post.transport]
        for transport in (*in_use, *(retired for _, retired in self._retired)):
            await transport.aclose()
        await asyncio.to_thread(self.writer.close)
        self.store.close()

    def post(self, name: str) -> Post:
        """Return a running partner. Raises NotFound."""
        if (post := self._posts.get(name)) is None:
            raise unknown_partner(name)
        return post

    def canonical_post(self, name: str) -> Post:
        """Return a partner's door for the common language. Raises NotFound."""
        if (post := self._doors.get(name)) is None:
            raise unknown_partner(name)
        return post

    @property
    def doors(self) -> Iterable[Post]:
        """Return every door for the common language."""
        return self._doors.values()

    @property
    def ready(self) -> bool:
        """Say whether the gateway can keep what it is given."""
        return self.writer.ready

    async def _drain(self, partner: str, bell: asyncio.Event) -> datetime | None:
        try:
            post = self.post(partner)
        except NotFound:
            return None
        return await self.outbound.drain(post, bell)

    def _is_superseded(self, post: Post) -> bool:
        return self._stopping or self._posts.get(post.name) is not post

    def _outbound(self) -> Outbound:
        settings, store = self.settings, self.store
        backoff = Backoff(base=settings.redelivery_base_seconds, cap=settings.redelivery_cap_seconds)
        fetches = Fetching(cipher=store.cipher, documents=store.documents, backoff=backoff, now=self.now)
        return Outbound(
            writer=self.writer,
            journal=self.journal,
            cipher=store.cipher,
            documents=store.documents,
            fetching=fetches,
            wake=self.lanes.wake,
            now=self.now,
            endings=Endings(now=self.now, backoff=backoff),
            superseded=self._is_superseded,
            lease=settings.lease_seconds,
        )

    async def _activate(self, revision: Revision, *, lanes: bool = True) -> None:
        now, packed = millis(self.now()), configuration.pack(revision)
        posts, doors = self._assembled(revision)  # first: an adapter may object to its settings

        def activate(connection: Connection) -> set[str]:
            revisions.activate(connection, revision.id, packed, now)
            return outbox.partners_with_work(connection)

        for partner in sorted(await self.writer.ran(activate) - set(posts)):
            log.error("partner.left_with_deliveries", partner=partner)  # nobody carries them until it is back
        before = self._posts
        self.revision, self._posts, self._doors = revision, posts, doors
        self.lanes.follow(self._posts if lanes else ())
        self.lanes.wake(self._posts)
        self._retired += [(self._unused_from(post), post.transport) for post in before.values() if post.transport]

    def _unused_from(self, post: Post) -> datetime:
        """Return when nothing that a post that is replaced now has claimed can be under way any more."""
        return self.now() + timedelta(seconds=max(self.outbound.lease_of(post), fetching.LEASE))

    def _assembled(self, revision: Revision) -> tuple[dict[str, Post], dict[str, Post]]:
        """Make the running partners of a revision; a partner that stays keeps its session."""
        context = ssl.create_default_context()
        posts, doors = {}, {}
        for name, row in revision.partners.items():
            posts[name] = self._post(revision, row, context)
            if row.canonical_door is not None:
                doors[name] = self._door(revision, row)
        return posts, doors

    def _session_of(self, row: PartnerRow) -> MemorySession:
        """Return what is remembered of a partner's system, also from before a reload or a restart."""
        before = self._posts.get(row.partner)
        if before is not None and before.system == system_of(row):
            return before.session
        session = MemorySession(self.now)
        with self.store.engine.connect() as connection:
            sessions.load(connection, self.store.cipher, row.partner, system_of(row), session)
        return session

    def _post(self, revision: Revision, row: PartnerRow, context: ssl.SSLContext) -> Post:
        session = self._session_of(row)
        partner = self._partner(row, session)
        transport = None
        if row.base_url is not None:
            transport = HttpTransport(
                base_url=row.base_url,
                ssl_context=context,
                connections=row.concurrency,
                timeouts=Timeouts(connect=row.timeouts.connect, answer=row.timeouts.answer),
                documents=self.store.documents.astream,
            )
        return Post(
            name=row.partner,
            row=row,
            revision=revision,
            adapter=self.adapters[row.adapter](partner),
            transport=transport,
            session=session,
        )

    def _door(self, revision: Revision, row: PartnerRow) -> Post:
        partner = self._partner(row, MemorySession(self.now))
        dialect = CanonicalDialect(partner, row.canonical_door)
        return Post(name=row.partner, row=row, revision=revision, adapter=dialect, canonical=True)

    def _partner(self, row: PartnerRow, session: MemorySession) -> Partner:
        secret = secrets_of(row, base=self.settings.config_folder)
        return Partner(name=row.partner, settings=row.settings, secret=secret, session=session, now=self.now)

    async def _close_retired(self) -> None:
        over = [transport for at, transport in self._retired if at <= self.now()]
        self._retired = [(at, transport) for at, transport in self._retired if at > self.now()]
        for transport in over:
            await transport.aclose()

    async def _keep_house(self) -> None:
        """Hold what was parked too long and forget expired nonces, every now and then."""
        while True:
            try:
                await self.operations.keep_house()
                await self._close_retired()
            except Exception:
                log.exception("housekeeping.fault")
            await asyncio.sleep(HOUSEKEEPING)


def shipped_adapters() -> Adapters:
    """Return the table of the adapters that come with the gateway."""
    from adapters import ADAPTERS  # noqa: PLC0415  # read when asked for: a test brings its own table

    return ADAPTERS


def shipped_simulator(adapter: str) -> Any:
    """Return the simulator class of a shipped adapter. Raises NotFound."""
    if adapter not in shipped_adapters():
        raise NotFound("adapter.unknown", adapter=adapter[:64])
    return importlib.import_module(f"adapters.{adapter}.simulator").Simulator
