"""One record's way through a mapping: what it may look up, and what went wrong and got lost on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from gateway.errors import Fact
from gateway.mapping.faults import At, Fault, Field
from gateway.mapping.rows import Policy


class Directory(Protocol):
    """Which organisation a partner means by a code, and the way back."""

    def organisation(self, partner: str, code: str) -> str | None:
        """Return the directory id of the organisation that ``partner`` calls ``code``; None where it is unknown."""

    def code(self, partner: str, organisation_id: str) -> str | None:
        """Return what ``partner`` calls an organisation; None where it has no code for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What a conversion has to know of its row beyond the value; compiled once, handed to every call."""

    field: Field
    exact: bool = False  # a number that came as a float is damaged
    check: Callable[[str], str] | None = None
    codes: Mapping[str, Any] | None = None  # the partner's code or word ─► canonical
    back: Mapping[Any, Any] | None = None  # canonical ─► the partner's
    table: str | None = None
    policy: Policy = "hold"
    patterns: tuple[str, ...] = ()
    unit: Literal["yuan", "fen", "wan"] = "yuan"
    written_as: Literal["text", "number"] | None = None
    separator: str | None = None
    prefix: str = ""
    one: Callable[[Any, Site, Passage, At], Any] | None = None  # how one item of a list of values converts


class Passage:
    """What is known and found while one record is read or one message written."""

    __slots__ = ("directory", "faults", "filled", "lost", "partner", "places", "skipped")

    def __init__(self, partner: str, directory: Directory) -> None:
        self.partner = partner
        self.directory = directory
        self.faults: list[Fault] = []
        self.places: list[tuple[str, At]] = []  # the canonical place of each fault
        self.lost: dict[str, None] = {}
        # Both are needed only to lead a fault of the message back to the record: items that were empty and skipped, by
        # list and indices, and what the items of a list came from where several rows fill it.
        self.skipped: dict[tuple[int, At], list[int]] = {}
        self.filled: dict[tuple[str, At], list[tuple[int, int]]] = {}

    def fault(
        self,
        code: str,
        field: Field,
        at: At,
        value: object = None,
        *,
        masked: str | None = None,
        held: bool = False,
        facts: Mapping[str, Fact] | None = None,
    ) -> None:
        """Remember that a value cannot be carried over, and carry on."""
        self.places.append((field.canonical or "", at))
        self.faults.append(
            Fault(
                code=code,
                partner_path=field.at(at),
                canonical_path=field.canonical,
                title=field.title,
                value_masked=masked or field.masked(value),
                verdict="held" if held else "refused",
                facts=facts or {},
            )
        )

    def knows(self, field: Field, at: At) -> bool:
        """Return whether a fault of this field has been found already."""
        path = field.at(at)
        return any(fault.partner_path == path for fault in self.faults)
