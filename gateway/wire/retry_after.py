"""Read ``Retry-After``, with which a partner asks us to wait (RFC 9110 §10.2.3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def seconds(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return how many seconds to wait from ``now`` (aware); None where nothing readable is said. Never negative."""
    stated = headers.get("retry-after", "").strip()
    if stated.isascii() and stated.isdigit() and len(stated) <= 9:
        return float(stated)
    try:
        until = parsedate_to_datetime(stated)
    except ValueError:
        return None
    # "-0000" in place of GMT gives a naive time, which is UTC all the same.
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (until - now).total_seconds())
