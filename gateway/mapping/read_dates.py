"""Read dates: the usual forms at once, since the door does it for every record, the others form by form.

The quick functions take a text and return None for whatever is not plainly of their form; ``moment`` and ``day`` take
(value, site, passage, indices) as all conversions do, and say what is wrong.
"""

from __future__ import annotations

from datetime import date, datetime

from gateway.canonical import identifiers
from gateway.canonical.identifiers import BEIJING, IdentifierFault
from gateway.mapping.faults import At
from gateway.mapping.passage import Passage, Site
from gateway.mapping.record_fields import empty

_EARLIEST = "1800"


def quick_moment(value: str) -> datetime | None:
    """Return ``2022-08-20 10:11:12`` as Beijing time or None: the door does this for every record."""
    if len(value) != 19 or not (value[10] == " " and value[4] == value[7] == "-" and value[13] == value[16] == ":"):
        return None
    if value < _EARLIEST or value[11:13] == "24":
        return None
    try:
        return datetime.fromisoformat(value).replace(tzinfo=BEIJING)
    except ValueError:
        return None


def quick_iso_moment(value: str) -> datetime | None:
    """Return ``2022-08-20T10:11:12+08:00`` or None."""
    if len(value) != 25 or not (value[10] == "T" and value[4] == value[7] == "-" and value.endswith("+08:00")):
        return None
    if value < _EARLIEST or value[11:13] == "24":
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def quick_day(value: str) -> date | None:
    """Return ``2022-08-20`` or None."""
    if len(value) != 10 or not value[4] == value[7] == "-" or value < _EARLIEST:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def quick_compact_day(value: str) -> date | None:
    """Return ``20220820`` or None."""
    if len(value) != 8 or not (value.isascii() and value.isdigit()) or value < _EARLIEST:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def moment(value: object, site: Site, passage: Passage, at: At) -> datetime | None:
    """Return a point in time in the first of the row's forms that fits."""
    said = _dated(value, site, passage, at)
    fault: IdentifierFault | None = None
    for pattern in site.patterns if said is not None else ():
        try:
            return identifiers.moment(said, pattern)  # type: ignore[arg-type]  # not None: there is a pattern to try
        except IdentifierFault as found:
            fault = fault or found
    if fault is not None:
        passage.fault(fault.code, site.field, at, said, masked=fault.masked)
    return None


def day(value: object, site: Site, passage: Passage, at: At) -> date | None:
    """Return a day in the first of the row's forms that fits."""
    found = moment(value, site, passage, at)
    return None if found is None else found.date()


def _dated(value: object, site: Site, passage: Passage, at: At) -> str | int | float | None:
    if empty(value):
        return None
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return value
    passage.fault("mapping.wrong_type", site.field, at, value)
    return None
