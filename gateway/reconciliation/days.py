"""Business days: those of Asia/Shanghai, whatever the machine's time zone."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from gateway.canonical.identifiers import BEIJING
from gateway.store.times import millis

DAY = timedelta(days=1)


def day_of(at: datetime) -> date:
    """Return the business day of a point in time."""
    return at.astimezone(BEIJING).date()


def bounds(day: date) -> tuple[int, int]:
    """Return the milliseconds at which a day begins and ends; the end is the next day's beginning."""
    return millis(_midnight(day)), millis(_midnight(day + DAY))


def last_closed(at: datetime, hour: int) -> date:
    """Return the last day that may be compared at ``at``: a day may be from ``hour`` o'clock of the next one on."""
    return (at.astimezone(BEIJING) - timedelta(hours=hour)).date() - DAY


def around(days: set[date]) -> set[date]:
    """Return these days and those beside them."""
    return {day + offset * DAY for day in days for offset in (-1, 0, 1)}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), BEIJING)
