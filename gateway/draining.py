"""One lane being drained: turns that close and claim, and deliveries under way between them, until its shift is over.

    turn (close what is done, renew what is held, claim what is due: one transaction) ─► deliver, many at once ─► turn …

While the store cannot be written nothing is forgotten: what is done stays in hand, what is under way goes on.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog

from gateway.errors import Overloaded, StoreUnavailable
from gateway.grip import Grip
from gateway.hands import Hands
from gateway.posts import Post
from gateway.queue import AFTER_TROUBLE, ring
from gateway.store.fetches import Awaited, Fetch
from gateway.store.outbox import Claimed, Closing
from gateway.store.times import millis, moment
from gateway.turns import Ask, Turn

log = structlog.get_logger("fengqiao.outbound")
Work = Claimed | Awaited
Done = Closing | Fetch
LaneHands = Hands[Work, Done]
LOOK = 0.03  # seconds between two looks of a lane that nobody rings a bell for
LOOK_WHEN_FULL = 1.0  # seconds until a lane with its hands full sees whether its shift is over
ELSEWHERE = 2.0  # seconds until a lane that others drain is looked at again


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """How long a lane is drained: seconds and deliveries at most (None: without end).

    ``linger``: seconds to look for more after the last work, where new work comes in at another process.
    ``relieved``: whether it is to end before that.
    """

    seconds: float | None = None
    deliveries: int | None = None
    linger: float = 0.0
    relieved: Callable[[], bool] = field(default=lambda: False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drained:
    """How a lane was left: when to look at it again (None: when its bell rings), and whether others drain it."""

    look_at: datetime | None = None
    elsewhere: bool = False


@dataclass(slots=True, kw_only=True)
class Draining:
    """Drain one lane.

    ``turn`` takes one turn in the store; ``given_back`` closes what was never begun; ``superseded`` says whether
    nothing more is to be claimed; ``wake`` tells other lanes of work.
    """

    post: Post
    bell: asyncio.Event
    shift: Shift
    hands: LaneHands
    grip: Grip
    turn: Callable[[Post, Ask], Awaitable[Turn]]
    given_back: Callable[[Work], Done]
    superseded: Callable[[Post], bool]
    wake: Callable[[frozenset[str]], None]
    now: Callable[[], datetime]
    _held: dict[str, Work] = field(default_factory=dict)
    _began_at: float = 0.0
    _worked_at: float = 0.0
    _begun: int = 0

    async def run(self) -> Drained:
        """Drain until the shift is over, or nothing is under way and nothing can be claimed."""
        self._began_at = time.monotonic()
        last = Turn()
        try:
            while True:
                self.bell.clear()
                if over := self._over:
                    self.hands.give_back(self.given_back)
                if self.hands.done or self.grip.renews_in <= 0 or self.hands.empty or (self.hands.room and not over):
                    last = await self._taken(room=0 if over else self.hands.room)
                if self.hands.empty and (last.left or last.elsewhere):
                    return Drained(look_at=self._look_again(last, over=over), elsewhere=last.elsewhere)
                await ring(self.bell, self._pause(last))
        finally:
            self.hands.drop()

    @property
    def _over(self) -> bool:
        shift = self.shift
        late = shift.seconds is not None and time.monotonic() - self._began_at >= shift.seconds
        enough = shift.deliveries is not None and self._begun >= shift.deliveries
        return late or enough or shift.relieved() or self.superseded(self.post)

    @property
    def _lingers(self) -> bool:
        return time.monotonic() - self._worked_at < self.shift.linger

    async def _taken(self, *, room: int) -> Turn:
        """Take a turn: close what is done, take what is due."""
        done, since = self.hands.put_down(), time.monotonic()
        leaves = self.hands.empty and (room == 0 or not self._lingers)
        ask = self._ask(done, room=room, leaves=leaves)
        try:
            turn = await self.turn(self.post, ask)
        except Exception as error:
            if not done and self.hands.empty:
                raise
            self.hands.take_back(await self._not_closed(done, error))
            await asyncio.sleep(AFTER_TROUBLE)
            return Turn(next_due=millis(self.now()))
        self._take_in(turn, ask, done, since)
        return turn

    def _ask(self, done: Sequence[Done], *, room: int = 0, leaves: bool = False) -> Ask:
        closed, aging = {_id(each) for each in done}, self.grip.aging
        held = [work for work in self._held.values() if work.id in aging and work.id not in closed]
        return Ask(
            closings=[each for each in done if isinstance(each, Closing)],
            fetched=[each for each in done if isinstance(each, Fetch)],
            held=[work for work in held if isinstance(work, Claimed)],
            fetching=[work for work in held if isinstance(work, Awaited)],
            room=room,
            leaves=leaves,
        )

    def _take_in(self, turn: Turn, ask: Ask, done: Sequence[Done], since: float) -> None:
        closed = [_id(each) for each in done]
        for each in closed:
            self._held.pop(each, None)
        self.grip.let_go(closed)
        asked: list[Work] = [*ask.held, *ask.fetching]
        self.grip.lost({work.id for work in asked} - turn.renewed)
        new: list[Any] = [*turn.claimed, *turn.fetches]
        self._held.update((work.id, work) for work in new)
        self.grip.hold([*turn.renewed, *(work.id for work in new)], since)
        if new or done:
            self._worked_at = time.monotonic()
        self._begun += len(turn.claimed)
        if turn.pauses or turn.elsewhere:
            self.hands.give_back(self.given_back)
        if turn.share is not None:
            self.hands.allow(turn.share)
        self.hands.take(new)
        if turn.woken:
            self.wake(turn.woken)

    async def _not_closed(self, done: Sequence[Done], error: Exception) -> Sequence[Done]:
        """Return what is still to be closed. What the database refuses by itself is left to its lease: it would keep
        everything else from being closed.
        """
        log.warning("lane.not_written", partner=self.post.name, count=len(done), code=getattr(error, "code", None))
        if isinstance(error, StoreUnavailable | Overloaded) and error.code != "store.rejected":
            return done
        for each in done:
            try:
                await self.turn(self.post, self._ask([each]))
            except Exception:
                log.exception("lane.not_closed", partner=self.post.name)
            self._held.pop(_id(each), None)
            self.grip.let_go([_id(each)])
        return []

    def _look_again(self, last: Turn, *, over: bool) -> datetime | None:
        if over:
            return self.now()
        if last.elsewhere:
            return moment(millis(self.now()) + round(ELSEWHERE * 1000))
        return None if last.next_due is None else moment(last.next_due)

    def _pause(self, last: Turn) -> float:
        until_due = 30.0 if last.next_due is None else max(0.0, (last.next_due - millis(self.now())) / 1000)
        if self.shift.linger:
            until_due = min(until_due, LOOK)
        if not self.hands.room:  # what is due must wait until something is done, which rings the bell
            until_due = LOOK_WHEN_FULL
        return min(until_due, self.grip.renews_in)


def _id(done: Done) -> str:
    return done.claimed.id if isinstance(done, Closing) else done.awaited.id
