"""Fetch the documents that a partner announced by address: only from its own hosts, capped, with the digest it gave."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
import structlog
from sqlalchemy import Connection

from gateway.canonical.identifiers import uuid7
from gateway.errors import GatewayError, PermanentFailure, StoreUnavailable, TemporaryFailure
from gateway.grip import Grip
from gateway.posts import Post
from gateway.redelivery import Backoff
from gateway.store import fetches
from gateway.store.cipher import Cipher
from gateway.store.documents import Documents
from gateway.store.fetches import Awaited, Fetch
from gateway.store.times import millis, moment

log = structlog.get_logger("fengqiao.fetching")
LONGEST = 900.0  # seconds for one download, with the wait for a connection to be free
MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetching:
    """Bring announced documents into the document store."""

    cipher: Cipher
    documents: Documents
    backoff: Backoff
    now: Callable[[], datetime]

    def claim(self, connection: Connection, partner: str, *, limit: int, now: int, until: int) -> list[Awaited]:
        """Take documents that are due to be fetched; ``until``: how long the lease lasts, in milliseconds."""
        return fetches.claim(connection, partner, limit=limit, now=now, lease_until=until) if limit > 0 else []

    def renew(self, connection: Connection, awaited: Sequence[Awaited], until: int) -> set[str]:
        """Let leases last longer; return the ids of those that still are ours."""
        return fetches.renew(connection, awaited, until)

    def close(self, connection: Connection, done: Sequence[Fetch], now: int) -> set[str]:
        """Write what became of them; return the partners that were waiting."""
        return fetches.close(connection, done, now)

    async def fetch(self, post: Post, awaited: Awaited, grip: Grip) -> Fetch:
        """Fetch one document. Never raises: what fails is tried again, or given up with its reason."""
        try:
            async with grip.within(awaited.id), asyncio.timeout(LONGEST):
                return await self._fetched(post, awaited)
        except TimeoutError:
            return self._again(awaited, TemporaryFailure("delivery.lease_ended"))
        except (TemporaryFailure, StoreUnavailable) as failure:
            return self._again(awaited, failure)
        except GatewayError as failure:
            return self._given_up(awaited, failure)
        except Exception:
            fault_id = uuid7()
            log.exception("fetch.fault", partner=post.name, document_id=awaited.id, fault_id=fault_id)
            return self._given_up(awaited, GatewayError("gateway.fault", fault=fault_id))

    def given_back(self, awaited: Awaited) -> Fetch:
        """Close a document that was claimed and never begun, as it was before."""
        return Fetch(awaited=awaited, state="awaited", due_at=millis(self.now()))

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
        return Fetch(
            awaited=awaited, state="kept", sha256=kept.sha256, sm3=kept.sm3, size=kept.size,
            media_type=brought.media_type if _says_something(brought.media_type) else None,
        )  # fmt: skip

    def _again(self, awaited: Awaited, failure: TemporaryFailure | StoreUnavailable) -> Fetch:
        again = self.backoff.next_attempt(
            attempts=awaited.attempts + 1,
            now=self.now(),
            deadline=moment(awaited.deadline_at),
            retry_after=getattr(failure, "retry_after", None),
            random=random.random,
        )
        if again is None:
            return self._given_up(awaited, failure)
        return Fetch(awaited=awaited, state="awaited", due_at=millis(again), code=failure.code, facts=_facts(failure))

    def _given_up(self, awaited: Awaited, failure: GatewayError) -> Fetch:
        log.error("fetch.given_up", partner=awaited.partner, document_id=awaited.id, code=failure.code)
        return Fetch(awaited=awaited, state="failed", code=failure.code, facts=_facts(failure))


def _says_something(media_type: str) -> bool:
    """Say whether a file server's word is worth more than the partner's own: many say anything, or nothing at all."""
    named = MEDIA_TYPE.fullmatch(media_type) and len(media_type) <= 128
    return bool(named) and media_type != "application/octet-stream"


def _facts(failure: GatewayError) -> str | None:
    return orjson.dumps(failure.facts, default=str).decode() if failure.facts else None
