"""Documents kept aside by the SHA-256 of their content, sealed at rest, never whole in memory.

    intake ─ write … ─► incoming/….part ─ fsync ─► rename to ab/abcd… ─ fsync folder ─► Kept: may be referenced now

The same content twice is one file. The database holds who it belongs to; here are only bytes.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import secrets
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from cryptography.hazmat.primitives import hashes

from gateway.errors import NotFound, Overloaded, StoreUnavailable
from gateway.store.cipher import Cipher
from gateway.store.frames import SealedWriter, open_frames

_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The ticket of a document: digests in hexadecimal, size in bytes."""

    sha256: str
    sm3: str
    size: int


class Documents:
    """A folder of documents; any number of threads and processes may use one at the same time."""

    def __init__(self, folder: Path, cipher: Cipher) -> None:
        self._folder = folder
        self._cipher = cipher

    def intake(self, limit: int) -> Intake:
        """Return the way in for a document of at most ``limit`` bytes."""
        return Intake(self._folder, self._cipher, limit)

    def put(self, content: bytes) -> Kept:
        """Keep ``content``; it is on disk when this returns. Raises StoreUnavailable when it cannot be written."""
        with self.intake(len(content)) as intake:
            intake.write(content)
            return intake.commit()

    def read(self, sha256: str) -> bytes:
        """Return a document whole: for small ones. Raises as ``stream``."""
        return b"".join(self.stream(sha256))

    def stream(self, sha256: str) -> Iterator[bytes]:
        """Yield a document in pieces of 64 KiB; the last one only when the whole has proved to be what was asked for.

        Raises NotFound, or StoreUnavailable when the file is damaged or its key is not at hand.
        """
        reading = _Reading(self._file(sha256), self._cipher, sha256)
        try:
            yield from iter(reading.next, None)
        finally:
            reading.close()

    async def astream(self, sha256: str) -> AsyncIterator[bytes]:
        """Yield a document in pieces, reading in threads. Raises as ``stream``."""
        reading = _Reading(self._file(sha256), self._cipher, sha256)
        try:
            while (piece := await asyncio.to_thread(reading.next)) is not None:
                yield piece
        finally:
            reading.close()

    def exists(self, sha256: str) -> bool:
        """Say whether a document is kept under this digest."""
        return bool(_SHA256.fullmatch(sha256)) and self._file(sha256).exists()

    def ticket(self, sha256: str) -> Kept:
        """Return the ticket of a kept document, measured again. Raises as ``stream``."""
        size, sm3 = 0, hashes.Hash(hashes.SM3())
        for piece in self.stream(sha256):
            size += len(piece)
            sm3.update(piece)
        return Kept(sha256=sha256, sm3=sm3.finalize().hex(), size=size)

    def remove(self, sha256: str) -> bool:
        """Drop a document and say whether there was one; the caller knows that nothing refers to it."""
        file = self._file(sha256)
        with _disk():
            try:
                file.unlink()
            except FileNotFoundError:
                return False
            _sync_folder(file.parent)
        return True

    def sweep(self, before: datetime) -> int:
        """Drop what processes that were killed left half written before that time; return how many files."""
        swept = 0
        for part in self._folder.glob("incoming/*.part"):
            with suppress(FileNotFoundError):  # another process sweeps too
                if part.stat().st_mtime < before.timestamp():
                    part.unlink()
                    swept += 1
        return swept

    def _file(self, sha256: str) -> Path:
        if not _SHA256.fullmatch(sha256):  # and so never a path that leads out of the folder
            raise NotFound("store.document_absent")
        return _place(self._folder, sha256)


class Intake:
    """One document on its way in, digested and sealed as it comes; gone again unless committed."""

    def __init__(self, folder: Path, cipher: Cipher, limit: int) -> None:
        self._folder = folder
        self._limit = limit
        self._size = 0
        self._sha256 = hashlib.sha256()
        self._sm3 = hashes.Hash(hashes.SM3())
        self._part: Path | None = None
        with _disk():
            _make_folder(folder / "incoming")
            part = folder / "incoming" / f"{secrets.token_hex(16)}.part"
            self._out = os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
            self._part = part
            self._sealed = SealedWriter(self._out, cipher)

    def write(self, chunk: bytes) -> None:
        """Take the next bytes. Raises Overloaded beyond the limit, StoreUnavailable when they cannot be written."""
        if self._part is None:
            raise ValueError("this intake is closed")
        self._size += len(chunk)
        if self._size > self._limit:
            self.abort()
            raise Overloaded("store.document_too_big", limit=self._limit)
        self._sha256.update(chunk)
        self._sm3.update(chunk)
        with _disk():
            self._sealed.write(chunk)

    def commit(self) -> Kept:
        """Put the document in its place, durably, and return its ticket. Raises StoreUnavailable when it cannot be."""
        if self._part is None:
            raise ValueError("this intake is closed")
        kept = Kept(sha256=self._sha256.hexdigest(), sm3=self._sm3.finalize().hex(), size=self._size)
        place = _place(self._folder, kept.sha256)
        with _disk():
            self._sealed.finish()
            self._out.flush()
            os.fsync(self._out.fileno())
            self._out.close()
            _make_folder(place.parent)
            # Also over a file that is there: it is the same content, and this one is known to be whole and on disk.
            self._part.replace(place)
            self._part = None
            _sync_folder(place.parent)
        return kept

    def abort(self) -> None:
        """Drop what came so far; nothing happens after a commit."""
        if self._part is not None:
            with suppress(OSError):  # what is being dropped need not reach a full disk
                self._out.close()
            self._part.unlink(missing_ok=True)
            self._part = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abort()


class _Reading:
    """One document on its way out. The lock lets a cancelled reader close while its last read is still in a thread."""

    def __init__(self, file: Path, cipher: Cipher, sha256: str) -> None:
        self._file = file
        self._cipher = cipher
        self._sha256 = sha256
        self._digest = hashlib.sha256()
        self._lock = threading.Lock()
        self._in: BinaryIO | None = None
        self._frames: Iterator[tuple[bytes, bool]] | None = None

    def next(self) -> bytes | None:
        """Return the next piece, or None at the end."""
        with self._lock, _disk():
            if self._frames is None:
                self._frames = self._open()
            plain, last = next(self._frames, (None, False))
        if plain is None:
            return None
        self._digest.update(plain)
        if last and self._digest.hexdigest() != self._sha256:
            raise StoreUnavailable("store.damaged")
        return plain

    def close(self) -> None:
        with self._lock:
            if self._in is not None:
                self._in.close()
            self._frames = iter(())

    def _open(self) -> Iterator[tuple[bytes, bool]]:
        try:
            self._in = self._file.open("rb")
        except FileNotFoundError:
            raise NotFound("store.document_absent", sha256=self._sha256) from None
        return open_frames(self._in, self._cipher)


def _place(folder: Path, sha256: str) -> Path:
    return folder / sha256[:2] / sha256


@contextmanager
def _disk() -> Iterator[None]:
    """Translate what the disk says: full, gone, not ours."""
    try:
        yield
    except OSError as error:
        raise StoreUnavailable("store.documents_unavailable", why=os.strerror(error.errno or 0)) from error


def _make_folder(folder: Path) -> None:
    """Make a folder that is still there after a crash."""
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(exist_ok=True, mode=0o700)
        _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
