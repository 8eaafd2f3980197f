"""The database's time, for processes on several machines: leases are compared by one clock, whatever a machine's says.

Between two looks this process goes by its steady clock, which nobody sets; so a machine whose clock jumps, or is an
hour off, neither takes what another worker holds nor makes a delivery due in an hour.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, text

LOOKS = 5
_START = datetime(1970, 1, 1, tzinfo=UTC)
QUICK = 250_000  # microseconds
LOOKS = 3
_QUERY = text("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")


class StoreClock:
    """Tell the time as the database does. It has to be looked at once before, and every now and then."""

    def __init__(self, connection: Connection) -> None:
        self._offset: int | None = None  # microseconds that the database's clock is ahead of our steady one
        self.look(connection)

    def now(self) -> datetime:
        """Return the time, in UTC."""
        return _START + timedelta(microseconds=(self._offset or 0) + time.monotonic_ns() // 1000)

    def look(self, connection: Connection) -> None:
        """Set this clock by the database's, as well as the quickest of a few questions can tell it.

        A slow answer may be off by half its time: it changes nothing that it does not contradict. Else two doors would
        disagree, for a while, on which of two records came first.
        """
        offset, error = min((_measured(connection) for _ in range(LOOKS)), key=lambda found: found[1])
        if self._offset is None or abs(offset - self._offset) > error:
            self._offset = offset


def _measured(connection: Connection) -> tuple[int, int]:
    """Return how far the database's clock is ahead of our steady one, and by how much that may be wrong."""
    before = time.monotonic_ns() // 1000
    at: int = connection.execute(_QUERY).scalar_one()
    took = time.monotonic_ns() // 1000 - before
    return at - before - took // 2, took // 2 + 1
