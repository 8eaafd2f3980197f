"""Bind rows to what they name: fields of the message, code tables, keys of the record; or say what is wrong.

    Row ─► keys of the record ─► fields of the model ─► conversion ─► directions ─► conditions ─► Bound

A bound row needs no further look-up: the compiler writes its code straight from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from pydantic import BaseModel

from gateway.canonical.messages import TYPES
from gateway.mapping import choice, paths, shapes
from gateway.mapping.checks import collisions, table_values
from gateway.mapping.choice import Conversion, Unfit
from gateway.mapping.codes import CodeTable, as_code
from gateway.mapping.files import Place, Problems, Source, suggestion
from gateway.mapping.paths import Field, Keys, PathFault, Step
from gateway.mapping.rows import Direction, Policy, Row, Scalar, When, conditions
from gateway.mapping.shapes import Origin

# What the gateway itself says about a message: a record may be told it, but cannot say it.
OWN = ("specversion", "id", "source", "receivedtime", "datacontenttype", "schemaversion", "type", "subject")


@dataclass(frozen=True, slots=True)
class Placed:
    """A row, and the file and place it stands at."""

    row: Row
    source: Source
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Test:
    """A condition ready to be asked: a field of one side, and the values (as text) with which it holds."""

    side: Literal["partner", "canonical"]
    keys: Keys = ()
    steps: tuple[Step, ...] = ()
    values: frozenset[str]
    first: Scalar


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A row that is known to make sense, with everything that it names."""

    placed: Placed
    origin: Origin
    sources: tuple[Keys, ...]  # the record's fields it reads
    target: Keys | None  # the record's field it writes
    steps: tuple[Step, ...]  # the message's field; empty where it has none
    fields: tuple[Field, ...]
    reads: bool
    writes: bool
    conversion: Conversion
    table: CodeTable | None = None
    policy: Policy
    constant: Any = None  # as the message or the record gets it
    default: Any = None
    read_if: tuple[Test, ...] = ()
    write_if: tuple[Test, ...] = ()
    items: tuple[Bound, ...] = ()

    @property
    def row(self) -> Row:
        """Return the row as it stands in the file."""
        return self.placed.row

    @property
    def leaf(self) -> Field | None:
        """Return what the model says about the message's field."""
        return self.fields[-1] if self.fields else None


