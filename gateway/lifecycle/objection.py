"""What a guard answers when its condition is not met."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.errors import Fact


@dataclass(frozen=True, slots=True)
class Objection:
    """What stands against a step: a code of the catalogue and the facts of its text."""

    code: str
    facts: Mapping[str, Fact] = field(default_factory=dict)
