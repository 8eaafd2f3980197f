"""Deliberate bugs, one switched on in a process at a time, to prove that the campaign would notice them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from gateway import chores, turns
from gateway.store import outbox, writer

_FOR_EVER = 10 * 365 * 86_400_000  # milliseconds
_TOO_SHORT = 0.2  # seconds of a lease
_HESITATES = 1.5  # seconds between the answer and the commit


def acknowledge_before_commit() -> None:
    """Answer everyone as soon as everything is written, and commit a moment later."""

    def write(self: Any, entries: list[Any]) -> None:
        with self._connect().begin() as transaction:
            writer.write_group(transaction.connection, entries, self._batch)
            writer.answer_all(entries)
            time.sleep(_HESITATES)
        self._used_at = time.monotonic()
        entries.clear()  # they have been answered

    writer.Writer._write = write  # type: ignore[method-assign]


def lease_too_short() -> None:
    """Let a lease end before the exchange does, renewed for show only, and send all the same."""
    real = turns.Turns.take

    def take(self: Any, connection: Any, post: Any, ask: Any, lease: float) -> Any:
        del lease
        return real(self, connection, post, ask, _TOO_SHORT)

    turns.Turns.take = take  # type: ignore[method-assign]
    outbox.renew = lambda connection, held, until: {work.id for work in held}


def sweep_missing() -> None:
    """Leave to Redis what the sweeper is there for."""

    async def nothing(self: Any) -> None:
        del self

    chores.Chores.sweep = nothing  # type: ignore[method-assign]
    chores.Chores.due_partners = lambda self: set()  # type: ignore[method-assign]


def claim_without_condition() -> None:
    """Claim whatever is open, whether or not somebody else has it in hand."""
    real = outbox.claim

    def claim(connection: Any, partner: str, *, now: int, **named: Any) -> Any:
        return real(connection, partner, now=now + _FOR_EVER, **named)

    outbox.claim = claim


BUGS: Mapping[str, Callable[[], None]] = {
    "acknowledge_before_commit": acknowledge_before_commit,
    "lease_too_short": lease_too_short,
    "claim_without_condition": claim_without_condition,
    "sweep_missing": sweep_missing,
}
