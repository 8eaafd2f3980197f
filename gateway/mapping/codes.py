"""Code tables: the partner's codes and the canonical values they mean, many to one, with one preferred way back.

    partner "0101" ─► marriage_family ─► "0101"       the first entry of a value, or the one that is ``preferred``,
    partner "0102" ─►        "                        is the way back

The partner's codes are compared as text, and written as they stand in the table: ``1`` as a number, ``"1"`` as text.
An administrator's file with ``extends: true`` adds entries to the table of the same name, or replaces them by code.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, StrictBool, StrictInt, StrictStr

from gateway.mapping.files import Place, Problems, Source, Spec
from gateway.mapping.rows import Name, Scalar

Code = StrictInt | Annotated[StrictStr, Field(min_length=1)]


class Entry(Spec):
    """One code of the partner."""

    partner: Code = Field(description="The partner's code / 对方代码")
    canonical: Scalar = Field(description="What it means / 规范值")
    title: StrictStr | None = Field(default=None, description="What the partner calls it / 名称")
    preferred: StrictBool | None = Field(
        default=None, description="true: the way back; false: never while there is another / 是否首选"
    )
    note: StrictStr | None = Field(default=None, description="For people / 备注")


class TableFile(Spec):
    """A code table, or an administrator's additions to one."""

    table: Name = Field(description="Unique name, <adapter>.<name> / 名称")
    title: StrictStr | dict[str, StrictStr] | None = Field(default=None, description="标题")
    canonical: StrictStr | None = Field(default=None, description="The canonical field it is for / 规范字段")
    extends: StrictBool = Field(default=False, description="Add to the table of the same name / 扩展已有代码表")
    entries: Annotated[tuple[Entry, ...], Field(max_length=100_000)] = Field(description="Codes / 条目")


@dataclass(frozen=True, slots=True)
class Placed:
    """An entry and where it stands."""

    entry: Entry
    source: Source
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeTable:
    """A table ready for use: ``read`` by the partner's code as text, ``written`` by the canonical value."""

    name: str
    canonical: str | None
    source: Source
    entries: tuple[Placed, ...]
    read: Mapping[str, str | int | bool]
    written: Mapping[str | int | bool, str | int]


def as_code(value: object) -> str | None:
    """Return a scalar as the text by which codes are compared; None for what is no scalar, or empty."""
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and abs(value) < 10**18:
        return str(value)
    return None


def tables(files: Sequence[tuple[Source, TableFile]], problems: Problems) -> dict[str, CodeTable]:
    """Build every table from its file and the files that extend it, in their order."""
    bases: dict[str, tuple[Source, TableFile]] = {}
    for source, file in files:
        if file.extends:
            continue
        if file.table in bases:
            problems.add(source.fault("mapping.file.duplicate_table", ("table",), name=file.table))
        bases.setdefault(file.table, (source, file))
    for source, file in files:
        if file.extends and file.table not in bases:
            problems.add(source.fault("mapping.file.unknown_table", ("table",), name=file.table))
    return {
        name: _built(base, [pair for pair in files if pair[1].extends and pair[1].table == name], problems)
        for name, base in bases.items()
    }


def _built(
    base: tuple[Source, TableFile], extensions: Sequence[tuple[Source, TableFile]], problems: Problems
) -> CodeTable:
    layers = (base, *extensions)
    by_code = {code: placed for source, file in layers for code, placed in _entries(source, file, problems)}
    entries = tuple(by_code.values())
    return CodeTable(
        name=base[1].table,
        canonical=base[1].canonical,
        source=base[0],
        entries=entries,
        read={code: placed.entry.canonical for code, placed in by_code.items()},
        written=_ways_back(entries, {source.file: n for n, (source, _) in enumerate(layers)}),
    )


def _entries(source: Source, file: TableFile, problems: Problems) -> Iterator[tuple[str, Placed]]:
    codes: set[str] = set()
    preferred: set[Scalar] = set()
    for n, entry in enumerate(file.entries):
        place: Place = ("entries", n)
        code = str(entry.partner).strip()
        if code in codes or not code:
            problems.add(source.fault("mapping.file.duplicate_code", (*place, "partner"), name=code))
        if entry.preferred and entry.canonical in preferred:
            fault = source.fault("mapping.file.two_preferred", (*place, "preferred"), name=str(entry.canonical))
            problems.add(fault)
        codes.add(code)
        preferred.update([entry.canonical] if entry.preferred else [])
        yield code, Placed(entry, source, place)


def _ways_back(entries: Sequence[Placed], layers: Mapping[str, int]) -> dict[str | int | bool, str | int]:
    def rank(placed: Placed) -> tuple[int, int]:
        # Of two preferred entries the administrator's wins; of several others the first.
        if placed.entry.preferred:
            return (0, -layers[placed.source.file])
        return (2 if placed.entry.preferred is False else 1, 0)

    back: dict[str | int | bool, str | int] = {}
    for placed in sorted(entries, key=rank):
        back.setdefault(placed.entry.canonical, placed.entry.partner)
    return back
