"""When the writer begins: not at the first entry, but when the event loop that brings them has no more at hand.

    entry ─► look again after this round of the loop ─► … ─► ROUNDS without a new entry, or AT_MOST seconds ─► call

An entry written by itself costs five times what it costs among thirty. And while the writer works, it and the loop
take the interpreter lock from each other at every turn. An idle loop makes its rounds in microseconds, so that nobody
waits long for others who do not come.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sized

ROUNDS = 3  # a request is read in one round of the loop and handed in during the next
AT_MOST = 0.025  # seconds, where the loop never comes to rest


class Gathering:
    """Watches a queue while one event loop fills it, and calls when that is over; used under the queue's lock.

    ``enough``: entries that need not wait for more.
    """

    def __init__(self, queue: Sized, *, enough: int, call: Callable[[], None]) -> None:
        self._queue = queue
        self._enough = enough
        self._call = call
        self._loop: asyncio.AbstractEventLoop | None = None
        self._until = 0.0

    def __bool__(self) -> bool:
        """Say whether more is expected."""
        return self._loop is not None

    def join(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to watch ``loop``, unless that is done already; one that was closed meanwhile is forgotten."""
        if self._loop is not loop:
            self._loop = loop
            self._until = time.monotonic() + AT_MOST
            loop.call_soon(self._look, loop, 0, 0)

    def end(self) -> None:
        """Expect nothing more."""
        self._loop = None

    def _look(self, loop: asyncio.AbstractEventLoop, seen: int, rounds: int) -> None:
        if self._loop is not loop:
            return
        queued = len(self._queue)
        rounds = rounds + 1 if queued == seen else 0
        if rounds >= ROUNDS or queued >= self._enough or time.monotonic() >= self._until:
            self._call()
        else:
            loop.call_soon(self._look, loop, queued, rounds)
