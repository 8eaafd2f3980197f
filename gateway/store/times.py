"""Points in time as the tables hold them: whole milliseconds since 1970-01-01 UTC."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def millis(at: datetime) -> int:
    """Return ``at`` in milliseconds since 1970, rounded down. Raises ValueError for a datetime without a zone."""
    if at.tzinfo is None:
        raise ValueError("a point in time needs its zone")
    return (at - _EPOCH) // _MILLISECOND


def moment(at: int) -> datetime:
    """Return the point in time of ``at`` milliseconds since 1970, aware, in UTC."""
    return _EPOCH + at * _MILLISECOND


def now_millis() -> int:
    """Return the present in milliseconds since 1970."""
    return time.time_ns() // 1_000_000
