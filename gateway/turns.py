"""One turn of a lane, one transaction: close what is done, renew what is held, see whether more may go, claim it.

close ─► judge the partner's health ─► renew ─► a slot? ─► breaker? ─► pace? ─► claim, or say when to look again
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection

from gateway.fetching import Fetching
from gateway.posts import Post
from gateway.store import breakers, lanes, outbox, paces, sessions
from gateway.store.breakers import Breaker, Patience
from gateway.store.cipher import Cipher
from gateway.store.fetches import Awaited, Fetch
from gateway.store.journal import Journal
from gateway.store.outbox import Claimed, Closing
from gateway.store.paces import Paced
from gateway.store.sessions import Values
from gateway.store.times import millis
from gateway.telemetry import Telemetry

log = structlog.get_logger("fengqiao.outbound")
UNANSWERED = frozenset({"temporary", "never_reached", "in_doubt"})
ANSWERED = frozenset({"delivered", "handed", "permanent"})
STAYS = 2_000  # milliseconds that a lane waits for the partner's pace before others may have it
JUDGED_AGAIN = 3  # times, where another process changes the breaker at the same moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a lane wants of its next turn. ``room``: how many more it can take; ``leaves``: it ends unless there are."""

    closings: Sequence[Closing] = ()
    fetched: Sequence[Fetch] = ()
    held: Sequence[Claimed] = field(default=(), repr=False)
    fetching: Sequence[Awaited] = field(default=(), repr=False)
    session: Values | None = field(default=None, repr=False)
    room: int = 0
    leaves: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one transaction of a lane brought.

    ``renewed``: ids of what is still held. ``next_due``: when to look again, in milliseconds. ``woken``: partners that
    now have work. ``elsewhere``: other processes drain this lane. ``pauses``: the partner's breaker is open. ``left``:
    the lane was given up. ``share``: how many this process may have under way at once. ``stays``: there is more to do
    as soon as the partner's pace allows it.
    """

    claimed: list[Claimed] = field(default_factory=list)
    fetches: list[Awaited] = field(default_factory=list)
    renewed: frozenset[str] = frozenset()
    next_due: int | None = None
    woken: frozenset[str] = frozenset()
    elsewhere: bool = False
    pauses: bool = False
    left: bool = False
    share: int | None = None
    stays: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """Take the turns of every lane of this process. ``holder``: its name where it shares the lanes with others."""

    journal: Journal
    cipher: Cipher
    fetching: Fetching
    now: Callable[[], datetime]
    holder: str | None = None
    telemetry: Telemetry = field(default_factory=Telemetry)

    def take(self, connection: Connection, post: Post, ask: Ask, lease: float) -> Turn:
        """Do one turn in a transaction; ``lease`` in seconds."""
        now = millis(self.now())
        until = millis(self.now() + timedelta(seconds=lease))
        names = outbox.close(connection, ask.closings, now)
        woken = self._taken_up(connection, names, ask.closings) | self.fetching.close(connection, ask.fetched, now)
        sessions.save(connection, self.cipher, post.name, post.system, ask.session)
        breaker = self._judged(connection, post, ask.closings, now)
        if breaker.probe_lease in {each.lease for each in ask.held}:
            breakers.last(connection, post.name, breaker.probe_lease, until)
        renewed = outbox.renew(connection, ask.held, until) | self.fetching.renew(connection, ask.fetching, until)
        turn = self._more(connection, post, ask, breaker, now=now, until=until)
        left = ask.leaves and not (turn.claimed or turn.fetches or turn.stays)
        if left and self.holder is not None:
            lanes.give_up(connection, post.name, self.holder)
        return replace(turn, renewed=frozenset(renewed), woken=frozenset(woken - {post.name}), left=left)

    def leave(self, connection: Connection, partner: str) -> None:
        """Give up what this process holds of a lane."""
        if self.holder is not None:
            lanes.give_up(connection, partner, self.holder)

    def share(self, post: Post, slot: int | None = None) -> int:
        """Return how many deliveries to a partner this process may have under way: its slot's share, or the least."""
        if self.holder is None:
            return post.row.concurrency
        slots = post.row.slots
        return post.row.concurrency // slots + (slot is not None and slot < post.row.concurrency % slots)

    def _more(
        self, connection: Connection, post: Post, ask: Ask, breaker: Breaker, *, now: int, until: int
    ) -> Turn:  # fmt: skip
        slot = self._slot(connection, post, now, until)
        if self.holder is not None and slot is None:
            return Turn(elsewhere=True)
        turn = self._claimed(connection, post, ask, breaker, now=now, until=until)
        return replace(turn, share=self.share(post, slot))

    def _claimed(
        self, connection: Connection, post: Post, ask: Ask, breaker: Breaker, *, now: int, until: int
    ) -> Turn:  # fmt: skip
        paced = self._paced(connection, post, ask.room, now)
        room = paced.allowed
        if breaker.is_open:
            room = self._probe(connection, post, room, breaker, now=now, until=until)
        began = time.time_ns()
        claimed = outbox.claim(connection, post.name, limit=room, now=now, lease_until=until)
        self.telemetry.claimed(claimed, room=room, began=began)
        if post.row.pace is not None:
            paces.took(connection, post.name, paced, per_second=post.row.pace, count=len(claimed))
        if breaker.is_open and room:  # where there is nothing to try it with, whatever is due next may
            by = claimed[0].lease if claimed else None
            probing = replace(breaker, state="probing", probe_at=until, probe_lease=by)
            breakers.write(connection, post.name, probing if by else breaker)
        fetches = self.fetching.claim(connection, post.name, limit=ask.room, now=now, until=until)
        if claimed or fetches:
            return Turn(claimed=claimed, fetches=fetches, pauses=breaker.is_open)
        if breaker.is_open and not room:
            return Turn(next_due=max(now + 10, breaker.probe_at or now + 1000, paced.look_at or 0), pauses=True)
        if ask.room and not room:
            soon = paced.look_at is not None and paced.look_at - now <= STAYS
            return Turn(next_due=paced.look_at, stays=soon)
        return Turn(next_due=outbox.next_due(connection, post.name, now))

    def _slot(self, connection: Connection, post: Post, now: int, until: int) -> int | None:
        if self.holder is None:
            return None
        return lanes.take(connection, post.name, slots=post.row.slots, holder=self.holder, now=now, until=until)

    def _paced(self, connection: Connection, post: Post, wanted: int, now: int) -> Paced:
        """Return how many may be begun at the partner's pace: counted here where no other process has the lane."""
        if post.row.pace is None or not wanted:
            return Paced(allowed=wanted)
        if self.holder is None:
            return Paced(allowed=post.pace.allowed(wanted), look_at=now + round(post.pace.pause * 1000))
        return paces.allowed(connection, post.name, per_second=post.row.pace, wanted=wanted, now=now)

    def _probe(self, connection: Connection, post: Post, room: int, breaker: Breaker, *, now: int, until: int) -> int:
        """Return how many may be claimed while the breaker is open: one, when it is time and nobody else does."""
        if room < 1 or breaker.probe_at is None or breaker.probe_at > now:
            return 0
        return int(breakers.probes(connection, post.name, now=now, until=until))

    def _judged(self, connection: Connection, post: Post, closings: Sequence[Closing], now: int) -> Breaker:
        """Return the partner's breaker after these deliveries."""
        for _ in range(JUDGED_AGAIN):
            before = breakers.read(connection, post.name)
            after = _health(before, _patience(post), closings, now)
            if after == before:
                break
            if breakers.changed(connection, post.name, before, after):
                if after.is_open != before.is_open:
                    say: Any = log.warning if after.is_open else log.info
                    say("breaker.opened" if after.is_open else "breaker.closed", partner=post.name, code=after.reason)
                break
        return after

    def _taken_up(
        self, connection: Connection, names: Sequence[tuple[str, str]], closings: Sequence[Closing]
    ) -> set[str]:
        """Decide again what was parked for an id that a receipt has just taught us."""
        if not names:
            return set()
        ids = [closing.claimed.case_id for closing in closings if closing.claimed.case_id]
        return self.journal.case_named(connection, names, ids)


def _health(before: Breaker, patience: Patience, closings: Sequence[Closing], now: int) -> Breaker:
    """Return what a partner's breaker becomes by these deliveries: pure."""
    ends = [each.attempted.outcome for each in closings if each.attempted]
    failed = [each for each in closings if each.attempted and each.attempted.outcome in UNANSWERED]
    probe = next((each for each in closings if each.claimed.lease == before.probe_lease), None)
    after = breakers.after(
        before, patience, answered=not ANSWERED.isdisjoint(ends), failed=len(failed),
        reason=failed[-1].code if failed else None, now=now, probed=probe in failed,
    )  # fmt: skip
    if probe is not None and probe.attempted is None and after.state == "probing":
        return breakers.unprobed(after, now)
    return after


def _patience(post: Post) -> Patience:
    row = post.row.breaker
    return Patience(failures=row.failures, first_wait=row.first_wait, longest_wait=row.longest_wait)
