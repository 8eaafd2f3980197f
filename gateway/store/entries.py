"""What stands in the writer's queue, and how its callers are told: one call into each event loop for a whole group."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection


@dataclass(slots=True, kw_only=True, eq=False)
class Entry:
    """One caller's item, or piece of work; ``outcome`` is noted in the transaction and told after the commit."""

    item: Any = None
    work: Callable[[Connection], Any] | None = None
    future: Future[Any] | asyncio.Future[Any]
    outcome: Any = None
    failed: bool = False

    def succeed(self, outcome: object) -> None:
        """Note a result; an exception among the results of a batch is this entry's own failure."""
        self.outcome, self.failed = outcome, isinstance(outcome, Exception)

    def fail(self, error: Exception) -> None:
        """Note a failure."""
        self.outcome, self.failed = error, True


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """What a writer has done since it began."""

    groups: int = 0
    items: int = 0
    works: int = 0
    largest_group: int = 0
    commit_seconds: float = 0.0  # in all
    last_commit_at: int | None = None  # milliseconds since 1970

    def with_group(self, entries: list[Entry], *, commit_seconds: float, at: int) -> Statistics:
        """Return these with one more group."""
        items = sum(entry.work is None for entry in entries)
        return Statistics(
            groups=self.groups + 1,
            items=self.items + items,
            works=self.works + len(entries) - items,
            largest_group=max(self.largest_group, len(entries)),
            commit_seconds=self.commit_seconds + commit_seconds,
            last_commit_at=at,
        )


def answer_all(entries: Iterable[Entry]) -> None:
    """Tell every caller the outcome noted for it; one that has gone away is passed over."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Entry]] = defaultdict(list)
    for entry in entries:
        if isinstance(entry.future, Future):
            if not entry.future.done() and entry.future.set_running_or_notify_cancel():
                _settle(entry)
        else:
            by_loop[entry.future.get_loop()].append(entry)
    for loop, its_entries in by_loop.items():
        with suppress(RuntimeError):  # the loop is closed: its callers are gone
            loop.call_soon_threadsafe(_settle_here, its_entries)


def _settle_here(entries: list[Entry]) -> None:
    for entry in entries:
        if not entry.future.done():
            _settle(entry)


def _settle(entry: Entry) -> None:
    if entry.failed:
        entry.future.set_exception(entry.outcome)
    else:
        entry.future.set_result(entry.outcome)
