"""How much a file may ask of the machine that verifies it, and the clock that stops a verification."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from gateway.rulings.malformed import Unsupported

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Sizes in bytes, time in seconds."""

    file: int = 64 * MIB
    entries: int = 2_000
    entry: int = 64 * MIB
    total: int = 128 * MIB
    ratio: int = 200  # of an entry's size to its packed size, above the first MiB
    name: int = 255
    depth: int = 16  # of folders
    xml: int = 16 * MIB
    signatures: int = 32
    references: int = 4_000
    seconds: float = 20.0


@dataclass(frozen=True, slots=True)
class Deadline:
    """When a verification gives up; asked between steps, each of which is limited by sizes."""

    at: float
    clock: Callable[[], float] = field(default=time.monotonic)

    def check(self) -> None:
        """Raise Unsupported when the time is over: nothing is known then, and nothing is passed."""
        if self.clock() > self.at:
            raise Unsupported("rulings.container.too_slow")


def deadline(limits: Limits, clock: Callable[[], float] = time.monotonic) -> Deadline:
    """Return the deadline of a verification that begins now."""
    return Deadline(clock() + limits.seconds, clock)
