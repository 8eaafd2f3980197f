"""Mailboxes: what is due at a partner that nobody calls is handed to it when it asks, and done once it says so.

    open:         a look (claim ─► translate ─► hand out) ─► nothing? wait for the bell ─► …
    acknowledge:  received ─► delivered, and the next of the case is due │ refused ─► dead
    tend:         a receipt that is overdue ─► due again; nobody came until the deadline ─► dead

Whoever waits costs the database nothing: a bell rings when something becomes due, in this process or from another one
(``shared_bell.py``), and by itself a mailbox is looked into only when something is known to become due, or every
``SAFETY`` seconds.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection

from gateway.addressing import Addressing
from gateway.attempts import Observed
from gateway.contract import Attachment, Handed
from gateway.endings import Endings
from gateway.posts import Post
from gateway.queue import ring
from gateway.store import mailbox, outbox
from gateway.store.books import open_content
from gateway.store.cipher import Cipher
from gateway.store.journal import Journal
from gateway.store.mailbox import Judged, ReceiptRow
from gateway.store.outbox import Claimed, Closing
from gateway.store.times import millis, moment
from gateway.store.writer import Writer
from gateway.telemetry import Telemetry
from gateway.transports.exchange import run
from gateway.wire.quotation import without_words

log = structlog.get_logger("fengqiao.mailbox")
SAFETY = 20.0  # seconds after which a mailbox that somebody waits at is looked into, in case a bell was lost
WAITING_AT_ONE = 8  # polls that wait at one mailbox; more are answered at once
WAITING = 4096  # polls that wait in this process
LONGEST_REASON = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One message as it is handed out."""

    id: str
    receipt_due: datetime
    fields: Mapping[str, Any] = field(repr=False)
    papers: tuple[Attachment, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handout:
    """What somebody who opened a mailbox got. ``cursor``: names it, to acknowledge all of it at once."""

    items: tuple[Item, ...] = ()
    cursor: str | None = None


@dataclass(slots=True)
class _Box:
    """What this process knows of a mailbox. ``look_at``: when to look into it again, by the steady clock."""

    look_at: float = 0.0
    waiting: int = 0
    bell: asyncio.Event = field(default_factory=asyncio.Event)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(slots=True, kw_only=True)
class Mailboxes:
    """The mailboxes of every partner that fetches what is due to it. ``lease``: seconds that handing out may take."""

    writer: Writer[Any, Any]
    cipher: Cipher
    journal: Journal
    endings: Endings
    wake: Callable[[Iterable[str]], None]
    now: Callable[[], datetime]
    telemetry: Telemetry = field(default_factory=Telemetry)
    lease: float = 30.0
    _boxes: dict[str, _Box] = field(default_factory=dict)
    _waiting: int = 0
    _closed: bool = False

    @property
    def waiting(self) -> int:
        """Return how many polls are being answered, or wait."""
        return self._waiting

    def ring(self, partners: Iterable[str]) -> None:
        """Say that there may be something for ``partners``."""
        for partner in partners:
            if box := self._boxes.get(partner):
                box.look_at = 0.0
                box.bell.set()

    def close(self) -> None:
        """Answer everybody who waits, and let nobody wait any more."""
        self._closed = True
        self.ring(list(self._boxes))

    async def open(self, post: Post, *, limit: int, wait: float) -> Handout:
        """Return what is due at a partner, up to ``limit``; wait so many seconds for the first.

        Raises StoreUnavailable, Overloaded.
        """
        box = self._boxes.setdefault(post.name, _Box())
        if box.waiting >= WAITING_AT_ONE or self._waiting >= WAITING:
            wait = 0.0
        box.waiting += 1
        self._waiting += 1
        try:
            return await self._opened(post, box, limit, time.monotonic() + wait)
        finally:
            box.waiting -= 1
            self._waiting -= 1

    async def acknowledge(
        self, post: Post, receipts: Sequence[ReceiptRow], *, beside: Callable[[Connection], object] = lambda _: None
    ) -> tuple[Judged, ...]:
        """Take a partner's word for what it has received or refuses; ``beside`` is done in the same commit.

        Raises StoreUnavailable, Overloaded.
        """

        def said(connection: Connection, now: int) -> mailbox.Acknowledged:
            beside(connection)
            return mailbox.acknowledge(connection, post.name, receipts, now, told=self._told)

        return await self._acknowledged(post, said)

    async def acknowledge_batch(self, post: Post, cursor: str) -> tuple[Judged, ...]:
        """Take everything of a handout as received that was not spoken of by itself."""
        return await self._acknowledged(
            post, lambda connection, now: mailbox.acknowledge_batch(connection, post.name, cursor, now)
        )

    async def tend(self, partners: Collection[str]) -> None:
        """Take back what is not acknowledged in time, and bury what nobody fetched until its deadline."""

        def tended(connection: Connection) -> tuple[set[str], int]:
            now = millis(self.now())
            return mailbox.take_back(connection, partners, now), mailbox.bury_uncollected(connection, partners, now)

        if not partners:
            return
        overdue, buried = await self.writer.ran(tended)
        if buried:
            log.error("mailbox.not_collected", count=buried)
        self.wake(overdue)

    async def _opened(self, post: Post, box: _Box, limit: int, until: float) -> Handout:
        while True:
            found = Handout()
            async with box.lock:
                if box.look_at <= time.monotonic():
                    found = await self._looked(post, box, limit)
            left = until - time.monotonic()
            if found.items or left <= 0 or self._closed:
                return found
            await ring(box.bell, min(left, box.look_at - time.monotonic()))

    async def _looked(self, post: Post, box: _Box, limit: int) -> Handout:
        """Hand out what is due. A bell that rings meanwhile is heard: it sets ``look_at`` back once more."""
        box.bell.clear()
        box.look_at = time.monotonic() + SAFETY
        try:
            claimed, next_at = await self.writer.ran(lambda connection: self._claimed(connection, post.name, limit))
            if not claimed:
                box.look_at = min(box.look_at, self._steady(next_at))
                return Handout()
            items, closings = await self._made(post, claimed)
            batch, began = claimed[0].lease, self.telemetry.looks(post.name)
            next_at = await self.writer.ran(lambda connection: self._handed(connection, post.name, closings, batch))
        except BaseException:
            box.look_at = 0.0
            raise
        self.telemetry.turned(post.name, closings, began=began)
        log.info("mailbox.handed", partner=post.name, count=len(items))
        box.look_at = 0.0 if len(claimed) == limit else min(box.look_at, self._steady(next_at))
        return Handout(items=tuple(items), cursor=batch if items else None)

    def _claimed(self, connection: Connection, partner: str, limit: int) -> tuple[list[Claimed], int | None]:
        now = millis(self.now())
        mailbox.take_back(connection, [partner], now)
        until = millis(self.now() + timedelta(seconds=self.lease))
        claimed = outbox.claim(connection, partner, limit=limit, now=now, lease_until=until)
        return claimed, None if claimed else mailbox.look_again(connection, partner, now)

    def _handed(self, connection: Connection, partner: str, closings: Sequence[Closing], batch: str) -> int | None:
        now = millis(self.now())
        mailbox.hand_out(connection, closings, batch, now)
        return mailbox.look_again(connection, partner, now)

    async def _made(self, post: Post, claimed: Sequence[Claimed]) -> tuple[list[Item], list[Closing]]:
        items, closings = [], []
        for each in claimed:
            watch = Observed(None, self.now)
            try:
                writing = post.write(Addressing(self.cipher).message(post, each))
                receipt = await run(post.adapter.deliver(writing.record), watch)
                closing = self.endings.closed(each, watch, receipt, lost=writing.lost)
            except Exception as error:
                closing = self.endings.failed(each, watch, error)
            else:
                if isinstance(receipt, Handed):
                    record = writing.record
                    items.append(
                        Item(
                            id=record.id, receipt_due=receipt.receipt_due, fields=record.fields,
                            papers=record.attachments,
                        )
                    )  # fmt: skip
            closings.append(closing)
            await asyncio.sleep(0)  # a batch is long, and others wait
        return items, closings

    async def _acknowledged(
        self, post: Post, work: Callable[[Connection, int], mailbox.Acknowledged]
    ) -> tuple[Judged, ...]:
        def done(connection: Connection) -> tuple[mailbox.Acknowledged, set[str]]:
            said = work(connection, millis(self.now()))
            return said, self.journal.case_named(connection, said.learnt, sorted(said.passed)) if said.learnt else set()

        said, woken = await self.writer.ran(done)
        for each in said.judged:
            self._noted(post.name, each)
        self.wake({post.name, *woken} if said.passed else woken)
        return said.judged

    def _noted(self, partner: str, judged: Judged) -> None:
        if judged.verdict == "refused" and not judged.repeated:
            log.error("delivery.dead", partner=partner, message_id=judged.message_id, code=mailbox.REFUSED)
        if judged.since is not None:
            seconds = (self.now() - moment(judged.since)).total_seconds()
            self.telemetry.acknowledged(partner, judged.verdict, seconds)

    def _told(self, message_id: str, sealed: bytes, reason: str) -> str:
        """Return a reason without the words that it repeats from the message."""
        said = open_content(self.cipher.open(sealed, context=message_id.encode()))["message"]
        return without_words(reason, _texts(said["data"]))[:LONGEST_REASON]

    def _steady(self, at: int | None) -> float:
        """Return a time of the store by the steady clock."""
        if at is None:
            return float("inf")
        return time.monotonic() + max(0.0, (at - millis(self.now())) / 1000)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, Sequence):
        for inner in value:
            yield from _texts(inner)
