"""An S3-compatible store as a shelf, through obstore (extra ``s3``): import this module only where it is asked for.

sealed into an unnamed file of this machine ─► one put, in parts when large ─► kept/abcd…       aside/abcd…

The name of a document is known at its end only, so nothing is sent before; a put shows whole or not at all.
"""

from __future__ import annotations

import io
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, cast

import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, PreconditionError, UnauthenticatedError
from obstore.store import S3Store

from gateway.errors import NotFound, StoreUnavailable
from gateway.store.documents.shelf import Incoming, Item, Replaced

_MIB = 1024 * 1024
_IN_MEMORY = _MIB  # bytes of a sealed document that need no file
_PART = 5 * _MIB  # bytes; the least that S3 allows
_PARTS_AT_ONCE = 2
_WINDOW = _MIB  # bytes asked for at a time
_YOUNG = timedelta(hours=1)
_PAGE = 1000  # names; what S3 lists at a time
_STATUS = re.compile(r"status: (\d{3})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """Where an S3-compatible store is. Without keys, obstore looks for them where AWS's own programs do.

    ``endpoint``: None for AWS. ``path_style``: the bucket stands in the path, not before the host name.
    """

    name: str
    prefix: str = ""
    endpoint: str | None = None
    region: str = "us-east-1"
    access_key: str | None = field(default=None, repr=False)
    secret_key: str | None = field(default=None, repr=False)
    path_style: bool = True
    allow_http: bool = False

    def opened(self) -> S3Store:
        """Return obstore's own object; nothing is connected yet."""
        given = {
            "endpoint": self.endpoint, "access_key_id": self.access_key, "secret_access_key": self.secret_key,
        }  # fmt: skip
        return S3Store(
            self.name,
            prefix=self.prefix or None,
            config={  # type: ignore[arg-type]  # as many keys of it as are given
                "region": self.region,
                "virtual_hosted_style_request": not self.path_style,
                **{name: value for name, value in given.items() if value is not None},
            },
            client_options={
                "allow_http": self.allow_http, "connect_timeout": timedelta(seconds=5), "timeout": timedelta(seconds=60)
            },
            retry_config={
                "max_retries": 3,
                "retry_timeout": timedelta(seconds=30),
                "backoff": {
                    "init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=2), "base": 2
                },
            },
        )  # fmt: skip


class S3Shelf:
    """Sealed documents in a bucket. ``scratch``: folder with room for the documents that are on their way in."""

    def __init__(self, bucket: Bucket, scratch: Path) -> None:
        self._bucket = bucket
        self._store = bucket.opened()
        self._scratch = scratch

    def __repr__(self) -> str:
        return f"S3Shelf({self._bucket.name}/{self._bucket.prefix})"

    def incoming(self) -> Incoming:
        """Return the way in for one document."""
        return _Spool(self._store, self._scratch)

    def open(self, name: str) -> BinaryIO:
        """Open a kept document. Raises NotFound, StoreUnavailable."""
        with _answers():
            try:
                about = obstore.head(self._store, _path(name))
            except FileNotFoundError:
                self._require_bucket()
                raise NotFound("store.document_absent", sha256=name) from None
        object_ = _Object(self._store, _path(name), about["size"], about["e_tag"])
        return cast("BinaryIO", io.BufferedReader(object_, _WINDOW))

    def modified(self, name: str, *, aside: bool = False) -> datetime | None:
        """Return when a document was put there or last asked for; None where there is none."""
        with _answers():
            try:
                return obstore.head(self._store, _path(name, aside=aside))["last_modified"]
            except FileNotFoundError:
                self._require_bucket()
                return None

    def freshen(self, name: str) -> bool:
        """Make a kept document young again; say whether there is one.

        S3 copies no object onto itself, so it goes by what is aside. The copy there stays until it is collected: to
        drop it here could take it from a collector that has just moved it.
        """
        modified = self.modified(name)
        if modified is None:
            return False
        if datetime.now(UTC) - modified < _YOUNG:
            return True
        return self._copied(name, aside=True) and self.bring_back(name)

    def set_aside(self, name: str) -> None:
        """Take a document from what is kept, to what is aside."""
        if self._copied(name, aside=True):
            self.remove(name)

    def bring_back(self, name: str) -> bool:
        """Put what is aside among what is kept; say whether the document is kept now."""
        return self._copied(name, aside=False) or self.modified(name) is not None

    def remove(self, name: str, *, aside: bool = False) -> bool:
        """Drop a document and say whether there was one."""
        there = self.modified(name, aside=aside) is not None
        if there:
            with _answers():
                obstore.delete(self._store, _path(name, aside=aside))
        return there

    def listed(self, after: str, limit: int, *, aside: bool = False) -> list[Item]:
        """Return up to ``limit`` documents whose names come after ``after``, in the order of their names."""
        area = _path("", aside=aside)
        found: list[Item] = []
        with _answers():
            for page in obstore.list(self._store, area, offset=area + after, chunk_size=min(limit, _PAGE)):
                found += [Item(name=each["path"].removeprefix(area), modified=each["last_modified"]) for each in page]
                if len(found) >= limit:
                    break
        return found[:limit]

    def sweep(self, before: datetime) -> int:
        """Return 0: a killed process leaves no file, and parts of its uploads are for the bucket's own rule."""
        del before
        return 0

    def _copied(self, name: str, *, aside: bool) -> bool:
        with _answers():
            try:
                obstore.copy(self._store, _path(name, aside=not aside), _path(name, aside=aside))
            except FileNotFoundError:
                self._require_bucket()
                return False
        return True

    def _require_bucket(self) -> None:
        """Tell an object that is missing from a bucket that is: S3 answers 404 to both."""
        next(iter(obstore.list(self._store, chunk_size=1)), None)


class _Spool:
    """A sealed document on this machine; its file has no name and so is gone with the process."""

    def __init__(self, store: S3Store, scratch: Path) -> None:
        self._store = store
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY, dir=str(scratch))  # noqa: SIM115  # closed by whoever takes it in

    def write(self, chunk: bytes, /) -> None:
        """Take the next sealed bytes."""
        self._file.write(chunk)

    def place(self, name: str) -> None:
        """Upload it; whoever uploads the same content at the same time does no harm."""
        self._file.seek(0)
        with _answers():
            file = cast("BinaryIO", self._file)
            obstore.put(self._store, _path(name), file, chunk_size=_PART, max_concurrency=_PARTS_AT_ONCE)
        self._file.close()

    def discard(self) -> None:
        """Drop what came so far."""
        self._file.close()


