"""Turn one value of a partner into the canonical one: what generated code calls where the quick way does not do.

Every function takes (value, site, passage, indices) and returns the canonical value, or None for nothing: either the
field is empty ("", null, [], {} and blank text are all empty), or a fault has been noted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import isfinite
from typing import Any

from gateway.canonical import identifiers
from gateway.canonical.identifiers import IdentifierFault
from gateway.mapping.codes import as_code
from gateway.mapping.faults import At, Field, masked_code
from gateway.mapping.passage import Passage, Site
from gateway.mapping.record_fields import NONE, blank, empty

_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")


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


def amount(value: object, site: Site, passage: Passage, at: At) -> Any:
    """Return an amount in yuan."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        if not empty(value):
            passage.fault("mapping.wrong_type", site.field, at, value)
        return None
    if blank(value):
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
