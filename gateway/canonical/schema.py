"""Publish the common language: the JSON Schema of every type, and the fields by path with their Chinese titles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from types import NoneType
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from gateway.canonical.base import Personal
from gateway.canonical.messages import TYPES, any_message


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """One canonical field: ``data.parties[].name``, its titles, whether it must be there, how it is masked."""

    path: str
    title: str
    description: str
    required: bool
    repeated: bool
    personal: Personal | None
    annotation: Any


def json_schema(message_type: str | None = None) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of one type, or of the union of all. Raises KeyError for an unknown type."""
    if message_type is None:
        return any_message().json_schema()
    return TYPES[message_type].model_json_schema()


@lru_cache(maxsize=64)
def fields(message_type: str) -> dict[str, Described]:
    """Return every field of a message type by its path; list items are written ``[]``."""
    return {described.path: described for described in _walk(TYPES[message_type], "")}


def title(message_type: str, path: str) -> str:
    """Return the Chinese title of a field, from its outermost to its innermost name; the path if it is unknown."""
    known = fields(message_type)
    steps = path.split(".")
    titles = [known[step].title for step in (".".join(steps[: n + 1]) for n in range(len(steps))) if step in known]
    return " / ".join(titles[1:] or titles) if titles else path


def _walk(model: type[BaseModel], prefix: str) -> Iterator[Described]:
    for name, info in model.model_fields.items():
        inner, repeated = _innermost(info.annotation)
        path = f"{prefix}{name}{'[]' if repeated else ''}"
        yield _describe(path, info, repeated=repeated, annotation=inner)
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _walk(inner, f"{path}.")


def _describe(path: str, info: FieldInfo, *, repeated: bool, annotation: Any) -> Described:
    extra = info.json_schema_extra
    personal: Any = extra.get("x-personal") if isinstance(extra, dict) else None
    return Described(
        path=path,
        title=info.title or path,
        description=info.description or "",
        required=info.is_required(),
        repeated=repeated,
        personal=personal,
        annotation=annotation,
    )


def _innermost(annotation: Any) -> tuple[Any, bool]:
    """Strip Optional, Annotated and tuple[…, ...] from an annotation."""
    repeated = False
    while True:
        arguments = [argument for argument in get_args(annotation) if argument is not NoneType]
        if get_origin(annotation) is tuple:
            annotation, repeated = arguments[0], True
        elif hasattr(annotation, "__metadata__") or (
            len(arguments) == 1 and get_origin(annotation) is not None and not isinstance(arguments[0], str)
        ):
            annotation = arguments[0]
        else:
            return annotation, repeated
