"""What administrators and operators do: replay, withdraw, and what the gateway does by itself every now and then."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import orjson
import structlog
from sqlalchemy import Connection, Engine

from gateway import configuration
from gateway.contract import Outcome, Request
from gateway.errors import GatewayError, NotFound
from gateway.inbound import Inbound, Waiting
from gateway.posts import Post
from gateway.store import mending, revisions, suspicions
from gateway.store.cipher import Cipher
from gateway.store.documents import Documents
from gateway.store.journal import Journal
from gateway.store.times import millis
from gateway.store.writer import Writer

log = structlog.get_logger("fengqiao.operations")
By = Literal["now", "then"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operations:
    """Mend what is held or dead. Everything here goes through the one writer."""

    engine: Engine
    writer: Writer[Any, Any]
    journal: Journal
    cipher: Cipher
    documents: Documents
    inbound: Inbound
    post: Callable[[str], Post]
    canonical_post: Callable[[str], Post]
    wake: Callable[[frozenset[str]], None]
    now: Callable[[], datetime]

    async def replay_record(self, inbox_id: str, *, by: By = "now") -> Outcome:
        """Translate and decide a held record again, by the revision of now or the one it came in under.

        Raises NotFound when there is no such record waiting.
        """
        kept, packed = await asyncio.to_thread(self._kept, inbox_id, by)
        post = self._post_of(kept["partner"], kept["key_id"])
        if packed is not None:
            post = _under(post, await asyncio.to_thread(configuration.unpack, packed))
        request = await asyncio.to_thread(self._request, kept)
        waiting = Waiting(**{name: kept[name] for name in ("kind", "record_id", "version", "position")})
        outcome = await self.inbound.replay(post, request, inbox_id, waiting, trace_id=kept["trace_id"])
        log.info("record.replayed", partner=post.name, receipt_id=inbox_id, fate=outcome.fate)
        return outcome

    async def replay_delivery(self, delivery_id: str) -> str:
        """Make a dead or waiting delivery due again, with a new deadline. Returns its partner. Raises NotFound."""
        now = self.now()
        partners = await self.writer.ran(
            lambda connection: mending.revive(
                connection, delivery_id, millis(now), self._deadline(connection, delivery_id)
            )
        )
        if not partners:
            raise NotFound("delivery.not_waiting", delivery=delivery_id[:64])
        log.info("delivery.replayed", delivery_id=delivery_id, partner=partners[0])
        self.wake(frozenset(partners))
        return partners[0]

    async def withdraw(self, delivery_id: str, reason: str) -> str:
        """Give a delivery up for good, so that its successors may pass. Returns its partner. Raises NotFound."""
        partner = await self.writer.ran(
            lambda connection: mending.withdraw(
                connection,
                delivery_id,
                reason[:500],
                now=millis(self.now()),
                deadline_at=self._deadline(connection, delivery_id),
            )
        )
        if partner is None:
            raise NotFound("delivery.not_waiting", delivery=delivery_id[:64])
        log.info("delivery.withdrawn", delivery_id=delivery_id, partner=partner)
        self.wake(frozenset([partner]))
        return partner

    async def judge_duplicate(
        self, suspicion_id: str, verdict: suspicions.Verdict, *, reason: str, by: str
    ) -> dict[str, Any]:  # fmt: skip
        """Enter what somebody says of two cases that may be one dispute; neither changes. Raises NotFound."""
        now = millis(self.now())
        judged = await self.writer.ran(
            lambda connection: suspicions.judge(connection, suspicion_id, verdict, reason=reason, by=by, now=now)
        )
        if judged is None:
            raise NotFound("case.suspicion_unknown", suspicion=suspicion_id[:64])
        log.info("case.duplicate_judged", suspicion_id=suspicion_id, state=verdict)
        return judged

    async def keep_house(self) -> None:
        """Hold what was parked too long, take up what need not wait, forget nonces that can no longer be replayed."""
        now = millis(self.now())
        self.wake(frozenset(await self.writer.ran(self.journal.take_up_orphans)))
        held = await self.writer.ran(lambda connection: mending.keep_house(connection, now))
        if held:
            log.warning("records.held", count=held, code="inbox.predecessor_missing")

    def _kept(self, inbox_id: str, by: By) -> tuple[dict[str, Any], bytes | None]:
        with self.engine.connect() as connection:
            kept = mending.kept_record(connection, inbox_id)
            if kept is None:
                raise NotFound("inbox.not_waiting", receipt=inbox_id[:64])
            packed = revisions.packed(connection, kept["revision"]) if by == "then" else None
        if by == "then" and packed is None:
            raise NotFound("revision.not_kept", revision=kept["revision"])
        return kept, packed

    def _deadline(self, connection: Connection, delivery_id: str) -> int:
        partner = mending.partner_of(connection, delivery_id)
        try:
            days = self.post(partner).row.deadline_days if partner else 7
        except NotFound:
            days = 7
        return millis(self.now() + timedelta(days=days))

    def _post_of(self, partner: str, key_id: str | None) -> Post:
        canonical = (key_id or "").startswith("canonical:")
        return self.canonical_post(partner) if canonical else self.post(partner)

    def _request(self, kept: dict[str, Any]) -> Request:
        context = kept["request_id"].encode()
        path, _, query = self.cipher.open(kept["path_sealed"], context=context).decode().partition("?")
        headers = orjson.loads(self.cipher.open(kept["headers_sealed"], context=context))
        if kept["document"]:
            body = self.documents.read(kept["document"])
        else:
            body = self.cipher.open(kept["body_sealed"], context=context)
        return Request(method=kept["method"], path=path, query=query, headers=headers, body=body)


def _under(post: Post, revision: configuration.Revision) -> Post:
    row = revision.partners.get(post.name)
    if row is None:
        raise GatewayError("partner.unknown", partner=post.name)
    return Post(
        name=post.name, row=row, revision=revision, adapter=post.adapter, transport=post.transport,
        session=post.session, canonical=post.canonical,
    )  # fmt: skip