class _Object(io.RawIOBase):
    """An object to be read from its start to its end, in ranges: no answer stays open while a partner reads slowly."""

    def __init__(self, store: S3Store, path: str, size: int, etag: str | None) -> None:
        self._store = store
        self._path = path
        self._size = size
        self._etag = etag
        self._at = 0

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]  # what io calls it with
        """Fill as much of the buffer as there is. Raises Replaced, StoreUnavailable."""
        end = min(self._at + len(buffer), self._size)
        if end == self._at:
            return 0
        with _answers():
            try:
                got = obstore.get(self._store, self._path, options={"range": (self._at, end), "if_match": self._etag})
                content = got.bytes().to_bytes()
            except (PreconditionError, FileNotFoundError):
                raise Replaced from None
        buffer[: len(content)] = content
        self._at += len(content)
        return len(content)


def _path(name: str, *, aside: bool = False) -> str:
    return f"aside/{name}" if aside else f"kept/{name}"


@contextmanager
def _answers() -> Iterator[None]:
    """Translate what the store says. Its own words stay out of ours: they hold addresses and whole answers."""
    try:
        yield
    except (PermissionDeniedError, UnauthenticatedError):
        why = "access denied"
    except FileNotFoundError:
        why = "no such bucket"
    except BaseError as error:
        status = _STATUS.search(str(error))
        why = f"HTTP {status[1]}" if status else "no answer"
    else:
        return
    raise StoreUnavailable("store.documents_unavailable", why=why)
