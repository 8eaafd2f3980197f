"""Compare with one partner for one day, and with everybody for every day that is due."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import structlog
from sqlalchemy import Engine

from gateway.canonical.identifiers import uuid7
from gateway.contract import Holding, Reconciling
from gateway.errors import Conflicting, GatewayError, TemporaryFailure
from gateway.posts import Post
from gateway.reconciliation.comparison import Comparison, compare
from gateway.reconciliation.consequences import Consequences, item_of
from gateway.reconciliation.days import DAY, around, bounds, day_of, last_closed
from gateway.store import compared, reconciliations
from gateway.store.compared import Sent
from gateway.store.journal import Journal
from gateway.store.times import millis, moment
from gateway.store.writer import Writer
from gateway.transports.exchange import run

log = structlog.get_logger("fengqiao.reconciliation")
Row = dict[str, Any]
LEASE = timedelta(minutes=15)  # of one comparison in one process's hands
WITHIN = 780.0  # seconds that asking a partner may take: less than the lease
BACK = 7  # days that are made up for, after the gateway did not run or the partner could not be asked
AT_ONCE = 4  # partners
SLICE = 500  # differences in one transaction
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=15), timedelta(hours=6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciler:
    """The comparisons. ``hour``: o'clock (Asia/Shanghai) from which the day before is compared."""

    engine: Engine
    writer: Writer[Any, Any]
    journal: Journal
    post: Callable[[str], Post]
    posts: Callable[[], Iterable[Post]]
    wake: Callable[[frozenset[str]], None]
    now: Callable[[], datetime]
    hour: int = 3
    most_resends: int = 3

    async def run_due(self) -> int:
        """Compare every day that is due with every partner; what was begun and not done is taken up again.

        Returns how many comparisons were made. A partner that cannot be asked holds up nobody else.
        """
        few = asyncio.Semaphore(AT_ONCE)

        async def one_partner(post: Post) -> int:
            async with few:
                days = await asyncio.to_thread(self._days_due, post)
                for day in days:
                    await self._run(post, day, anew=False)
                return len(days)

        return sum(await asyncio.gather(*[one_partner(post) for post in self.posts()]))

    async def run(self, partner: str, day: date, *, dry_run: bool = False) -> Row:
        """Compare one day with one partner now, though it was compared before. Returns its report.

        ``dry_run``: change nothing and keep nothing. Raises NotFound for the partner, Conflicting where the comparison
        is under way elsewhere or the day has not come yet; what the partner fails in is in the report.
        """
        post = self.post(partner)
        if day > day_of(self.now()):
            raise Conflicting("reconciliation.not_yet", day=day.isoformat())
        if dry_run:
            return await self._tried(post, day)
        if not await self._run(post, day, anew=True):
            raise Conflicting("reconciliation.under_way", partner=partner, day=day.isoformat())
        (found,) = await asyncio.to_thread(self.report, since=day, until=day, partner=partner)
        return found

    def report(self, *, since: date, until: date, partner: str | None = None) -> list[Row]:
        """Return the comparisons of these days, newest first."""
        with self.engine.connect() as connection:
            days = {"since": since.isoformat(), "until": until.isoformat()}
            return reconciliations.report(connection, **days, partner=partner)

    async def _run(self, post: Post, day: date, *, anew: bool) -> bool:
        named, now = (post.name, day.isoformat()), self.now()
        if why := _cannot(post):
            end = partial(reconciliations.end, now=millis(now), code=why, facts={"partner": post.name})
            await self.writer.ran(lambda connection: end(connection, *named, "cannot"))
            return True
        begin = partial(reconciliations.begin, now=millis(now), until=millis(now + LEASE), anew=anew)
        if not await self.writer.ran(lambda connection: begin(connection, *named)):
            return False
        try:
            comparison = await self._compared(post, day)
        except Exception as error:
            await self._failed(post, day, _told(post, day, error))
        else:
            await self._draw(post, day, comparison)
        return True

    async def _tried(self, post: Post, day: date) -> Row:
        tried: Row = {"partner": post.name, "day": day.isoformat(), "dry_run": True, "code": None, "facts": {}}
        if why := _cannot(post):
            return {**tried, "state": "cannot", "code": why, "facts": {"partner": post.name}, "items": []}
        try:
            found = await self._compared(post, day)
        except Exception as error:
            told = _told(post, day, error)
            return {**tried, "state": "failed", "code": told.code, "facts": dict(told.facts), "items": []}
        items = [asdict(item_of(each)) for each in found.findings]
        counts = {"ours": found.ours, "theirs": found.theirs, "matched": len(found.matched), "unsettled": len(items)}
        return {**tried, "state": "done", **counts, "items": items}

    async def _compared(self, post: Post, day: date) -> Comparison:
        """Ask our side first: what arrives while the partner is asked is then merely beyond the day's deliveries."""
        async with asyncio.timeout(WITHIN):
            ours = await asyncio.to_thread(self._delivered, post.name, day)
            theirs = await _holdings(post, day)
            strange = [record_id for record_id in theirs if record_id not in ours]
            known = await asyncio.to_thread(self._known, post.name, strange)
            lacking = {record_id: sent for record_id, sent in ours.items() if record_id not in theirs}
            elsewhere = await self._elsewhere(post, day, lacking)
        return compare(ours, theirs, known=known, elsewhere=elsewhere)

    async def _elsewhere(self, post: Post, day: date, lacking: dict[str, Sent]) -> dict[str, Holding]:
        """Look for what a day's list lacks on the days beside it, and on those on which it was tried before."""
        found: dict[str, Holding] = {}
        if not lacking:
            return found
        tried = await asyncio.to_thread(self._tries, lacking.values())
        days = around({day} | {day_of(moment(at)) for at in tried}) - {day}
        for other in sorted((each for each in days if each <= day_of(self.now())), key=lambda each: abs(each - day)):
            held = await _holdings(post, other)
            found |= {record_id: held[record_id] for record_id in lacking if record_id in held}
            if len(found) == len(lacking):
                break
        return found

    async def _draw(self, post: Post, day: date, comparison: Comparison) -> None:
        now = self.now()
        drawing = Consequences(
            journal=self.journal, partner=post.name, day=day, now=millis(now), most_resends=self.most_resends,
            deadline_at=millis(now + timedelta(days=post.row.deadline_days)),
        )  # fmt: skip
        found, woken = comparison.findings, set[str]()
        for start in range(0, len(found), SLICE):
            some = found[start : start + SLICE]
            woken |= await self.writer.ran(lambda connection, some=some: drawing.draw(connection, some))  # type: ignore[misc]  # bound here
        await self.writer.ran(lambda connection: drawing.finish(connection, comparison))
        self.wake(frozenset(woken))
        say = log.warning if found else log.info
        say("comparison.done", partner=post.name, day=day.isoformat(), count=len(found))

    async def _failed(self, post: Post, day: date, told: GatewayError) -> None:
        now, named = self.now(), (post.name, day.isoformat())

        def work(connection: Any) -> None:
            wait = min(FIRST_WAIT * 2 ** (reconciliations.runs(connection, *named) - 1), LONGEST_WAIT)
            reconciliations.end(
                connection, *named, "failed", now=millis(now), due_at=millis(now + wait), code=told.code,
                facts=told.facts,
            )  # fmt: skip

        log.warning("comparison.failed", partner=post.name, day=day.isoformat(), code=told.code)
        await self.writer.ran(work)

    def _days_due(self, post: Post) -> list[date]:
        now = self.now()
        last = last_closed(now, self.hour)
        since = last - (BACK - 1) * DAY
        with self.engine.connect() as connection:
            known = reconciliations.known(connection, post.name, since.isoformat())
            began = reconciliations.began_before(connection, post.name, since.isoformat())
        if _cannot(post):
            return [] if last.isoformat() in known else [last]
        first = date.fromisoformat(min(known)) if known else last
        days = [since + number * DAY for number in range(BACK)]
        return [day for day in days if _is_due(known.get(day.isoformat()), began or day >= first, millis(now))]

    def _delivered(self, partner: str, day: date) -> dict[str, Sent]:
        with self.engine.connect() as connection:
            return {sent.message_id: sent for sent in compared.delivered(connection, partner, *bounds(day))}

    def _known(self, partner: str, ids: list[str]) -> dict[str, Sent]:
        with self.engine.connect() as connection:
            found = compared.of_messages(connection, partner, ids, millis(self.now()))
        return {sent.message_id: sent for sent in found}

    def _tries(self, lacking: Iterable[Sent]) -> set[int]:
        with self.engine.connect() as connection:
            tries = compared.tries(connection, [sent.delivery_id for sent in lacking])
        return {at for several in tries.values() for at in several}


