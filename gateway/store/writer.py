"""The one thread that writes: many callers, one transaction, and nobody is answered before its commit.

    submit, run ────► queue ─► drain ≤ group ─► BEGIN ─┬─ SAVEPOINT: batch(items)    fails: each item by itself
    submitted, ran ─► gather ─┘  ▲                     ├─ SAVEPOINT: one work        fails: it alone
                                 │                     └─ COMMIT ─► answer everyone of the group
                                 └── connection lost: tell everyone waiting, wait longer and longer, connect again

On SQLite it is the only writer there is (``lock.py``), or one of two that take turns (``turnstile.py``). On PostgreSQL
every process has one; what they do to each other (a deadlock, the same unique key) shows as a failing savepoint and is
tried again (``group.py``).
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, nullcontext, suppress
from datetime import datetime
from types import TracebackType
from typing import Generic, Self, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from gateway.errors import Overloaded, StoreUnavailable
from gateway.store.engine import writing
from gateway.store.entries import Entry, Statistics, answer_all
from gateway.store.gathering import Gathering
from gateway.store.group import GroupLost, write_group
from gateway.store.times import moment, now_millis

Item = TypeVar("Item")
Result = TypeVar("Result")
T = TypeVar("T")

_IDLE_SECONDS = 2.0  # after which the pool is asked whether a connection still is one
_BACKOFF_SECONDS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
_PROBE = "UPDATE alembic_version SET version_num = version_num"  # has a page written: a SELECT succeeds on a full disk

_log = logging.getLogger(__name__)


class Writer(Generic[Item, Result]):
    """Write to the store for everyone in this process; it works from construction until ``close``.

    ``batch(connection, items)`` decides neighbouring items of a group together and returns one result, or exception,
    for each. It and every ``work`` may be called again after a rollback: they change nothing but the database.
    ``group``: entries in one commit at most; ``waiting``: entries in the queue at most. ``observe`` is told of every
    group: its entries, and the seconds of writing it and of its commit. ``turnstile`` is entered for each transaction.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        batch: Callable[[Connection, list[Item]], Sequence[Result | Exception]],
        group: int = 256,
        waiting: int = 10_000,
        observe: Callable[[int, float, float], None] | None = None,
        turnstile: AbstractContextManager[None] | None = None,
    ) -> None:
        self._engine = writing(engine)
        self._batch = batch
        self._group = group
        self._waiting = waiting
        self._observe = observe
        self._turnstile = turnstile or nullcontext()
        self._queue: deque[Entry] = deque()
        self._changed = threading.Condition()  # guards the queue, who is gathering, and the two flags
        self._gathering = Gathering(self._queue, enough=group, call=self._gathered)
        self._closing = False
        self._connected = True
        self._at_work: list[Entry] = []
        self._began_at: float | None = None
        self._connection: Connection | None = None
        self._used_at = 0.0
        self._statistics = Statistics()
        self._thread = threading.Thread(target=self._live, name="store-writer", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Say whether the thread runs; once it does not, it never does again in this process."""
        return self._thread.is_alive()

    @property
    def ready(self) -> bool:
        """Say whether an entry handed in now would be taken: the thread runs, is not closing and has its database."""
        return self._connected and not self._closing and self.alive

    @property
    def busy_seconds(self) -> float:
        """Return how long the present group has been in the making; 0 while the writer rests."""
        began_at = self._began_at
        return 0.0 if began_at is None else time.monotonic() - began_at

    @property
    def last_commit_at(self) -> datetime | None:
        """Return when the last group was committed."""
        at = self._statistics.last_commit_at
        return None if at is None else moment(at)

    @property
    def statistics(self) -> Statistics:
        """Return what was done since construction."""
        return self._statistics

    @property
    def waiting(self) -> int:
        """Return how many entries are queued."""
        return len(self._queue)

    def submit(self, item: Item) -> Future[Result]:
        """Hand in an item for ``batch``; the future ends after the commit, with the item's result or exception.

        Raises Overloaded when the queue is full, StoreUnavailable when nothing can be written now.
        """
        future: Future[Result] = Future()
        self._enter(Entry(item=item, future=future))
        return future

    def run(self, work: Callable[[Connection], T]) -> Future[T]:
        """Hand in another short write, which gets a savepoint of its own. Ends and raises as ``submit``."""
        future: Future[T] = Future()
        self._enter(Entry(work=work, future=future))
        return future

    def submitted(self, item: Item) -> asyncio.Future[Result]:
        """Do as ``submit`` for a caller in an event loop: ``result = await writer.submitted(item)``."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._enter(Entry(item=item, future=future))
        return future

    def ran(self, work: Callable[[Connection], T]) -> asyncio.Future[T]:
        """Do as ``run`` for a caller in an event loop."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._enter(Entry(work=work, future=future))
        return future

    def close(self, timeout: float | None = None) -> None:
        """Take nothing more, write what is queued, and stop; wait at most ``timeout`` seconds for that."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _enter(self, entry: Entry) -> None:
        with self._changed:
            if not self.ready:
                raise StoreUnavailable
            if len(self._queue) >= self._waiting:
                raise Overloaded("store.queue_full", waiting=self._waiting)
            self._queue.append(entry)
            if isinstance(entry.future, asyncio.Future):
                self._gathering.join(entry.future.get_loop())
            else:
                self._gathering.end()
                self._changed.notify()

    def _gathered(self) -> None:
        with self._changed:
            self._gathering.end()
            self._changed.notify()

    # What follows runs in the thread.

    def _live(self) -> None:
        """Write group after group; whatever ends this, nobody is left waiting."""
        try:
            while self._take():
                self._write_or_tell()
        except BaseException as error:
            where = "".join(traceback.format_tb(error.__traceback__))  # without the text, which may show a row
            _log.critical("the store's writer died: %s\n%s", type(error).__name__, where)
        finally:
            with self._changed:
                self._closing = True
            self._tell_everyone()
            self._disconnect()

    def _take(self) -> bool:
        """Wait for entries and take up to a group of them; False when there are none and never will be."""
        with self._changed:
            self._changed.wait_for(lambda: (self._queue and not self._gathering) or self._closing)
            self._at_work = [self._queue.popleft() for _ in range(min(self._group, len(self._queue)))]
        return bool(self._at_work)

    def _write_or_tell(self) -> None:
        self._began_at = time.monotonic()
        try:
            with self._turnstile:
                self._write(self._at_work)
        except (GroupLost, SQLAlchemyError) as error:
            # Only the kind of error is logged: the text of one may show a row.
            cause = error.__cause__ if isinstance(error, GroupLost) else error
            _log.error("the store lost a group of %d: %s", len(self._at_work), type(cause).__name__)
            self._recover()
        else:
            answer_all(self._at_work)
        self._at_work = []
        self._began_at = None

    def _write(self, entries: list[Entry]) -> None:
        began_at = time.monotonic()
        with self._connect().begin() as transaction:
            write_group(transaction.connection, entries, self._batch)
            written_at = time.monotonic()
        self._used_at = time.monotonic()
        self._statistics = self._statistics.with_group(
            entries, commit_seconds=self._used_at - written_at, at=now_millis()
        )
        if self._observe is not None:
            self._observe(len(entries), written_at - began_at, self._used_at - written_at)

    def _connect(self) -> Connection:
        """Return the connection, always the same while it is in use: its caches are warm."""
        if self._connection is not None and time.monotonic() - self._used_at > _IDLE_SECONDS:
            self._disconnect()
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def _disconnect(self, *, broken: bool = False) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        with suppress(SQLAlchemyError):
            if broken:
                connection.invalidate()
            connection.close()

    def _recover(self) -> None:
        """Tell everyone waiting, take nobody, and connect again; gives up only when the writer is closed."""
        with self._changed:
            self._connected = False
        self._tell_everyone()
        self._disconnect(broken=True)
        failures = 0
        while not self._reaches():
            seconds = _BACKOFF_SECONDS[min(failures, len(_BACKOFF_SECONDS) - 1)]
            failures += 1
            with self._changed:
                if self._changed.wait_for(lambda: self._closing, timeout=seconds):
                    return
        with self._changed:
            self._connected = True

    def _reaches(self) -> bool:
        """Try to connect and to write."""
        try:
            with self._turnstile, self._connect().begin() as transaction:
                transaction.connection.exec_driver_sql(_PROBE)
        except SQLAlchemyError:
            self._disconnect(broken=True)
            return False
        self._used_at = time.monotonic()
        return True

    def _tell_everyone(self) -> None:
        """Tell the group at work and the queue that nothing was kept; each gets an error of its own."""
        with self._changed:
            untold = [*self._at_work, *self._queue]
            self._at_work = []
            self._queue.clear()
        for entry in untold:
            entry.fail(StoreUnavailable())
        answer_all(untold)
