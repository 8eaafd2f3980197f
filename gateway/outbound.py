"""The right half: what is due at a partner is claimed, translated, delivered, and closed, postponed or buried.

    drain:   turn (close what is done, claim what is due: one transaction) ─► deliver, many at once ─► turn …
    deliver: open ─► translate ─► ask first, if in doubt ─► exchange ─► close │ postpone │ bury

An attempt whose answer was lost leaves the delivery in doubt: it is sent again with the same id to a partner that
recognises it, asked about where the partner can be asked, and else sent again or left to a person as its row says.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from sqlalchemy import Connection

from gateway import attempts
from gateway.attempts import Observed
from gateway.canonical.identifiers import uuid7
from gateway.canonical.messages import Message, parse
from gateway.contract import Confirming, Handed, Receipt, Record
from gateway.errors import (
    AnswerLost,
    GatewayError,
    NeverReached,
    PermanentFailure,
    StoreUnavailable,
    TemporaryFailure,
    Untranslatable,
)
from gateway.fetching import Fetching
from gateway.hands import Hands
from gateway.posts import Post
from gateway.queue import ring
from gateway.redelivery import Backoff
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
OUTCOMES: dict[type[GatewayError], str] = {
    TemporaryFailure: "temporary",
    StoreUnavailable: "temporary",
    NeverReached: "never_reached",
    AnswerLost: "in_doubt",
    PermanentFailure: "permanent",
    Untranslatable: "permanent",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one transaction of a lane brought: new work, when to look again, and partners that now have work."""

    claimed: list[Claimed]
    fetches: list[Awaited]
    next_due: int | None
    woken: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbound:
    """Deliver what is due. ``lease``: seconds that a claim lasts, at least."""

    writer: Writer[Any, Any]
    journal: Journal
    cipher: Cipher
    documents: Documents
    fetching: Fetching
    wake: Callable[[frozenset[str]], None]
    now: Callable[[], datetime]
    backoff: Backoff
    lease: float = 120.0
    random: Callable[[], float] = field(default=random.random)

    async def drain(self, post: Post, bell: asyncio.Event) -> datetime | None:
        """Deliver everything that is due at a partner, until nothing is under way and nothing can be claimed.

        ``bell`` rings when new work comes in or some is done. Returns when to look again, None for when it rings.
        """
        hands = Hands[Claimed | Awaited, Closing | Fetch](
            partial(self._handled, post), most=post.row.concurrency, ahead=_ahead(post), bell=bell
        )
        try:
            while True:
                bell.clear()
                if hands.room or hands.done:
                    turn = await self._turn(post, hands.put_down(), room=hands.room)
                    hands.take([*turn.claimed, *turn.fetches])
                    if turn.woken:
                        self.wake(turn.woken)
                    if hands.empty:
                        return None if turn.next_due is None else moment(turn.next_due)
                await ring(bell, self._pause(turn.next_due))
        finally:
            hands.drop()

    async def _handled(self, post: Post, work: Claimed | Awaited) -> Closing | Fetch:
        if isinstance(work, Awaited):
            return await self.fetching.fetch(post, work)
        return await self._deliver(post, work)

    def _pause(self, next_due: int | None) -> float:
        return 30.0 if next_due is None else max(0.0, (next_due - millis(self.now())) / 1000)

    async def _turn(self, post: Post, done: Sequence[Closing | Fetch], *, room: int) -> Turn:
        now = self.now()
        lease_until = millis(now + timedelta(seconds=self._lease_of(post)))
        closings = [each for each in done if isinstance(each, Closing)]
        fetched = [each for each in done if isinstance(each, Fetch)]

        def work(connection: Connection) -> Turn:
            names = outbox.close(connection, closings)
            woken = self._taken_up(connection, names, closings)
            woken |= self.fetching.close(connection, fetched)
            sessions.save(connection, self.cipher, post.name, post.session)
            claimed = outbox.claim(connection, post.name, limit=room, now=millis(now), lease_until=lease_until)
            fetches = self.fetching.claim(connection, post.name, limit=room, now=millis(now), until=lease_until)
            next_due = None if claimed or fetches else outbox.next_due(connection, post.name, millis(now))
            return Turn(claimed=claimed, fetches=fetches, next_due=next_due, woken=frozenset(woken - {post.name}))

        turn = await self.writer.ran(work)
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
        except Exception as error:
            return self._failed(claimed, watch, error)
        return self._close(claimed, watch, receipt, lost_fields=len(writing.lost))

    def _failed(self, claimed: Claimed, watch: Observed, error: Exception) -> Closing:
        """Postpone what may work later, bury what will not, and give a fault of our own an id to find it by."""
        if isinstance(error, TimeoutError):
            error = AnswerLost("delivery.lease_ended")
        if isinstance(error, _Waits):
            return self._wait_for_a_person(claimed)
        outcome = next((outcome for kind, outcome in OUTCOMES.items() if isinstance(error, kind)), None)
        if outcome is None or not isinstance(error, GatewayError):
            fault_id = uuid7()
            log.error(
                "delivery.fault", partner=claimed.partner, message_id=claimed.message_id, fault_id=fault_id,
                exc_info=error,
            )  # fmt: skip
            return self._bury(claimed, watch, GatewayError("gateway.fault", fault=fault_id), "fault")
        if outcome == "permanent":
            return self._bury(claimed, watch, error, outcome)
        return self._postpone(claimed, watch, error, outcome, retry_after=getattr(error, "retry_after", None))

    async def _hand_over(self, post: Post, claimed: Claimed, record: Record, watch: Observed) -> Receipt | Handed:
        adapter = post.adapter
        if claimed.resumed and not adapter.recognises_resends:
            if isinstance(adapter, Confirming):
                if (receipt := await run(adapter.confirm(record), watch)) is not None:
                    return receipt
            elif post.row.in_doubt == "wait":
                raise _Waits
        return await run(adapter.deliver(record), watch)

    def _addressed(self, claimed: Claimed) -> Message:
        """Open a kept message and make it ready for this receiver: its own id of the case, never another partner's."""
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
        for paper, row in zip(about.get("documents", ()), claimed.documents, strict=True):
            paper.update({name: row[name] for name in PAPER if row[name] is not None})
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

    def _lease_of(self, post: Post) -> float:
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

    def _close(self, claimed: Claimed, watch: Observed, receipt: Receipt | Handed, *, lost_fields: int) -> Closing:
        if isinstance(receipt, Handed):
            attempted = attempts.tried(claimed, watch, "handed")
            due = millis(receipt.receipt_due)
            return Closing(
                claimed=claimed, status="handed", receipt_due=due, lost_fields=lost_fields, attempted=attempted
            )
        log.debug("delivery.delivered", partner=claimed.partner, message_id=claimed.message_id)
        return Closing(
            claimed=claimed,
            status="delivered",
            delivered_at=millis(self.now()),
            partner_case_id=receipt.case_id,
            partner_record_id=receipt.record_id,
            lost_fields=lost_fields,
            attempted=attempts.tried(claimed, watch, "delivered"),
        )

    def _postpone(
        self, claimed: Claimed, watch: Observed, error: GatewayError, outcome: str, *, retry_after: float | None = None
    ) -> Closing:
        log.warning(
            "delivery.postponed", partner=claimed.partner, message_id=claimed.message_id, code=error.code,
            attempt=claimed.attempts + 1,
        )  # fmt: skip
        status = "in_doubt" if outcome == "in_doubt" or claimed.resumed else "pending"
        again = self.backoff.next_attempt(
            attempts=claimed.attempts + 1,
            now=self.now(),
            deadline=moment(claimed.deadline_at),
            retry_after=retry_after,
            random=self.random,
        )
        if again is None:
            passed = GatewayError("delivery.deadline_passed", last=error.code)
            return self._bury(claimed, watch, passed, outcome, met=error)
        attempted = attempts.tried(claimed, watch, outcome, error)
        return Closing(
            claimed=claimed, status=status, due_at=millis(again), code=error.code, facts=attempted.facts,
            attempted=attempted,
        )  # fmt: skip

    def _bury(
        self, claimed: Claimed, watch: Observed, error: GatewayError, outcome: str, *, met: GatewayError | None = None
    ) -> Closing:
        """Close a delivery as dead for ``error``; ``met`` is what the attempt itself met, where that differs."""
        log.error("delivery.dead", partner=claimed.partner, message_id=claimed.message_id, code=error.code)
        attempted = attempts.tried(claimed, watch, outcome, met or error)
        facts = attempts.kept_facts(error)
        return Closing(claimed=claimed, status="dead", code=error.code, facts=facts, attempted=attempted)

    def _wait_for_a_person(self, claimed: Claimed) -> Closing:
        error = GatewayError("delivery.in_doubt_waits", partner=claimed.partner)
        log.error("delivery.waits", partner=claimed.partner, message_id=claimed.message_id, code=error.code)
        return Closing(claimed=claimed, status="in_doubt", due_at=None, code=error.code)


def _ahead(post: Post) -> int:
    """Return how many to claim beyond those under way: none where a claim that a crash ended would trouble a person."""
    return post.row.concurrency if post.adapter.recognises_resends else 0


class _Waits(Exception):
    """In doubt, and the partner's row leaves it to a person."""
