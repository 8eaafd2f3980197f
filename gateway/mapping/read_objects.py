"""Write the code that builds the objects of a message while a record is read: made, attached, filled up.

c2 = {}                                     an object for every way that a row goes
if c2: c1["case"] = c2                      attached once it has content
if "variant" not in c1: c1["variant"] = …   constants and defaults: only where there is content, where the message
                                            cannot be without the object, or where nothing else could be in it
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from pydantic import BaseModel

from gateway.mapping.binding import Bound
from gateway.mapping.code import Code, indices
from gateway.mapping.paths import Step, fields_of
from gateway.mapping.sites import Scope
from gateway.mapping.trail import Names, Trail, slot

Steps = tuple[Step, ...]


@dataclass(slots=True, kw_only=True)
class Node:
    """One object under construction: the variable of its dictionary, and what will become of it."""

    var: str
    parent: Node | None
    step: Step | None
    model: type[BaseModel] | None
    required: bool
    children: list[Node] = field(default_factory=list)
    content: bool = False  # a row puts a value of the record in it, or below it
    fills: list[Bound] = field(default_factory=list)

    @property
    def selected(self) -> bool:
        """Return whether it is one item of a list that is filled item by item."""
        return self.step is not None and self.step.select is not None

    @property
    def attach(self) -> str:
        """Return the line that puts it where it belongs."""
        name = self.step.name if self.step else ""
        return f"{self.parent.var if self.parent else ''}[{name!r}] = {self.var}"

    @property
    def filled(self) -> bool:
        """Return whether a constant or default goes into it, or below it."""
        return bool(self.fills) or any(child.filled for child in self.children)

    @property
    def firm(self) -> bool:
        """Return whether it is there even when empty, so that what it must have is missed by its own name."""
        demands = self.model is not None and any(found.required for found in fields_of(self.model).values())
        at: Node | None = self
        while at is not None:
            demands, at = demands and at.required, at.parent
        return demands


class Objects:
    """The objects of one scope."""

    def __init__(self, code: Code, scope: Scope, trail: Trail) -> None:
        self._code = code
        self._scope = scope
        self._trail = trail
        self.root = Node(var=code.local("c"), parent=None, step=None, model=None, required=not scope.at)
        self.nodes: dict[Steps, Node] = {(): self.root}

    def add(self, row: Bound) -> None:
        """Make the objects on the way to a row's field."""
        node = self.root
        for n, (step, found) in enumerate(zip(row.steps[:-1], row.fields[:-1], strict=True)):
            prefix = row.steps[: n + 1]
            if prefix not in self.nodes:
                required = found.required and step.select is None
                var = self._code.local("c")
                self.nodes[prefix] = Node(var=var, parent=node, step=step, model=found.model, required=required)
                self._code.add(f"{var} = {{}}")
                node.children.append(self.nodes[prefix])
            node = self.nodes[prefix]
        if row.origin == "constant" or row.default is not None:
            node.fills.append(row)
        at = node if row.origin != "constant" else None
        while at is not None:
            at.content, at = True, at.parent

    def holder(self, row: Bound) -> str:
        """Return the variable of the object that a row's field belongs to."""
        return self.nodes[row.steps[:-1]].var

    def names(self, steps: Sequence[Step]) -> Names:
        """Return the names of a path; an item of a list that is filled item by item has its number in its name."""
        names: Names = ()
        for n, step in enumerate(steps):
            numbered = step.select is not None and n < len(steps) - 1
            number = self._group(tuple(steps[: n + 1])).index(tuple(steps[: n + 1])) if numbered else 0
            names = (*names, slot(step.name, number) if numbered else step.name)
        return names

    def attach(self) -> None:
        """Put every object that got content where it belongs."""
        gathered: set[Steps] = set()
        for prefix, node in reversed(self.nodes.items()):
            if node.parent is None or prefix in gathered:
                continue
            if node.selected:
                gathered.update(self._gather(prefix))
            else:
                self._code.add(node.attach if node.firm else f"if {node.var}: {node.attach}")

    def fill(self, condition: Callable[[Bound], AbstractContextManager[None]], node: Node | None = None) -> None:
        """Put constants and defaults where nothing was read."""
        node = node or self.root
        if not node.filled:
            return
        always = node.required or not (node.content or node.parent is None or node.selected)
        with nullcontext() if always else self._code.block(f"if {node.var}:"):
            for row in node.fills:
                value = self._code.value("D", row.constant if row.origin == "constant" else row.default)
                name = row.steps[-1].name
                with condition(row):
                    self._code.add(f"if {name!r} not in {node.var}: {node.var}[{name!r}] = {value}")
            for child in node.children:
                self.fill(condition, child)
        if always and node.parent is not None:
            self._code.add(f"if {node.var}: {node.attach}")

    def _group(self, prefix: Steps) -> list[Steps]:
        """Return the items of the same list, in the order they were named."""
        selected = [steps for steps, node in self.nodes.items() if node.selected]
        return [steps for steps in selected if steps[:-1] == prefix[:-1] and steps[-1].name == prefix[-1].name]

    def _gather(self, prefix: Steps) -> list[Steps]:
        """Make a list of its items, numbered ones by their number."""
        group = self._group(prefix)
        path = self._scope.canonical_path(".".join(step.name for step in prefix))
        self._trail.slotted[(*self.names(prefix)[:-1], prefix[-1].name)] = path
        for steps in group:
            chosen, var = steps[-1].select, self.nodes[steps].var
            if isinstance(chosen, tuple):
                self._code.add(f"if {var}: {var}[{chosen[0]!r}] = {chosen[1]!r}")
        parts = ", ".join(f"({group.index(steps)}, {self.nodes[steps].var})" for steps in sorted(group, key=_number))
        parent, at = self.nodes[prefix[:-1]].var, indices(self._scope.at)
        self._code.add(f"gather({parent}, {prefix[-1].name!r}, ({parts},), ({path!r}, {at}), run)")
        return group


def _number(steps: Steps) -> int:
    return steps[-1].select if isinstance(steps[-1].select, int) else 0
