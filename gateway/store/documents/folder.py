"""A folder as a shelf: of this machine, or of a share that several machines mount. No lock files, nothing to agree on.

incoming/….part ─ fsync ─► rename to ab/abcd… ─ fsync folder          aside/ab/abcd…  what no row refers to
"""

from __future__ import annotations

import errno
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from gateway.errors import NotFound, StoreUnavailable
from gateway.store.documents.shelf import Incoming, Item, disk

_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_PREFIX = re.compile(r"[0-9a-f]{2}", re.ASCII)


class FolderShelf:
    """Sealed documents in a folder.

    ``make``: make the folder where it is missing. Not for a share: its folder is missing while it is not mounted, and
    what is kept in its stead would be out of sight once it is.
    """

    def __init__(self, folder: Path, *, make: bool = True) -> None:
        self._folder = folder
        self._make = make

    def __repr__(self) -> str:
        return f"FolderShelf({self._folder})"

    def incoming(self) -> Incoming:
        """Return the way in for one document."""
        self._require_folder()
        with disk():
            return _Part(self._folder)

    def open(self, name: str) -> BinaryIO:
        """Open a kept document. Raises NotFound, StoreUnavailable."""
        with disk():
            try:
                return self._place(name).open("rb")
            except FileNotFoundError:
                self._require_folder()
                raise NotFound("store.document_absent", sha256=name) from None

    def modified(self, name: str, *, aside: bool = False) -> datetime | None:
        """Return when a document was put there or last asked for; None where there is none."""
        with disk():
            try:
                return _time(self._place(name, aside=aside).stat())
            except FileNotFoundError:
                self._require_folder()
                return None

    def freshen(self, name: str) -> bool:
        """Make a kept document young again; say whether there is one."""
        with disk():
            try:
                os.utime(self._place(name))
            except FileNotFoundError:
                self._require_folder()
                return False
        return True

    def set_aside(self, name: str) -> None:
        """Take a document from what is kept, to what is aside."""
        self._move(name, aside=True)

    def bring_back(self, name: str) -> bool:
        """Put what is aside among what is kept; say whether the document is kept now."""
        return self._move(name, aside=False) or self.freshen(name)

    def remove(self, name: str, *, aside: bool = False) -> bool:
        """Drop a document and say whether there was one."""
        file = self._place(name, aside=aside)
        with disk():
            try:
                file.unlink()
            except FileNotFoundError:
                return False
            _sync_folder(file.parent)
        return True

    def listed(self, after: str, limit: int, *, aside: bool = False) -> list[Item]:
        """Return up to ``limit`` documents whose names come after ``after``, in the order of their names."""
        self._require_folder()
        found: list[Item] = []
        with disk():
            for folder in _sorted(self._folder / "aside" if aside else self._folder, _PREFIX, after[:2]):
                for file in _sorted(folder, _SHA256, after):
                    if file.name != after and len(found) < limit:
                        with suppress(FileNotFoundError):  # another process collects too
                            found.append(Item(name=file.name, modified=_time(file.stat())))
                if len(found) == limit:
                    break
        return found

    def sweep(self, before: datetime) -> int:
        """Drop what killed processes left half written before that time; return how many files."""
        swept = 0
        with disk():
            for part in self._folder.glob("incoming/*.part"):
                with suppress(FileNotFoundError):  # another process sweeps too
                    if _time(part.stat()) < before:
                        part.unlink()
                        swept += 1
        return swept

    def _move(self, name: str, *, aside: bool) -> bool:
        """Move a document aside or back. Its time is set first: killed in between, it lies too long and not too short.

        A put of the same content may have come in between: then a fresh file moves, and is had back just as well.
        """
        here, there = self._place(name, aside=not aside), self._place(name, aside=aside)
        with disk():
            _make_folder(there.parent)
            try:
                os.utime(here)
                here.replace(there)
            except FileNotFoundError:
                return False
            _sync_folder(there.parent)
            _sync_folder(here.parent)
        return True

    def _place(self, name: str, *, aside: bool = False) -> Path:
        return (self._folder / "aside" if aside else self._folder) / name[:2] / name

    def _require_folder(self) -> None:
        """Tell a document that is missing from a share that is."""
        if not self._make and not self._folder.is_dir():
            raise StoreUnavailable("store.documents_unavailable", why=os.strerror(errno.ENOENT))


class _Part:
    """A file being written under a name that nobody else has."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        _make_folder(folder / "incoming")
        part = folder / "incoming" / f"{secrets.token_hex(16)}.part"
        self._out = os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        self._part: Path | None = part

    def write(self, chunk: bytes, /) -> None:
        """Take the next sealed bytes."""
        self._out.write(chunk)

    def place(self, name: str) -> None:
        """Put it in its place, durably and at once."""
        if self._part is None:
            return
        place = self._folder / name[:2] / name
        self._out.flush()
        os.fsync(self._out.fileno())
        self._out.close()
        _make_folder(place.parent)
        # Also over a file that is there: it is the same content, and this one is known to be whole and on disk.
        self._part.replace(place)
        self._part = None
        _sync_folder(place.parent)

    def discard(self) -> None:
        """Drop what came so far."""
        if self._part is not None:
            with suppress(OSError):  # what is being dropped need not reach a full disk
                self._out.close()
            with suppress(OSError):  # nor need a share that is gone be asked twice: the sweep comes round
                self._part.unlink(missing_ok=True)
            self._part = None


def _sorted(folder: Path, shape: re.Pattern[str], least: str) -> Iterator[Path]:
    """Yield what lies in a folder under names of that shape, from ``least`` on; nothing where there is no folder."""
    with suppress(FileNotFoundError):
        for name in sorted(name for name in os.listdir(folder) if name >= least and shape.fullmatch(name)):  # noqa: PTH208  # names are enough
            yield folder / name


def _time(stat: os.stat_result) -> datetime:
    return datetime.fromtimestamp(stat.st_mtime, UTC)


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
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # SMB: the server answers for its folders by itself
            raise
    finally:
        os.close(descriptor)
