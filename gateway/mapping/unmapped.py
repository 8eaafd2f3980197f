"""Write the function that finds what a partner sends and no row names: kept beside the message, never dropped silently.

At each object of the record one comparison of its keys with the known ones is all that an ordinary record costs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import Any

from gateway.mapping.binding import Bound, Test
from gateway.mapping.code import Code
from gateway.mapping.faults import printable
from gateway.mapping.paths import partner_path, show
from gateway.mapping.record_fields import empty
from gateway.mapping.sites import under

_MOST = 500  # paths: a record with more is no record of this kind, and the first ones say so
_DEEPEST = 30
_LONGEST_PATH = 300  # of those that are remembered


@dataclass(slots=True)
class Known:
    """The keys that rows name in one object of the record; a list stands for each of its items."""

    keys: dict[str, Known] = field(default_factory=dict)
    repeated: bool = False

    def add(self, keys: Sequence[str | int]) -> Known:
        """Name a path; return what is known of the object there."""
        known = self
        for key in keys:
            if isinstance(key, int):
                known.repeated = True
            else:
                known = known.keys.setdefault(key, Known())
        return known


def known_keys(rows: Sequence[Bound], tests: Sequence[Test]) -> Known:
    """Return every key that the rows and conditions of a mapping name."""
    top = Known()
    _name_rows(rows, top)
    for test in tests:
        top.add(test.keys)
    return top


def _name_rows(rows: Sequence[Bound], known: Known) -> None:
    for row in rows:
        for keys in (*row.sources, *([row.target] if row.target else [])):
            at = known.add(keys)
            if row.row.select is not None:
                at.repeated = True
                at.add(partner_path(row.row.select.field))
                at.add(partner_path(row.row.select.take))
            if row.conversion == "each":
                at.repeated = True
                _name_rows(row.items, at)
        for test in (*row.read_if, *row.write_if):
            known.add(test.keys)


def finder(code: Code, known: Known) -> None:
    """Write the body of ``unmapped(f)``: the paths of the leaves that no row names, in the order they stand."""
    code.names.update(dicts=_dicts, report=_report)
    code.add("u = {}")
    _object(code, known, "f", "")
    code.add("return tuple(u)")


def _object(code: Code, known: Known, var: str, shown: str) -> None:
    keys = code.value("K", frozenset(known.keys))
    code.add(f"if not {var}.keys() <= {keys}: report({var}, {keys}, {shown!r}, u)")
    for key, inner in known.keys.items():
        if not inner.keys:
            continue
        item = code.local("x")
        with code.block(f"for {item} in dicts({var}.get({key!r})):"):
            below = under(shown, show((key,))) + ("[]" if inner.repeated else "")
            _object(code, inner, item, below)


def _dicts(value: object) -> Sequence[Mapping[str, Any]]:
    """Return the objects in what stands where an object or a list of objects is expected."""
    if value is None:
        return ()
    if isinstance(value, Mapping):
        return (value,)
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list | tuple) else ()


def _report(value: Mapping[str, Any], known: frozenset[str], path: str, found: dict[str, None]) -> None:
    for key in value:
        if key not in known:
            _leaves(value[key], _below(path, key), _DEEPEST, found, len(found) + 4 * _MOST)
        if len(found) >= _MOST:
            return


def _leaves(value: object, path: str, depth: int, found: dict[str, None], most: int) -> None:
    """Note the paths of what is not empty in a value that no row names, until there are ``most``."""
    if empty(value) or len(found) >= most:
        return
    if depth and isinstance(value, dict):
        for key in islice(value, _MOST):
            _leaves(value[key], _below(path, key), depth - 1, found, most)
    elif depth and isinstance(value, list | tuple):
        for item in value[:_MOST]:
            _leaves(item, path + "[]", depth - 1, found, most)
    else:
        found[path] = None


def _below(path: str, key: object) -> str:
    """Return the path of a member; partners send the same few names again and again."""
    return _named(path, str(key)[:100]) if len(path) < _LONGEST_PATH else under(path, _shown(key))


@lru_cache(maxsize=4096)
def _named(path: str, key: str) -> str:
    return under(path, _shown(key))


def _shown(key: object) -> str:
    return printable(show((str(key)[:100],)))
