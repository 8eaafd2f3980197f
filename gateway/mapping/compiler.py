"""Compile a mapping: one function that reads, one that writes, one that finds what is unmapped; once per revision.

Draft ─► bind ─► write source ─► compile() ─► Compiled        its source is kept, to be looked at
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """A mapping ready for use. ``read`` and ``write`` are None where it has no such direction."""

    name: str
    adapter: str
    partner: str | None
    record: str
    message: str
    read: Read | None
    write: Write | None
    unmapped: Unmapped
    read_if: tuple[Test, ...]
    write_if: tuple[Test, ...]
    trail: Trail = field(repr=False)
    documents: Site | None = field(repr=False)
    sources: Mapping[str, str] = field(repr=False)  # read, write, unmapped ─► Python
    draft: Draft = field(repr=False)


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
    return _written(draft, direction, rows, tests, carried)


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


def _written(
    draft: Draft, direction: Direction, rows: tuple[Bound, ...], tests: tuple[Test, ...], carried: Site | None
) -> Compiled:
    message = draft.spec.message or ""
    scope = Scope(message=message)
    reading = Code("def read(f, run):", dict(compile_read.NAMES))
    trail = compile_read.reader(reading, scope, rows)
    if carried is not None:
        trail.lists[documents.PLACE] = {0: documents.trail(message)}
    writing = Code("def write(m, out, run):", dict(compile_write.NAMES))
    compile_write.writer(writing, scope, rows, TYPES[message], documents=carried is not None)
    finding = Code("def unmapped(f):", {})
    finder(finding, known_keys(rows, tests))
    return Compiled(
        name=draft.name,
        adapter=draft.adapter,
        partner=draft.partner,
        record=draft.spec.record or "",
        message=message,
        read=None if direction == "write" else reading.compiled("read", f"{draft.name}:read"),
        write=None if direction == "read" else writing.compiled("write", f"{draft.name}:write"),
        unmapped=finding.compiled("unmapped", f"{draft.name}:unmapped"),
        read_if=tuple(test for test in tests if test.side == "partner"),
        write_if=tuple(test for test in tests if test.side == "canonical"),
        trail=trail,
        documents=carried,
        sources={"read": reading.source, "write": writing.source, "unmapped": finding.source},
        draft=draft,
    )
