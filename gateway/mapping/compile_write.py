"""Write the function that writes a record: rows ─► Python source.

walk        a1 = m.data.case                            objects of the message, None where they are missing
content     v = a1.number … o1["ah"] = v                row by row
prune       if not o1: del out["ajxx"]                  nested objects of the record that got nothing
complete    out["bbh"] = "v1"                           constants and counts
lose        if a1.leg is not None: run.lost[…]          what the message says and no row carries
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

from pydantic import BaseModel

from gateway.mapping import choice, sites, write_values
from gateway.mapping.binding import Bound, Test
from gateway.mapping.code import Code, indices
from gateway.mapping.codes import as_code
from gateway.mapping.lost import Losses
from gateway.mapping.paths import Field, Keys, Step
from gateway.mapping.record_fields import counted, fetch, matches
from gateway.mapping.sites import Scope

NAMES: dict[str, Any] = {
    "fetch": fetch,
    "counted": counted,
    "matches": matches,
    **{
        name: getattr(write_values, name)
        for name in (
            "amount", "claims", "code", "day", "first", "moment", "nth", "organisation", "put", "put_selected",
            "quick_iso_moment", "quick_millis", "quick_moment", "scalar", "several",
        )
    },
}  # fmt: skip
_ASIS = ("text", "integer", "truth", "identifier")
_MOMENTS = {
    ("moment", "datetime"): "quick_moment",
    ("moment", "iso"): "quick_iso_moment",
    ("moment", "epoch_ms"): "quick_millis",
}


class WriteScope:
    """The rows of one scope, written as code that walks ``model`` and fills the dictionary ``out``."""

    def __init__(self, code: Code, scope: Scope, rows: Sequence[Bound], model: type[BaseModel], names: tuple[str, str]):
        self.code = code
        self.scope = scope
        self.rows = [row for row in rows if row.writes]
        self.message, self.out = names
        self.at = indices(scope.at)
        self.losses = Losses(code, scope, rows, model)
        self._objects: dict[tuple[Step, ...], str] = {(): self.message}
        self._nullable: set[tuple[Step, ...]] = set()
        self._containers: dict[Keys, str] = {(): self.out}
        self._constant_only = _constant_only(self.rows)

    def write(self) -> None:
        """Write the code."""
        for row in self.rows:
            if row.origin != "select" and not _indexed(row.target):
                self._container(row.target or ())
        for row in sorted(self.rows, key=_asks_the_record):
            if row.origin not in ("constant", "count"):
                self._content(row)
        self._prune()
        for row in self.rows:
            if row.origin in ("constant", "count"):
                self._complete(row)
        self.losses.write(self._objects, self._nullable, self.out)

    # the message ------------------------------------------------------------------------------------------------

    def _attribute(self, steps: tuple[Step, ...], fields: tuple[Field, ...]) -> str:
        """Return the expression of a field of the message, after writing the way to it."""
        for n in range(1, len(steps)):
            if steps[:n] not in self._objects:
                self._object(steps[:n], fields[n - 1])
        return self._from(steps[:-1], f".{steps[-1].name}")

    def _object(self, prefix: tuple[Step, ...], found: Field) -> None:
        var, step = self.code.local("a"), prefix[-1]
        attribute = f"{self._objects[prefix[:-1]]}.{step.name}"
        if isinstance(step.select, int):
            attribute = f"nth({attribute}, {step.select})"
        elif isinstance(step.select, tuple):
            attribute = f"first({attribute}, {step.select[0]!r}, {step.select[1]!r})"
        self.code.add(f"{var} = {self._guarded(prefix[:-1], attribute)}")
        if prefix[:-1] in self._nullable or step.select is not None or found.nullable:
            self._nullable.add(prefix)
        self._objects[prefix] = var

    def _from(self, prefix: tuple[Step, ...], attribute: str) -> str:
        return self._guarded(prefix, f"{self._objects[prefix]}{attribute}")

    def _guarded(self, prefix: tuple[Step, ...], expression: str) -> str:
        if prefix not in self._nullable:
            return expression
        return f"{expression} if {self._objects[prefix]} is not None else None"

    # the record -------------------------------------------------------------------------------------------------

    def _container(self, keys: Keys) -> str:
        """Return the variable of the object that holds a field, after writing the ones it stands in."""
        for n in range(1, len(keys)):
            if keys[:n] not in self._containers:
                var = self.code.local("o")
                self.code.add(f"{var} = {self._containers[keys[: n - 1]]}[{keys[n - 1]!r}] = {{}}")
                self._containers[keys[:n]] = var
        return self._containers[keys[:-1]]

    def _assign(self, row: Bound, expression: str) -> str:
        keys = row.target or ()
        if row.origin == "select" and row.row.select is not None:
            decides, take = sites.take_keys(row.row.select)
            return f"put_selected({self.out}, {keys!r}, {(decides, row.row.select.is_)!r}, {take!r}, {expression})"
        if _indexed(keys):
            return f"put({self.out}, {keys!r}, {expression})"
        return f"{self._containers[keys[:-1]]}[{keys[-1]!r}] = {expression}"

    def _prune(self) -> None:
        for keys, var in reversed(self._containers.items()):
            if keys and keys not in self._constant_only:
                self.code.add(f"if not {var}: del {self._containers[keys[:-1]]}[{keys[-1]!r}]")

    def _complete(self, row: Bound) -> None:
        keys = row.target or ()
        if row.origin == "constant":
            expression = repr(row.constant)
        else:
            value = f"counted(fetch({self.out}, {row.sources[0]!r})) or 0"
            expression = f"str({value})" if row.row.as_ == "text" else value
        holder = f"fetch({self.out}, {keys[:-1]!r})" if _indexed(keys) else self._containers[keys[:-1]]
        firm = (len(keys) == 1 and not self.scope.at) or keys[:-1] in self._constant_only
        with self.code.block(None if firm else f"if {holder}:"), self._if(row):
            self.code.add(self._assign(row, expression))

    # content ----------------------------------------------------------------------------------------------------

    def _content(self, row: Bound) -> None:
        attribute = self._attribute(row.steps, row.fields)
        for test in row.write_if:
            self._asked(test)
        mark = self.losses.mark(row)
        self.code.add(f"v = {attribute}")
        present = "if v:" if _falsy_is_nothing(row) else "if v is not None:"
        with self.code.block(present), self._if(row):
            if mark is not None:
                self.code.add(f"{mark} = True")
            if row.conversion == "each":
                self._each(row)
            else:
                self._single(row)

    def _single(self, row: Bound) -> None:
        made = sites.site(row, self.scope, "write")
        value = self.code.value("S", made)
        call = f"(v, {value}, run, {self.at})"
        quick = _quick(row)
        if row.leaf is not None and row.leaf.repeated:
            self._converted(row, f"several{call}")
        elif row.conversion in ("codes", "words"):
            back = self.code.value("B", made.back)
            self.code.add(f"w = {back}.get(v)", f"if w is None: w = code{call}")
            self.code.add(f"if w is not None: {self._assign(row, _prefixed(row, 'w'))}")
        elif quick is not None and row.row.as_ not in ("text", "number"):
            self.code.add(self._assign(row, _prefixed(row, quick)))
        else:
            name = "scalar" if row.conversion in _ASIS else _MOMENTS.get(_form(row), row.conversion)
            self._converted(row, f"{name}{call}")

    def _converted(self, row: Bound, call: str) -> None:
        self.code.add(f"w = {call}", f"if w is not None: {self._assign(row, _prefixed(row, 'w'))}")

    def _each(self, row: Bound) -> None:
        if row.leaf is None or row.leaf.model is None:
            return
        items, item, index, out = (self.code.local(prefix) for prefix in "lxio")
        canonical = self.scope.canonical_path(".".join(step.name for step in row.steps))
        inside = self.scope.inside(self.scope.partner_path(row.target or ()), canonical, index)
        chosen = row.steps[-1].select
        self.code.add(f"{items} = []")
        with self.code.block(f"for {index}, {item} in enumerate(v):"):
            if isinstance(chosen, tuple):
                self.code.add(f"if {item}.{chosen[0]} != {chosen[1]!r}: continue")
            self.code.add(f"{out} = {{}}")
            scope = WriteScope(self.code, inside, row.items, row.leaf.model, (item, out))
            if isinstance(chosen, tuple):
                scope.losses.chosen_by(chosen[0])
            scope.write()
            self.code.add(f"if {out}: {items}.append({out})")
        self.code.add(f"if {items}: {self._assign(row, items)}")

    # conditions -------------------------------------------------------------------------------------------------

    def _if(self, row: Bound) -> AbstractContextManager[None]:
        asked = [self._asked(test) for test in row.write_if]
        return self.code.block(f"if {' and '.join(asked)}:" if asked else None)

    def _asked(self, test: Test) -> str:
        wanted = self.code.value("W", test.values)
        if test.side == "canonical":
            fields = self.losses.resolved(test.steps)
            return f"matches({self._attribute(test.steps, fields)}, {wanted})"
        constant = next((row for row in self.rows if row.origin == "constant" and row.target == test.keys), None)
        if constant is not None:
            return repr(as_code(constant.constant) in test.values)
        sets = not any(row.target == test.keys for row in self.rows)
        return f"claims({self.out}, {test.keys!r}, {wanted}, {test.first!r}, sets={sets})"


def _indexed(keys: Keys | None) -> bool:
    return any(isinstance(key, int) for key in keys or ())


def _falsy_is_nothing(row: Bound) -> bool:
    return row.leaf is not None and (row.leaf.kind == "text" or row.leaf.repeated)


def _form(row: Bound) -> tuple[str, str]:
    return row.conversion, choice.patterns(row.row)[0]


def _quick(row: Bound) -> str | None:
    """Return the expression of a value that is written as it is, or nearly so."""
    if row.conversion in _ASIS:
        return "v"
    return "v.isoformat()" if _form(row) in (("day", "iso"), ("day", "date")) else None


def _prefixed(row: Bound, expression: str) -> str:
    if row.row.strip is None:
        return expression
    return f"{row.row.strip!r} + str({expression})"


def _asks_the_record(row: Bound) -> bool:
    """Rows that ask for what other rows have written come after them."""
    return any(test.side == "partner" for test in row.write_if)


def _constant_only(rows: Sequence[Bound]) -> set[Keys]:
    """Return the nested objects of the record that hold nothing but constants: they are always written."""
    holders: dict[Keys, bool] = {}
    for row in rows:
        for n in range(1, len(row.target or ())):
            keys = (row.target or ())[:n]
            holders[keys] = holders.get(keys, True) and row.origin == "constant"
    return {keys for keys, only in holders.items() if only}


def writer(code: Code, scope: Scope, rows: Sequence[Bound], model: type[BaseModel], *, documents: bool) -> None:
    """Write the body of ``write(m, out, run)``; ``documents``: they are carried as attachments."""
    top = WriteScope(code, scope, rows, model, ("m", "out"))
    top.losses.documents_carried = documents
    top.write()
    code.add("return out")
