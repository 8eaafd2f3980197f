"""The right half: what is due at a partner is claimed, translated, delivered, and closed, postponed or buried.

    drain:   turn (close what is done, claim what is due: one transaction) ─► deliver, many at once ─► turn …
    deliver: open ─► translate ─► ask first, if in doubt ─► exchange ─► close │ postpone │ bury

An attempt whose answer was lost leaves the delivery in doubt: it is sent again with the same id to a partner that
recognises it, asked about where the partner can be asked, and else sent again or left to a person as its row says.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from sqlalchemy import Connection

from gateway.attempts import Observed
from gateway.canonical.messages import Message, parse
from gateway.contract import Confirming, Handed, Receipt, Record
from gateway.endings import Endings, Waits
from gateway.errors import Overloaded, StoreUnavailable, TemporaryFailure
from gateway.fetching import Fetching
from gateway.hands import Hands
from gateway.posts import Post
from gateway.queue import AFTER_TROUBLE, ring
from gateway.store import outbox, sessions
from gateway.store.books import open_content
from gateway.store.cipher import Cipher
from gateway.store.documents import Documents
from gateway.store.fetches import Awaited, Fetch
from gateway.store.journal import Journal
from gateway.store.outbox import Claimed, Closing
from gateway.store.times import millis, moment
from gateway.store.writer import Writer
from gateway.transports.exchange import run

log = structlog.get_logger("fengqiao.outbound")
PAPER = ("sha256", "sm3", "size", "media_type")
LaneHands = Hands[Claimed | Awaited, Closing | Fetch]
LaneDone = Sequence[Closing | Fetch]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one transaction of a lane brought: new work, when to look again, and partners that now have work."""

    claimed: list[Claimed]
    fetches: list[Awaited]
    next_due: int | None
    woken: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbound:
    """Deliver what is due.

    ``superseded``: whether a post is to claim nothing more, because another revision has replaced it or the gateway
    stops. ``lease``: seconds that a claim lasts, at least.
    """

    writer: Writer[Any, Any]
    journal: Journal
    cipher: Cipher
    documents: Documents
    fetching: Fetching
    wake: Callable[[frozenset[str]], None]
    now: Callable[[], datetime]
    endings: Endings
    superseded: Callable[[Post], bool]
    lease: float = 120.0

    async def drain(self, post: Post, bell: asyncio.Event) -> datetime | None:
        """Deliver everything that is due at a partner, until nothing is under way and nothing can be claimed.

        ``bell`` rings when new work comes in or some is done. Returns when to look again, None for when it rings.
        """
        hands = LaneHands(partial(self._handled, post), most=post.row.concurrency, ahead=_ahead(post), bell=bell)
        next_due: int | None = None
        try:
            while True:
                bell.clear()
                if superseded := self.superseded(post):
                    hands.give_back(self._given_back)
                if hands.done or (hands.room and not superseded):
                    next_due = await self._exchanged(post, hands, room=0 if superseded else hands.room)
                if hands.empty:
                    return self._look_again(next_due, superseded=superseded)
                await ring(bell, self._pause(next_due))
        finally:
            hands.drop()

    async def _exchanged(self, post: Post, hands: LaneHands, *, room: int) -> int | None:
        """Close what is done and take what is due; return when more becomes due.

        While the store cannot be written nothing is forgotten: what is done stays in hand, what is under way goes on.
        """
        done = hands.put_down()
        try:
            turn = await self._turn(post, done, room=room)
        except Exception as error:
            if not done and hands.empty:
                raise
            hands.take_back(await self._not_closed(post, done, error))
            await asyncio.sleep(AFTER_TROUBLE)
            return millis(self.now())
        hands.take([*turn.claimed, *turn.fetches])
        if turn.woken:
            self.wake(turn.woken)
        return turn.next_due

    async def _not_closed(self, post: Post, done: LaneDone, error: Exception) -> LaneDone:
        """Return what is still to be closed. What the database refuses by itself is left to its lease: it would keep
        everything else from being closed.
        """
        log.warning("lane.not_written", partner=post.name, count=len(done), code=getattr(error, "code", None))
        if isinstance(error, StoreUnavailable | Overloaded) and error.code != "store.rejected":
            return done
        for each in done:
            try:
                await self._turn(post, [each], room=0)
            except Exception:
                log.exception("lane.not_closed", partner=post.name)
        return []

    def _given_back(self, work: Claimed | Awaited) -> Closing | Fetch:
        return self.fetching.given_back(work) if isinstance(work, Awaited) else self.endings.given_back(work)

    def _look_again(self, next_due: int | None, *, superseded: bool) -> datetime | None:
        if superseded:
            return self.now()
        return None if next_due is None else moment(next_due)

    async def _handled(self, post: Post, work: Claimed | Awaited) -> Closing | Fetch:
        if isinstance(work, Awaited):
            return await self.fetching.fetch(post, work)
        return await self._deliver(post, work)

    def _pause(self, next_due: int | None) -> float:
        return 30.0 if next_due is None else max(0.0, (next_due - millis(self.now())) / 1000)

    async def _turn(self, post: Post, done: Sequence[Closing | Fetch], *, room: int) -> Turn:
        now = self.now()
        lease_until = millis(now + timedelta(seconds=self.lease_of(post)))
        closings = [each for each in done if isinstance(each, Closing)]
        fetched = [each for each in done if isinstance(each, Fetch)]
        session = sessions.changed(post.session, now)

        def work(connection: Connection) -> Turn:
            names = outbox.close(connection, closings)
            woken = self._taken_up(connection, names, closings)
            woken |= self.fetching.close(connection, fetched)
            sessions.save(connection, self.cipher, post.name, post.system, session)
            claimed = outbox.claim(connection, post.name, limit=room, now=millis(now), lease_until=lease_until)
            fetches = self.fetching.claim(connection, post.name, limit=room, now=now)
            next_due = None if claimed or fetches else outbox.next_due(connection, post.name, millis(now))
            return Turn(claimed=claimed, fetches=fetches, next_due=next_due, woken=frozenset(woken - {post.name}))

        try:
            turn = await self.writer.ran(work)
        except BaseException:
            post.session.changed |= session is not None
            raise
        if delivered := sum(each.status == "delivered" for each in closings):
            log.info("lane.delivered", partner=post.name, count=delivered)
        return turn

    def _taken_up(
        self, connection: Connection, names: Sequence[tuple[str, str]], closings: Sequence[Closing]
    ) -> set[str]:
        """Decide again what was parked for an id that a receipt has just taught us."""
        if not names:
            return set()
        ids = [closing.claimed.case_id for closing in closings if closing.claimed.case_id]
        return self.journal.case_named(connection, names, ids)

    async def _deliver(self, post: Post, claimed: Claimed) -> Closing:
        """Try one delivery. Never raises: an unexpected fault is buried with its id, and the lane goes on."""
        watch = Observed(post.transport, self.now)
        try:
            writing = post.write(self._addressed(claimed))
            record = await self._with_contents(post, writing.record)
            async with asyncio.timeout(self._time_left(claimed)):
                receipt = await self._hand_over(post, claimed, record, watch)
            return self.endings.closed(claimed, watch, receipt, lost_fields=len(writing.lost))
        except Exception as error:
            return self.endings.failed(claimed, watch, error)

    async def _hand_over(self, post: Post, claimed: Claimed, record: Record, watch: Observed) -> Receipt | Handed:
        adapter = post.adapter
        if claimed.resumed and not adapter.recognises_resends:
            if isinstance(adapter, Confirming):
                if (receipt := await run(adapter.confirm(record), watch)) is not None:
                    return receipt
            elif post.row.in_doubt == "wait":
                raise Waits
        return await run(adapter.deliver(record), watch)

    def _addressed(self, claimed: Claimed) -> Message:
        """Open a kept message and make it ready for this receiver: its own id of the case, and none of the sender's.

        A document is named by its digest, and so is the evidence of a consent.
        """
        sealed = claimed.message["content_sealed"]
        said = open_content(self.cipher.open(sealed, context=claimed.message_id.encode()))["message"]
        said |= {
            "subject": claimed.case_id,
            "receivedtime": moment(claimed.message["received_at"]),
            "correlationid": claimed.opened_by,
            "causationid": claimed.message["causation_id"],
        }
        about = said["data"]
        if "case" in about:
            own = {"gateway_id": claimed.case_id, "partner_id": claimed.partner_case_id, "leg": claimed.message["leg"]}
            about["case"] |= own
        _name_anew(about, claimed.documents)
        return parse(said)

    async def _with_contents(self, post: Post, record: Record) -> Record:
        """Add the bytes of the attachments that the adapter puts into the record itself."""
        if not post.adapter.inlines_up_to or not record.attachments:
            return record
        filled = []
        for paper in record.attachments:
            if paper.sha256 and (paper.size or 0) <= post.adapter.inlines_up_to:
                paper = replace(paper, content=await asyncio.to_thread(self.documents.read, paper.sha256))  # noqa: PLW2901  # same thing, filled in
            filled.append(paper)
        return replace(record, attachments=tuple(filled))

    def lease_of(self, post: Post) -> float:
        """Return the seconds of a lease: more than the slowest exchange (log in, upload, submit, and one to spare).

        What is claimed ahead may wait for another exchange to end first.
        """
        slowest = post.row.timeouts.connect + post.row.timeouts.answer
        return max(self.lease, (8 if _ahead(post) else 4) * slowest)

    def _time_left(self, claimed: Claimed) -> float:
        """Return the seconds until the lease ends, less a margin to close in. Raises when there are none."""
        left = (claimed.lease_until - millis(self.now())) / 1000 - min(5.0, self.lease / 10)
        if left <= 0:
            raise TemporaryFailure("delivery.lease_ended")
        return left


def _name_anew(about: dict[str, Any], documents: Sequence[Mapping[str, Any]]) -> None:
    """Give the documents of a message the names and facts that the gateway keeps, and take the sender's ids away."""
    digests: dict[str, str] = {}
    for paper, row in zip(about.get("documents", ()), documents, strict=True):
        digests[paper["partner_id"]] = row["sha256"]
        paper.update({name: row[name] for name in PAPER if row[name] is not None}, partner_id=row["sha256"])
    for party in about.get("parties", ()):
        party.pop("partner_id", None)
    for consent in about.get("consents", ()):
        consent["evidence"] = digests.get(consent.get("evidence"))


def _ahead(post: Post) -> int:
    """Return how many to claim beyond those under way: none where a claim that a crash ended would trouble a person."""
    return post.row.concurrency if post.adapter.recognises_resends else 0
