"""The only place that puts the parts together. The table of adapters is an argument, so a test can bring its own."""

from __future__ import annotations

import asyncio
import importlib
import os
import socket
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any, Literal

import structlog

from gateway import configuration
from gateway.admission import Admission, Limits, folders_of
from gateway.assembling import Adapters, Assembling, load_revision
from gateway.beat import Beat
from gateway.canonical.identifiers import uuid7
from gateway.carrier import Carrier
from gateway.chores import Chores
from gateway.clockwork import Clockwork
from gateway.configuration import Revision
from gateway.draining import Drained, Shift
from gateway.endings import Endings
from gateway.errors import ConfigurationFault, NotFound, StoreUnavailable
from gateway.exposition import serve_metrics
from gateway.fetching import Fetching
from gateway.following import Following
from gateway.inbound import Inbound
from gateway.mailbox import Mailboxes
from gateway.measuring import ProcessMeasures, StoreMeasures
from gateway.metrics import Metrics
from gateway.opening import Store, admin_token, open_store
from gateway.operations import Operations
from gateway.outbound import ENDLESS, Outbound
from gateway.posts import Post
from gateway.queue import EmbeddedLanes
from gateway.quotas import Quotas
from gateway.reconciliation import OwnHoldings, Reconciler
from gateway.redelivery import Backoff
from gateway.releasing import open_room
from gateway.retention import Retention
from gateway.rq_lanes import RqLanes
from gateway.rules import Rules
from gateway.settings import Settings
from gateway.shared_bell import SharedBell
from gateway.space import Space
from gateway.store import outbox, revisions
from gateway.store.arrivals import Arrival, Kept
from gateway.store.clock import StoreClock
from gateway.store.engine import is_sqlite
from gateway.store.journal import Journal
from gateway.store.times import millis
from gateway.store.turnstile import Turnstile
from gateway.store.writer import Writer
from gateway.summing import Summing
from gateway.telemetry import Telemetry, open_tracing
from gateway.tending import Tending
from gateway.timekeeping import Timekeeping
from gateway.translating import Translating
from gateway.turns import Turns

log = structlog.get_logger("fengqiao")
THREADS = 32  # at most; Python's own number, six where there are two cores, is used up by a few slow servers
CLOSING = 20.0  # seconds for what is still to be written, when the process is to end
Role = Literal["all", "carrier", "door", "worker", "clock"]


