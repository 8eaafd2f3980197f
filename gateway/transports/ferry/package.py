"""A package: one file that crosses a gate whole or counts as lost, and says itself whether it is whole.

<from>-<to>-<number, ten digits>.zip      a record, or the answer to one
<from>-<to>-s<milliseconds>.zip           a status: what is expected, what is missing, how far was sent

    manifest.xml     from, to, number, kind, about, and of the contents size and SM3
    manifest.seal    HMAC-SM3 of the manifest, hexadecimal, under the key that both ends share
    contents.xml     the contents

Nothing in it is compressed: a gate's scanner sees what it is, and nothing grows when it is opened.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.errors import Undecodable
from gateway.wire import signing, xml_guard

MANIFEST, SEAL, CONTENTS = "manifest.xml", "manifest.seal", "contents.xml"
OVERHEAD = 16 * 1024  # bytes of a package besides its contents, at most
MISSING = 500  # numbers that one status lists, at most
_DIGITS = 10


class Damaged(Exception):
    """A file that is no whole package of the other end: half-written, truncated, rewritten, or not sealed by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """The names of both ends in file names, ASCII: ours and theirs, and the key that seals between them."""

    ours: str
    theirs: str
    key: bytes = field(repr=False)
    limit: int  # bytes of a package

    def name(self, number: int) -> str:
        """Return the file name of an outgoing package."""
        return f"{self.ours}-{self.theirs}-{number:0{_DIGITS}d}.zip"

    def status_name(self, milliseconds: int) -> str:
        """Return the file name of an outgoing status."""
        return f"{self.ours}-{self.theirs}-s{milliseconds:013d}.zip"

    def number_of(self, name: str) -> int | None:
        """Return the number of an incoming package by its name; None for any other file."""
        found = re.fullmatch(rf"{re.escape(self.theirs)}-{re.escape(self.ours)}-([0-9]{{{_DIGITS}}})\.zip", name)
        return int(found[1]) if found else None

    def is_status(self, name: str) -> bool:
        """Say whether a file is named as an incoming status."""
        return re.fullmatch(rf"{re.escape(self.theirs)}-{re.escape(self.ours)}-s[0-9]{{13}}\.zip", name) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """What crosses: ``kind`` record, answer or status; ``about``: the id of the record that it carries or answers."""

    number: int
    kind: str
    about: str
    contents: bytes = field(repr=False)

    def pack(self, ends: Ends) -> bytes:
        """Return the file."""
        item = {"size": str(len(self.contents)), "sm3": signing.digest("sm3", self.contents).hex()}
        said = {"from": ends.ours, "to": ends.theirs, "number": str(self.number), "kind": self.kind}
        manifest = xml_guard.dumps({"package": {**said, "about": self.about, "contents": item}})
        written = io.BytesIO()
        with zipfile.ZipFile(written, "w", zipfile.ZIP_STORED) as archive:
            for name, content in ((MANIFEST, manifest), (SEAL, _seal(ends, manifest)), (CONTENTS, self.contents)):
                archive.writestr(zipfile.ZipInfo(name), content)
        return written.getvalue()


def unpack(file: bytes, ends: Ends) -> Package:
    """Return the package in a file that came in. Raises Damaged."""
    try:
        manifest, seal, contents = _members(file, ends)
        if not signing.same(_seal(ends, manifest), seal):
            raise Damaged
        said = xml_guard.loads(manifest).get("package")
        return _package(said if isinstance(said, dict) else {}, contents, ends)
    except (zipfile.BadZipFile, Undecodable, ValueError, KeyError, EOFError, RuntimeError, OSError) as error:
        raise Damaged from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How it stands at one end: the number it expects next, those it misses, the last that it sent."""

    expects: int
    missing: tuple[int, ...]
    sent: int

    def written(self) -> bytes:
        """Return the status as the contents of a package."""
        listed = " ".join(map(str, self.missing[:MISSING]))
        said = {"expects": str(self.expects), "missing": listed, "sent": str(self.sent)}
        return xml_guard.dumps({"status": said})


def read_status(contents: bytes) -> Status:
    """Return the status in a package. Raises Damaged."""
    try:
        said = xml_guard.loads(contents)["status"]
        missing = tuple(int(each) for each in (said.get("missing") or "").split()[:MISSING])
        return Status(expects=int(said["expects"]), missing=missing, sent=int(said["sent"]))
    except (Undecodable, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Damaged from error


def _members(file: bytes, ends: Ends) -> tuple[bytes, bytes, bytes]:
    if len(file) > ends.limit:
        raise Damaged
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        listed = archive.infolist()
        whole = sorted(each.filename for each in listed) == sorted((MANIFEST, SEAL, CONTENTS))
        plain = all(each.compress_type == zipfile.ZIP_STORED and each.file_size <= len(file) for each in listed)
        if not whole or not plain:
            raise Damaged
        return archive.read(MANIFEST), archive.read(SEAL), archive.read(CONTENTS)


def _package(said: Mapping[str, Any], contents: bytes, ends: Ends) -> Package:
    stated = said.get("contents")
    digest = signing.digest("sm3", contents).hex()
    if not isinstance(stated, dict) or (stated.get("size"), stated.get("sm3")) != (str(len(contents)), digest):
        raise Damaged
    if (said.get("from"), said.get("to")) != (ends.theirs, ends.ours):
        raise Damaged
    return Package(
        number=int(said["number"]), kind=str(said["kind"]), about=str(said.get("about") or ""), contents=contents
    )


def _seal(ends: Ends, manifest: bytes) -> bytes:
    return signing.hmac_digest("hmac-sm3", ends.key, manifest).hex().encode()
