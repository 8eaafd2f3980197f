"""Make the sites of a mapping's rows: what each conversion knows of its row, and what faults call its fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from gateway.canonical import identifiers
from gateway.canonical.schema import title
from gateway.mapping import choice, read_values, write_values
from gateway.mapping.binding import Bound
from gateway.mapping.codes import as_code
from gateway.mapping.faults import Field
from gateway.mapping.passage import Passage, Site
from gateway.mapping.paths import Keys, generic, partner_path, show
from gateway.mapping.rows import Select, Words

_CHECKS: Mapping[str, Callable[[str], str]] = {
    "resident_id": identifiers.resident_id,
    "credit_code": identifiers.credit_code,
    "case_number": identifiers.case_number,
    "division": identifiers.division_code,
    "phone": identifiers.phone,
}
_READ_ONE = {"codes": read_values.code, "identifier": read_values.identifier, "organisation": read_values.organisation}
_WRITTEN_AS: Mapping[str, Literal["text", "number"]] = {"text": "text", "number": "number"}
_WRITE_ONE = {"codes": write_values.code, "organisation": write_values.organisation}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Where rows stand: in the message, or in the items of a list; its paths and the variables of the indices."""

    message: str
    partner: str = ""  # dsrlb[]
    canonical: str = ""  # data.parties[]
    at: tuple[str, ...] = ()

    def inside(self, partner: str, canonical: str, index: str) -> Scope:
        """Return the scope of the items of a list."""
        return Scope(message=self.message, partner=f"{partner}[]", canonical=f"{canonical}[]", at=(*self.at, index))

    def partner_path(self, keys: Keys) -> str:
        """Return the partner's full path of a field."""
        return under(self.partner, show(keys))

    def canonical_path(self, relative: str) -> str:
        """Return the full canonical path of a field."""
        return f"{self.canonical}.{relative}" if self.canonical else relative


def under(prefix: str, path: str) -> str:
    """Return a partner's path below another one."""
    return f"{prefix}{path}" if not prefix or path.startswith("[") else f"{prefix}.{path}"


def field(row: Bound, scope: Scope) -> Field:
    """Return how faults call the fields of a row."""
    relative = generic(row.steps)
    canonical = scope.canonical_path(relative) if row.steps else None
    known = f"{canonical}[]" if canonical and row.leaf and row.leaf.repeated else canonical
    return Field(
        partner=under(scope.partner, _partner_field(row)),
        canonical=known,
        title=title(scope.message, known) if known else None,
        personal=row.leaf.personal if row.leaf else None,
    )


def _partner_field(row: Bound) -> str:
    if row.row.select is not None:
        return f"{show(row.sources[0])}[{row.row.select.field}={row.row.select.is_}].{row.row.select.take}"
    if row.sources:
        return "+".join(show(keys) for keys in row.sources)
    return show(row.target or ())


def site(row: Bound, scope: Scope, direction: Literal["read", "write"]) -> Site:
    """Return what the conversion of a row has to know."""
    spec, leaf = row.row, row.leaf
    codes, back = _tables(row)
    ones: Any = _READ_ONE if direction == "read" else _WRITE_ONE
    one: Callable[[Any, Site, Passage, tuple[int, ...]], Any] | None = ones.get(row.conversion)
    if direction == "read" and leaf is not None and leaf.repeated and "phone" in (leaf.check, spec.as_):
        one = read_values.phones
    return Site(
        field=field(row, scope),
        exact=bool(leaf and leaf.exact) or row.conversion == "identifier",
        check=_CHECKS.get(spec.as_ or ""),
        codes=codes,
        back=back,
        table=row.table.name if row.table else None,
        policy=row.policy,
        patterns=choice.patterns(spec),
        unit=spec.money or "yuan",
        written_as=_WRITTEN_AS.get(spec.as_ or ""),
        separator=spec.split if spec.split is not None else spec.join,
        prefix=spec.strip or "",
        one=one,
    )


def _tables(row: Bound) -> tuple[Mapping[str, Any] | None, Mapping[Any, Any] | None]:
    if row.table is not None:
        return row.table.read, row.table.written
    if row.row.boolean is not None:
        return _words(row.row.boolean)
    return None, None


def _words(words: Words) -> tuple[dict[str, bool], dict[bool, Any]]:
    read: dict[str, bool] = {}
    back: dict[bool, Any] = {}
    for truth, said in ((False, words.false), (True, words.true)):
        spoken = said if isinstance(said, tuple) else (said,)
        back[truth] = spoken[0]
        read.update((as_code(word) or "", truth) for word in spoken)
    return read, back


def take_keys(select: Select) -> tuple[Keys, Keys]:
    """Return the deciding field and the wanted field of a selected item. Raises PathFault."""
    return partner_path(select.field), partner_path(select.take)