class Gateway:
    """One process of a gateway: a store, a writer, the active revision, and both halves over them.

    ``role``: an embedded gateway does all in one process; with Redis given, doors, workers and the clock are processes
    of their own (``worker.py``, ``clockwork.py``). ``carrier``: the command of a second process that runs an embedded
    gateway's lanes (``carrier.py``); in that one, ``rings`` has the mailboxes of the first rung.
    """

    def __init__(
        self,
        settings: Settings,
        adapters: Adapters,
        *,
        now: Callable[[], datetime] | None = None,
        role: Role | None = None,
        carrier: Sequence[str] = (),
        rings: Callable[[Iterable[str]], None] | None = None,
    ) -> None:
        self.settings = settings
        self.adapters = adapters
        self.telemetry = Telemetry(
            metrics=Metrics(Summing() if carrier else None), tracing=open_tracing(settings.otlp_endpoint)
        )
        self.role: Role = role or ("all" if settings.redis_url is None else "door")
        revision, self.store = self._opened()
        self._alone = is_sqlite(self.store.engine)  # nobody else drains lanes, or has another clock
        self._clock = self._make_clock() if now is None else None
        self.now = now or (self._clock.now if self._clock else lambda: datetime.now(UTC))
        self.name = f"{self.role}-{socket.gethostname()}-{os.getpid()}-{uuid7()[-4:]}"
        self.rules = Rules(lambda: self.revision, self.store.cipher)
        self.journal = Journal(cipher=self.store.cipher, decide=self.rules, now=self.now)
        self.writer: Writer[Arrival, Kept] = Writer(
            self.store.engine, batch=self.journal.keep, group=settings.group_size,
            observe=self.telemetry.metrics.wrote,
            turnstile=Turnstile(settings.data_dir) if carrier or self.role == "carrier" else None,
        )  # fmt: skip
        self.admin_token = admin_token(settings)
        self.assembling = Assembling(
            adapters=adapters, store=self.store, folder=settings.config_folder, now=self.now, ran=self.writer.ran
        )
        self.following = Following(
            revision=revision, read=lambda: load_revision(settings, adapters), engine=self.store.engine,
            writer=self.writer, assembling=self.assembling, now=self.now, installed=self._installed,
            lease=settings.lease_seconds,
        )  # fmt: skip
        self.lanes: EmbeddedLanes | RqLanes | Carrier = self._make_lanes(carrier)
        self._shared_bell = self._make_shared_bell()
        self._rings = rings or (self._shared_bell.ring if self._shared_bell is not None else None)
        self.wake = self.telemetry.waking(self._rouse)
        self.admission = self._make_admission()
        self.inbound = Inbound(
            writer=self.writer,
            translating=Translating(cipher=self.store.cipher, documents=self.store.documents, now=self.now),
            cipher=self.store.cipher,
            documents=self.store.documents,
            wake=self.wake,
            now=self.now,
            spool_above=settings.spool_above,
            telemetry=self.telemetry,
            quotas=self.admission.quotas,
        )
        self.outbound = self._outbound()
        self.mailboxes = Mailboxes(
            writer=self.writer, cipher=self.store.cipher, journal=self.journal, endings=self.outbound.endings,
            wake=self.wake, now=self.now, telemetry=self.telemetry, lease=settings.lease_seconds,
        )  # fmt: skip
        self.operations = Operations(
            engine=self.store.engine,
            writer=self.writer,
            journal=self.journal,
            cipher=self.store.cipher,
            documents=self.store.documents,
            inbound=self.inbound,
            post=self.post,
            canonical_post=self.canonical_post,
            wake=self.wake,
            now=self.now,
        )
        self.reconciler = self._reconciler()
        self.own_holdings = OwnHoldings(
            engine=self.store.engine, cipher=self.store.cipher, documents=self.store.documents
        )
        self.timekeeping = Timekeeping(
            engine=self.store.engine, writer=self.writer, journal=self.journal, rules=self.rules,
            cipher=self.store.cipher, revision=lambda: self.revision, post=self.post, wake=self.wake, now=self.now,
            telemetry=self.telemetry,
        )  # fmt: skip
        self.releasing, self.deciding = open_room(
            self.store, self.writer, journal=self.journal, rules=self.rules, revision=lambda: self.revision,
            post=self.post, wake=self.wake, now=self.now, trust=lambda: settings.trust_folder,
        )  # fmt: skip
        self.retention = Retention(
            engine=self.store.engine, writer=self.writer, now=self.now,
            content_days=settings.content_days, event_days=settings.event_days,
        )  # fmt: skip
        self.chores = Chores(
            settings, self.store, self.writer, self.following, inbound=self.inbound, mailboxes=self.mailboxes,
            operations=self.operations, timekeeping=self.timekeeping, releasing=self.releasing,
            reconciler=self.reconciler, retention=self.retention,
            lanes=self.lanes if isinstance(self.lanes, RqLanes) else None,
        )  # fmt: skip
        self.clockwork = Clockwork(
            engine=self.store.engine, chores=self.chores.listed(), now=self.now,
            holder=None if self._alone else self.name,
        )  # fmt: skip
        self._tasks: list[asyncio.Task[None]] = []
        self._tending = Tending(
            store=self.store, following=self.following, clock=self._clock, beat=Beat(settings.data_dir, self.role)
        )
        self._stopping = False
        self._measure()

    async def start(self) -> None:
        """Activate the revision, take up what a killed predecessor left, and run what this role runs."""
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS, "gateway"))
        if self.store.lock is not None:
            now = millis(self.now())
            released = await self.writer.ran(lambda connection: outbox.release_leases(connection, now))
            if released:
                log.warning("lanes.leases_released", count=released)
        if self.role == "carrier":
            self.following.install(self.revision)
        elif self.role not in {"worker", "clock"} or not await self.following.go_by_the_store():
            await self.following.go_by_the_folder()
        self._tasks.append(asyncio.create_task(self._tending.run(), name="tending"))
        if self.role == "door" and self._shared_bell is not None:
            self._tasks.append(asyncio.create_task(self._shared_bell.hear(self._heard), name="mailbox bell"))
        if self.role in {"all", "clock"}:
            self._tasks.append(asyncio.create_task(self.clockwork.run(), name="clockwork"))

    async def attend(self) -> None:
        """Activate the revision without running its lanes: for one operation where nobody serves."""
        await self.following.activate(self.revision, lanes=False)

    async def reload(self) -> str:
        """Make the configuration folder the active revision and return its id. Raises ConfigurationFault."""
        revision = await self.following.go_by_the_folder()
        log.info("revision.activated", revision=revision.id)
        return revision.id

    async def stop(self) -> None:
        """Stop the lanes, finish what is being written, close everything."""
        self._stopping = True
        self.mailboxes.close()
        self._tending.beat.end()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.chores.stop()
        await self.clockwork.step_down()
        await self.lanes.stop()
        if self._shared_bell is not None:
            await self._shared_bell.stop()
        for transport in self.following.held_open:
            await transport.aclose()
        await asyncio.to_thread(self.writer.close, CLOSING)
        await asyncio.to_thread(self.telemetry.tracing.close)
        self.store.close()

    def post(self, name: str) -> Post:
        """Return a running partner. Raises NotFound."""
        return self.following.post(name)

    def canonical_post(self, name: str) -> Post:
        """Return a partner's door for the common language. Raises NotFound."""
        return self.following.canonical_post(name)

    @property
    def doors(self) -> Iterable[Post]:
        """Return every door for the common language."""
        return self.following.doors.values()

    def shows_metrics(self) -> AbstractContextManager[Any]:
        """Return what shows the metrics of a process without doors, while entered. Raises GatewayError."""
        registry, settings = self.telemetry.metrics.registry, self.settings
        return serve_metrics(registry, host=settings.host, port=settings.metrics_port, tokens=self.metrics_tokens)

    @property
    def metrics_tokens(self) -> tuple[str, ...]:
        """Return the tokens that may read the metrics."""
        return self.admin_token, self.settings.read_metrics_token() or ""

    @property
    def ready(self) -> bool:
        """Say whether the gateway can keep what it is given."""
        return self.writer.ready

    def wind_up(self) -> None:
        """Claim nothing more, and let nobody wait; what is under way goes on to its end."""
        self._stopping = True
        self.mailboxes.close()

    async def _drain(self, partner: str, bell: asyncio.Event) -> datetime | None:
        return (await self.drain(partner, bell)).look_at

    async def drain(self, partner: str, bell: asyncio.Event, shift: Shift = ENDLESS) -> Drained:
        """Drain a partner's lane. A partner that is not configured has none."""
        try:
            post = self.post(partner)
        except NotFound:
            return Drained()
        return Drained() if post.collected else await self.outbound.drain(post, bell, shift)

    @property
    def revision(self) -> Revision:
        """Return the revision that this process goes by."""
        return self.following.revision

    @property
    def collected(self) -> frozenset[str]:
        """Return the partners that fetch what is due to them."""
        return self.following.collected

    def _rouse(self, partners: Iterable[str]) -> None:
        """Wake lanes, and ring the bells of mailboxes: in this process, and in every other one."""
        woken, boxed = set(partners), self.collected
        self.lanes.wake(woken - boxed)
        if due := woken & boxed:
            self.mailboxes.ring(due)
            if self._rings is not None:
                self._rings(due)

    def _heard(self, partners: Iterable[str] | None) -> None:
        self.mailboxes.ring(self.collected if partners is None else partners)

    def _make_admission(self) -> Admission:
        settings = self.settings
        shared = settings.redis_url.get_secret_value() if settings.redis_url else None
        return Admission(
            writer=self.writer,
            space=Space(folders=folders_of(settings.data_dir, settings.documents_url), least=settings.min_free),
            quotas=Quotas(shared),
            limits=Limits(requests=settings.door_requests, body_bytes=settings.door_memory, queue=settings.door_queue),
        )

    def _opened(self) -> tuple[Revision, Store]:
        """Read the folder, then open the store. A carrier goes by what is active: the folder may be wrong by now."""
        if self.role != "carrier":
            revision = load_revision(self.settings, self.adapters)
            return revision, open_store(self.settings, write=True)
        store = open_store(self.settings, write=False)
        with store.engine.connect() as connection:
            kept = revisions.packed(connection, revisions.active(connection) or "")
        if kept is None:
            raise StoreUnavailable("store.unusable", why="no active revision")
        return configuration.unpack(kept), store

    def _make_clock(self) -> StoreClock | None:
        if self._alone:
            return None
        with self.store.engine.connect() as connection:
            return StoreClock(connection)

    def _make_lanes(self, carrier: Sequence[str]) -> EmbeddedLanes | RqLanes | Carrier:
        metrics = self.telemetry.metrics.registry
        if carrier and isinstance(metrics, Summing):
            return Carrier(
                folder=self.settings.data_dir, command=carrier, rung=self._heard, release=self._release, metrics=metrics
            )
        if self.role in {"all", "carrier"}:
            return EmbeddedLanes(self._drain, now=self.now)
        if self.settings.redis_url is None or self._alone:
            raise ConfigurationFault("configuration.not_shared", role=self.role)
        return RqLanes(self.settings.redis_url.get_secret_value())

    async def _release(self) -> int:
        """Make due again what a carrier that is gone had in hand; what lies in mailboxes is in nobody's."""
        called, now = self.following.called, millis(self.now())
        return await self.writer.ran(lambda connection: outbox.release_leases(connection, now, called))

    def _make_shared_bell(self) -> SharedBell | None:
        redis = self.settings.redis_url
        return None if redis is None or self.role == "all" else SharedBell(redis.get_secret_value())

    def _measure(self) -> None:
        """Have this process and the store measured at every scrape."""
        metrics, settings, lanes = self.telemetry.metrics, self.settings, self.lanes
        if self.role == "carrier":  # these are measured once
            return
        metrics.add(
            ProcessMeasures(
                writer=self.writer, data_dir=settings.data_dir, revision=lambda: self.revision.id,
                carries=(lambda: lanes.carries) if isinstance(lanes, Carrier) else None,
            ).collect
        )  # fmt: skip
        metrics.add(
            StoreMeasures(engine=self.store.engine, partners=lambda: self.revision.partners, now=self.now).collect
        )

    def _reconciler(self) -> Reconciler:
        settings = self.settings
        return Reconciler(
            engine=self.store.engine,
            writer=self.writer,
            journal=self.journal,
            post=self.post,
            posts=lambda: list(self.following.posts.values()),
            wake=self.wake,
            now=self.now,
            hour=settings.reconcile_hour,
            most_resends=settings.reconcile_resends,
        )

    def _is_superseded(self, post: Post) -> bool:
        return self._stopping or self.following.posts.get(post.name) is not post

    def _outbound(self) -> Outbound:
        settings, store = self.settings, self.store
        backoff = Backoff(base=settings.redelivery_base_seconds, cap=settings.redelivery_cap_seconds)
        fetches = Fetching(cipher=store.cipher, documents=store.documents, backoff=backoff, now=self.now)
        return Outbound(
            writer=self.writer,
            turns=Turns(
                journal=self.journal,
                cipher=store.cipher,
                fetching=fetches,
                now=self.now,
                holder=None if self._alone else self.name,
                telemetry=self.telemetry,
            ),
            cipher=store.cipher,
            documents=store.documents,
            fetching=fetches,
            wake=self.wake,
            now=self.now,
            endings=Endings(now=self.now, backoff=backoff),
            superseded=self._is_superseded,
            telemetry=self.telemetry,
            lease=settings.lease_seconds,
        )

    def _installed(self, lanes: bool) -> None:
        self.lanes.follow(self.following.called if lanes else ())
        if lanes:
            self.wake(self.following.posts)


def shipped_adapters() -> Adapters:
    """Return the table of the adapters that come with the gateway."""
    from adapters import ADAPTERS  # noqa: PLC0415  # read when asked for: a test brings its own table

    return ADAPTERS


def shipped_simulator(adapter: str) -> Any:
    """Return the simulator class of a shipped adapter, or of one of its systems (``rest/hotline``). Raises NotFound."""
    name, _, system = adapter.partition("/")
    place = f".systems.{system}" if system else ""
    if name not in shipped_adapters() or (system and not system.isidentifier()):
        raise NotFound("adapter.unknown", adapter=adapter[:64])
    try:
        return importlib.import_module(f"adapters.{name}{place}.simulator").Simulator
    except ModuleNotFoundError:
        raise NotFound("adapter.unknown", adapter=adapter[:64]) from None
