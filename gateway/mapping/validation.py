"""Make a message of what was read, and say what is wrong with it by the partner's own fields.

Pydantic says what and where: its codes become ours, its places are led back to the record, and neither its texts nor
the values in them leave this file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from gateway.canonical.messages import TYPES, Message
from gateway.canonical.schema import fields, title
from gateway.errors import Fact
from gateway.mapping.faults import At, Field
from gateway.mapping.passage import Passage
from gateway.mapping.trail import Trail, locate

_CODES = {
    "missing": "mapping.missing",
    "literal_error": "mapping.not_allowed",
    "string_too_long": "mapping.too_long",
    "too_long": "mapping.too_many",
    "string_too_short": "mapping.too_short",
    "too_short": "mapping.too_few",
    "string_pattern_mismatch": "mapping.wrong_form",
    "greater_than": "mapping.out_of_range",
    "greater_than_equal": "mapping.out_of_range",
    "less_than": "mapping.out_of_range",
    "less_than_equal": "mapping.out_of_range",
    "value_error": "mapping.inconsistent",
    "string_unicode": "mapping.wrong_characters",
}
_LIMITS = ("max_length", "min_length", "ge", "gt", "le", "lt")


def validated(message: str, values: Mapping[str, Any], trail: Trail, passage: Passage) -> Message | None:
    """Return the message, or None after noting what keeps it from being one."""
    try:
        found: Message = TYPES[message].__pydantic_validator__.validate_python(values)
    except ValidationError as error:
        for one in error.errors(include_url=False):
            _note(message, one, trail, passage)
        return None
    return found


def _note(message: str, error: ErrorDetails, trail: Trail, passage: Passage) -> None:
    place, ctx = error["loc"], error.get("ctx", {})
    path = canonical_path(message, place)
    code = code_of(error)
    # Of fields that contradict each other none is the wrong one.
    found, at = locate(trail, place, passage, below=not _together(code))
    if _said_already(path, at, passage):
        return
    called = Field(
        partner=found.partner if found else "",
        canonical=path,
        title=title(message, path),
        personal=fields(message)[path].personal if path in fields(message) else None,
    )
    masked = getattr(ctx.get("error"), "masked", None)
    shown = error["input"] if error["type"] != "missing" else None
    passage.fault(code, called, at, shown, masked=masked, facts=limit_of(ctx))


def _together(code: str) -> bool:
    """Say whether a code is about several fields that contradict each other, and so about none of them."""
    return code == "mapping.inconsistent" or code.startswith("canonical.")


def code_of(error: Mapping[str, Any]) -> str:
    """Return our code for one of pydantic's errors; a check of ours inside pydantic brings its own."""
    own: str | None = getattr(error.get("ctx", {}).get("error"), "code", None)
    return own or _CODES.get(error["type"], "mapping.wrong_type")


def limit_of(ctx: Mapping[str, Any]) -> dict[str, Fact]:
    """Return the bound that a value broke, as a fact."""
    found = next((ctx[name] for name in _LIMITS if isinstance(ctx.get(name), int | float)), None)
    return {} if found is None else {"limit": found}


def canonical_path(message: str, place: Sequence[str | int]) -> str:
    """Return pydantic's place as a canonical path."""
    path = ""
    for step in place:
        path = f"{path}[]" if isinstance(step, int) else f"{path}.{step}" if path else step
    return f"{path}[]" if f"{path}[]" in fields(message) else path


def _said_already(path: str, at: At, passage: Passage) -> bool:
    """Return whether a fault was found at this place, in it or around it: what follows from it is not said again."""
    for known, where in passage.places:
        same_item = all(mine == other for mine, other in zip(at, where, strict=False))
        if known and same_item and (_within(known, path) or _within(path, known)):
            return True
    return False


def _within(inner: str, outer: str) -> bool:
    return inner == outer or inner.startswith((f"{outer}.", f"{outer}[]"))
