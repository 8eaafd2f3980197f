"""Find what is wrong between rows: two that fill the same field, and codes that a field does not allow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from gateway.errors import ConfigurationFault
from gateway.mapping.codes import CodeTable
from gateway.mapping.files import suggestion
from gateway.mapping.paths import Field, Keys, Step, show

if TYPE_CHECKING:
    from gateway.mapping.binding import Bound

Collision = tuple[str, "Bound", str]  # code, the later row, what both fill


def table_values(table: CodeTable, leaf: Field) -> Iterator[ConfigurationFault]:
    """Yield a fault for every entry whose canonical value the field does not allow, at its place in the table."""
    wanted = {"boolean": bool, "integer": int}.get(leaf.kind, str)
    for placed in table.entries:
        value = placed.entry.canonical
        fits = type(value) is wanted and (leaf.allowed is None or value in leaf.allowed)
        if not fits:
            meant = suggestion(str(value), leaf.allowed or ())
            place = (*placed.place, "canonical")
            yield placed.source.fault("mapping.file.not_allowed", place, name=str(value), suggestion=meant)


def collisions(rows: Sequence[Bound]) -> Iterator[Collision]:
    """Yield the rows of one scope that fill a field which another row fills under no other condition."""
    yield from _twice_read([row for row in rows if row.reads])
    yield from _twice_written([row for row in rows if row.writes])


def _twice_read(rows: Sequence[Bound]) -> Iterator[Collision]:
    always: set[tuple[Step, ...]] = set()
    modes: dict[tuple[str, ...], str] = {}
    for row in rows:
        if not row.read_if and row.steps in always:
            yield "mapping.file.duplicate_canonical", row, row.row.canonical or ""
        if not row.read_if:
            always.add(row.steps)
        for names, mode in _list_modes(row):
            if modes.setdefault(names, mode) != mode:
                yield "mapping.file.duplicate_canonical", row, row.row.canonical or ""


def _list_modes(row: Bound) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield how a row fills each list on its way: as a whole, by a value of its items, or item by item."""
    for n, (step, field) in enumerate(zip(row.steps, row.fields, strict=True)):
        if field.repeated and field.model is not None:
            last = n == len(row.steps) - 1
            whole = "whole" if step.select is None else "by value"
            yield tuple(at.name for at in row.steps[: n + 1]), whole if last else "item"


def _twice_written(rows: Sequence[Bound]) -> Iterator[Collision]:
    always: dict[object, Keys] = {}
    shorter: dict[Keys, list[Bound]] = defaultdict(list)
    for row in rows:
        target = row.target or ()
        chosen = row.row.select
        key = (target, chosen.field, chosen.is_, chosen.take) if chosen else (target,)
        if not row.write_if and key in always:
            yield "mapping.file.duplicate_partner", row, show(target)
        if not row.write_if:
            always[key] = target
        shorter[target].append(row)
    kinds: dict[Keys, type] = {}
    for row in rows:
        target = row.target or ()
        inside = any(target[:n] in shorter for n in range(1, len(target)))
        mixed = any(kinds.setdefault(target[:n], type(key)) is not type(key) for n, key in enumerate(target))
        if inside or mixed:
            yield "mapping.file.duplicate_partner", row, show(target)
