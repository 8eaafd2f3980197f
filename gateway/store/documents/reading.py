"""A document on its way out: opened frame by frame, and proved to be what was asked for before its last piece."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from typing import BinaryIO

from gateway.errors import StoreUnavailable
from gateway.store.cipher import Cipher
from gateway.store.documents.shelf import Replaced, disk
from gateway.store.frames import open_frames

_TRIES = 5


class Reading:
    """One document on its way out. The lock lets a cancelled reader close while its last read is still in a thread."""

    def __init__(self, opened: Callable[[], BinaryIO], cipher: Cipher, sha256: str) -> None:
        self._opened = opened
        self._cipher = cipher
        self._sha256 = sha256
        self._digest = hashlib.sha256()
        self._lock = threading.Lock()
        self._given = 0  # pieces
        self._in: BinaryIO | None = None
        self._frames: Iterator[tuple[bytes, bool]] | None = None

    def next(self) -> bytes | None:
        """Return the next piece, or None at the end. Raises NotFound, StoreUnavailable."""
        with self._lock:
            plain, last = self._next(_TRIES)
        if plain is None:
            return None
        self._given += 1
        self._digest.update(plain)
        if last and self._digest.hexdigest() != self._sha256:
            raise StoreUnavailable("store.damaged")
        return plain

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._let_go()
            self._frames = iter(())

    def _next(self, tries: int) -> tuple[bytes | None, bool]:
        """Go on in another sealing of the same content where this one was replaced: its pieces are the same."""
        try:
            with disk():
                if self._frames is None:
                    self._frames = self._open()
                return next(self._frames, (None, False))
        except Replaced:
            self._let_go()
            self._frames = None
            if tries == 1:
                raise StoreUnavailable("store.documents_unavailable", why="replaced again and again") from None
        return self._next(tries - 1)

    def _open(self) -> Iterator[tuple[bytes, bool]]:
        self._in = self._opened()
        frames = open_frames(self._in, self._cipher)
        for _ in range(self._given):
            next(frames, None)
        return frames

    def _let_go(self) -> None:
        if self._in is not None:
            self._in.close()
