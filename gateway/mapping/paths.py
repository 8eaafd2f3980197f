"""Find the fields that a row names: in a partner's record, and in the canonical message.

partner     ajxx.ah   dsrlb[0].xm   ["a.b"].c          keys; an index; a key that has a dot in it
canonical   data.case.number                           attributes
            data.mediators[0].name                     of the n-th item
            data.parties[role=applicant].name          of the first item whose field has this value
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

from annotated_types import MaxLen
from pydantic import AfterValidator, AwareDatetime, BaseModel
from pydantic.fields import FieldInfo

from gateway.canonical import identifiers
from gateway.canonical.base import Personal

Kind = Literal["text", "integer", "boolean", "moment", "day", "amount", "object"]
Keys = tuple[str | int, ...]

_PARTNER_STEP = re.compile(r'\["([^"]+)"\]|\[([0-9]{1,4})\]|([^.\[\]"]+)')
_CANONICAL_STEP = re.compile(r"([a-z_][a-z0-9_]*)(?:\[(?:([0-9]{1,3})|([a-z_]+)=([^\[\]]+))\])?")
_CHECKS = {
    identifiers.resident_id: "resident_id",
    identifiers.credit_code: "credit_code",
    identifiers.case_number: "case_number",
    identifiers.division_code: "division",
    identifiers.phone: "phone",
}
_KINDS: tuple[tuple[type, Kind], ...] = (
    (bool, "boolean"), (int, "integer"), (str, "text"), (datetime, "moment"), (date, "day"), (Decimal, "amount"),
)  # fmt: skip
_FREE_TEXT = 200  # from this length on a field is for people to read


class PathFault(Exception):
    """A path that cannot be: ``code`` says why, ``wrong`` is the part that is wrong."""

    def __init__(self, code: str, wrong: str) -> None:
        super().__init__(code)
        self.code = code
        self.wrong = wrong


@dataclass(frozen=True, slots=True)
class Step:
    """One attribute of a canonical path; ``select`` picks one item of a list: by number, or by a field's value."""

    name: str
    select: int | tuple[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """What the canonical model says about one attribute."""

    name: str
    kind: Kind
    repeated: bool
    required: bool
    nullable: bool
    default: Any
    allowed: tuple[str, ...] | None
    check: str | None  # the identifier that pydantic checks it as
    exact: bool  # an identifier or number, which a float would damage
    free: bool  # free text, which may hold a partner's unknown code
    personal: Personal | None
    model: type[BaseModel] | None


def partner_path(text: str) -> Keys:
    """Return the steps of a path in a partner's record. Raises PathFault."""
    steps: list[str | int] = []
    position = 0
    while position < len(text):
        if steps and text[position] == ".":
            position += 1
        elif steps and text[position] != "[":
            raise PathFault("mapping.file.bad_path", text)
        found = _PARTNER_STEP.match(text, position)
        if found is None:
            raise PathFault("mapping.file.bad_path", text)
        quoted, index, key = found.groups()
        steps.append(int(index) if index is not None else quoted or key)
        position = found.end()
    if not steps or isinstance(steps[0], int):
        raise PathFault("mapping.file.bad_path", text)
    return tuple(steps)


def show(keys: Keys) -> str:
    """Return a partner's path as it is written in a mapping."""
    text = ""
    for key in keys:
        if isinstance(key, int):
            text += f"[{key}]"
        elif re.search(r'[.\[\]"]', key):
            text += f'["{key}"]'
        else:
            text += f".{key}" if text else key
    return text


def canonical_path(text: str) -> tuple[Step, ...]:
    """Return the steps of a canonical path. Raises PathFault."""
    steps: list[Step] = []
    position = 0
    while position <= len(text):
        found = _CANONICAL_STEP.match(text, position)
        if found is None or (found.end() < len(text) and text[found.end()] != "."):
            raise PathFault("mapping.file.bad_path", text)
        name, index, field, value = found.groups()
        select = int(index) if index is not None else (field, value) if field else None
        steps.append(Step(name, select))
        position = found.end() + 1
    return tuple(steps)


def resolve(model: type[BaseModel], steps: tuple[Step, ...]) -> tuple[Field, ...]:
    """Return the field behind every step. Raises PathFault for what the model does not have."""
    found: list[Field] = []
    at: type[BaseModel] | None = model
    for n, step in enumerate(steps):
        field = fields_of(at).get(step.name) if at is not None else None
        if field is None:
            raise PathFault("mapping.file.unknown_path", generic(steps))
        _check_select(field, step, last=n == len(steps) - 1)
        found.append(field)
        at = field.model
    return tuple(found)


def _check_select(field: Field, step: Step, *, last: bool) -> None:
    if step.select is not None and not (field.repeated and field.model):
        raise PathFault("mapping.file.not_a_list", step.name)
    if step.select is None and field.repeated and not last:
        raise PathFault("mapping.file.list_in_path", step.name)
    if isinstance(step.select, tuple) and field.model is not None:
        name, value = step.select
        chosen = fields_of(field.model).get(name)
        if chosen is None or chosen.kind != "text" or chosen.repeated:
            raise PathFault("mapping.file.unknown_path", name)
        if chosen.allowed is not None and value not in chosen.allowed:
            raise PathFault("mapping.file.not_allowed", value)


def generic(steps: tuple[Step, ...]) -> str:
    """Return a canonical path without its selections: ``data.parties[].name``."""
    return ".".join(f"{step.name}[]" if step.select is not None else step.name for step in steps)


def every_path(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Yield every path below a model as a row would write it, lists once by their name: for suggestions."""
    for field in fields_of(model).values():
        yield prefix + field.name
        if field.model is not None:
            yield from every_path(field.model, f"{prefix}{field.name}{'[0]' if field.repeated else ''}.")


@lru_cache(maxsize=512)
def fields_of(model: type[BaseModel]) -> Mapping[str, Field]:
    """Return what a canonical model says about its attributes, in their order."""
    return {name: _described(name, info) for name, info in model.model_fields.items()}


def _described(name: str, info: FieldInfo) -> Field:
    peeled = _Peeled(info)
    extra = info.json_schema_extra
    personal: Any = extra.get("x-personal") if isinstance(extra, dict) else None
    check = next((_CHECKS[mark.func] for mark in peeled.marks if _is_check(mark)), None)
    longest = max((mark.max_length for mark in peeled.marks if isinstance(mark, MaxLen)), default=None)
    text = peeled.kind == "text" and peeled.allowed is None
    shaped = any(getattr(mark, "pattern", None) for mark in peeled.marks)
    number = check is not None or shaped or personal in ("number", "phone")
    return Field(
        name=name,
        kind=peeled.kind,
        repeated=peeled.repeated,
        required=info.is_required(),
        nullable=peeled.nullable,
        default=info.get_default(call_default_factory=True) if not info.is_required() else None,
        allowed=peeled.allowed,
        check=check,
        exact=text and (number or (longest or _FREE_TEXT) < _FREE_TEXT),
        free=text and check is None and not shaped and (longest or _FREE_TEXT) >= _FREE_TEXT,
        personal=personal,
        model=peeled.model,
    )


def _is_check(mark: Any) -> bool:
    return isinstance(mark, AfterValidator) and mark.func in _CHECKS


class _Peeled:
    """An annotation without Annotated, Optional and tuple[…, ...], and what was found in them."""

    def __init__(self, info: FieldInfo) -> None:
        self.marks: list[Any] = list(info.metadata)
        self.nullable = False
        self.repeated = False
        annotation = self._core(info.annotation)
        is_literal = get_origin(annotation) is Literal
        self.allowed: tuple[str, ...] | None = get_args(annotation) if is_literal else None
        is_model = isinstance(annotation, type) and issubclass(annotation, BaseModel)
        self.model: type[BaseModel] | None = annotation if is_model else None
        self.kind: Kind = "object" if is_model else _kind(annotation)

    def _core(self, annotation: Any) -> Any:
        while get_origin(annotation) not in (None, Literal):
            arguments = get_args(annotation)
            if get_origin(annotation) is Annotated:
                for mark in arguments[1:]:
                    self.marks.extend(mark.metadata if isinstance(mark, FieldInfo) else [mark])
                annotation = arguments[0]
            elif get_origin(annotation) is tuple:
                self.repeated, annotation = True, arguments[0]
                self.marks = []
            else:
                self.nullable = self.nullable or NoneType in arguments
                annotation = next(argument for argument in arguments if argument is not NoneType)
        return annotation


def _kind(annotation: Any) -> Kind:
    if annotation is AwareDatetime:
        return "moment"
    for base, kind in _KINDS:
        if isinstance(annotation, type) and issubclass(annotation, base):
            return kind
    return "text"
