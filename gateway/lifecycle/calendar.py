"""Working days: weekends, holidays, the working days given in exchange for them, and which years are known at all.

The State Council lays a year down in November of the year before. Until then a date of it is reckoned by weekends and
by the holidays whose dates the law itself fixes, and whatever was reckoned so is provisional.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

# 全国年节及纪念日放假办法 2: New Year, Labour Day and National Day; the other holidays go by the moon or the sun.
_FIXED = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})
_SATURDAY = 5
# A year's arrangement may move days of the last week before it (2018-12-29, 2011-12-31).
_LAST_OWN_DAY = (12, 27)
_DAY = timedelta(days=1)
_REACH = timedelta(days=45)  # of a period of a month with the holidays that it may meet


class Reckoned(NamedTuple):
    """A last day, and whether it rests on a year that nobody has laid down yet."""

    day: date
    provisional: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingCalendar:
    """What is known of holidays. ``working``: days of a weekend on which work is done; ``years``: known completely."""

    holidays: frozenset[date] = frozenset()
    working: frozenset[date] = frozenset()
    years: frozenset[int] = frozenset()

    def knows(self, day: date) -> bool:
        """Say whether it is certain that ``day`` is a working day, or is none."""
        if day in self.holidays or day in self.working:
            return True
        return day.year in self.years and ((day.month, day.day) <= _LAST_OWN_DAY or day.year + 1 in self.years)

    def works(self, day: date) -> bool:
        """Say whether work is done on ``day``, as far as is known."""
        if day in self.working:
            return True
        if day in self.holidays or (day.year not in self.years and (day.month, day.day) in _FIXED):
            return False
        return day.weekday() < _SATURDAY

    def after(self, start: date, days: int) -> Reckoned:
        """Return the last of ``days`` working days after ``start``, which is not counted (民事诉讼法 85)."""
        day, left, provisional = start, days, False
        while left > 0:
            day += _DAY
            provisional = provisional or not self.knows(day)
            left -= self.works(day)
        return Reckoned(day, provisional)

    def before(self, day: date, days: int) -> date:
        """Return the working day that lies ``days`` working days before ``day``."""
        while days > 0:
            day -= _DAY
            days -= self.works(day)
        return day

    def rolled(self, last: date) -> Reckoned:
        """Return a last day; where that is a holiday, the first working day after it (民事诉讼法 85)."""
        day, provisional = last, not self.knows(last)
        while not self.works(day):
            day += _DAY
            provisional = provisional or not self.knows(day)
        return Reckoned(day, provisional)

    def missing(self, today: date) -> int | None:
        """Return the first year that is not known and that a period which begins today may reach."""
        unknown = next((day for day in (today, today + _REACH) if not self.knows(day)), None)
        if unknown is None:
            return None
        return unknown.year if unknown.year not in self.years else unknown.year + 1

    def first_working(self, day: date) -> date | None:
        """Return the first working day from ``day`` on; None where it is not known which that is."""
        found = self.rolled(day)
        return None if found.provisional else found.day


UNKNOWN = WorkingCalendar()
