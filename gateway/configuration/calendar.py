"""The calendar of working days that a revision goes by: the library's table, and what the administrator's file says.

chinesecalendar (as published by the State Council) ◄── overridden day by day ── calendar.yaml
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Annotated, Self

from chinese_calendar import constants
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from gateway.configuration.written import Day, Written
from gateway.lifecycle.calendar import WorkingCalendar

Year = Annotated[int, Field(ge=2000, le=2100)]


class CalendarFile(Written):
    """``calendar.yaml``: days that are otherwise than the shipped table has them.

    ``years``: those that the file lays down completely; a year that neither names stays unknown, whatever single days
    of it the file has.
    """

    years: tuple[Year, ...] = ()
    holidays: tuple[Day, ...] = ()
    working_days: tuple[Day, ...] = ()

    @model_validator(mode="after")
    def _no_day_is_both(self) -> Self:
        if both := sorted(set(self.holidays) & set(self.working_days)):
            why = "{day} is a holiday and a working day"
            raise PydanticCustomError("configuration.day_is_both", why, {"day": str(both[0])})
        return self


def calendar_of(own: CalendarFile) -> WorkingCalendar:
    """Lay the administrator's days over the shipped ones."""
    shipped, holidays, working = _shipped(), frozenset(own.holidays), frozenset(own.working_days)
    return WorkingCalendar(
        holidays=(shipped.holidays - working) | holidays,
        working=(shipped.working - holidays) | working,
        years=shipped.years | frozenset(own.years),
    )


@lru_cache(maxsize=1)
def _shipped() -> WorkingCalendar:
    # The functions of the library raise an error for a year that they do not know, so its tables are read
    # instead. A year is known once its National Day is there: its last days may be in the next one's arrangement.
    holidays: frozenset[date] = frozenset(constants.holidays)
    return WorkingCalendar(
        holidays=holidays,
        working=frozenset(constants.workdays),
        years=frozenset(day.year for day in holidays if day.month == 10),
    )
