"""Turn one canonical value into the partner's: what generated code calls where writing the value alone does not do.

Every function takes (value, site, passage, indices) and returns what the partner gets, or None after noting a fault.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from gateway.canonical import identifiers
from gateway.canonical.identifiers import BEIJING, IdentifierFault
from gateway.canonical.identifiers.moment import EPOCH
from gateway.mapping.codes import as_code
from gateway.mapping.faults import At, masked_code
from gateway.mapping.passage import Passage, Site
from gateway.mapping.paths import Keys
from gateway.mapping.record_fields import fetch

_MILLISECOND = timedelta(milliseconds=1)


def code(value: Any, site: Site, passage: Passage, at: At) -> Any:
    """Return the partner's code of a value that the table has no entry for: the text itself where that is kept."""
    known = site.back or {}
    if value in known:
        return known[value]
    if site.policy == "keep" and value not in (site.codes or {}):
        return value
    passage.fault("mapping.no_code", site.field, at, masked=masked_code(value), facts={"table": site.table})
    return None


def moment(value: datetime, site: Site, passage: Passage, at: At) -> Any:
    """Return a point in time in the row's first form; what the form has no room for is noted as lost."""
    pattern = site.patterns[0]
    try:
        written = identifiers.write_moment(value, pattern)
        if abs(identifiers.moment(written, pattern) - value) >= timedelta(milliseconds=1):
            _lose(site, passage)
    except IdentifierFault as fault:
        passage.fault(fault.code, site.field, at, masked=fault.masked)
        return None
    return _scalar(written, site)


def quick_moment(value: datetime, site: Site, passage: Passage, at: At) -> Any:
    """Return ``2022-08-20 10:11:12``."""
    if value.tzinfo is not BEIJING or value.year < 1800:
        return moment(value, site, passage, at)
    if value.microsecond:
        _lose(site, passage)
    return value.isoformat(" ", "seconds")[:19]


def quick_iso_moment(value: datetime, site: Site, passage: Passage, at: At) -> Any:
    """Return ``2022-08-20T10:11:12+08:00``."""
    if value.tzinfo is not BEIJING or value.year < 1800:
        return moment(value, site, passage, at)
    return value.isoformat()


def quick_millis(value: datetime, site: Site, passage: Passage, at: At) -> Any:
    """Return milliseconds since 1970; a fraction of one is left out, as ``moment`` leaves it."""
    if value.year < 1800:
        return moment(value, site, passage, at)
    return _scalar((value - EPOCH) // _MILLISECOND, site)


def day(value: date, site: Site, passage: Passage, at: At) -> Any:
    """Return a day in the row's first form."""
    try:
        return _scalar(identifiers.write_day(value, site.patterns[0]), site)
    except IdentifierFault as fault:
        passage.fault(fault.code, site.field, at, masked=fault.masked)
        return None


def amount(value: Decimal, site: Site, passage: Passage, at: At) -> Any:
    """Return an amount in the row's unit: text in yuan and ten thousands, a whole number in cents."""
    try:
        return _scalar(identifiers.write_amount(value, site.unit), site)
    except IdentifierFault as fault:
        passage.fault(fault.code, site.field, at, masked=fault.masked)
        return None


def organisation(value: str, site: Site, passage: Passage, at: At) -> str | None:
    """Return what the partner calls an organisation."""
    found = passage.directory.code(passage.partner, value)
    if found is None:
        facts = {"organisation": value}
        passage.fault("mapping.no_organisation_code", site.field, at, masked=masked_code(value), facts=facts)
    return found


def scalar(value: Any, site: Site, _passage: Passage, _at: At) -> Any:
    """Return a text, number or truth value as the row wants it written."""
    return _scalar(value, site)


def several(values: Sequence[Any], site: Site, passage: Passage, at: At) -> Any:
    """Return a list of values as the partner wants it: a list, or one text; never a text that would divide wrongly."""
    if site.one is None and site.written_as is None and (joined := _joined(values, site.separator)) is not None:
        return joined
    convert = site.one or scalar
    found = [convert(value, site, passage, at) for value in values]
    if site.separator is None:
        return found
    for value in found:
        if site.separator in str(value):
            passage.fault("mapping.separator_in_value", site.field, at, value, facts={"separator": site.separator})
            return None
    return site.separator.join(str(value) for value in found if value is not None)


def _joined(values: Sequence[Any], separator: str | None) -> str | None:
    """Return texts as one, or None where that is not all there is to it."""
    if separator is None or len(separator) != 1 or not values or values[0].__class__ is not str:
        return None
    joined = separator.join(values)
    return joined if joined.count(separator) == len(values) - 1 else None


def _scalar(value: Any, site: Site) -> Any:
    if site.written_as == "text":
        return as_code(value) if isinstance(value, bool | int) else str(value)
    if site.written_as == "number" and isinstance(value, str):
        return _number(value)
    return value


def _number(value: str) -> Any:
    try:
        number = Decimal(value)
    except ArithmeticError:
        return value
    if not number.is_finite():
        return value
    whole = int(number) if number == number.to_integral_value() else None
    return float(number) if whole is None else whole


def _lose(site: Site, passage: Passage) -> None:
    if site.field.canonical is not None:
        passage.lost[site.field.canonical] = None


def nth(items: Sequence[Any], n: int) -> Any:
    """Return the n-th item, or None."""
    return items[n] if n < len(items) else None


def first(items: Sequence[Any], name: str, value: str) -> Any:
    """Return the first item whose field has a value, or None."""
    return next((item for item in items if getattr(item, name) == value), None)


def put(out: dict[str, Any], keys: Keys, value: Any) -> None:
    """Write a value at a path, making what is missing on the way; a list is filled up with empty items."""
    at: Any = out
    for key, following in zip(keys, (*keys[1:], None), strict=True):
        fresh: Any = value if following is None else [] if isinstance(following, int) else {}
        if isinstance(key, int):
            at.extend({} for _ in range(key + 1 - len(at)))
            at[key] = fresh if following is None or not at[key] else at[key]
        elif following is None:
            at[key] = fresh
        else:
            at.setdefault(key, fresh)
        at = at[key]


def put_selected(out: dict[str, Any], path: Keys, deciding: tuple[Keys, Any], take: Keys, value: Any) -> None:
    """Write a field of the item whose deciding field has a value, adding the item where there is none."""
    field, is_value = deciding
    items = fetch(out, path)
    if not isinstance(items, list):
        items = []
        put(out, path, items)
    wanted = as_code(is_value)
    item = next((item for item in items if as_code(fetch(item, field)) == wanted), None)
    if item is None:
        item = {}
        put(item, field, is_value)
        items.append(item)
    put(item, take, value)


def claims(out: dict[str, Any], keys: Keys, wanted: frozenset[str], value: Any, *, sets: bool) -> bool:
    """Return whether the written record fulfils a condition; where no row writes its field, the condition does."""
    found = fetch(out, keys)
    if found is None and sets:
        put(out, keys, value)
        return True
    return as_code(found) in wanted