class Binder:
    """Bind the rows of one mapping."""

    def __init__(
        self, *, message: str, direction: Direction, policy: Policy, tables: Mapping[str, CodeTable], problems: Problems
    ) -> None:
        self._message: type[BaseModel] = TYPES[message]
        self._direction = direction
        self._policy = policy
        self._tables = tables
        self._problems = problems

    def bind(self, rows: Sequence[Placed], model: type[BaseModel] | None = None) -> tuple[Bound, ...]:
        """Return the bound rows of one scope: the message, or the items of a list."""
        found = [self._one(placed, model or self._message) for placed in rows]
        bound = [row for row in found if row is not None]
        # A list that is written item by item already holds what its selected item would say.
        whole = {row.target for row in bound if row.writes and row.conversion == "each"}
        bound = [replace(row, writes=False) if row.origin == "select" and row.target in whole else row for row in bound]
        for code, row, name in collisions(bound):
            self._fault(row.placed, code, code.rpartition("_")[2], name)
        return tuple(bound)

    def tests(
        self, when: When | tuple[When, ...] | None, placed: Placed, model: type[BaseModel] | None = None
    ) -> tuple[Test, ...]:
        """Return the conditions of a row or a file."""
        return tuple(self._tests(conditions(when), placed, model or self._message))

    def _tests(self, when: Sequence[When], placed: Placed, model: type[BaseModel]) -> Iterator[Test]:
        for condition in when:
            values = frozenset(filter(None, map(as_code, condition.values)))
            first = condition.values[0]
            if condition.partner is None and condition.canonical is None:
                self._fault(placed, "mapping.file.missing_key", "when", "partner")
            try:
                if condition.partner is not None:
                    keys = paths.partner_path(condition.partner)
                    yield Test(side="partner", keys=keys, values=values, first=first)
                if condition.canonical is not None:
                    steps = paths.canonical_path(condition.canonical)
                    self._check_values(condition, paths.resolve(model, steps)[-1], placed)
                    yield Test(side="canonical", steps=steps, values=values, first=first)
            except PathFault as fault:
                self._path_fault(placed, fault, "when", model)

    def _check_values(self, condition: When, leaf: Field, placed: Placed) -> None:
        if leaf.kind not in ("text", "integer", "boolean") or leaf.repeated:
            self._fault(placed, "mapping.file.wrong_conversion", "when", leaf.name)
        for value in condition.values:
            if leaf.allowed is not None and value not in leaf.allowed:
                meant = suggestion(str(value), leaf.allowed)
                self._fault(placed, "mapping.file.not_allowed", "when", str(value), meant)

    def _one(self, placed: Placed, model: type[BaseModel]) -> Bound | None:
        row = placed.row
        malformed = shapes.malformed(row)
        if malformed is not None:
            self._fault(placed, *malformed, malformed[1])
            return None
        try:
            sources, target = shapes.partner_side(row)
        except PathFault as fault:
            self._path_fault(placed, fault, "partner", model)
            return None
        try:
            steps = paths.canonical_path(row.canonical) if row.canonical else ()
            fields = paths.resolve(model, steps) if steps else ()
            return self._bound(placed, model, (sources, target), (steps, fields))
        except PathFault as fault:
            self._path_fault(placed, fault, "canonical", model)
        except Unfit as unfit:
            self._fault(placed, unfit.code, unfit.key, unfit.name, unfit.meant)
        return None

    def _bound(
        self,
        placed: Placed,
        model: type[BaseModel],
        partner: tuple[tuple[Keys, ...], Keys | None],
        canonical: tuple[tuple[Step, ...], tuple[Field, ...]],
    ) -> Bound:
        """Bind a row whose paths are known. Raises Unfit, PathFault."""
        row, (sources, target), (steps, fields) = placed.row, partner, canonical
        leaf = fields[-1] if fields else None
        conversion = choice.conversion(row, leaf)
        reads, writes = self._directions(placed, model, steps, target)
        tests = self.tests(row.when, placed, model)
        partner_tests = tuple(test for test in tests if test.side == "partner")
        canonical_tests = tuple(test for test in tests if test.side == "canonical")
        return Bound(
            placed=placed,
            origin=shapes.origin(row),
            sources=sources,
            target=target,
            steps=steps,
            fields=fields,
            reads=reads,
            writes=writes,
            conversion=conversion,
            table=self._table(placed, leaf),
            policy=self._unknown(placed, conversion, leaf),
            constant=_value(row.constant, leaf, "constant"),
            default=_value(row.default, leaf, "default"),
            read_if=partner_tests or canonical_tests,
            write_if=canonical_tests or partner_tests,
            items=self._items(placed, leaf),
        )

    def _items(self, placed: Placed, leaf: Field | None) -> tuple[Bound, ...]:
        if placed.row.each is None or leaf is None or leaf.model is None:
            return ()
        rows = [Placed(row, placed.source, (*placed.place, "each", n)) for n, row in enumerate(placed.row.each)]
        return self.bind(rows, leaf.model)

    def _directions(
        self, placed: Placed, model: type[BaseModel], steps: tuple[Step, ...], target: Keys | None
    ) -> tuple[bool, bool]:
        row = placed.row
        own = model is self._message and bool(steps) and steps[0].name in OWN
        reads = bool(steps) and not own and row.only != "write" and self._direction != "write"
        writes = target is not None and row.only != "read" and self._direction != "read"
        if own and not writes:
            self._fault(placed, "mapping.file.own_field", "canonical", steps[0].name)
        elif not reads and not writes:
            code = "never_reads" if row.only == "read" or self._direction == "read" else "never_writes"
            self._fault(placed, f"mapping.file.{code}")
        if row.required and not (reads and row.partner is not None):
            self._fault(placed, "mapping.file.never_reads", "required")
        return reads, writes

    def _table(self, placed: Placed, leaf: Field | None) -> CodeTable | None:
        name = placed.row.codes
        if name is None:
            return None
        table = self._tables.get(name)
        if table is None:
            self._fault(placed, "mapping.file.unknown_table", "codes", name, suggestion(name, self._tables))
        elif leaf is not None:
            self._problems.add(*table_values(table, leaf))
        return table

    def _unknown(self, placed: Placed, conversion: Conversion, leaf: Field | None) -> Policy:
        policy = placed.row.unknown_code or self._policy
        free = conversion == "codes" and leaf is not None and leaf.free
        if policy == "keep" and not free and (conversion == "codes" or placed.row.unknown_code):
            self._fault(placed, "mapping.file.keep_needs_text", "unknown_code" if placed.row.unknown_code else "codes")
        return policy if policy != "keep" or free else "hold"

    def _path_fault(self, placed: Placed, fault: PathFault, key: str, model: type[BaseModel]) -> None:
        known = paths.every_path(model) if fault.code == "mapping.file.unknown_path" else ()
        self._fault(placed, fault.code, key, fault.wrong, suggestion(fault.wrong, known))

    def _fault(
        self, placed: Placed, code: str, key: str = "", name: str | None = None, meant: str | None = None
    ) -> None:
        place = (*placed.place, key) if key else placed.place
        self._problems.add(placed.source.fault(code, place, name=name, suggestion=meant))


def _value(value: Scalar | None, leaf: Field | None, key: str) -> Any:
    """Return a constant or default as the message gets it; as it stands, where it is for the record. Raises Unfit."""
    return value if value is None or leaf is None else choice.fitted(value, leaf, key)
