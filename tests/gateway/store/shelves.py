"""Both kinds of shelf for the suite of documents, and a look behind each that goes past the gateway's own code."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import obstore
from obstore.store import S3Store

from gateway.store.cipher import Cipher, Key, Keyring
from gateway.store.documents import Documents, FolderShelf, Shelf
from gateway.store.documents.s3 import Bucket, S3Shelf
from tests.object_store import ObjectStore

CIPHER = Cipher(Keyring(keys=(Key(name="test-1", material=b"d" * 32),)))


class Bench(Protocol):
    """A shelf, and what lies behind it."""

    shelf: Shelf

    def raw(self, name: str) -> bytes:
        """Return the sealed bytes of a kept document."""

    def overwrite(self, name: str, sealed: bytes) -> None:
        """Put other bytes in the place of a document."""

    def everything(self) -> list[str]:
        """Return the last part of the names of all that is there, finished or not."""


class FolderBench:
    """A folder of this test's own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.shelf: Shelf = FolderShelf(folder)

    def raw(self, name: str) -> bytes:
        """Return the sealed bytes of a kept document."""
        return (self.folder / name[:2] / name).read_bytes()

    def overwrite(self, name: str, sealed: bytes) -> None:
        """Put other bytes in the place of a document."""
        (self.folder / name[:2] / name).write_bytes(sealed)

    def everything(self) -> list[str]:
        """Return the names of all files."""
        return sorted(path.name for path in self.folder.rglob("*") if path.is_file())


class S3Bench:
    """A bucket of this test's own."""

    def __init__(self, server: ObjectStore, scratch: Path) -> None:
        self.bucket = a_bucket(server, server.bucket())
        self.shelf: Shelf = S3Shelf(self.bucket, scratch)
        self._store: S3Store = self.bucket.opened()
        self._server = server

    def raw(self, name: str) -> bytes:
        """Return the sealed bytes of a kept document."""
        return obstore.get(self._store, f"kept/{name}").bytes().to_bytes()

    def overwrite(self, name: str, sealed: bytes) -> None:
        """Put other bytes in the place of a document."""
        obstore.put(self._store, f"kept/{name}", sealed)

    def everything(self) -> list[str]:
        """Return the names of all objects, and one for each upload that hangs."""
        names = [each["path"].rpartition("/")[2] for page in obstore.list(self._store) for each in page]
        return sorted([*names, *["an upload"] * self._server.uploads(self.bucket.name)])


def a_bucket(server: ObjectStore, name: str, prefix: str = "court/documents") -> Bucket:
    """Return how a bucket of the test server is reached."""
    return Bucket(name=name, prefix=prefix, endpoint=server.url, access_key="test", secret_key="test", allow_http=True)


def over(bench: Bench, cipher: Cipher = CIPHER) -> Documents:
    """Return documents over a bench's shelf."""
    return Documents(bench.shelf, cipher)
