"""Write the function that reads a record: rows ─► Python source.

    containers   p1 = f.get("ajxx")                         nested objects of the record, empty where they are missing
    content      v = p1.get("ah") … c2["number"] = v        row by row, the usual form first, the odd one by a call
    attach       if c2: c1["case"] = c2                     objects of the message that got content
    fill         if "variant" not in c1: …                  constants and defaults, only where there is content
    demand       if "name" not in c1: absent(…)             what the partner must send
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from gateway.mapping import read_values, sites
from gateway.mapping.binding import Bound, Test
from gateway.mapping.code import Code, indices
from gateway.mapping.codes import as_code
from gateway.mapping.faults import Field
from gateway.mapping.paths import Keys, Step, fields_of
from gateway.mapping.sites import Scope
from gateway.mapping.trail import Names, Trail, slot

NAMES: dict[str, Any] = {
    name: getattr(read_values, name)
    for name in (
        "absent", "amount", "code", "container", "counted", "day", "fetch", "gather", "identifier", "integer", "joined",
        "many", "matches", "merge", "moment", "organisation", "quick_compact_day", "quick_day", "quick_iso_moment",
        "quick_moment", "selected", "several", "text", "truth",
    )
}  # fmt: skip
_QUICK = {
    ("moment", "datetime"): "quick_moment({v})",
    ("moment", "iso"): "quick_iso_moment({v})",
    ("day", "date"): "quick_day({v})",
    ("day", "iso"): "quick_day({v})",
    ("day", "compact_date"): "quick_compact_day({v})",
}
_CALLS = {"words": "code", "codes": "code", "count": "integer"}


@dataclass(slots=True)
class Node:
    """An object of the message under construction: the variable of its dictionary, and where it will be attached."""

    var: str
    parent: Node | None
    step: Step | None
    required: bool
    children: list[Node] = field(default_factory=list)
    content: bool = False  # a row puts a value of the record in it, or below it
    fills: list[Bound] = field(default_factory=list)

    @property
    def key(self) -> str:
        """Return the attribute's name as source."""
        return repr(self.step.name if self.step else "")

    @property
    def filled(self) -> bool:
        """Return whether a constant or default goes into it, or below it."""
        return bool(self.fills) or any(child.filled for child in self.children)


