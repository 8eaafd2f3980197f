"""A pretend one-way gate: files go from one folder into another after a while, and not always well.

lose          gone                                     duplicate     comes, and comes once more
truncate      only its beginning comes, for good       reorder       comes after what was sent later
half_written  its beginning comes, the rest later      resend        comes, and with it an old one again
mixed         each of lose, duplicate, reorder and truncate at its share
"""

from __future__ import annotations

import random
import shutil
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FAULTS = ("lose", "duplicate", "reorder", "truncate", "half_written", "resend")
MIXED = ("lose", "duplicate", "reorder", "truncate")
HELD_FOR = 3  # openings that what is held back waits


class Failures:
    """Which fault is due, at which way, on which packages, how many more times (None: until it is cleared)."""

    def __init__(self) -> None:
        self.order({})

    def order(self, wish: Mapping[str, Any]) -> None:
        """Take ``{"fault", "times"?, "way"?, "numbers"?, "share"?, "seed"?}``. Raises ValueError for no such fault."""
        self.name = wish.get("fault")
        if self.name is not None and self.name not in (*FAULTS, "mixed"):
            raise ValueError(f"no such fault: {self.name}")
        self.times: int | None = wish.get("times")
        self.way: str | None = wish.get("way")
        self.numbers: list[int] | None = wish.get("numbers")
        self.share = float(wish.get("share", 0.05 if self.name == "mixed" else 1))
        self._dice = random.Random(wish.get("seed"))  # noqa: S311  # which file a pretend gate loses

    def due(self, way: str, name: str) -> str | None:
        """Return the fault that strikes a file."""
        if self.name is None or self.times == 0 or self.way not in (None, way):
            return None
        number = name.rpartition("-")[2].partition(".")[0]
        if self.numbers is not None and not (number.isdigit() and int(number) in self.numbers):
            return None
        struck = self._mixed() if self.name == "mixed" else self.name if self._dice.random() < self.share else None
        if struck is not None and self.times is not None:
            self.times -= 1
        return struck

    def _mixed(self) -> str | None:
        return next((each for each in MIXED if self._dice.random() < self.share), None)


@dataclass
class Gate:
    """One way: ``way`` is its name in an order for a fault, ``delay`` the seconds that a file lies before it."""

    way: str
    start: Path
    end: Path
    failures: Failures
    delay: float = 0.0
    _held: dict[str, int] = field(default_factory=dict)
    _begun: set[str] = field(default_factory=set)  # to go through plainly: it has met its fault
    _passed: deque[tuple[str, bytes]] = field(default_factory=lambda: deque(maxlen=50))

    def open(self, now: float) -> None:
        """Move what has lain long enough; ``now``: seconds since the epoch."""
        for folder in (self.start, self.end):
            folder.mkdir(parents=True, exist_ok=True)
        for path in sorted(self.start.iterdir()):
            if path.is_file() and not path.name.startswith(".") and now - path.stat().st_mtime >= self.delay:
                self._move(path)

    def _move(self, path: Path) -> None:
        name = path.name
        if self._held.get(name, 0) > 1:
            self._held[name] -= 1
            return
        fault = None
        if self._held.pop(name, None) is None and name not in self._begun:
            fault = self.failures.due(self.way, name)
        self._begun.discard(name)
        match fault:
            case "lose":
                path.unlink()
            case "reorder":
                self._held[name] = HELD_FOR
            case "truncate":
                self._put_beginning(path)
                path.unlink()
            case "half_written":
                self._put_beginning(path)
                self._begun.add(name)
            case "duplicate":
                shutil.copyfile(path, self.end / name)
                self._begun.add(name)
            case _:
                self._pass(path, again=fault == "resend")

    def _pass(self, path: Path, *, again: bool) -> None:
        content = path.read_bytes()
        if again:
            name, old = self._passed[0] if self._passed else (path.name, content)
            (self.end / name).write_bytes(old)
        self._passed.append((path.name, content))
        (self.end / path.name).write_bytes(content)
        path.unlink()

    def _put_beginning(self, path: Path) -> None:
        content = path.read_bytes()
        (self.end / path.name).write_bytes(content[: len(content) // 2])
