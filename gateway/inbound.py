"""The left half: what a partner sends is authenticated, decoded, translated, kept in one commit, then acknowledged.

    receive:  authenticate ─► decode ─► take in documents ─► translate ─► keep (one commit) ─► acknowledge

Nothing here opens a network connection. A record that cannot be translated is kept all the same: held for an
administrator or refused to its sender, and its neighbours go on.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

import orjson
import structlog

from gateway.canonical.identifiers import uuid7
from gateway.contract import Attachment, Authentic, Fate, Outcome, Record, Request, Response
from gateway.errors import GatewayError, NotAuthentic, Overloaded, PermanentFailure, StoreUnavailable, Undecodable
from gateway.mapping import Reading
from gateway.posts import Post
from gateway.quotas import Quotas
from gateway.store.arrivals import Announced, Arrival, Entry, Kept, Objection, Polled
from gateway.store.books import pack_content
from gateway.store.cipher import Cipher, Digests
from gateway.store.documents import Documents
from gateway.store.documents import Kept as Ticket
from gateway.telemetry import Telemetry
from gateway.transports.http import addresses

log = structlog.get_logger("fengqiao.inbound")
SHA256 = re.compile(r"[0-9a-fA-F]{64}", re.ASCII)
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
        entries = [await self._entry(post, record) for record in records]
        arrival = await self._arrival(post, request, authentic, trace_id, entries=entries)
        return await self._keep(replace(arrival, polled=polled) if polled else arrival)

    async def replay(
        self, post: Post, request: Request, inbox_id: str, waiting: Waiting, *, trace_id: str | None = None
    ) -> Outcome:
        """Translate a kept record again and decide it again.

        Raises Undecodable when the request no longer decodes, NotFound when the record waits no longer.
        """
        record = _the_one(post.adapter.decode(request), waiting)
        entry = replace(await self._entry(post, record), replays=inbox_id)
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

    async def _entry(self, post: Post, record: Record) -> Entry:
        """Turn one record into a journal entry, whatever happens: a bug of ours holds it, and harms no neighbour."""
        try:
            attachments, announced = await self._take_in(post, record.attachments)
            taken = replace(record, attachments=attachments) if attachments else record
            reading = post.read(taken, self._base(post))
            return self._translated(post, record, reading, announced)
        except StoreUnavailable:
            raise
        except GatewayError as error:
            return _objected(self.cipher, record, Objection(fate="refused", code=error.code, facts=error.facts))
        except Exception:
            fault_id = uuid7()
            log.exception("record.fault", partner=post.name, kind=record.kind, fault_id=fault_id)
            objection = Objection(fate="held", code="gateway.fault", facts={"fault": fault_id})
            return _objected(self.cipher, record, objection)

    def _base(self, post: Post) -> dict[str, Any]:
        return {"id": uuid7(), "source": f"/partners/{post.name}", "receivedtime": self.now()}

    def _translated(self, post: Post, record: Record, reading: Reading, announced: tuple[Announced, ...]) -> Entry:
        message = reading.message
        if message is None:
            fault = reading.faults[0]
            fate: Fate = "held" if reading.verdict == "held" else "refused"
            objection = Objection(fate=fate, code=fault.code, facts=_fault_facts(reading), field=fault.partner_path)
            return _objected(self.cipher, record, objection)
        message, objection_or_none = _spoken_for(post, message, announced)
        if objection_or_none is not None:
            return _objected(self.cipher, record, objection_or_none)
        message = message.model_copy(update={"id": post.message_id(record, message)})
        content = pack_content(message, _beside(record, reading), announced)
        return Entry(
            kind=record.kind,
            record_id=record.id,
            version=record.version or "",
            digests=_digests(self.cipher, record),
            message=message,
            content_sealed=self.cipher.seal(content, context=message.id.encode()),
            documents=announced,
            mapping=reading.mapping,
            unmapped=len(reading.unmapped),
        )

    async def _take_in(
        self, post: Post, attachments: Sequence[Attachment]
    ) -> tuple[tuple[Attachment, ...], tuple[Announced, ...]]:
        """Keep the attachments that came along; check the addresses of those that are still to be fetched."""
        taken: list[Attachment] = []
        announced: list[Announced] = []
        for attachment in attachments:
            if attachment.content is not None:
                kept = await asyncio.to_thread(self.documents.put, attachment.content)
                _same_digest(attachment, kept.sha256)
                taken.append(replace(attachment, sha256=kept.sha256, sm3=kept.sm3, size=kept.size))
                announced.append(
                    Announced(sha256=kept.sha256, sm3=kept.sm3, size=kept.size, media_type=attachment.media_type)
                )
            elif attachment.url is not None:
                _fetchable(post, attachment, attachment.url)
                taken.append(replace(attachment, sha256=None, sm3=None))
                announced.append(
                    Announced(url=attachment.url, expected_sha256=attachment.sha256, media_type=attachment.media_type)
                )
            else:
                kept = await asyncio.to_thread(_already_kept, self.documents, attachment)
                taken.append(replace(attachment, sm3=kept.sm3, size=kept.size))
                announced.append(
                    Announced(sha256=kept.sha256, sm3=kept.sm3, size=kept.size, media_type=attachment.media_type)
                )
        return tuple(taken), tuple(announced)

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


def _objected(cipher: Cipher, record: Record, objection: Objection) -> Entry:
    return Entry(
        kind=record.kind,
        record_id=record.id,
        version=record.version or "",
        digests=_digests(cipher, record),
        objection=objection,
    )


def _digests(cipher: Cipher, record: Record) -> Digests:
    """Return the keyed digests of what the record says; an attachment's address may change, its id and bytes not."""
    papers = [
        [a.id, a.name, a.kind, a.sha256 or (hashlib.sha256(a.content).hexdigest() if a.content else None)]
        for a in record.attachments
    ]
    said = [record.kind, record.version, record.fields, papers]
    return cipher.recognising(orjson.dumps(said, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS, default=str))


