"""What the clock has done, how often, and the parts that nothing else needs.

    clockwork ─ every second ─► the chores whose time has come, each by itself

What takes long only sets a round off, and one round of a kind is under way at a time.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from gateway.clockwork import Chore
from gateway.ferrying import Ferrying
from gateway.following import Following
from gateway.inbound import Inbound
from gateway.mailbox import Mailboxes
from gateway.opening import Store
from gateway.operations import Operations
from gateway.polling import Polling
from gateway.posts import Post
from gateway.reconciliation import Daily, Reconciler
from gateway.releasing import Releasing
from gateway.retention import Retention
from gateway.rq_lanes import RqLanes
from gateway.settings import Settings
from gateway.store import paces, sweeping
from gateway.store.documents.rounds import Rounds
from gateway.store.times import millis
from gateway.store.writer import Writer
from gateway.timekeeping import Timekeeping


class Chores:
    """The chores of one process. ``lanes``: those of RQ, which are swept; None where a loop drains them."""

    def __init__(
        self, settings: Settings, store: Store, writer: Writer[Any, Any], following: Following, *, inbound: Inbound,
        mailboxes: Mailboxes, operations: Operations, timekeeping: Timekeeping, releasing: Releasing,
        reconciler: Reconciler, retention: Retention, lanes: RqLanes | None,
    ) -> None:  # fmt: skip
        engine, self._now = store.engine, following.now
        self._engine = engine
        self._following = following
        self._mailboxes = mailboxes
        self._operations = operations
        self._timekeeping = timekeeping
        self._releasing = releasing
        self._lanes = lanes
        self._daily = Daily(reconciler=reconciler)
        self._retention = retention
        self.polling = Polling(
            engine=engine, writer=writer, inbound=inbound, cipher=store.cipher, posts=self._posts, now=self._now
        )
        self.ferrying = Ferrying(inbound=inbound, mailboxes=mailboxes, posts=self._posts)
        self._orphans = Rounds(
            engine=engine, documents=store.documents, now=self._now, grace=timedelta(hours=settings.orphan_hours)
        )

    def listed(self) -> list[Chore]:
        """Return the chores, in the order in which they are begun."""
        sweeping_lanes = [] if self._lanes is None else [Chore(name="sweep", every=1.0, do=self.sweep)]
        return [
            *sweeping_lanes,
            Chore(name="housekeeping", every=15.0, do=self._operations.keep_house),
            Chore(name="polling", every=1.0, do=self.polling.set_off),
            Chore(name="ferries", every=2.0, do=self.ferrying.set_off),
            Chore(name="mailboxes", every=15.0, do=self._tend_mailboxes),
            Chore(name="rulings", every=1.0, do=self._releasing.set_off),
            Chore(name="clocks", every=60.0, do=self._timekeeping.set_off),
            Chore(name="reconciliation", every=300.0, do=self._daily.set_off),
            Chore(name="retention", every=300.0, do=self._retention.set_off),
            Chore(name="orphans", every=300.0, do=self._orphans.set_off),  # keeps itself to once an hour
        ]

    async def stop(self) -> None:
        """Break off the rounds under way; what they had begun is taken up again."""
        rounds = (self._daily, self._retention, self._orphans, self.polling, self.ferrying)
        await asyncio.gather(*(each.stop() for each in rounds))

    async def sweep(self) -> None:
        """Wake every lane that has something due and nobody to drain it: what a flush or a killed worker left."""
        assert self._lanes is not None  # noqa: S101  # listed for these alone
        self._lanes.wake(await asyncio.to_thread(self.due_partners))

    def due_partners(self) -> set[str]:
        """Return the partners whose lanes have something that may go and that no process drains. For PostgreSQL."""
        now, posts = millis(self._now()), self._posts()
        paced = {each.name: each.row.pace for each in posts if each.row.pace}
        with self._engine.connect() as connection:
            due = sweeping.due_partners(connection, list(self._following.called), now)
            return due - paces.exhausted(connection, paced, now)

    async def _tend_mailboxes(self) -> None:
        ferried = {post.name for post in self._posts() if post.crossing is not None}
        await self._mailboxes.tend(self._following.collected | ferried)

    def _posts(self) -> list[Post]:
        return list(self._following.posts.values())
