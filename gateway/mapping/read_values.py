"""Turn one value of a partner into the canonical one: what generated code calls where the quick way does not do.

Every function takes (value, site, passage, indices) and returns the canonical value, or None for nothing: either the
field is empty ("", null, [], {} and blank text are all empty), or a fault has been noted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from math import isfinite
from typing import Any

from gateway.canonical import identifiers
from gateway.canonical.identifiers import BEIJING, IdentifierFault
from gateway.mapping.codes import as_code
from gateway.mapping.faults import At, Field, masked_code
from gateway.mapping.passage import Passage, Site
from gateway.mapping.paths import Keys

NONE: Mapping[str, Any] = {}
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_EARLIEST = "1800"


def empty(value: object) -> bool:
    """Return whether a partner says nothing by a value."""
    return value is None or (isinstance(value, str | dict | list | tuple) and not value) or _blank(value)


def _blank(value: object) -> bool:
    return isinstance(value, str) and not value.strip()


def text(value: object, site: Site, passage: Passage, at: At) -> str | None:
    """Return a scalar as text; of an identifier no float, which has lost digits by the time it is here."""
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and abs(value) < 10**30:
        return str(value)
    if isinstance(value, float) and isfinite(value) and not site.exact:
        return repr(value)
    if not empty(value):
        passage.fault("mapping.wrong_type", site.field, at, value)
    return None


def identifier(value: object, site: Site, passage: Passage, at: At) -> str | None:
    """Return an identifier in its one spelling."""
    said = text(value, site, passage, at)
    if said is None or site.check is None:
        return said
    try:
        return site.check(said)
    except IdentifierFault as fault:
        passage.fault(fault.code, site.field, at, said, masked=fault.masked)
        return None


def code(value: object, site: Site, passage: Passage, at: At) -> Any:
    """Return what a code or word means; an unknown one goes by the policy: hold, reject, or keep as text."""
    if empty(value):
        return None
    if site.table is None and isinstance(value, bool):
        return value
    said, known = as_code(value), site.codes or NONE
    if said is not None and said in known:
        return known[said]
    if said is None:
        passage.fault("mapping.wrong_type", site.field, at, value)
    elif site.policy == "keep":
        return said
    else:
        shown, held = masked_code(value), site.policy == "hold"
        passage.fault("mapping.unknown_code", site.field, at, masked=shown, held=held, facts={"table": site.table})
    return None


def truth(value: object, site: Site, passage: Passage, at: At) -> bool | None:
    """Return a truth value that needs no words."""
    if isinstance(value, bool):
        return value
    said = {"true": True, "1": True, "false": False, "0": False}.get((as_code(value) or "").lower())
    if said is None and not empty(value):
        passage.fault("mapping.wrong_type", site.field, at, value)
    return said


def integer(value: object, site: Site, passage: Passage, at: At) -> int | None:
    """Return a whole number."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18:
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 10**15:
        return int(value)
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        return int(value)
    if not empty(value):
        passage.fault("mapping.wrong_type", site.field, at, value)
    return None


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


