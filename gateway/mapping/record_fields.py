"""Get at the fields of a partner's record, whatever stands where an object, a list or a value is expected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.mapping.codes import as_code
from gateway.mapping.faults import At, Field
from gateway.mapping.passage import Passage
from gateway.mapping.paths import Keys

NONE: Mapping[str, Any] = {}


def empty(value: object) -> bool:
    """Return whether a partner says nothing by a value."""
    return value is None or (isinstance(value, str | dict | list | tuple) and not value) or blank(value)


def blank(value: object) -> bool:
    """Say whether a value is a text with nothing in it."""
    return isinstance(value, str) and not value.strip()


def matches(value: object, wanted: frozenset[str]) -> bool:
    """Return whether a field has one of the values that a condition asks for."""
    return as_code(value) in wanted


def container(value: object, field: Field, passage: Passage, at: At) -> Mapping[str, Any]:
    """Return a nested object; of a list of one (an XML dialect) that one, of nothing an empty one."""
    if value is None:
        return NONE
    if isinstance(value, list | tuple) and len(value) == 1:
        value = value[0]
    if isinstance(value, Mapping):
        return value
    if not empty(value):
        passage.fault("mapping.wrong_shape", field, at)
    return NONE


def many(value: object, field: Field, passage: Passage, at: At) -> list[Any] | tuple[Any, ...]:
    """Return a list; of a single object (an XML dialect) a list of that one."""
    if value is None:
        return ()
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
