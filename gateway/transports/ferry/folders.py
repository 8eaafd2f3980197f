"""The two folders of a ferry: files are put into the outgoing one whole or not at all, and taken from the other."""

from __future__ import annotations

import contextlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

ASIDE = "damaged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Folders:
    """Two folders on this machine, or mounted on it; what moves files between them and the gate is not ours."""

    incoming: Path
    outgoing: Path

    def put(self, name: str, content: bytes) -> None:
        """Write a file beside its place, make it durable, and move it there. Raises OSError."""
        self.outgoing.mkdir(parents=True, exist_ok=True)
        beside = self.outgoing / f".{name}.{secrets.token_hex(4)}.tmp"
        try:
            with beside.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self.outgoing / name)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise

    def names(self) -> list[str]:
        """Return the names of the files that lie in the incoming folder, sorted. Raises OSError."""
        self.incoming.mkdir(parents=True, exist_ok=True)
        with os.scandir(self.incoming) as found:
            return sorted(each.name for each in found if each.is_file(follow_symlinks=False))

    def read(self, name: str, limit: int) -> bytes:
        """Return a file, no more than a byte beyond ``limit`` of it. Raises OSError."""
        with (self.incoming / name).open("rb") as file:
            return file.read(limit + 1)

    def changed_at(self, name: str) -> float:
        """Return when a file was last written to, in seconds since the epoch. Raises OSError."""
        return (self.incoming / name).stat().st_mtime

    def remove(self, name: str) -> None:
        """Remove a file that was taken in."""
        (self.incoming / name).unlink(missing_ok=True)

    def set_aside(self, name: str) -> None:
        """Keep a damaged file out of the way, for a person to look at; a later one of that name takes its place."""
        with contextlib.suppress(FileNotFoundError):
            (self.incoming / ASIDE).mkdir(exist_ok=True)
            (self.incoming / name).replace(self.incoming / ASIDE / name)
