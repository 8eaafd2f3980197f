"""Where sealed documents lie: the port, and what its implementations share.

kept   what rows may refer to, by digest
aside  what no row referred to when it was looked at; brought back by whoever asks for it
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol

from gateway.errors import StoreUnavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A sealed document on a shelf: its digest in hexadecimal, and when it was put there or last asked for."""

    name: str
    modified: datetime


class Replaced(Exception):
    """The file being read was replaced by another sealing of the same content: open it again."""


class Incoming(Protocol):
    """A sealed document on its way in, which nobody sees before it is placed. Its methods may raise OSError."""

    def write(self, chunk: bytes, /) -> object:
        """Take the next sealed bytes."""

    def place(self, name: str) -> None:
        """Put it in its place, durably and at once, also over what is there. Raises StoreUnavailable."""

    def discard(self) -> None:
        """Drop what came so far; nothing happens once it is placed."""


class Shelf(Protocol):
    """Sealed documents by name, for any number of threads, processes and machines at the same time.

    Every method raises StoreUnavailable when the shelf cannot be used now.
    """

    def incoming(self) -> Incoming:
        """Return the way in for one document."""

    def open(self, name: str) -> BinaryIO:
        """Open a kept document. Raises NotFound. What it returns raises OSError, StoreUnavailable or Replaced."""

    def modified(self, name: str, *, aside: bool = False) -> datetime | None:
        """Return when a document was put there or last asked for; None where there is none."""

    def freshen(self, name: str) -> bool:
        """Make a kept document young again, so that it is not collected; say whether there is one."""

    def set_aside(self, name: str) -> None:
        """Take a document from what is kept; a moment later it is aside, and young. Nothing when there is none."""

    def bring_back(self, name: str) -> bool:
        """Put what is aside among what is kept, young; say whether the document is kept now."""

    def remove(self, name: str, *, aside: bool = False) -> bool:
        """Drop a document and say whether there was one."""

    def listed(self, after: str, limit: int, *, aside: bool = False) -> list[Item]:
        """Return up to ``limit`` documents whose names come after ``after``, in the order of their names."""

    def sweep(self, before: datetime) -> int:
        """Drop what killed processes left half written before that time; return how many files."""


@contextmanager
def disk() -> Iterator[None]:
    """Translate what the disk says: full, gone, not ours. ESTALE is NFS for: another machine replaced this file."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.ESTALE:
            raise Replaced from error
        raise StoreUnavailable("store.documents_unavailable", why=os.strerror(error.errno or 0)) from error
