"""The right half: what is due at a partner is claimed, translated, delivered, and closed, postponed or buried.

    drain:   turns and deliveries, until nothing is due (draining.py, turns.py)
    deliver: open ─► translate ─► ask first, if in doubt ─► exchange ─► close │ postpone │ bury

An attempt whose answer was lost leaves the delivery in doubt: it is sent again with the same id to a partner that
recognises it, asked about where the partner can be asked, and else sent again or left to a person as its row says.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

import structlog

from gateway.addressing import Addressing
from gateway.attempts import Observed
from gateway.contract import Confirming, Handed, Receipt, Record
from gateway.draining import Drained, Draining, LaneHands, Shift
from gateway.endings import Endings, Waits
from gateway.fetching import Fetching
from gateway.grip import Grip
from gateway.posts import Post
from gateway.store import sessions
from gateway.store.cipher import Cipher
from gateway.store.documents import Documents
from gateway.store.fetches import Awaited, Fetch
from gateway.store.outbox import Claimed, Closing
from gateway.store.writer import Writer
from gateway.telemetry import Telemetry
from gateway.transports.exchange import run
from gateway.turns import Ask, Turn, Turns

log = structlog.get_logger("fengqiao.outbound")
ENDLESS = Shift()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbound:
    """Deliver what is due.

    ``superseded``: whether a post is to claim nothing more, because another revision has replaced it or the gateway
    stops. ``lease``: seconds that a claim lasts; it is renewed while the delivery is under way.
    """

    writer: Writer[Any, Any]
    turns: Turns
    cipher: Cipher
    documents: Documents
    fetching: Fetching
    wake: Callable[[frozenset[str]], None]
    now: Callable[[], datetime]
    endings: Endings
    superseded: Callable[[Post], bool]
    lease: float = 30.0
    telemetry: Telemetry = field(default_factory=Telemetry)

    async def drain(self, post: Post, bell: asyncio.Event, shift: Shift = ENDLESS) -> Drained:
        """Deliver everything that is due at a partner, until nothing is under way and nothing can be claimed.

        ``bell`` rings when new work comes in or some is done.
        """
        grip, most = Grip(self.lease), self.turns.share(post)
        ahead = most if post.adapter.recognises_resends else 0  # else a claim that a crash ended troubles a person
        hands = LaneHands(partial(self._handled, post, grip), most=most, ahead=ahead, bell=bell)
        return await Draining(
            post=post,
            bell=bell,
            shift=shift,
            hands=hands,
            grip=grip,
            turn=self._turn,
            given_back=self._given_back,
            superseded=self.superseded,
            wake=self.wake,
            now=self.now,
        ).run()

    async def leave(self, partner: str) -> None:
        """Give up what this process may still hold of a lane that it drains no more. Raises StoreUnavailable."""
        await self.writer.ran(lambda connection: self.turns.leave(connection, partner))

    def _given_back(self, work: Claimed | Awaited) -> Closing | Fetch:
        return self.fetching.given_back(work) if isinstance(work, Awaited) else self.endings.given_back(work)

    async def _handled(self, post: Post, grip: Grip, work: Claimed | Awaited) -> Closing | Fetch:
        if isinstance(work, Awaited):
            return await self.fetching.fetch(post, work, grip)
        with self.telemetry.delivering(work):
            return await self._deliver(post, work, grip)

    async def _turn(self, post: Post, ask: Ask) -> Turn:
        ask = replace(ask, session=sessions.changed(post.session, self.now()))
        began = self.telemetry.looks(post.name)
        try:
            turn = await self.writer.ran(lambda connection: self.turns.take(connection, post, ask, self.lease))
        except BaseException:
            post.session.changed |= ask.session is not None
            raise
        self.telemetry.turned(post.name, ask.closings, began=began)
        post.pace.took(len(turn.claimed))
        if delivered := sum(each.status == "delivered" for each in ask.closings):
            log.info("lane.delivered", partner=post.name, count=delivered)
        _tell_lost(post, ask.closings)
        return turn

    async def _deliver(self, post: Post, claimed: Claimed, grip: Grip) -> Closing:
        """Try one delivery. Never raises: an unexpected fault is buried with its id, and the lane goes on."""
        watch = Observed(post.carrier, self.now, partial(self.telemetry.exchanging, claimed))
        try:
            writing = post.write(Addressing(self.cipher).message(post, claimed))
            record = await self._with_contents(post, writing.record)
            async with grip.within(claimed.id):
                receipt = await self._hand_over(post, claimed, record, watch)
            closing = self.endings.closed(claimed, watch, receipt, lost=writing.lost)
            return replace(closing, sent_digest=_digest_of(post, record, receipt))
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


def _tell_lost(post: Post, closings: Sequence[Closing]) -> None:
    """Log which fields these records had no place for: once for each type, for it is the mapping that lacks them."""
    lost: dict[str, set[str]] = {}
    for each in closings:
        if each.lost:
            lost.setdefault(each.claimed.type, set()).update(each.lost)
    for kind, names in lost.items():
        said = ", ".join(sorted(names))
        log.info("delivery.fields_lost", partner=post.name, type=kind, count=len(names), field=said)


def _digest_of(post: Post, record: Record, receipt: Receipt | Handed) -> str | None:
    """Return the digest that the daily comparison goes by. A bug in it must not undo a delivery that is done.

    None where the partner had it already: between two attempts we may have learnt its id of the case, and written it.
    """
    if isinstance(receipt, Receipt) and receipt.already_received:
        return None
    # Reconciling has it; asking isinstance() costs ten times as much, for every delivery.
    digest_of: Callable[[Record], str | None] | None = getattr(post.adapter, "digest_of", None)
    try:
        return None if digest_of is None else digest_of(record)
    except Exception:
        log.exception("delivery.digest_failed", partner=post.name, message_id=record.id)
        return None