def amount(value: object, site: Site, passage: Passage, at: At) -> Any:
    """Return an amount in yuan."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        if not empty(value):
            passage.fault("mapping.wrong_type", site.field, at, value)
        return None
    if _blank(value):
        return None
    try:
        return identifiers.amount(value, site.unit)
    except IdentifierFault as fault:
        passage.fault(fault.code, site.field, at, value, masked=fault.masked)
        return None


def organisation(value: object, site: Site, passage: Passage, at: At) -> str | None:
    """Return the directory id of the organisation that the partner calls by this code."""
    said = text(value, site, passage, at)
    if said is None:
        return None
    found = passage.directory.organisation(passage.partner, said)
    if found is None:
        shown = masked_code(said)
        passage.fault("mapping.unknown_organisation", site.field, at, masked=shown, held=True)
    return found


def several(value: object, site: Site, passage: Passage, at: At) -> list[Any] | None:
    """Return a list of values: a list, or one text that a separator divides; empty items are nothing."""
    if isinstance(value, str) and site.separator is not None:
        value = value.split(site.separator)
    pieces = value if isinstance(value, list | tuple) else (value,)
    # An item has an index of its own only where the partner sends a list.
    own_index = isinstance(value, list | tuple) and site.separator is None
    convert = site.one or text
    found: list[Any] = []
    for n, piece in enumerate(pieces):
        one = convert(piece, site, passage, (*at, n) if own_index else at)
        if isinstance(one, tuple):
            found.extend(one)
        elif one is not None:
            found.append(one)
    return found or None


def phones(value: object, site: Site, passage: Passage, at: At) -> tuple[str, ...] | None:
    """Return the telephone numbers in a cell, which people separate in every way."""
    said = text(value, site, passage, at)
    if said is None:
        return None
    try:
        return identifiers.phones(said)
    except IdentifierFault as fault:
        passage.fault(fault.code, site.field, at, said, masked=fault.masked)
        return None


def joined(values: tuple[object, ...], site: Site, passage: Passage, at: At) -> str | None:
    """Return several fields as one text."""
    parts = [part for part in (text(value, site, passage, at) for value in values) if part is not None]
    return (site.separator or "").join(parts) or None


def matches(value: object, wanted: frozenset[str]) -> bool:
    """Return whether a field has one of the values that a condition asks for."""
    return as_code(value) in wanted


def container(value: object, field: Field, passage: Passage, at: At) -> Mapping[str, Any]:
    """Return a nested object; of a list of one (an XML dialect) that one, of nothing an empty one."""
    if isinstance(value, list | tuple) and len(value) == 1:
        value = value[0]
    if isinstance(value, Mapping):
        return value
    if not empty(value):
        passage.fault("mapping.wrong_shape", field, at)
    return NONE


def many(value: object, field: Field, passage: Passage, at: At) -> list[Any] | tuple[Any, ...]:
    """Return a list; of a single object (an XML dialect) a list of that one."""
    if isinstance(value, list | tuple):
        return value
    if isinstance(value, Mapping):
        return (value,) if value else ()
    if not empty(value):
        passage.fault("mapping.wrong_shape", field, at)
    return ()


def fetch(value: Any, keys: Keys) -> Any:
    """Return what is at a path with an index in it, or None; item 0 of what is no list is the thing itself."""
    for key in keys:
        if isinstance(key, int):
            items = value if isinstance(value, list | tuple) else [value] if value is not None else []
            value = items[key] if key < len(items) else None
        elif isinstance(value, list | tuple) and len(value) == 1 and isinstance(value[0], Mapping):
            value = value[0].get(key)
        else:
            value = value.get(key) if isinstance(value, Mapping) else None
    return value


def selected(value: object, field: Keys, wanted: str, take: Keys) -> Any:
    """Return a field of the first item whose deciding field has a value, or None."""
    for item in value if isinstance(value, list | tuple) else (value,):
        if isinstance(item, Mapping) and as_code(fetch(item, field)) == wanted:
            return fetch(item, take)
    return None


def counted(value: object) -> int | None:
    """Return the number of items that are not empty; None where there is no list."""
    if value is None or value == "":
        return None
    return sum(not empty(item) for item in value) if isinstance(value, list | tuple) else 1


def absent(field: Field, passage: Passage, at: At) -> None:
    """Note that a required field is missing, unless it is there and wrong."""
    if not passage.knows(field, at):
        passage.fault("mapping.missing", field, at)


def merge(into: dict[str, Any], name: str, items: list[Any], key: tuple[str, At, int], passage: Passage) -> None:
    """Add the items of one row to a list that several rows fill, and remember which row each came from."""
    path, at, number = key
    into[name] = [*into.get(name, ()), *items]
    passage.filled.setdefault((path, at), []).extend((number, n) for n in range(len(items)))


def gather(
    into: dict[str, Any], name: str, slots: Sequence[tuple[int, dict[str, Any]]], key: tuple[str, At], passage: Passage
) -> None:
    """Make a list of the items that rows filled one by one; the empty ones are none."""
    filled = [(number, item) for number, item in slots if item]
    if filled:
        into[name] = [item for _, item in filled]
        passage.filled[key] = [(number, 0) for number, _ in filled]
