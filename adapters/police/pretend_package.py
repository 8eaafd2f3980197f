"""Packages of a ferry as the pretend police system reads and writes them, from the README: zip, manifest, seal."""

from __future__ import annotations

import hmac
import io
import re
import struct
import zipfile
from dataclasses import dataclass, field
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC


@dataclass(frozen=True, kw_only=True)
class Letter:
    """What one package carries: a record, an answer, or a status with number nought."""

    number: int
    kind: str
    about: str = ""
    contents: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Post:
    """How letters go between two ends, seen from one of them."""

    ours: str
    theirs: str
    key: str = field(repr=False)

    def name(self, number: int) -> str:
        """Return the file name of a package of ours."""
        return f"{self.ours}-{self.theirs}-{number:010d}.zip"

    def status_name(self, milliseconds: int) -> str:
        """Return the file name of a status of ours."""
        return f"{self.ours}-{self.theirs}-s{milliseconds:013d}.zip"

    def number_of(self, name: str) -> int | None:
        """Return the number in the file name of a package of theirs."""
        found = re.fullmatch(f"{self.theirs}-{self.ours}-([0-9]{{10}})\\.zip", name)
        return int(found[1]) if found else None

    def is_status(self, name: str) -> bool:
        """Say whether a file is a status of theirs by its name."""
        return re.fullmatch(f"{self.theirs}-{self.ours}-s[0-9]{{13}}\\.zip", name) is not None

    def write(self, letter: Letter) -> bytes:
        """Return the file that carries a letter."""
        contents = f"<contents><size>{len(letter.contents)}</size><sm3>{_sm3(letter.contents)}</sm3></contents>"
        said = f"<from>{self.ours}</from><to>{self.theirs}</to><number>{letter.number}</number>"
        said += f"<kind>{letter.kind}</kind><about>{escape(letter.about)}</about>{contents}"
        manifest = f'<?xml version="1.0" encoding="UTF-8"?><package>{said}</package>'.encode()
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as package:
            package.writestr("manifest.xml", manifest)
            package.writestr("manifest.seal", self._seal(manifest))
            package.writestr("contents.xml", letter.contents)
        return file.getvalue()

    def read(self, file: bytes) -> Letter:
        """Return the letter in a file of theirs. Raises ValueError for one that is spoilt, or not theirs."""
        try:
            with zipfile.ZipFile(io.BytesIO(file)) as package:
                manifest, seal, contents = (
                    package.read(each) for each in ("manifest.xml", "manifest.seal", "contents.xml")
                )
        except (zipfile.BadZipFile, KeyError, EOFError, OSError, RuntimeError, struct.error) as error:
            raise ValueError("摆渡包不完整") from error
        if not hmac.compare_digest(self._seal(manifest).encode(), seal):
            raise ValueError("摆渡包封印不符")
        said = ElementTree.fromstring(manifest)  # noqa: S314  # sealed by the other end
        if (said.findtext("from"), said.findtext("to")) != (self.theirs, self.ours):
            raise ValueError("摆渡包不是发给本端的")
        if said.findtext("contents/sm3") != _sm3(contents):
            raise ValueError("摆渡包内容与摘要不符")
        number, kind = int(said.findtext("number") or ""), said.findtext("kind") or ""
        return Letter(number=number, kind=kind, about=said.findtext("about") or "", contents=contents)

    def _seal(self, manifest: bytes) -> str:
        mac = HMAC(self.key.encode(), hashes.SM3())
        mac.update(manifest)
        return mac.finalize().hex()


def write_status(expects: int, missing: list[int], sent: int) -> bytes:
    """Return what a status says."""
    listed = " ".join(str(each) for each in missing)
    return f"<status><expects>{expects}</expects><missing>{listed}</missing><sent>{sent}</sent></status>".encode()


def read_status(contents: bytes) -> tuple[int, list[int], int]:
    """Return what a status says: expected, missing, sent. Raises ValueError."""
    said = ElementTree.fromstring(contents)  # noqa: S314  # sealed by the other end
    missing = [int(each) for each in (said.findtext("missing") or "").split()]
    return int(said.findtext("expects") or ""), missing, int(said.findtext("sent") or "")


def _sm3(content: bytes) -> str:
    digest = hashes.Hash(hashes.SM3())
    digest.update(content)
    return digest.finalize().hex()
