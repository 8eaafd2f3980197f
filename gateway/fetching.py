"""Fetch the documents that a partner announced by address: only from its own hosts, capped, with the digest it gave."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
import structlog
from sqlalchemy import Connection

from gateway.canonical.identifiers import uuid7
from gateway.errors import GatewayError, PermanentFailure, TemporaryFailure
from gateway.posts import Post
from gateway.redelivery import Backoff
from gateway.store import fetches
from gateway.store.cipher import Cipher
from gateway.store.documents import Documents
from gateway.store.fetches import Awaited, Fetch
from gateway.store.times import millis, moment

log = structlog.get_logger("fengqiao.fetching")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetching:
    """Bring announced documents into the document store."""

    cipher: Cipher
    documents: Documents
    backoff: Backoff
    now: Callable[[], datetime]

    def claim(self, connection: Connection, partner: str, *, limit: int, now: int, until: int) -> list[Awaited]:
        """Take documents that are due to be fetched."""
        return fetches.claim(connection, partner, limit=limit, now=now, lease_until=until) if limit > 0 else []

    def close(self, connection: Connection, done: Sequence[Fetch]) -> set[str]:
        """Write what became of them; return the partners that were waiting."""
        return fetches.close(connection, done)

    async def fetch(self, post: Post, awaited: Awaited) -> Fetch:
        """Fetch one document. Never raises: what fails is tried again, or given up with its reason."""
        try:
            return await self._fetched(post, awaited)
        except TemporaryFailure as failure:
            return self._again(awaited, failure)
        except GatewayError as failure:
            return self._given_up(awaited, failure)
        except Exception:
            fault_id = uuid7()
            log.exception("fetch.fault", partner=post.name, document_id=awaited.id, fault_id=fault_id)
            return self._given_up(awaited, GatewayError("gateway.fault", fault=fault_id))

    async def _fetched(self, post: Post, awaited: Awaited) -> Fetch:
        if post.transport is None:
            raise PermanentFailure("delivery.no_address")
        url = self.cipher.open(awaited.url_sealed, context=awaited.id.encode()).decode()
        limit = post.row.attachment_limit_mb * 1024 * 1024
        with self.documents.intake(limit) as intake:

            async def sink(chunk: bytes) -> None:
                await asyncio.to_thread(intake.write, chunk)

            hosts = frozenset(post.row.attachment_hosts)
            brought = await post.transport.fetch(url, hosts=hosts, limit=limit, sink=sink)
            kept = await asyncio.to_thread(intake.commit)
        if awaited.expected_sha256 and awaited.expected_sha256.lower() != kept.sha256:
            raise PermanentFailure("documents.digest_differs", document=awaited.id)
        generic = brought.media_type == "application/octet-stream"
        return Fetch(
            awaited=awaited, state="kept", sha256=kept.sha256, sm3=kept.sm3, size=kept.size,
            media_type=None if generic else brought.media_type,
        )  # fmt: skip

    def _again(self, awaited: Awaited, failure: TemporaryFailure) -> Fetch:
        again = self.backoff.next_attempt(
            attempts=awaited.attempts + 1,
            now=self.now(),
            deadline=moment(awaited.deadline_at),
            retry_after=failure.retry_after,
            random=random.random,
        )
        if again is None:
            return self._given_up(awaited, failure)
        return Fetch(awaited=awaited, state="awaited", due_at=millis(again), code=failure.code, facts=_facts(failure))

    def _given_up(self, awaited: Awaited, failure: GatewayError) -> Fetch:
        log.error("fetch.given_up", partner=awaited.partner, document_id=awaited.id, code=failure.code)
        return Fetch(awaited=awaited, state="failed", code=failure.code, facts=_facts(failure))


def _facts(failure: GatewayError) -> str | None:
    return orjson.dumps(failure.facts).decode() if failure.facts else None
