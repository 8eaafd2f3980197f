"""Write the function that reads a record: rows ─► Python source.

containers   p1 = f.get("ajxx")                         nested objects of the record, empty where they are missing
content      v = p1.get("ah") … c2["number"] = v        row by row, the usual form first, the odd one by a call
attach, fill                                            the objects of the message: read_objects.py
demand       if "name" not in c1: absent(…)             what the partner must send
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from gateway.mapping import read_dates, read_values, record_fields, sites
from gateway.mapping.binding import Bound, Test
from gateway.mapping.code import Code, indices
from gateway.mapping.codes import as_code
from gateway.mapping.faults import Field
from gateway.mapping.paths import Keys
from gateway.mapping.read_objects import Objects
from gateway.mapping.sites import Scope
from gateway.mapping.trail import Names, Trail

_CALLED = {
    record_fields: ("container", "counted", "fetch", "many", "matches", "selected"),
    read_dates: ("day", "moment", "quick_compact_day", "quick_day", "quick_iso_moment", "quick_moment"),
    read_values: (
        "absent", "amount", "code", "gather", "identifier", "integer", "joined", "merge", "organisation", "several",
        "text", "truth",
    ),
}  # fmt: skip
NAMES: dict[str, Any] = {name: getattr(module, name) for module, names in _CALLED.items() for name in names}
_QUICK = {
    ("moment", "datetime"): "quick_moment(v)",
    ("moment", "iso"): "quick_iso_moment(v)",
    ("day", "date"): "quick_day(v)",
    ("day", "iso"): "quick_day(v)",
    ("day", "compact_date"): "quick_compact_day(v)",
}
_CALLS = {"words": "code", "codes": "code", "count": "integer"}


class ReadScope:
    """The rows of one scope, written as code that reads from ``record`` and builds a dictionary."""

    def __init__(self, code: Code, scope: Scope, rows: Sequence[Bound], record: str) -> None:
        self.code = code
        self.scope = scope
        self.rows = [row for row in rows if row.reads]
        self.record = record
        self.trail = Trail()
        self.at = indices(scope.at)
        self.objects = Objects(code, scope, self.trail)
        self._containers: dict[Keys, str] = {(): record}
        self._lists = Counter(_names(row) for row in self.rows if row.conversion == "each")

    def write(self) -> str:
        """Write the code; return the variable of the dictionary it builds."""
        self.code.add(f"{self.objects.root.var} = {{}}")
        for row in self.rows:
            for keys in (*row.sources, *(test.keys for test in row.read_if if test.keys)):
                self._get(keys)
            self.objects.add(row)
        for row in sorted(self.rows, key=_asks_the_message):
            self._content(row)
        self.objects.attach()
        self.objects.fill(self._if)
        self._demand()
        return self.objects.root.var

    def _get(self, keys: Keys) -> str:
        """Return the expression of a field of the record, after writing the containers it needs."""
        if any(isinstance(key, int) for key in keys):
            return f"fetch({self.record}, {keys!r})"
        for n in range(1, len(keys)):
            if keys[:n] not in self._containers:
                self._container(keys[:n])
        return f"{self._containers[keys[:-1]]}.get({keys[-1]!r})"

    def _container(self, keys: Keys) -> None:
        var, called = self.code.local("p"), self._called(self.scope.partner_path(keys))
        self.code.add(f"{var} = {self._containers[keys[:-1]]}.get({keys[-1]!r})")
        self.code.add(f"if {var}.__class__ is not dict: {var} = container({var}, {called}, run, {self.at})")
        self._containers[keys] = var

    def _called(self, partner: str, canonical: str | None = None) -> str:
        return self.code.value("F", Field(partner=partner, canonical=canonical, title=None, personal=None))

    # content ----------------------------------------------------------------------------------------------------

    def _content(self, row: Bound) -> None:
        names = self.objects.names(row.steps)
        self.trail.leaves.setdefault(names, sites.field(row, self.scope))
        if row.leaf is not None and row.leaf.repeated and row.row.split is None:
            self.trail.indexed.add(names)
        if row.origin == "constant":
            return
        with self._if(row):
            if row.conversion == "each":
                self._each(row)
            else:
                self._single(row)

    def _single(self, row: Bound) -> None:
        value = self.code.value("S", sites.site(row, self.scope, "read"))
        self.code.add(f"v = {self._taken(row, value)}")
        if row.row.strip is not None:
            self.code.add(f"if v.__class__ is str: v = v.strip().removeprefix({row.row.strip!r})")
        target = f"{self.objects.holder(row)}[{row.steps[-1].name!r}]"
        call = f"(v, {value}, run, {self.at})"
        if row.leaf is not None and row.leaf.repeated:
            self._general(f"several{call}", target)
        elif row.conversion == "text":
            self.code.add("if v.__class__ is str: v = v.strip()")
            self.code.add(f"elif v is not None: v = text{call}")
            self.code.add(f"if v: {target} = v")
        else:
            self._general(f"{_CALLS.get(row.conversion, row.conversion)}{call}", target, self._quick(row))

    def _general(self, call: str, target: str, quick: str | None = None) -> None:
        with self.code.block("if v is not None:"):
            if quick is None:
                self.code.add(f"w = {call}")
            else:
                self.code.add(f"w = {quick} if v.__class__ is str else None", f"if w is None: w = {call}")
            self.code.add(f"if w is not None: {target} = w")

    def _quick(self, row: Bound) -> str | None:
        """Return the expression that does for the usual form of a text, and is None where it does not."""
        made = sites.site(row, self.scope, "read")
        if row.conversion in ("codes", "words"):
            return f"{self.code.value('T', made.codes)}.get(v)"
        if row.conversion == "amount" and made.unit == "yuan":
            return "v.strip() or None"  # the message's own check makes the number, once
        return _QUICK.get((row.conversion, made.patterns[0]))

    def _taken(self, row: Bound, value: str) -> str:
        """Return the expression of what a row converts."""
        if row.origin == "join":
            parts = ", ".join(self._get(keys) for keys in row.sources)
            return f"joined(({parts},), {value}, run, {self.at})"
        taken = self._get(row.sources[0])
        if row.origin == "count":
            return f"counted({taken})"
        if row.row.select is not None:
            decides, take = sites.take_keys(row.row.select)
            return f"selected({taken}, {decides!r}, {as_code(row.row.select.is_)!r}, {take!r})"
        return taken

    def _each(self, row: Bound) -> None:
        number = int(self.code.local("#").removeprefix("#"))  # unique in the mapping: it leads a fault back to the row
        items, index, item = self.code.local("l"), self.code.local("i"), self.code.local("x")
        inside = self.scope.inside(self.scope.partner_path(row.sources[0]), self._canonical(row), index)
        whole = self._called(self.scope.partner_path(row.sources[0]), inside.canonical)
        single = self._called(inside.partner, inside.canonical)
        self.code.add(f"{items} = []", f"v = many({self._get(row.sources[0])}, {whole}, run, {self.at})")
        with self.code.block(f"for {index}, {item} in enumerate(v):"):
            at = indices(inside.at)
            self.code.add(f"if {item}.__class__ is not dict: {item} = container({item}, {single}, run, {at})")
            scope = ReadScope(self.code, inside, row.items, item)
            scope.trail.leaves[()] = replace(sites.field(row, self.scope), partner=inside.partner)
            built = scope.write()
            with self.code.block(f"if {built}:"):
                if isinstance(row.steps[-1].select, tuple):
                    self.code.add(f"{built}[{row.steps[-1].select[0]!r}] = {row.steps[-1].select[1]!r}")
                self.code.add(f"{items}.append({built})")
            self.code.add(f"else: run.skipped.setdefault(({number}, {self.at}), []).append({index})")
        self.trail.lists.setdefault(self.objects.names(row.steps), {})[number] = scope.trail
        self._put_items(row, items, number)

    def _put_items(self, row: Bound, items: str, number: int) -> None:
        holder, name, names = self.objects.holder(row), row.steps[-1].name, _names(row)
        if self._lists[names] == 1:
            self.code.add(f"if {items}: {holder}[{name!r}] = {items}")
            return
        path = self._canonical(row)
        self.trail.paths[self.objects.names(row.steps)] = path
        with self.code.block(f"if {items}:"):
            self.code.add(f"merge({holder}, {name!r}, {items}, ({path!r}, {self.at}, {number}), run)")

    def _canonical(self, row: Bound) -> str:
        return self.scope.canonical_path(".".join(step.name for step in row.steps))

    # conditions and demands -------------------------------------------------------------------------------------

    def _if(self, row: Bound) -> AbstractContextManager[None]:
        asked = [condition for condition in map(self._asked, row.read_if) if condition is not None]
        return self.code.block(f"if {' and '.join(asked)}:" if asked else None)

    def _asked(self, test: Test) -> str | None:
        wanted = self.code.value("W", test.values)
        if test.side == "partner":
            return f"matches({self._get(test.keys)}, {wanted})"
        rows = [row for row in self.rows if row.steps == test.steps]
        if not rows:
            return None  # nothing of the record says it, so nothing speaks against it
        fallbacks = (row.constant if row.origin == "constant" else row.default for row in rows)
        otherwise = next((value for value in fallbacks if value is not None), None)
        return f"matches({self.objects.holder(rows[0])}.get({test.steps[-1].name!r}, {otherwise!r}), {wanted})"

    def _demand(self) -> None:
        demanded = [row for row in self.rows if row.row.required]
        if not demanded:
            return
        with self.code.block(f"if {self.objects.root.var}:" if self.scope.at else None):
            for row in demanded:
                called = self.code.value("F", sites.field(row, self.scope))
                holder = self.objects.holder(row)
                with self._if(row):
                    self.code.add(f"if {row.steps[-1].name!r} not in {holder}: absent({called}, run, {self.at})")


def _names(row: Bound) -> Names:
    return tuple(step.name for step in row.steps)


def _asks_the_message(row: Bound) -> bool:
    """Rows that ask for what other rows have read come after them."""
    return any(test.side == "canonical" for test in row.read_if)


def reader(code: Code, scope: Scope, rows: Sequence[Bound]) -> Trail:
    """Write the body of ``read(f, run)``; return the trail that leads back from the message."""
    top = ReadScope(code, scope, rows, "f")
    code.add(f"return {top.write()}")
    return top.trail
