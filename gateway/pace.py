"""How many deliveries a second a partner is sent at most, so that a small office is not flooded.

Where several processes share the lanes they count in the database (``store/paces.py``).
"""

from __future__ import annotations

import time
from collections.abc import Callable

AT_ONCE = 0.1  # seconds' worth that may go at once


class Pace:
    """Allow ``per_second`` deliveries, a tenth of a second's worth at once, where a process has the lane alone."""

    def __init__(self, per_second: float | None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = per_second
        self._clock = clock
        self._most = max(1.0, (per_second or 0.0) * AT_ONCE)
        self._left = self._most
        self._at = clock()

    def allowed(self, wanted: int) -> int:
        """Return how many of ``wanted`` may be begun now."""
        if self._rate is None:
            return wanted
        now = self._clock()
        self._left = min(self._most, self._left + (now - self._at) * self._rate)
        self._at = now
        return min(wanted, int(self._left))

    def took(self, count: int) -> None:
        """Count what was begun."""
        self._left -= count

    @property
    def pause(self) -> float:
        """Return the seconds until one more is allowed."""
        if self._rate is None:
            return 0.0
        return max(0.0, (1 - self._left) / self._rate)
