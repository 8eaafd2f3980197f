from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.store.times import millis, moment, now_millis

BEIJING = timezone(timedelta(hours=8))


@given(st.integers(min_value=-2_000_000_000_000, max_value=4_000_000_000_000))
def test_milliseconds_survive_the_way_to_a_moment_and_back(at: int) -> None:
    assert millis(moment(at)) == at


@given(st.datetimes(timezones=st.just(BEIJING)))
def test_a_moment_keeps_its_milliseconds_whatever_its_zone(local: datetime) -> None:
    assert moment(millis(local)) == local.replace(microsecond=local.microsecond // 1000 * 1000)


def test_a_moment_is_aware_and_in_utc() -> None:
    assert moment(0) == datetime(1970, 1, 1, tzinfo=UTC)
    assert moment(0).utcoffset() == timedelta(0)


def test_a_datetime_without_a_zone_is_not_guessed_at() -> None:
    with pytest.raises(ValueError, match="zone"):
        millis(moment(0).replace(tzinfo=None))


def test_now_is_the_clock_of_datetime() -> None:
    before = millis(datetime.now(UTC))
    assert before <= now_millis() <= millis(datetime.now(UTC))
