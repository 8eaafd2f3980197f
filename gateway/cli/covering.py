"""Cover what is personal before a message or a record is printed.

A message says by its fields what is personal. A record is the partner's own words, so it is the other way round:
shown is only what also stands, uncovered, in the message that belongs to it, and what is too short to be anybody's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gateway.canonical.identifiers import mask
from gateway.canonical.identifiers.masking import mask_shape
from gateway.canonical.messages import Message, short_type
from gateway.canonical.schema import fields

SHORT = 4  # characters of a partner's code


def message_values(message: Message, *, unmasked: bool) -> dict[str, Any]:
    """Return every value of a message by its path (``data.parties[0].name``), personal ones covered."""
    known = fields(short_type(message))
    values = dict(leaves(message.model_dump(mode="json", exclude_none=True)))
    if unmasked:
        return values
    return {path: _covered(value, known.get(general(path))) for path, value in values.items()}


def record_values(fields_of: Mapping[str, Any], message: Message, *, unmasked: bool) -> dict[str, Any]:
    """Return every value of a record by its path, those covered that are not known to be harmless."""
    values = dict(leaves(fields_of))
    if unmasked:
        return values
    known = fields(short_type(message))
    plain = dict(leaves(message.model_dump(mode="json", exclude_none=True)))
    harmless = {str(value) for path, value in plain.items() if not _personal(known.get(general(path)))}
    return {path: _covered_unless(value, harmless) for path, value in values.items()}


def nested(value: Any, values: Mapping[str, Any], path: str = "") -> Any:
    """Return ``value`` with each leaf replaced by the one that ``values`` has at its path."""
    if isinstance(value, Mapping):
        return {name: nested(each, values, f"{path}.{name}" if path else str(name)) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [nested(each, values, f"{path}[{n}]") for n, each in enumerate(value)]
    return values.get(path, value)


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every value that is neither object nor list, with its path."""
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield from leaves(each, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list | tuple):
        for number, each in enumerate(value):
            yield from leaves(each, f"{path}[{number}]")
    else:
        yield path, value


def general(path: str) -> str:
    """Return a path with ``[]`` for the index of every item, as the schema names it."""
    head, *rest = path.split("[")
    return head + "".join(f"[]{part.partition(']')[2]}" for part in rest)


def _personal(described: Any) -> bool:
    return described is None or described.personal is not None


def _covered(value: Any, described: Any) -> Any:
    if value is None or not _personal(described):
        return value
    return mask(value, described.personal if described else "text")


def _covered_unless(value: Any, harmless: set[str]) -> Any:
    if value is None or isinstance(value, bool) or str(value) in harmless:
        return value
    shown = str(value)
    return value if shown.isascii() and len(shown) <= SHORT else mask_shape(shown)