def _spoken_for(post: Post, message: Any, announced: Sequence[Announced]) -> tuple[Any, Objection | None]:
    """Fill in who says it where the record leaves it out; object when it is not the partner's to say."""
    own = post.row.organisations
    sender = message.sender or (own[0] if len(own) == 1 else None)
    if sender is None:
        return message, Objection(fate="held", code="inbox.sender_unknown", facts={"partner": post.name})
    if sender not in own:
        facts = {"partner": post.name, "organisation": sender}
        return message, Objection(fate="refused", code="auth.organisation_not_yours", facts=facts)
    carried = len(getattr(message.data, "documents", ()))
    if carried != len(announced):
        return message, Objection(fate="held", code="inbox.attachments_not_carried", facts={"count": len(announced)})
    return (message if message.sender else message.model_copy(update={"sender": sender})), None


def _beside(record: Record, reading: Reading) -> dict[str, Any]:
    """Return the partner's fields that no row names, as they were sent."""
    return {path: _at(record.fields, path) for path in reading.unmapped if "[]" not in path}


def _at(fields: Mapping[str, Any], path: str) -> Any:
    value: Any = fields
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _fault_facts(reading: Reading) -> dict[str, Any]:
    return {**reading.faults[0].said, "faults": len(reading.faults)}


def _same_digest(attachment: Attachment, sha256: str) -> None:
    if attachment.sha256 is not None and attachment.sha256.lower() != sha256:
        raise Undecodable("documents.digest_differs", document=attachment.id)


def _fetchable(post: Post, attachment: Attachment, url: str) -> None:
    """Refuse at the door what could never be fetched: another host's, or with a digest that no document has."""
    try:
        addresses.allowed(url, frozenset(post.row.attachment_hosts))
    except PermanentFailure as failure:
        raise Undecodable("documents.host_not_allowed", host=str(failure.facts.get("host", "?"))[:100]) from None
    if attachment.sha256 is not None and not SHA256.fullmatch(attachment.sha256):
        raise Undecodable("documents.digest_differs", document=attachment.id)


def _already_kept(documents: Documents, attachment: Attachment) -> Ticket:
    """Return the ticket of a document that was uploaded before: its own, not what the sender says of it."""
    if attachment.sha256 is None or not documents.exists(attachment.sha256):
        raise Undecodable("documents.not_here", document=attachment.id)
    return documents.ticket(attachment.sha256)
