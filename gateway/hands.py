"""What a lane has in its hands: claimed and waiting its turn, under way, done and not yet closed.

    take ─► waiting ─► under way (at most ``most``) ─► done ─► closed by the lane's next transaction

A few more than can be under way are claimed ahead, so that nobody waits for a transaction to hand out the next one.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, Generic, TypeVar

Work = TypeVar("Work")
Done = TypeVar("Done")


class Hands(Generic[Work, Done]):
    """Do ``work`` for everything taken, ``most`` at once, and ring ``bell`` whenever some is done."""

    def __init__(
        self, work: Callable[[Work], Coroutine[Any, Any, Done]], *, most: int, ahead: int, bell: asyncio.Event
    ) -> None:
        self._work = work
        self._most = most
        self._ahead = ahead
        self._bell = bell
        self._waiting: deque[Work] = deque()
        self._under_way: set[asyncio.Task[Done]] = set()
        self._done: list[Done] = []

    @property
    def room(self) -> int:
        """Return how many more may be taken."""
        return max(0, self._most + self._ahead - len(self._under_way) - len(self._waiting))

    @property
    def done(self) -> bool:
        """Say whether there is anything to close."""
        return bool(self._done)

    @property
    def empty(self) -> bool:
        """Say whether nothing is waiting, under way or to be closed."""
        return not (self._waiting or self._under_way or self._done)

    def allow(self, most: int) -> None:
        """Have so many under way at once from now on, and as many claimed ahead, where any are."""
        self._most, self._ahead = most, most if self._ahead else 0

    def take(self, work: Iterable[Work]) -> None:
        """Begin what there is a hand for, and keep the rest waiting in its order."""
        self._waiting.extend(work)
        self._begin()

    def put_down(self) -> list[Done]:
        """Return what is done, and have it no more."""
        done, self._done = self._done, []
        return done

    def take_back(self, done: Iterable[Done]) -> None:
        """Have again what was put down and could not be closed."""
        self._done[:0] = done

    def give_back(self, unbegun: Callable[[Work], Done]) -> None:
        """Be done with what waits its turn, without beginning it."""
        self._done.extend(unbegun(each) for each in self._waiting)
        self._waiting.clear()

    def drop(self) -> None:
        """Cancel what is under way and forget what waits."""
        self._waiting.clear()
        for task in self._under_way:
            task.cancel()

    def _begin(self) -> None:
        while self._waiting and len(self._under_way) < self._most:
            task = asyncio.create_task(self._work(self._waiting.popleft()))
            self._under_way.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Done]) -> None:
        self._under_way.discard(task)
        self._bell.set()
        if not task.cancelled():
            self._begin()
            self._done.append(task.result())
