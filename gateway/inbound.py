"""The left half: what a partner sends is authenticated, decoded, translated, kept in one commit, then acknowledged.

    receive:  authenticate ─► decode ─► translate (translating.py) ─► keep (one commit) ─► acknowledge

Nothing here opens a network connection. A record that cannot be translated is kept all the same: held for an
administrator or refused to its sender, and its neighbours go on.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

import orjson
import structlog

from gateway.canonical.identifiers import uuid7
from gateway.contract import Authentic, Outcome, Record, Request, Response
from gateway.errors import GatewayError, NotAuthentic, Overloaded, Undecodable
from gateway.posts import Post
from gateway.quotas import Quotas
from gateway.store.arrivals import Arrival, Entry, Kept, Polled
from gateway.store.cipher import Cipher
from gateway.store.documents import Documents
from gateway.telemetry import Telemetry
from gateway.translating import Translating

log = structlog.get_logger("fengqiao.inbound")
SECRET_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization", "x-api-key", "sign", "webhook-signature"})


class Journaling(Protocol):
    """Whatever commits arrivals in groups."""

    def submitted(self, item: Arrival) -> Awaitable[Kept]:
        """Return when the arrival is on disk. Raises StoreUnavailable, NotAuthentic (a replayed nonce)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Which record of a kept request is meant: its identity, and its place, for an id may stand there twice."""

    kind: str
    record_id: str
    version: str
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """Receive requests of partners. ``spool_above``: bytes from which a body goes to the document store."""

    writer: Journaling
    translating: Translating
    cipher: Cipher
    documents: Documents
    wake: Callable[[frozenset[str]], None]
    now: Callable[[], datetime]
    spool_above: int = 256 * 1024
    telemetry: Telemetry = field(default_factory=Telemetry)
    quotas: Quotas = field(default_factory=Quotas)

    async def receive(
        self, post: Post, request: Request, *, trace_id: str | None = None,
        unproved: Callable[[], Awaitable[None]] | None = None,
    ) -> Response:  # fmt: skip
        """Take one request in and return the answer in the partner's own dialect, after the commit.

        ``unproved`` is told when the request did not prove who sent it.
        """
        adapter = post.adapter
        try:
            authentic = adapter.authenticate(request)
            await self.quotas.require_within(post.name, post.row.quota)
            records = await self._decoded(post, request, authentic, trace_id)
            kept = await self.take_in(post, request, authentic, records, trace_id=trace_id)
        except GatewayError as error:
            if unproved is not None and isinstance(error, NotAuthentic):
                await unproved()
            return self._refused(post, request, error)
        return adapter.acknowledge(request, kept.outcomes)

    async def take_in(
        self, post: Post, request: Request, authentic: Authentic, records: Sequence[Record], *,
        trace_id: str | None = None, polled: Polled | None = None,
    ) -> Kept:  # fmt: skip
        """Translate and keep the records of one authentic request, or of what was ``polled``, in one commit.

        Raises StoreUnavailable, Overloaded, NotAuthentic (a replayed nonce).
        """
        entries = [await self.translating.entry(post, record) for record in records]
        arrival = await self._arrival(post, request, authentic, trace_id, entries=entries)
        return await self._keep(replace(arrival, polled=polled) if polled else arrival)

    async def replay(
        self, post: Post, request: Request, inbox_id: str, waiting: Waiting, *, trace_id: str | None = None
    ) -> Outcome:
        """Translate a kept record again and decide it again.

        Raises Undecodable when the request no longer decodes, NotFound when the record waits no longer.
        """
        record = _the_one(post.adapter.decode(request), waiting)
        entry = replace(await self.translating.entry(post, record), replays=inbox_id)
        arrival = Arrival(
            id=uuid7(), partner=post.name, revision=post.revision.id, received_at=self.now(), entries=[entry],
            trace_id=trace_id,
        )  # fmt: skip
        return (await self._keep(arrival)).outcomes[0]

    async def _decoded(
        self, post: Post, request: Request, authentic: Authentic, trace_id: str | None
    ) -> Sequence[Record]:
        try:
            return post.adapter.decode(request)
        except Undecodable as error:
            await self._keep(await self._arrival(post, request, authentic, trace_id, error=error))
            raise
        except Exception:
            fault = GatewayError("gateway.fault", fault=uuid7())
            log.exception("request.fault", partner=post.name, fault_id=fault.facts["fault"])
            await self._keep(await self._arrival(post, request, authentic, trace_id, error=fault))
            raise fault from None

    async def _keep(self, arrival: Arrival) -> Kept:
        began = time.time_ns()
        kept = await self.writer.submitted(arrival)
        self.telemetry.kept(arrival, kept, began=began)
        for each in kept.suspicions:
            log.info("case.duplicate_suspected", suspicion_id=each.id, case_id=each.case_id,
                        other_case_id=each.other_case_id, grounds=",".join(each.grounds))  # fmt: skip
        if kept.due:
            self.wake(kept.due)
        return kept

    async def _arrival(
        self, post: Post, request: Request, authentic: Authentic, trace_id: str | None,
        *, entries: Sequence[Entry] = (), error: GatewayError | None = None,
    ) -> Arrival:  # fmt: skip
        arrival_id = uuid7()
        context = arrival_id.encode()
        body = request.body if isinstance(request.body, bytes) else b""
        spooled = (await asyncio.to_thread(self.documents.put, body)).sha256 if len(body) > self.spool_above else None
        headers = {name: value for name, value in request.headers.items() if name not in SECRET_HEADERS}
        path = f"{request.path}?{request.query}" if request.query else request.path
        return Arrival(
            id=arrival_id,
            partner=post.name,
            revision=post.revision.id,
            received_at=self.now(),
            entries=entries,
            request=request,
            body_sealed=None if spooled else self.cipher.seal(body, context=context),
            path_sealed=self.cipher.seal(path.encode(), context=context),
            headers_sealed=self.cipher.seal(orjson.dumps(headers), context=context),
            spooled=spooled,
            size=len(body),
            key_id=authentic.key_id,
            nonce=authentic.nonce,
            nonce_expires=authentic.nonce_expires,
            code=error.code if error else None,
            facts=error.facts if error else {},
            trace_id=trace_id,
        )

    def _refused(self, post: Post, request: Request, error: GatewayError) -> Response:
        level = log.warning if isinstance(error, NotAuthentic | Undecodable | Overloaded) else log.error
        level("request.refused", partner=post.name, code=error.code)
        self.telemetry.refused(error.code)
        return post.adapter.refuse(request, error)


def _the_one(records: Sequence[Record], waiting: Waiting) -> Record:
    named = (waiting.kind, waiting.record_id, waiting.version)
    found = {n: each for n, each in enumerate(records) if (each.kind, each.id, each.version or "") == named}
    if not found:
        raise Undecodable("inbox.record_gone", kind=waiting.kind)
    return found.get(waiting.position) or next(iter(found.values()))
