"""What a traced process is told: to note what it does, and at which step to die. A small file that all of them share.

epoch   a number; whenever it changes, every step is noted once more       armed   the step to die at, 0 for none
after   whether to die right after it instead of right before              died    the process that did
"""

from __future__ import annotations

import hashlib
import mmap
import struct
from pathlib import Path

_LAYOUT = struct.Struct("<QQQQ")
_EPOCH, _ARMED, _AFTER, _DIED = range(0, 32, 8)


class Orders:
    """The orders of one company of processes. ``folder`` also holds what each process has noted."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        file = folder / "orders"
        if not file.exists():
            folder.mkdir(parents=True, exist_ok=True)
            file.write_bytes(bytes(_LAYOUT.size))
        with file.open("r+b") as opened:
            self._shared = mmap.mmap(opened.fileno(), _LAYOUT.size)

    @property
    def epoch(self) -> int:
        """Return the present epoch."""
        return self._read(_EPOCH)

    @property
    def died(self) -> int:
        """Return the id of the process that carried out the last order, 0 while none has."""
        return self._read(_DIED)

    def arm(self, step: str, *, after: bool) -> None:
        """Have the first process die that comes to a step."""
        self._write(_DIED, 0)
        self._write(_AFTER, int(after))
        self._write(_ARMED, number(step))

    def disarm(self) -> None:
        """Have nobody die any more."""
        self._write(_ARMED, 0)

    def strikes(self, step: str, *, after: bool) -> bool:
        """Say whether to die here and now."""
        return self._read(_ARMED) == number(step) and bool(self._read(_AFTER)) is after

    def carried_out(self, pid: int) -> None:
        """Let nobody else die of the same order."""
        self._write(_ARMED, 0)
        self._write(_DIED, pid)

    def new_epoch(self) -> None:
        """Have everything noted anew, and forget what was."""
        self._write(_EPOCH, self.epoch + 1)

    def note(self, epoch: int, step: str) -> None:
        """Note that a step was come to."""
        with (self._folder / f"noted-{epoch}").open("ab", buffering=0) as file:
            file.write(step.encode() + b"\n")

    def noted(self) -> set[str]:
        """Return the steps that were come to in this epoch."""
        file = self._folder / f"noted-{self.epoch}"
        return set(file.read_text(encoding="utf-8").splitlines()) if file.exists() else set()

    def _read(self, at: int) -> int:
        return int.from_bytes(self._shared[at : at + 8], "little")

    def _write(self, at: int, value: int) -> None:
        self._shared[at : at + 8] = value.to_bytes(8, "little")


def number(step: str) -> int:
    """Return the number of a step, never 0."""
    return int.from_bytes(hashlib.blake2b(step.encode(), digest_size=8).digest(), "little") | 1
