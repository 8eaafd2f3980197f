"""Poll the partners that neither push nor take calls: what they hold for us is fetched, and then arrives like the rest.

    due? ─► cursor ─► poll (the adapter's exchange) ─► inbound: keep records and cursor in one commit ─► more? again
                            └─ fails: the cursor stays, the next try comes later and later

Nothing is lost when a cursor is: polled from the beginning, every record is recognised by its id.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Engine

from gateway.attempts import kept_facts
from gateway.canonical.identifiers import uuid7
from gateway.contract import POLLED, Authentic, Batch, Polled, Request, is_polled
from gateway.errors import GatewayError, StoreUnavailable, TemporaryFailure
from gateway.inbound import Inbound
from gateway.posts import Post
from gateway.redelivery import Backoff
from gateway.store import polls
from gateway.store.arrivals import Polled as Brought
from gateway.store.cipher import Cipher
from gateway.store.polls import Progress
from gateway.store.times import millis
from gateway.store.writer import Writer
from gateway.transports.exchange import run

log = structlog.get_logger("fengqiao.polling")
AT_ONCE = 16  # partners
WITHIN = 300.0  # seconds for one poll
PATIENCE = Backoff(base=5.0, cap=600.0)
FAR = timedelta(days=36_500)  # polling is never given up
KEY_ID = "polled"


@dataclass(slots=True, kw_only=True)
class Polling:
    """Poll whoever is due, at most one poll of a partner at a time."""

    engine: Engine
    writer: Writer[Any, Any]
    inbound: Inbound
    cipher: Cipher
    posts: Callable[[], Iterable[Post]]
    now: Callable[[], datetime]
    _under_way: dict[str, asyncio.Task[None]] = field(default_factory=dict, init=False)

    async def set_off(self) -> None:
        """Begin polling every partner that is due and is not being polled; return at once."""
        polled = {post.name: post for post in self.posts() if is_polled(post.adapter) and post.transport}
        idle = polled.keys() - self._under_way.keys()
        if not idle:
            return
        known = await asyncio.to_thread(self._progress, idle)
        for name in sorted(idle, key=lambda name: known[name].due_at if name in known else 0):
            progress = known.get(name)
            if len(self._under_way) < AT_ONCE and (progress is None or progress.due_at <= millis(self.now())):
                self._under_way[name] = asyncio.create_task(self._poll(polled[name], progress), name=f"poll {name}")

    async def stop(self) -> None:
        """Break off what is under way: what was not kept is fetched again."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _poll(self, post: Post, progress: Progress | None) -> None:
        try:
            cursor = self._opened(post, progress)
            async with asyncio.timeout(WITHIN):
                while (batch := await self._fetched(post, cursor)).more:
                    if batch.cursor == cursor:  # it would bring the same for ever
                        log.warning("poll.stands_still", partner=post.name)
                        break
                    cursor = batch.cursor
        except Exception as error:
            await self._failed(post, progress, error)
        finally:
            del self._under_way[post.name]

    async def _fetched(self, post: Post, cursor: str | None) -> Batch:
        adapter, transport = post.adapter, post.transport
        assert isinstance(adapter, Polled)  # noqa: S101  # asked before
        assert transport is not None  # noqa: S101  # likewise
        batch = await run(adapter.poll(cursor), transport)
        sealed = None if batch.cursor is None else self.cipher.seal(batch.cursor.encode(), context=_context(post))
        due = self.now() + (timedelta(0) if batch.more else timedelta(seconds=post.row.poll_every))
        brought = Brought(cursor_sealed=sealed, due_at=millis(due))
        if not batch.records:
            await self.writer.ran(
                lambda connection: polls.brought(connection, {post.name: brought}, millis(self.now()))
            )
            return batch
        request, authentic = Request(method=POLLED, path="/", body=batch.answer), Authentic(key_id=KEY_ID)
        kept = await self.inbound.take_in(post, request, authentic, batch.records, polled=brought)
        fates = [outcome.fate for outcome in kept.outcomes if not outcome.repeated]
        log.info("poll.brought", partner=post.name, count=len(batch.records), fresh=len(fates))
        return batch

    async def _failed(self, post: Post, progress: Progress | None, error: Exception) -> None:
        told = _told(post, error)
        failures = (progress.failures if progress else 0) + 1
        again = PATIENCE.next_attempt(
            attempts=failures, now=self.now(), deadline=self.now() + FAR,
            retry_after=getattr(told, "retry_after", None), random=random.random,
        )  # fmt: skip
        due_at = millis(
            max(again or self.now(), self.now() + timedelta(seconds=min(post.row.poll_every, PATIENCE.base)))
        )
        log.warning("poll.failed", partner=post.name, code=told.code, failures=failures)
        try:
            await self.writer.ran(
                lambda connection: polls.failed(
                    connection, post.name, failures=failures, code=told.code, facts=kept_facts(told), due_at=due_at
                )
            )
        except GatewayError as failure:  # the store is away: nothing is kept, and polled again when it is back
            log.warning("poll.not_written", partner=post.name, code=failure.code)

    def _opened(self, post: Post, progress: Progress | None) -> str | None:
        if progress is None or progress.cursor_sealed is None:
            return None
        try:
            return self.cipher.open(progress.cursor_sealed, context=_context(post)).decode()
        except StoreUnavailable:  # of another address, or under a key that is gone: from the beginning
            log.warning("poll.from_the_beginning", partner=post.name)
            return None

    def _progress(self, names: Iterable[str]) -> dict[str, Progress]:
        with self.engine.connect() as connection:
            return polls.progress(connection, list(names))


def _context(post: Post) -> bytes:
    return f"poll\0{post.name}\0{post.system}".encode()


def _told(post: Post, error: Exception) -> GatewayError:
    """Return an error that can be told; a fault of our own gets an id to find it by."""
    if isinstance(error, GatewayError):
        return error
    if isinstance(error, TimeoutError):
        return TemporaryFailure("polling.too_slow", partner=post.name)
    fault_id = uuid7()
    log.error("poll.fault", partner=post.name, fault_id=fault_id, exc_info=error)
    return GatewayError("gateway.fault", fault=fault_id)
