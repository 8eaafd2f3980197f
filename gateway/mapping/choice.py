"""Choose how a row converts its value, from the words in the row and the kind of the canonical field."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from gateway.canonical import identifiers
from gateway.mapping.files import suggestion
from gateway.mapping.paths import Field
from gateway.mapping.rows import Row, Scalar

Conversion = Literal[
    "text", "integer", "truth", "words", "moment", "day", "amount", "codes", "identifier", "organisation", "each",
    "constant", "count",
]  # fmt: skip

_BY_KIND: dict[str, Conversion] = {
    "text": "text", "integer": "integer", "boolean": "truth", "moment": "moment", "day": "day", "amount": "amount",
}  # fmt: skip
_BY_WORD: dict[str, Conversion] = {
    "boolean": "words", "codes": "codes", "each": "each", "directory": "organisation", "as": "identifier",
}  # fmt: skip
_NEEDS: dict[str, tuple[str, ...]] = {
    "date": ("moment", "day"), "money": ("amount",), "boolean": ("boolean",), "directory": ("text",),
    "split": ("text",), "join": ("text",), "count": ("integer",), "codes": ("text", "boolean", "integer"),
}  # fmt: skip
_IDENTIFIERS = ("resident_id", "credit_code", "case_number", "division", "phone")


class Unfit(Exception):
    """A row's words do not fit its field: ``code`` says why, ``key`` is the word."""

    def __init__(self, code: str, key: str, name: str | None = None, meant: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.key = key
        self.name = name
        self.meant = meant


def patterns(row: Row) -> tuple[str, ...]:
    """Return the forms of a date in the order they are tried; ISO 8601 where the row names none."""
    if row.date is None:
        return ("iso",)
    return row.date if isinstance(row.date, tuple) else (row.date,)


def conversion(row: Row, leaf: Field | None) -> Conversion:
    """Return how a row converts. Raises Unfit."""
    if leaf is None or row.constant is not None:
        return "count" if row.count is not None else "constant"
    words = ("codes", "date", "money", "boolean", "directory", "each")
    named = [word for word in words if getattr(row, word) is not None]
    named.extend(["as"] if row.as_ in _IDENTIFIERS else [])
    if len(named) > 1:
        raise Unfit("mapping.file.two_conversions", named[1], ", ".join(named))
    _check_kind(row, leaf)
    word = named[0] if named else ""
    if word == "as" and leaf.check == row.as_:
        word = ""  # pydantic checks the very same: once is enough
    return _BY_WORD.get(word) or _BY_KIND[leaf.kind]


def _check_kind(row: Row, leaf: Field) -> None:
    if row.each is not None and not (leaf.kind == "object" and leaf.repeated):
        raise Unfit("mapping.file.each_needs_list", "each", leaf.name)
    if leaf.kind == "object" and row.each is None:
        raise Unfit("mapping.file.needs_each", "canonical", leaf.name)
    for word, kinds in _NEEDS.items():
        if getattr(row, word) is not None and leaf.kind not in kinds:
            raise Unfit("mapping.file.wrong_conversion", word, leaf.name)
    if row.as_ in _IDENTIFIERS and leaf.kind != "text":
        raise Unfit("mapping.file.wrong_conversion", "as", leaf.name)
    if row.split is not None and not leaf.repeated:
        raise Unfit("mapping.file.not_a_list", "split", leaf.name)
    for pattern in patterns(row):
        if pattern not in identifiers.PATTERNS:
            meant = suggestion(pattern, identifiers.PATTERNS)
            raise Unfit("mapping.file.unknown_pattern", "date", pattern, meant)


def fitted(value: Scalar, leaf: Field, key: str) -> Any:
    """Return a constant or default as the canonical value it stands for. Raises Unfit."""
    if leaf.kind == "object":
        raise Unfit("mapping.file.needs_each", key, leaf.name)
    made = _made(value, leaf, key)
    return [made] if leaf.repeated else made


def _made(value: Scalar, leaf: Field, key: str) -> str | int | datetime | date | Decimal:
    if leaf.kind in ("boolean", "integer"):
        if isinstance(value, bool) != (leaf.kind == "boolean") or isinstance(value, str):
            raise Unfit("mapping.file.not_allowed", key, str(value))
        return value
    if isinstance(value, bool):
        raise Unfit("mapping.file.not_allowed", key, str(value))
    text = str(value)
    if leaf.allowed is not None and text not in leaf.allowed:
        raise Unfit("mapping.file.not_allowed", key, text, suggestion(text, leaf.allowed))
    try:
        return _parsed(text, leaf)
    except identifiers.IdentifierFault:
        raise Unfit("mapping.file.not_allowed", key, text) from None


def _parsed(text: str, leaf: Field) -> str | datetime | date | Decimal:
    if leaf.kind == "moment":
        return identifiers.moment(text)
    if leaf.kind == "day":
        return identifiers.day(text)
    return identifiers.amount(text) if leaf.kind == "amount" else text
