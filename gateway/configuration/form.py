"""Read one file as its model, and say what is wrong with it by file, line and field: all of it, not only the first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import NoneType
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from gateway.errors import ConfigurationFault, Fact
from gateway.wire import yaml_marks
from gateway.wire.yaml_marks import Marked, Path, nearest

Model = TypeVar("Model", bound=BaseModel)
_KINDS = {  # how the names of pydantic's errors begin
    "string_": ("configuration.expected_text", "it must be text"),
    "int_": ("configuration.expected_whole_number", "it must be a whole number"),
    "float_": ("configuration.expected_number", "it must be a number"),
    "tuple_": ("configuration.expected_list", "it must be a list"),
    "mapping_": ("configuration.expected_mapping", "it must be a mapping of names to values"),
    "dict_": ("configuration.expected_mapping", "it must be a mapping of names to values"),
    "model_": ("configuration.expected_mapping", "it must be a mapping of names to values"),
}
_LIMITS = ("ge", "gt", "le", "lt", "min_length", "max_length")


def read_as(
    model: type[Model], text: str, *, file: str
) -> tuple[Model | None, Marked | None, list[ConfigurationFault]]:
    """Return the file's contents as ``model`` with the lines of its fields, or None and every fault of its form."""
    try:
        marked = yaml_marks.read(text, file=file)
    except ConfigurationFault as fault:
        return None, None, [fault]
    try:
        return model.model_validate({} if marked.value is None else marked.value), marked, []
    except ValidationError as error:
        faults = [_fault(model, marked, detail) for detail in error.errors(include_url=False)]
    return None, marked, sorted(faults, key=lambda fault: int(fault.facts["line"] or 0))


def _fault(model: type[BaseModel], marked: Marked, detail: ErrorDetails) -> ConfigurationFault:
    path: Path = tuple(step for step in detail["loc"] if step != "[key]")
    kind = detail["type"]
    if kind.startswith("configuration."):
        return marked.fault(path, detail["msg"], kind, **_facts(detail))
    if kind == "extra_forbidden":
        return _unknown_field(model, marked, path)
    if kind == "missing":
        return marked.fault(path, "this field must be given", "configuration.missing_field")
    if kind == "literal_error":
        return _not_one_of(marked, path, str(detail["ctx"]["expected"]), detail["input"])
    facts = _facts(detail)
    if any(limit in facts for limit in _LIMITS):
        limit = next(facts[limit] for limit in _LIMITS if limit in facts)
        return marked.fault(path, detail["msg"], "configuration.out_of_range", limit=limit)
    return _wrong_kind(marked, path, kind, detail["msg"])


def _wrong_kind(marked: Marked, path: Path, kind: str, message: str) -> ConfigurationFault:
    for beginning, (code, why) in _KINDS.items():
        if kind.startswith(beginning):
            return marked.fault(path, why, code)
    return marked.fault(path, message)


def _facts(detail: ErrorDetails) -> dict[str, Fact]:
    return {name: fact for name, fact in detail.get("ctx", {}).items() if isinstance(fact, str | int | float)}


def _unknown_field(model: type[BaseModel], marked: Marked, path: Path) -> ConfigurationFault:
    known = sorted(_fields_at(model, path[:-1]))
    meant = nearest(str(path[-1]), known)
    if meant:
        why = f"there is no field of that name; did you mean {meant}?"
        return marked.fault(path, why, "configuration.unknown_field_meant", meant=meant)
    why = f"there is no field of that name; the fields are {', '.join(known)}"
    return marked.fault(path, why, "configuration.unknown_field", known=", ".join(known))


def _not_one_of(marked: Marked, path: Path, expected: str, value: object) -> ConfigurationFault:
    choices = [choice.strip("'") for choice in expected.replace(" or ", ", ").split(", ")]
    meant = nearest(str(value), choices)
    known = ", ".join(choices)
    if meant:
        why = f"it must be one of {known}; did you mean {meant}?"
        return marked.fault(path, why, "configuration.not_one_of_meant", known=known, meant=meant)
    return marked.fault(path, f"it must be one of {known}", "configuration.not_one_of", known=known)


def _fields_at(model: type[BaseModel], path: Path) -> Iterator[str]:
    found: Any = model
    for step in path:
        if isinstance(found, type) and issubclass(found, BaseModel):
            found = _bare(found.model_fields[str(step)].annotation)
        else:  # an item of a list, or a value of a mapping
            found = _bare(get_args(found)[1 if issubclass(get_origin(found) or object, Mapping) else 0])
    if isinstance(found, type) and issubclass(found, BaseModel):
        yield from found.model_fields


def _bare(annotation: Any) -> Any:
    """Strip Optional and Annotated."""
    while True:
        inner = [argument for argument in get_args(annotation) if argument is not NoneType]
        if hasattr(annotation, "__metadata__") or (len(inner) == 1 and get_origin(annotation) is not tuple):
            annotation = inner[0]
        else:
            return annotation
