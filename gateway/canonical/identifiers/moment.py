"""Points in time and days, read and written in the forms that partners use; always aware, always Beijing time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from math import isfinite
from types import MappingProxyType
from typing import Literal, get_args

from gateway.canonical.identifiers.fault import IdentifierFault
from gateway.canonical.identifiers.folding import fold
from gateway.canonical.identifiers.masking import mask_shape
from gateway.canonical.identifiers.moment_reading import (
    BEIJING,
    EPOCH,
    EXCEL_EPOCH,
    EXCEL_LEAP_DAY,
    READERS,
    in_beijing,
    read_any,
)

__all__ = ["BEIJING", "EPOCH", "PATTERNS", "Pattern", "day", "moment", "write_day", "write_moment"]

Pattern = Literal[
    "iso",
    "datetime",
    "date",
    "compact_date",
    "compact",
    "epoch_s",
    "epoch_ms",
    "chinese_date",
    "dotted_date",
    "excel",
]
PATTERNS: tuple[Pattern, ...] = get_args(Pattern)

_EARLIEST_YEAR = 1800  # 0001-01-01 and 1601-01-01 are the zero of some system, not a date
_DAY = timedelta(days=1)


def moment(value: str | int | float | datetime, pattern: str | None = None) -> datetime:
    """Return a point in time in Beijing time; a text without an offset is Beijing time.

    With a ``pattern`` only that form is read, else every form but ``excel`` is tried. Raises IdentifierFault with
    ``identifier.moment.`` + ``form``, ``range`` (before 1800) or ``pattern`` (no such pattern).
    """
    found = in_beijing(value) if isinstance(value, datetime) else _read(_text(value), pattern)
    if found is None:
        raise IdentifierFault("identifier.moment.form", _masked(value))
    if found.year < _EARLIEST_YEAR:
        raise IdentifierFault("identifier.moment.range", _masked(value))
    return found


def day(value: str | int | float | date, pattern: str | None = None) -> date:
    """Return a calendar day, that of Beijing where an offset is given. Raises IdentifierFault as ``moment`` does."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    return moment(value, pattern).date()


def write_moment(value: datetime, pattern: str) -> str | int | float:
    """Write a point in time in Beijing time: a text; a number for the epochs (whole units) and ``excel``.

    What a pattern has no room for (the time of day, fractions of a second) is left out. Raises IdentifierFault with
    ``identifier.moment.pattern``, or ``.range`` where the pattern cannot hold it.
    """
    writer = _WRITERS.get(pattern)
    if writer is None:
        raise IdentifierFault("identifier.moment.pattern", pattern)
    local = in_beijing(value)
    if local is None or local.year < _EARLIEST_YEAR:
        raise IdentifierFault("identifier.moment.range")
    return writer(local)


def write_day(value: date, pattern: str) -> str | int | float:
    """Write a calendar day; patterns with a time of day get its midnight, ``iso`` the date alone.

    Raises IdentifierFault as ``write_moment`` does.
    """
    if isinstance(value, datetime):
        value = day(value)
    if pattern == "iso":
        return value.isoformat()
    return write_moment(datetime(value.year, value.month, value.day, tzinfo=BEIJING), pattern)


def _excel_serial(local: datetime) -> int | float:
    serial = (local - EXCEL_EPOCH) / _DAY
    if serial < EXCEL_LEAP_DAY + 1:
        serial -= 1
    if serial < 1:
        raise IdentifierFault("identifier.moment.range")
    return int(serial) if serial.is_integer() else serial


_WRITERS: Mapping[str, Callable[[datetime], str | int | float]] = MappingProxyType(
    {
        "iso": datetime.isoformat,
        "datetime": lambda local: local.isoformat(" ", "seconds")[:19],
        "date": lambda local: local.isoformat()[:10],
        "compact_date": lambda local: local.isoformat()[:10].replace("-", ""),
        "compact": lambda local: f"{local:%Y%m%d%H%M%S}",
        "epoch_s": lambda local: (local - EPOCH) // timedelta(seconds=1),
        "epoch_ms": lambda local: (local - EPOCH) // timedelta(milliseconds=1),
        "chinese_date": lambda local: f"{local.year}年{local.month}月{local.day}日",
        "dotted_date": lambda local: f"{local.year}.{local.month}.{local.day}",
        "excel": _excel_serial,
    }
)


def _read(text: str, pattern: str | None) -> datetime | None:
    if pattern is None:
        return read_any(text)
    reader = READERS.get(pattern)
    if reader is None:
        raise IdentifierFault("identifier.moment.pattern", pattern)
    return reader(text)


def _text(value: str | int | float) -> str:
    """Return a number as the text it would be in a cell; "" for what no pattern can hold."""
    if isinstance(value, str):
        return fold(value)
    if isinstance(value, bool) or abs(value) >= 10**15 or not isfinite(value):
        return ""
    return str(value) if isinstance(value, int) else f"{value:.10f}".rstrip("0").rstrip(".")


def _masked(value: object) -> str:
    return mask_shape(value) if isinstance(value, str) else "***"
