"""How long a partner asks us to wait."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gateway.wire.retry_after import seconds

NOW = datetime(2026, 8, 20, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("30", 30.0),
        (" 0 ", 0.0),
        ("Thu, 20 Aug 2026 09:01:30 GMT", 90.0),
        ("Thu, 20 Aug 2026 09:01:30 -0000", 90.0),
        ("Thu, 20 Aug 2026 08:00:00 GMT", 0.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("9" * 4000, None),
        ("Thu, 99 Aug 2026 09:01:30 GMT", None),
    ],
)
def test_seconds_and_dates_are_understood_and_nothing_else(stated, expected):
    assert seconds({"retry-after": stated}, NOW) == expected


def test_nothing_said_is_none():
    assert seconds({}, NOW) is None
