"""Compile a mapping: one function that reads, one that writes, one that finds what is unmapped; each once.

Draft ─► bind, and say what is wrong ─► Compiled ─ first use ─► write source ─► compile()

A gateway ships the mappings of every system and speaks with a few: what is never used costs no start any time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pydantic import BaseModel

from gateway.canonical.messages import TYPES
from gateway.mapping import compile_read, compile_write, documents
from gateway.mapping.binding import Binder, Bound, Placed, Test
from gateway.mapping.checks import table_values
from gateway.mapping.code import Code
from gateway.mapping.codes import CodeTable
from gateway.mapping.drafts import Draft
from gateway.mapping.files import Problems, suggestion
from gateway.mapping.passage import Passage, Site
from gateway.mapping.paths import PathFault, canonical_path, resolve
from gateway.mapping.rows import Direction, Policy, Row, conditions
from gateway.mapping.sites import Scope
from gateway.mapping.trail import Trail
from gateway.mapping.unmapped import finder, known_keys

Read = Callable[[Mapping[str, Any], Passage], dict[str, Any]]
Write = Callable[[BaseModel, dict[str, Any], Passage], dict[str, Any]]
Unmapped = Callable[[Mapping[str, Any]], tuple[str, ...]]


@dataclass(frozen=True, kw_only=True)
class Compiled:
    """A mapping ready for use. ``read`` and ``write`` are None where it has no such direction."""

    name: str
    adapter: str
    partner: str | None
    record: str
    message: str
    direction: Direction
    read_if: tuple[Test, ...]
    write_if: tuple[Test, ...]
    documents: Site | None = field(repr=False)
    draft: Draft = field(repr=False)
    rows: tuple[Bound, ...] = field(repr=False)

    @property
    def reads(self) -> bool:
        """Say whether there is a ``read``, without making it."""
        return self.direction != "write"

    @property
    def writes(self) -> bool:
        """Say whether there is a ``write``, without making it."""
        return self.direction != "read"

    @cached_property
    def read(self) -> Read | None:
        """The function that makes a canonical message's values of a record's fields."""
        return self._reading[0].compiled("read", f"{self.name}:read") if self.reads else None

    @cached_property
    def write(self) -> Write | None:
        """The function that makes a record's fields of a canonical message."""
        return self._writing.compiled("write", f"{self.name}:write") if self.writes else None

    @cached_property
    def unmapped(self) -> Unmapped:
        """The function that finds the fields with a value that no row names."""
        return self._finding.compiled("unmapped", f"{self.name}:unmapped")

    @property
    def trail(self) -> Trail:
        """Return which field of the partner's each canonical value came from."""
        return self._reading[1]

    @property
    def sources(self) -> Mapping[str, str]:
        """Return the Python that was written, by read, write, unmapped."""
        return {
            "read": self._reading[0].source, "write": self._writing.source, "unmapped": self._finding.source
        }  # fmt: skip

    @cached_property
    def _reading(self) -> tuple[Code, Trail]:
        code = Code("def read(f, run):", dict(compile_read.NAMES))
        trail = compile_read.reader(code, Scope(message=self.message), self.rows)
        if self.documents is not None:
            trail.lists[documents.PLACE] = {0: documents.trail(self.message)}
        return code, trail

    @cached_property
    def _writing(self) -> Code:
        code = Code("def write(m, out, run):", dict(compile_write.NAMES))
        scope, carried = Scope(message=self.message), self.documents is not None
        compile_write.writer(code, scope, self.rows, TYPES[self.message], documents=carried)
        return code

    @cached_property
    def _finding(self) -> Code:
        code = Code("def unmapped(f):", {})
        finder(code, known_keys(self.rows, (*self.read_if, *self.write_if)))
        return code


def compiled(draft: Draft, tables: Mapping[str, CodeTable], problems: Problems) -> Compiled | None:
    """Compile a mapping; None after noting why it cannot be."""
    spec, message = draft.spec, draft.spec.message or ""
    if message not in TYPES:
        meant = suggestion(message, TYPES)
        problems.add(draft.source.fault("mapping.file.unknown_message", ("message",), name=message, suggestion=meant))
        return None
    before = len(problems.faults)
    policy: Policy = spec.unknown_code or "hold"
    direction: Direction = spec.direction or "both"
    binder = Binder(message=message, direction=direction, policy=policy, tables=tables, problems=problems)
    tests = binder.tests(spec.when, Placed(Row(), draft.source, ()))
    rows = binder.bind((*draft.rows, *_markers(draft, direction)))
    carried = _documents(draft, rows, tables, policy, problems)
    if len(problems.faults) > before:
        return None
    return Compiled(
        name=draft.name,
        adapter=draft.adapter,
        partner=draft.partner,
        record=spec.record or "",
        message=message,
        direction=direction,
        read_if=tuple(test for test in tests if test.side == "partner"),
        write_if=tuple(test for test in tests if test.side == "canonical"),
        documents=carried,
        draft=draft,
        rows=rows,
    )


def _markers(draft: Draft, direction: Direction) -> list[Placed]:
    """Return the rows that write the values by which a file is chosen, where no row of it does."""
    if direction == "read":
        return []
    named = {placed.row.partner for placed in draft.rows if placed.row.only != "read"}
    found = [when for when in conditions(draft.spec.when) if when.partner and when.partner not in named]
    return [Placed(Row(constant=when.values[0], partner=when.partner), draft.source, ("when",)) for when in found]


def _documents(
    draft: Draft, rows: tuple[Bound, ...], tables: Mapping[str, CodeTable], policy: Policy, problems: Problems
) -> Site | None:
    if draft.spec.attachments is None:
        return None
    message, name, source = draft.spec.message or "", draft.spec.attachments.kinds, draft.source
    table = tables.get(name) if name is not None else None
    if name is not None and table is None:
        meant = suggestion(name, tables)
        fault = source.fault("mapping.file.unknown_table", ("attachments", "kinds"), name=name, suggestion=meant)
        problems.add(fault)
    try:
        kind = resolve(TYPES[message], canonical_path("data.documents[0].kind"))[-1]
    except PathFault:
        problems.add(source.fault("mapping.file.no_documents", ("attachments",), name=message))
        return None
    problems.add(*(table_values(table, kind) if table is not None else ()))
    for placed in (row.placed for row in rows if tuple(step.name for step in row.steps[:2]) == documents.PLACE):
        place = (*placed.place, "canonical")
        problems.add(placed.source.fault("mapping.file.duplicate_canonical", place, name="data.documents"))
    return documents.site(message, table, "hold" if policy == "keep" else policy)
