"""A document on its way in: digested and sealed as it comes, gone again unless committed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from cryptography.hazmat.primitives import hashes

from gateway.errors import Overloaded
from gateway.store.cipher import Cipher
from gateway.store.documents.shelf import Incoming, Shelf, disk
from gateway.store.frames import SealedWriter


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The ticket of a document: digests in hexadecimal, size in bytes."""

    sha256: str
    sm3: str
    size: int


class Intake:
    """One document on its way in."""

    def __init__(self, shelf: Shelf, cipher: Cipher, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._sha256 = hashlib.sha256()
        self._sm3 = hashes.Hash(hashes.SM3())
        self._incoming: Incoming | None = shelf.incoming()
        try:
            with disk():
                self._sealed = SealedWriter(self._incoming, cipher)
        except BaseException:
            self.abort()
            raise

    def write(self, chunk: bytes | memoryview) -> None:
        """Take the next bytes. Raises Overloaded beyond the limit, StoreUnavailable when they cannot be written."""
        if self._incoming is None:
            raise ValueError("this intake is closed")
        self._size += len(chunk)
        if self._size > self._limit:
            self.abort()
            raise Overloaded("store.document_too_big", limit=self._limit)
        self._sha256.update(chunk)
        self._sm3.update(chunk)
        with disk():
            self._sealed.write(chunk)

    def commit(self) -> Kept:
        """Put the document in its place, durably, and return its ticket. Raises StoreUnavailable when it cannot be."""
        if self._incoming is None:
            raise ValueError("this intake is closed")
        kept = Kept(sha256=self._sha256.hexdigest(), sm3=self._sm3.finalize().hex(), size=self._size)
        with disk():
            self._sealed.finish()
            self._incoming.place(kept.sha256)
        self._incoming = None
        return kept

    def abort(self) -> None:
        """Drop what came so far; nothing happens after a commit."""
        if self._incoming is not None:
            self._incoming.discard()
            self._incoming = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abort()
