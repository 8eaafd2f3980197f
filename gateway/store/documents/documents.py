"""Keep documents and give them out again, over whatever shelf they lie on."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import BinaryIO

from cryptography.hazmat.primitives import hashes

from gateway.errors import NotFound
from gateway.store.cipher import Cipher
from gateway.store.documents.intake import Intake, Kept
from gateway.store.documents.reading import Reading
from gateway.store.documents.shelf import Shelf

_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_STEP = 1024 * 1024
_TRIES = 3


class Documents:
    """The documents of a gateway; any number of threads and processes may use one shelf at the same time."""

    def __init__(self, shelf: Shelf, cipher: Cipher) -> None:
        self.shelf = shelf
        self._cipher = cipher

    def intake(self, limit: int) -> Intake:
        """Return the way in for a document of at most ``limit`` bytes. Raises StoreUnavailable."""
        return Intake(self.shelf, self._cipher, limit)

    def put(self, content: bytes) -> Kept:
        """Keep ``content``; it is durable when this returns. Raises StoreUnavailable when it cannot be written."""
        whole = memoryview(content)
        with self.intake(len(content)) as intake:
            for start in range(0, len(content), _STEP):
                intake.write(whole[start : start + _STEP])
            return intake.commit()

    def read(self, sha256: str) -> bytes:
        """Return a document whole: for small ones. Raises as ``stream``."""
        return b"".join(self.stream(sha256))

    def stream(self, sha256: str) -> Iterator[bytes]:
        """Yield a document in pieces of 64 KiB; the last one only when the whole has proved to be what was asked for.

        Raises NotFound, or StoreUnavailable: for now, or ``store.damaged``, or ``store.key_missing``.
        """
        reading = self._reading(sha256)
        try:
            yield from iter(reading.next, None)
        finally:
            reading.close()

    async def astream(self, sha256: str) -> AsyncIterator[bytes]:
        """Yield a document in pieces, reading in threads. Raises as ``stream``."""
        reading = self._reading(sha256)
        try:
            while (piece := await asyncio.to_thread(reading.next)) is not None:
                yield piece
        finally:
            reading.close()

    def exists(self, sha256: str) -> bool:
        """Say whether a document can be had under this digest. Raises StoreUnavailable."""
        if not _SHA256.fullmatch(sha256):
            return False
        return any(self.shelf.modified(sha256, aside=aside) is not None for aside in (False, True))

    def ticket(self, sha256: str) -> Kept:
        """Return the ticket of a kept document, measured again. Raises as ``stream``.

        Whoever asks is about to refer to it: it counts as young again, so that it is not collected before that.
        """
        name = _named(sha256)
        if not self.shelf.freshen(name):
            self.shelf.bring_back(name)
        size, sm3 = 0, hashes.Hash(hashes.SM3())
        for piece in self.stream(name):
            size += len(piece)
            sm3.update(piece)
        return Kept(sha256=name, sm3=sm3.finalize().hex(), size=size)

    def remove(self, sha256: str) -> bool:
        """Drop a document and say whether there was one; the caller knows that nothing refers to it."""
        name = _named(sha256)
        kept, aside = self.shelf.remove(name), self.shelf.remove(name, aside=True)
        return kept or aside

    def sweep(self, before: datetime) -> int:
        """Drop what processes that were killed left half written before that time; return how many files."""
        return self.shelf.sweep(before)

    def _reading(self, sha256: str) -> Reading:
        name = _named(sha256)
        return Reading(lambda: self._opened(name), self._cipher, name)

    def _opened(self, name: str) -> BinaryIO:
        for _ in range(_TRIES):
            try:
                return self.shelf.open(name)
            except NotFound:
                if not self.shelf.bring_back(name):
                    raise
        return self.shelf.open(name)  # whoever collects had made up its mind before it was asked for


def _named(sha256: str) -> str:
    if not _SHA256.fullmatch(sha256):  # and so never a path that leads out of the shelf
        raise NotFound("store.document_absent")
    return sha256