class ReadScope:
    """The rows of one scope, written as code that reads from ``record`` and builds a dictionary."""

    def __init__(self, code: Code, scope: Scope, rows: Sequence[Bound], record: str) -> None:
        self.code = code
        self.scope = scope
        self.rows = [row for row in rows if row.reads]
        self.record = record
        self.trail = Trail()
        self.at = indices(scope.at)
        self.root = Node(code.local("c"), None, None, required=not scope.at)
        self._containers: dict[Keys, str] = {(): record}
        self._nodes: dict[tuple[Step, ...], Node] = {(): self.root}
        self._models: dict[tuple[Step, ...], type[BaseModel] | None] = {}
        self._shared = Counter(_names(row) for row in self.rows if row.conversion == "each")

    def write(self) -> str:
        """Write the code; return the variable of the dictionary it builds."""
        self.code.add(f"{self.root.var} = {{}}")
        for row in self.rows:
            self._prepare(row)
        for row in sorted(self.rows, key=_asks_the_message):
            self._content(row)
        self._attach()
        self._fill(self.root)
        self._demand()
        return self.root.var

    # containers and nodes ---------------------------------------------------------------------------------------

    def _prepare(self, row: Bound) -> None:
        for test in row.read_if:
            self._get(test.keys) if test.keys else None
        for keys in row.sources:
            self._get(keys)
        node = self._node(row)
        if row.origin == "constant":
            node.fills.append(row)
            return
        if row.default is not None:
            node.fills.append(row)
        at: Node | None = node
        while at is not None:
            at.content, at = True, at.parent

    def _get(self, keys: Keys) -> str:
        """Return the expression of a field, after writing the containers it needs."""
        if any(isinstance(key, int) for key in keys):
            return f"fetch({self.record}, {keys!r})"
        for n in range(1, len(keys)):
            if keys[:n] not in self._containers:
                self._container(keys[:n])
        return f"{self._containers[keys[:-1]]}.get({keys[-1]!r})"

    def _container(self, keys: Keys) -> None:
        var = self.code.local("p")
        called = self.code.value("F", Field(partner=self.scope.partner_path(keys), canonical=None, title=None, personal=None))
        self.code.add(f"{var} = {self._containers[keys[:-1]]}.get({keys[-1]!r})")
        self.code.add(f"if {var}.__class__ is not dict: {var} = container({var}, {called}, run, {self.at})")
        self._containers[keys] = var

    def _node(self, row: Bound) -> Node:
        node = self.root
        for n, (step, found) in enumerate(zip(row.steps[:-1], row.fields[:-1], strict=True)):
            prefix = row.steps[: n + 1]
            if prefix not in self._nodes:
                required = found.required and step.select is None
                child = Node(self.code.local("c"), node, step, required=required)
                self.code.add(f"{child.var} = {{}}")
                node.children.append(child)
                self._nodes[prefix] = child
                self._models[prefix] = found.model
            node = self._nodes[prefix]
        return node

    def _slot_names(self, steps: Sequence[Step]) -> Names:
        """Return the names of a path; an item of a list that is filled item by item has its number in its name."""
        names: Names = ()
        for n, step in enumerate(steps):
            last = n == len(steps) - 1
            numbered = step.select is not None and not last
            names = (*names, slot(step.name, self._slot_number(tuple(steps[: n + 1]))) if numbered else step.name)
        return names

    def _slot_number(self, prefix: tuple[Step, ...]) -> int:
        group = [steps for steps in self._nodes if steps and _same_list(steps, prefix)]
        return group.index(prefix)

    # content ----------------------------------------------------------------------------------------------------

    def _content(self, row: Bound) -> None:
        names = self._slot_names(row.steps)
        called = sites.field(row, self.scope)
        if row.conversion != "each":
            self.trail.leaves.setdefault(names, called)
        if row.origin == "constant":
            return
        if row.leaf is not None and row.leaf.repeated and row.row.split is None:
            self.trail.indexed.add(names)
        with self._if(row.read_if):
            if row.conversion == "each":
                self._each(row)
            else:
                self._single(row)

    def _single(self, row: Bound) -> None:
        value = self.code.value("S", sites.site(row, self.scope, "read"))
        self.code.add(f"v = {self._taken(row, value)}")
        if row.row.strip is not None:
            self.code.add(f"if v.__class__ is str: v = v.strip().removeprefix({row.row.strip!r})")
        target = f"{self._nodes[row.steps[:-1]].var}[{row.steps[-1].name!r}]"
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
        quick = _QUICK.get((row.conversion, made.patterns[0]))
        return quick.format(v="v") if quick else None

    def _taken(self, row: Bound, value: str) -> str:
        """Return the expression of what a row converts."""
        if row.origin == "join":
            parts = ", ".join(self._get(keys) for keys in row.sources)
            return f"joined(({parts},), {value}, run, {self.at})"
        taken = self._get(row.sources[0])
        if row.origin == "count":
            return f"counted({taken})"
        if row.origin == "select" and row.row.select is not None:
            decides, take = sites.take_keys(row)
            return f"selected({taken}, {decides!r}, {as_code(row.row.select.is_)!r}, {take!r})"
        return taken

    def _each(self, row: Bound) -> None:
        names, number = _names(row), self._row_number(row)
        items, index, item = self.code.local("l"), self.code.local("i"), self.code.local("x")
        called = self.code.value("F", sites.field(row, self.scope))
        inside = self.scope.inside(self.scope.partner_path(row.sources[0]), self._canonical(row), index)
        whole = self.code.value("F", Field(partner=inside.partner, canonical=inside.canonical, title=None, personal=None))
        self.code.add(f"{items} = []")
        with self.code.block(f"for {index}, {item} in enumerate(many({self._get(row.sources[0])}, {called}, run, {self.at})):"):
            at = indices(inside.at)
            self.code.add(f"if {item}.__class__ is not dict: {item} = container({item}, {whole}, run, {at})")
            scope = ReadScope(self.code, inside, row.items, item)
            built = scope.write()
            with self.code.block(f"if {built}:"):
                if isinstance(row.steps[-1].select, tuple):
                    self.code.add(f"{built}[{row.steps[-1].select[0]!r}] = {row.steps[-1].select[1]!r}")
                self.code.add(f"{items}.append({built})")
            self.code.add(f"else: run.skipped.setdefault(({number}, {self.at}), []).append({index})")
        self.trail.lists.setdefault(names, {})[number] = scope.trail
        self._put_items(row, names, items, number)

    def _put_items(self, row: Bound, names: Names, items: str, number: int) -> None:
        target = self._nodes[row.steps[:-1]].var
        key = row.steps[-1].name
        if self._shared[names] == 1:
            self.code.add(f"if {items}: {target}[{key!r}] = {items}")
            return
        path = self._canonical(row)
        self.trail.paths[names] = path
        with self.code.block(f"if {items}:"):
            self.code.add(f"merge({target}, {key!r}, {items}, ({path!r}, {self.at}), {number}, run)")

    def _canonical(self, row: Bound) -> str:
        return self.scope.canonical_path(".".join(step.name for step in row.steps))

    def _row_number(self, row: Bound) -> int:
        # Numbers are unique in the whole mapping: they lead a fault back to the row.
        return int(self.code.local("#").removeprefix("#"))

    # conditions -------------------------------------------------------------------------------------------------

    def _if(self, tests: Sequence[Test]) -> Any:
        asked = [self._asked(test) for test in tests]
        asked = [condition for condition in asked if condition]
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
        return f"matches({self._nodes[test.steps[:-1]].var}.get({test.steps[-1].name!r}, {otherwise!r}), {wanted})"

    # what follows the content -----------------------------------------------------------------------------------

    def _attach(self) -> None:
        done: set[tuple[Step, ...]] = set()
        for prefix, node in reversed(self._nodes.items()):
            if node.parent is None or prefix in done:
                continue
            if node.step is not None and node.step.select is not None:
                done.update(self._gather(prefix))
            elif self._firm(prefix):
                self.code.add(f"{node.parent.var}[{node.key}] = {node.var}")
            else:
                self.code.add(f"if {node.var}: {node.parent.var}[{node.key}] = {node.var}")

    def _firm(self, prefix: tuple[Step, ...]) -> bool:
        """Return whether an object is there even when empty, so that what it must have is missed by its own name."""
        model = self._models.get(prefix)
        demands = model is not None and any(found.required for found in fields_of(model).values())
        return demands and all(self._nodes[prefix[:n]].required for n in range(len(prefix) + 1))

    def _gather(self, prefix: tuple[Step, ...]) -> list[tuple[Step, ...]]:
        """Attach the items of a list that is filled item by item."""
        group = [steps for steps in self._nodes if steps and _same_list(steps, prefix)]
        ordered = sorted(group, key=lambda steps: steps[-1].select if isinstance(steps[-1].select, int) else 0)
        path = self.scope.canonical_path(".".join(step.name for step in prefix))
        self.trail.slotted[(*self._slot_names(prefix)[:-1], prefix[-1].name)] = path
        for steps in group:
            chosen, var = steps[-1].select, self._nodes[steps].var
            if isinstance(chosen, tuple):
                self.code.add(f"if {var}: {var}[{chosen[0]!r}] = {chosen[1]!r}")
        parts = ", ".join(f"({group.index(steps)}, {self._nodes[steps].var})" for steps in ordered)
        parent = self._nodes[prefix[:-1]].var
        self.code.add(f"gather({parent}, {prefix[-1].name!r}, ({parts},), ({path!r}, {self.at}), run)")
        return group

    def _fill(self, node: Node) -> None:
        if not node.filled:
            return
        always = node.required or not (node.content or node.step is None or node.step.select)
        with nullcontext() if always else self.code.block(f"if {node.var}:"):
            for row in node.fills:
                value = self.code.value("D", row.constant if row.origin == "constant" else row.default)
                key = row.steps[-1].name
                with self._if(row.read_if):
                    self.code.add(f"if {key!r} not in {node.var}: {node.var}[{key!r}] = {value}")
            for child in node.children:
                self._fill(child)
        if always and node.parent is not None:
            self.code.add(f"if {node.var}: {node.parent.var}[{node.key}] = {node.var}")

    def _demand(self) -> None:
        demanded = [row for row in self.rows if row.row.required]
        if not demanded:
            return
        with self.code.block(f"if {self.root.var}:" if self.scope.at else None):
            for row in demanded:
                called = self.code.value("F", sites.field(row, self.scope))
                node = self._nodes[row.steps[:-1]].var
                with self._if(row.read_if):
                    self.code.add(f"if {row.steps[-1].name!r} not in {node}: absent({called}, run, {self.at})")


def _names(row: Bound) -> Names:
    return tuple(step.name for step in row.steps)


def _asks_the_message(row: Bound) -> bool:
    """Rows that ask for what other rows have read come after them."""
    return any(test.side == "canonical" for test in row.read_if)


def _same_list(steps: tuple[Step, ...], other: tuple[Step, ...]) -> bool:
    return (
        len(steps) == len(other)
        and steps[:-1] == other[:-1]
        and steps[-1].name == other[-1].name
        and steps[-1].select is not None
        and other[-1].select is not None
    )


def reader(code: Code, scope: Scope, rows: Sequence[Bound]) -> Trail:
    """Write the body of ``read(f, run)``; return the trail that leads back from the message."""
    top = ReadScope(code, scope, rows, "f")
    code.add(f"return {top.write()}")
    return top.trail
