"""Counting days: by the arrangement of the State Council, by the administrator's file, and where nobody knows yet."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.configuration.calendar import CalendarFile, calendar_of
from gateway.lifecycle.calendar import UNKNOWN, Reckoned, WorkingCalendar

KNOWN = calendar_of(CalendarFile())
# Invented: what the State Council will lay down for 2027 is not known here.
NEXT = CalendarFile.model_validate(
    {"years": [2027], "holidays": ["2027-01-01", "2027-02-08"], "working_days": ["2027-02-06"]}
)


@pytest.mark.parametrize(
    ("start", "days", "last"),
    [
        ("2026-03-02", 3, "2026-03-05"),  # Monday: the start day is not counted
        ("2026-03-06", 3, "2026-03-11"),  # Friday: over a weekend
        ("2026-02-13", 3, "2026-02-25"),  # the 14th, a Saturday, is worked; then the Spring Festival until the 23rd
        ("2026-09-18", 3, "2026-09-22"),  # the 20th, a Sunday, is worked for National Day
        ("2026-09-29", 3, "2026-10-09"),  # over National Day
        ("2026-10-08", 3, "2026-10-12"),  # the 10th, a Saturday, is worked
        ("2026-05-08", 1, "2026-05-09"),
        ("2026-03-02", 0, "2026-03-02"),
    ],
)
def test_working_days_are_counted_by_the_arrangement_of_the_year(start: str, days: int, last: str) -> None:
    assert KNOWN.after(date.fromisoformat(start), days) == Reckoned(date.fromisoformat(last), False)


@pytest.mark.parametrize(
    ("last", "rolled"),
    [("2026-10-01", "2026-10-08"), ("2026-03-07", "2026-03-09"), ("2026-10-10", "2026-10-10"), ("2026-03-04",) * 2],
)
def test_a_last_day_that_is_a_holiday_moves_to_the_first_working_day_after(last: str, rolled: str) -> None:
    assert KNOWN.rolled(date.fromisoformat(last)) == Reckoned(date.fromisoformat(rolled), False)
    assert KNOWN.first_working(date.fromisoformat(last)) == date.fromisoformat(rolled)


@pytest.mark.parametrize(("start", "last"), [("2030-09-30", "2030-10-08"), ("2030-04-29", "2030-05-06")])
def test_a_year_that_nobody_has_laid_down_is_reckoned_by_what_the_law_fixes_and_is_provisional(
    start: str, last: str
) -> None:
    assert KNOWN.after(date.fromisoformat(start), 3) == Reckoned(date.fromisoformat(last), True)
    assert KNOWN.first_working(date.fromisoformat(start)) is None


def test_the_last_days_of_a_year_are_known_with_the_next_one() -> None:
    calendar = WorkingCalendar(years=frozenset({2026}))
    assert calendar.after(date(2026, 12, 21), 3) == Reckoned(date(2026, 12, 24), False)
    assert calendar.after(date(2026, 12, 28), 1) == Reckoned(date(2026, 12, 29), True)


def test_the_administrators_file_makes_a_year_known_and_changes_single_days() -> None:
    calendar = calendar_of(NEXT)
    assert calendar.after(date(2027, 2, 5), 2) == Reckoned(date(2027, 2, 9), False)
    assert calendar.after(date(2026, 12, 30), 2) == Reckoned(date(2027, 1, 4), False)
    some = calendar_of(CalendarFile.model_validate({"working_days": ["2026-10-03"], "holidays": ["2026-10-10"]}))
    assert some.works(date(2026, 10, 3))
    assert not some.works(date(2026, 10, 10))


def test_the_year_that_a_period_may_reach_and_nobody_knows_is_named() -> None:
    calendar = WorkingCalendar(years=frozenset({2026, 2027}))
    assert calendar.missing(date(2026, 11, 20)) is None
    assert calendar.missing(date(2027, 10, 1)) is None
    assert calendar.missing(date(2027, 11, 20)) == 2028
    assert calendar.missing(date(2027, 12, 29)) == 2028
    assert calendar.missing(date(2028, 1, 1)) == 2028


DAYS = st.dates(date(2004, 1, 1), date(2035, 1, 1))


@given(start=DAYS, days=st.integers(1, 40))
def test_what_is_counted_ends_on_a_working_day_and_holds_just_as_many(start: date, days: int) -> None:
    for calendar in (KNOWN, UNKNOWN):
        last, provisional = calendar.after(start, days)
        between = [start + timedelta(days=n) for n in range(1, (last - start).days + 1)]
        assert calendar.works(last)
        assert sum(map(calendar.works, between)) == days
        assert provisional == (not all(map(calendar.knows, between)))


@given(start=DAYS, days=st.integers(0, 40))
def test_counting_back_is_counting_forth_the_other_way(start: date, days: int) -> None:
    day = KNOWN.before(start, days)
    assert KNOWN.after(day, days).day <= start or not KNOWN.works(start)
    assert days == 0 or KNOWN.works(day)


@given(day=DAYS)
def test_a_day_rolls_forward_only_and_to_a_working_day(day: date) -> None:
    found, provisional = KNOWN.rolled(day)
    assert found >= day
    assert KNOWN.works(found)
    assert KNOWN.works(day) == (found == day)
    assert provisional or KNOWN.knows(found)
