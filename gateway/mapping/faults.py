"""Say what is wrong with a record: each fault by the partner's own field, the canonical field, and a masked value.

Nothing here shows a value: not even pydantic's texts, which quote it and are English.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from gateway.canonical import identifiers
from gateway.canonical.base import Personal
from gateway.errors import Fact
from gateway.texts import Language, text

_CODE = re.compile(r"[A-Za-z0-9_.-]{1,24}")
_PERSONAL = re.compile(r"(?:86)?1\d{10}|0\d{9,11}|\d{15}|\d{17}[0-9Xx]|[A-Za-z]\d{7,9}")
At = tuple[int, ...]  # the index of the item in each list on the way, outermost first


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong with a record. ``verdict``: whom it stops, the administrator (held) or the sender."""

    code: str
    partner_path: str
    canonical_path: str | None = None
    title: str | None = None
    value_masked: str | None = None
    verdict: Literal["held", "refused"] = "refused"
    facts: Mapping[str, Fact] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def said(self) -> dict[str, Fact]:
        """Return everything that the text of the code may name; safe to show and to log."""
        own = {"field": self.partner_path or None, "canonical": self.canonical_path, "title": self.title}
        return {**own, "value": self.value_masked or None, **self.facts}

    def text(self, language: Language = "zh") -> str:
        """Say in ``language`` what is wrong."""
        return text(self.code, language, **self.said)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """How a field is called in a fault: the partner's path with ``[]`` for each list, canonical path, Chinese title."""

    partner: str
    canonical: str | None
    title: str | None
    personal: Personal | None

    def at(self, indices: At) -> str:
        """Return the partner's path with the index of each item: ``dsrlb[1].zjhm``."""
        path = self.partner
        for index in indices:
            path = path.replace("[]", f"[{index}]", 1) if "[]" in path else f"{path}[{index}]"
        return path

    def masked(self, value: object) -> str | None:
        """Return a value as it may be shown, by the field's personal kind."""
        if value is None or value == "" or isinstance(value, dict | list | tuple):
            return None
        return printable(identifiers.mask(value, self.personal or "text"))


def masked_code(value: object) -> str | None:
    """Show a code that an administrator has to add to a table, unless it might be somebody's telephone or identity."""
    code = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if _CODE.fullmatch(code) and not _PERSONAL.fullmatch(code):
        return code
    return printable(identifiers.mask(value, "text")) or None


def printable(value: str) -> str:
    """Return a text that every encoder takes; half a surrogate pair would stop the error report itself."""
    return value.encode("utf-8", "backslashreplace").decode()
