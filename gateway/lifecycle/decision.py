"""What the rules answer: a step is taken, waits for its predecessor, or is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.errors import Fact
from gateway.lifecycle.case import Case


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The step is lawful. ``case`` is the case after it, None for messages that speak of no case; ``leg`` is the
    number of the leg that the message opens or is about.
    """

    case: Case | None
    leg: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """The step may become lawful: one of the short types in ``waits_for`` has to come first."""

    waits_for: tuple[str, ...]
    code: str
    facts: Mapping[str, Fact]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The step is not lawful and will not become so. ``facts`` say what was expected, of whom, and the basis."""

    code: str
    facts: Mapping[str, Fact]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict(Refused):
    """The step contradicts one that stands: a second result, or a second referral of a case that is in hand."""


Decision = Accepted | Parked | Refused