async def _holdings(post: Post, day: date) -> dict[str, Holding]:
    adapter, transport = post.adapter, post.transport
    assert isinstance(adapter, Reconciling)  # noqa: S101  # asked before
    assert transport is not None  # noqa: S101  # likewise
    held = await run(adapter.holdings(day), transport)
    return {each.id: each for each in held.items}


def _cannot(post: Post) -> str | None:
    """Return the code of why a partner takes no part, or None."""
    if not isinstance(post.adapter, Reconciling):
        return "reconciliation.not_in_dialect"
    if post.transport is None:
        return "reconciliation.no_address"
    return post.adapter.cannot_reconcile


def _is_due(row: Row | None, began: bool, now: int) -> bool:
    if row is None:
        return began
    return row["state"] in ("failed", "running") and (row["due_at"] or 0) <= now


def _told(post: Post, day: date, error: Exception) -> GatewayError:
    """Return an error that can be told; a fault of our own gets an id to find it by."""
    if isinstance(error, GatewayError):
        return error
    if isinstance(error, TimeoutError):
        return TemporaryFailure("reconciliation.too_slow", partner=post.name)
    fault_id = uuid7()
    log.error("comparison.fault", partner=post.name, day=day.isoformat(), fault_id=fault_id, exc_info=error)
    return GatewayError("gateway.fault", fault=fault_id)
