"""Say what a row is made of: where it takes its value from, and which of the partner's fields it reads and writes."""

from __future__ import annotations

from typing import Literal

from gateway.mapping.paths import Keys, partner_path
from gateway.mapping.rows import Row

Origin = Literal["field", "join", "select", "count", "constant"]


def origin(row: Row) -> Origin:
    """Return where a row takes its value from when it reads."""
    if row.constant is not None:
        return "constant"
    if row.count is not None:
        return "count"
    if row.select is not None:
        return "select"
    return "join" if isinstance(row.partner, tuple) else "field"


def partner_side(row: Row) -> tuple[tuple[Keys, ...], Keys | None]:
    """Return the fields that a row reads, and the one that it writes. Raises PathFault."""
    named = row.partner if isinstance(row.partner, tuple) else (row.partner,) if row.partner is not None else ()
    keys = tuple(partner_path(name) for name in named)
    for name in (row.select.field, row.select.take) if row.select is not None else ():
        partner_path(name)
    if row.count is not None:
        return (partner_path(row.count),), keys[0] if keys else None
    if row.constant is not None:
        return (), keys[0] if keys else None
    if isinstance(row.partner, tuple):
        return keys, partner_path(row.write_to) if row.write_to else None
    return keys, keys[0] if keys else None


def malformed(row: Row) -> tuple[str, str] | None:
    """Return code and key of what makes a row no row at all, or None."""
    if row.constant is not None:
        one_side = (row.partner is None) != (row.canonical is None) and isinstance(row.partner, str | None)
        return None if one_side else ("mapping.file.constant_one_side", "constant")
    if row.count is not None:
        lost = row.partner is None and row.canonical is None
        return ("mapping.file.missing_key", "canonical") if lost else None
    for key in ("partner", "canonical"):
        if getattr(row, key) is None:
            return "mapping.file.missing_key", key
    return _malformed_join(row)


def _malformed_join(row: Row) -> tuple[str, str] | None:
    if isinstance(row.partner, tuple) != (row.join is not None):
        return "mapping.file.needs_join", "partner" if row.join is None else "join"
    if row.write_to is not None and not (isinstance(row.partner, tuple) and row.write_to in row.partner):
        return "mapping.file.write_to_elsewhere", "write_to"
    return None
