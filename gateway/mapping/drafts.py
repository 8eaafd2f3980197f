"""Lay the files of a mapping over each other: the shipped one, an administrator's changes, a partner's changes.

shipped  court_platform/referral ─► + extends (no partner): for every partner ─► + extends, partner: court-xx
                                                                                    court_platform/referral@court-xx
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from gateway.mapping.binding import Placed
from gateway.mapping.files import Problems, Source, suggestion
from gateway.mapping.rows import MappingFile, Row

Way = Literal["read", "write"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A mapping with all its files laid over each other, not yet bound to anything."""

    name: str
    base: str  # the name of the mapping it began as
    partner: str | None
    spec: MappingFile
    source: Source
    rows: tuple[Placed, ...]

    @property
    def adapter(self) -> str:
        """Return the adapter whose records it is for."""
        return self.base.partition("/")[0]


def drafts(files: Sequence[tuple[Source, MappingFile]], problems: Problems) -> tuple[Draft, ...]:
    """Return every mapping: those for all partners, and those for one."""
    general = _bases(files, problems)
    for source, spec in files:
        if spec.extends is not None and spec.partner is None and _is_known(spec, source, general, problems):
            general[spec.extends] = _changed(general[spec.extends], source, spec, problems)
    own: dict[tuple[str, str], Draft] = {}
    for source, spec in files:
        if spec.extends is None or spec.partner is None or not _is_known(spec, source, general, problems):
            continue
        base = own.get((spec.extends, spec.partner), general[spec.extends])
        changed = _changed(base, source, spec, problems)
        own[spec.extends, spec.partner] = replace(changed, name=f"{spec.extends}@{spec.partner}", partner=spec.partner)
    return (*general.values(), *own.values())


def _bases(files: Sequence[tuple[Source, MappingFile]], problems: Problems) -> dict[str, Draft]:
    found: dict[str, Draft] = {}
    for source, spec in files:
        if spec.extends is not None:
            continue
        for key in ("mapping", "record", "message"):
            if getattr(spec, key) is None:
                problems.add(source.fault("mapping.file.missing_key", (key,), name=key))
        name = spec.mapping or ""
        if name and "/" not in name:
            problems.add(source.fault("mapping.file.name_without_adapter", ("mapping",), name=name))
        if name in found:
            problems.add(source.fault("mapping.file.duplicate_mapping", ("mapping",), name=name))
        if spec.drop:
            problems.add(source.fault("mapping.file.drops_nothing", ("drop", 0), name=spec.drop[0]))
        rows = tuple(_placed(source, spec))
        draft = Draft(name=name, base=name, partner=spec.partner, spec=spec, source=source, rows=rows)
        found.setdefault(name, draft)
    return {name: draft for name, draft in found.items() if name and draft.spec.record and draft.spec.message}


def _placed(source: Source, spec: MappingFile) -> Iterator[Placed]:
    for n, row in enumerate(spec.rows):
        yield Placed(row, source, ("rows", n))


def _is_known(spec: MappingFile, source: Source, known: Mapping[str, Draft], problems: Problems) -> bool:
    name = spec.extends or ""
    if name in known:
        return True
    problems.add(
        source.fault("mapping.file.unknown_mapping", ("extends",), name=name, suggestion=suggestion(name, known))
    )
    return False


def _changed(base: Draft, source: Source, spec: MappingFile, problems: Problems) -> Draft:
    """Lay a file over a mapping."""
    for key in ("message", "direction", "mapping"):
        if getattr(spec, key) is not None:
            problems.add(source.fault("mapping.file.not_in_override", (key,), name=key))
    kept = _without(base.rows, source, spec, problems)
    added = tuple(_placed(source, spec))
    for placed in added:
        kept = [left for row in kept for left in _yielding(row, placed.row)]
    own = {key: getattr(spec, key) for key in ("record", "when", "unknown_code", "attachments") if getattr(spec, key)}
    return replace(base, spec=base.spec.model_copy(update=own), rows=(*kept, *added))


def _without(rows: Sequence[Placed], source: Source, spec: MappingFile, problems: Problems) -> list[Placed]:
    named = {placed.row.canonical for placed in rows if placed.row.canonical is not None}
    for n, path in enumerate(spec.drop):
        if path not in named:
            meant = suggestion(path, named)
            problems.add(source.fault("mapping.file.drops_nothing", ("drop", n), name=path, suggestion=meant))
    return [placed for placed in rows if placed.row.canonical not in spec.drop]


def _yielding(placed: Placed, new: Row) -> Iterator[Placed]:
    """Yield what is left of a row beside a new one for the same field: the direction that the new one leaves."""
    old = placed.row
    same = old.canonical == new.canonical if new.canonical is not None else _same_partner(old, new)
    left = _ways(old) - _ways(new) if same else _ways(old)
    if left == _ways(old):
        yield placed
    elif left:
        changes = {"only": next(iter(left)), "required": "read" in left and old.required}
        yield replace(placed, row=old.model_copy(update=changes))


def _same_partner(old: Row, new: Row) -> bool:
    return old.canonical is None and old.partner == new.partner


def _ways(row: Row) -> set[Way]:
    if row.only is not None:
        return {row.only}
    if row.constant is not None:
        return {"write"} if row.canonical is None else {"read"}
    return {"read", "write"}
