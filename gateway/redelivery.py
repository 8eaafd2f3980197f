"""Say when a delivery is tried again, or that its time is over: a deadline in days, never a count of attempts.

    wait = random share of min(cap, base · 2^(attempts - 1))

The random share ("full jitter") lets a crowd that failed together come back apart. ``Retry-After`` moves the attempt
later, never earlier; the deadline ends it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

_DOUBLINGS = 62  # more would only overflow: every window has reached its cap long before


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """How patient the gateway is: the longest wait after the first failed attempt, and between any two, in seconds."""

    base: float
    cap: float

    def next_attempt(
        self,
        *,
        attempts: int,
        now: datetime,
        deadline: datetime,
        retry_after: float | None,
        random: Callable[[], float],
    ) -> datetime | None:
        """Return when to try again after ``attempts`` failed ones, or None when the deadline has passed: give up.

        ``retry_after`` is how many seconds the partner asked for, ``random`` returns 0 ≤ x < 1. A last attempt is made
        at the deadline itself, even where the partner asked for more time.
        """
        remaining = (deadline - now).total_seconds()
        if remaining <= 0:
            return None
        window = min(self.cap, self.base * 2.0 ** min(max(attempts - 1, 0), _DOUBLINGS))
        share = random()
        wait = share * window
        if retry_after is not None and retry_after > 0:
            wait = max(wait, retry_after + share * min(self.base, window))  # a little apart, or all return at once
        return deadline if wait >= remaining else now + timedelta(seconds=wait)
