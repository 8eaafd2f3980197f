"""A folder of a ferry: files are put into it whole or not at all, or taken from it. Here the ones on this machine.

What moves files between a folder and the gate is not ours. A folder on another machine is in ``sftp``.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

ASIDE = "damaged"
Stamp = tuple[int, float]  # size and time of the last change, by the clock of the machine that has the file


class Folder(Protocol):
    """Where files are put or found; each method raises OSError, or TemporaryFailure where the folder is elsewhere."""

    async def put(self, name: str, content: bytes) -> None:
        """Write a file beside its place, make it durable, and move it there."""

    async def names(self) -> list[str]:
        """Return the names of the files that lie here, sorted."""

    async def read(self, name: str, limit: int) -> bytes:
        """Return a file, no more than a byte beyond ``limit`` of it. Raises FileNotFoundError."""

    async def stamp(self, name: str) -> Stamp:
        """Return what differs once somebody has written to a file. Raises FileNotFoundError."""

    async def remove(self, name: str) -> None:
        """Remove a file that was taken in."""

    async def set_aside(self, name: str) -> None:
        """Keep a damaged file out of the way, for a person to look at; a later one of that name takes its place."""

    async def aclose(self) -> None:
        """Give up what is held open."""


def beside(name: str) -> str:
    """Return the name under which a file is written before it has its own."""
    return f".{name}.{secrets.token_hex(4)}.tmp"


@dataclass(frozen=True, slots=True)
class LocalFolder:
    """A folder on this machine, or mounted on it; made when it is not there."""

    path: Path

    async def put(self, name: str, content: bytes) -> None:
        """Write a file beside its place, make it durable, and move it there. Raises OSError."""
        await asyncio.to_thread(self._put, name, content)

    async def names(self) -> list[str]:
        """Return the names of the files that lie here, sorted. Raises OSError."""
        return await asyncio.to_thread(self._names)

    async def read(self, name: str, limit: int) -> bytes:
        """Return a file, no more than a byte beyond ``limit`` of it. Raises OSError."""
        return await asyncio.to_thread(self._read, name, limit)

    async def stamp(self, name: str) -> Stamp:
        """Return size and time of the last change of a file. Raises OSError."""
        found = await asyncio.to_thread((self.path / name).stat)
        return found.st_size, found.st_mtime

    async def remove(self, name: str) -> None:
        """Remove a file that was taken in. Raises OSError."""
        await asyncio.to_thread((self.path / name).unlink, missing_ok=True)

    async def set_aside(self, name: str) -> None:
        """Move a damaged file into a folder below. Raises OSError."""
        await asyncio.to_thread(self._set_aside, name)

    async def aclose(self) -> None:
        """Hold nothing open."""

    def _put(self, name: str, content: bytes) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        partial = self.path / beside(name)
        try:
            with partial.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(self.path / name)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise

    def _names(self) -> list[str]:
        self.path.mkdir(parents=True, exist_ok=True)
        with os.scandir(self.path) as found:
            return sorted(each.name for each in found if each.is_file(follow_symlinks=False))

    def _read(self, name: str, limit: int) -> bytes:
        with (self.path / name).open("rb") as file:
            return file.read(limit + 1)

    def _set_aside(self, name: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            (self.path / ASIDE).mkdir(exist_ok=True)
            (self.path / name).replace(self.path / ASIDE / name)
