"""Write the code that finds what a message says and a record will not: fields with a value that no row writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

from pydantic import BaseModel

from gateway.mapping.binding import OWN, Bound
from gateway.mapping.code import Code
from gateway.mapping.paths import Field, Step, fields_of, resolve
from gateway.mapping.sites import Scope

Names = tuple[str, ...]

# Said by the gateway about itself: what is no partner's business is not lost.
_OURS = (*OWN, "correlationid", "causationid", "sensitivity")
_GATEWAY = {*((name,) for name in _OURS), ("data", "case", "gateway_id")}


class Losses:
    """The fields of one scope, and which of them its rows write."""

    def __init__(self, code: Code, scope: Scope, rows: Sequence[Bound], model: type[BaseModel]) -> None:
        self._code = code
        self._scope = scope
        self._model = model
        self._written = [row for row in rows if row.writes and row.steps and row.origin != "count"]
        self._read = {_names(row): row for row in rows if row.reads and row.origin in ("constant", "count")}
        self._marks: dict[tuple[Step, ...], str] = {}
        self._chosen: set[Names] = set()
        self._objects: Mapping[tuple[Step, ...], str] = {}
        self._nullable: Set[tuple[Step, ...]] = frozenset()
        self._out = ""
        self.documents_carried = False

    def resolved(self, steps: tuple[Step, ...]) -> tuple[Field, ...]:
        """Return the fields on the way to a path that is known to exist."""
        return resolve(self._model, steps)

    def chosen_by(self, name: str) -> None:
        """Know that the items were chosen by a field, which therefore is not lost."""
        self._chosen.add((name,))

    def mark(self, row: Bound) -> str | None:
        """Return a variable, False so far, that the row sets where it applies; None where it always applies."""
        place = _place(row.steps)
        if any(not other.write_if for other in self._written if _place(other.steps) == place):
            return None
        if place not in self._marks:
            self._marks[place] = self._code.local("k")
            self._code.add(f"{self._marks[place]} = False")
        return self._marks[place]

    def write(self, objects: Mapping[tuple[Step, ...], str], nullable: Set[tuple[Step, ...]], out: str) -> None:
        """Write the code, given the variables of the message's objects and of the record."""
        self._objects, self._nullable, self._out = objects, nullable, out
        self._walk(self._model, ())

    def _walk(self, model: type[BaseModel], steps: tuple[Step, ...]) -> None:
        var = self._objects[steps]
        with self._code.block(f"if {var} is not None:" if steps in self._nullable else None):
            for field in fields_of(model).values():
                self._field(field, steps, var)

    def _field(self, field: Field, steps: tuple[Step, ...], var: str) -> None:
        names = (*(step.name for step in steps), field.name)
        if names in self._chosen or (not self._scope.at and (names in _GATEWAY or self._is_carried(names))):
            return
        below = [prefix for prefix in self._objects if len(prefix) == len(names) and prefix[:-1] == steps]
        inner = [prefix for prefix in below if prefix[-1].name == field.name]
        place = (*steps, Step(field.name))
        whole = [row for row in self._written if _place(row.steps) == place]
        if whole:
            self._whole(whole, field, names, (var, self._marks.get(place)))
        elif inner and field.model is not None:
            self._inner(field, inner, names, var)
        else:
            self._lose(self._missing(field, names, f"{var}.{field.name}"), names)

    def _whole(self, rows: Sequence[Bound], field: Field, names: Names, at: tuple[str, str | None]) -> None:
        var, mark = at
        attribute = f"{var}.{field.name}"
        if mark is not None:
            self._lose(f"not {mark} and {self._missing(field, names, attribute)}", names)
        chosen = [row.steps[-1].select for row in rows]
        pairs = [select for select in chosen if isinstance(select, tuple)]
        if len(pairs) == len(chosen):
            test = " and ".join(f"x.{name} != {value!r}" for name, value in pairs)
            self._lose(f"any({test} for x in {attribute})", names)

    def _inner(self, field: Field, inner: Sequence[tuple[Step, ...]], names: Names, var: str) -> None:
        if field.model is None:
            return
        if field.repeated:
            kept = ", ".join(self._objects[prefix] for prefix in inner)
            self._lose(f"any(not any(x is y for y in ({kept},)) for x in {var}.{field.name})", names)
        for prefix in inner:
            chosen = prefix[-1].select
            self._chosen.update([(*names, chosen[0])] if isinstance(chosen, tuple) else [])
            self._walk(field.model, prefix)

    def _missing(self, field: Field, names: Names, attribute: str) -> str:
        """Return the expression that is true where a field has a value which reading back would not bring."""
        row = self._read.get(names)
        if row is not None and row.origin == "constant":
            default = self._code.value("D", tuple(row.constant) if field.repeated else row.constant)
            return f"{attribute} not in (None, {default})"
        if row is not None:
            return f"{attribute} not in (None, counted(fetch({self._out}, {row.sources[0]!r})))"
        if field.required:
            return "True"
        if field.default is None:
            return attribute if field.kind == "text" and not field.repeated else f"{attribute} is not None"
        if field.repeated:
            return attribute
        return f"{attribute} != {self._code.value('D', field.default)}"

    def _lose(self, condition: str, names: Names) -> None:
        path = self._scope.canonical_path(self._path(names))
        self._code.add(f"if {condition}: run.lost[{path!r}] = None")

    def _path(self, names: Names) -> str:
        steps, model = [], self._model
        for name in names:
            at = fields_of(model)[name]
            steps.append(f"{name}[]" if at.repeated else name)
            model = at.model or model
        return ".".join(steps)

    def _is_carried(self, names: Names) -> bool:
        return self.documents_carried and names == ("data", "documents")


def _place(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Return a path whose last step is the whole field, however its items are chosen."""
    return (*steps[:-1], Step(steps[-1].name))


def _names(row: Bound) -> Names:
    return tuple(step.name for step in row.steps)
