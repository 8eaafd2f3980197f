"""One Signature.xml: what it protects by which digests, where value and seal lie, when it says that it was made."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from gateway.canonical.identifiers import BEIJING
from gateway.rulings import xml
from gateway.rulings.limits import Limits
from gateway.rulings.malformed import Malformed
from gateway.rulings.ofd.package import Listed, Package

_DATE = re.compile(r"(\d{4})\D?(\d\d)\D?(\d\d)\D?(\d\d)\D?(\d\d)\D?(\d\d)(?:\.\d+)?(Z|)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """One protected file."""

    path: str
    value: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureFile:
    """What one Signature.xml says."""

    listed: Listed
    raw: bytes = field(repr=False)
    method: str
    stated_at: datetime | None
    check_method: str
    references: tuple[Reference, ...] = field(repr=False)
    value: str
    seal: str | None

    @property
    def name(self) -> str:
        """Return how findings name the signature."""
        return self.listed.id or self.listed.path


def read_signature_file(package: Package, listed: Listed, limits: Limits) -> SignatureFile:
    """Return what a listed signature says. Raises Malformed, also for a reference that leads nowhere."""
    file, raw = listed.path, package.files[listed.path]
    root = xml.parse(raw, file=file, limit=limits.xml)
    signed = xml.only(root, "SignedInfo", file=file)
    references = xml.only(signed, "References", file=file)
    seals = xml.children(signed, "Seal")
    return SignatureFile(
        listed=listed,
        raw=raw,
        method=_text(signed, "SignatureMethod"),
        stated_at=_stated(_text(signed, "SignatureDateTime")),
        check_method=str(references.get("CheckMethod", "MD5"))[:64],  # GB/T 33190 §18.2: MD5 where nothing is said
        references=tuple(_references(package, references, file, limits)),
        value=package.find(xml.text_of(xml.only(root, "SignedValue", file=file)), file),
        seal=package.find(xml.text_of(xml.only(seals[0], "BaseLoc", file=file)), file) if seals else None,
    )


def _references(package: Package, element: Any, file: str, limits: Limits) -> Iterator[Reference]:
    seen: set[str] = set()
    listed = xml.children(element, "Reference")
    if len(listed) > limits.references:
        raise Malformed("rulings.xml.too_large", file=file, limit=limits.references)
    for each in listed:
        path = package.find(str(each.get("FileRef", "")), file)
        if path in seen:
            raise Malformed("rulings.ofd.listed_twice", file=path)
        seen.add(path)
        yield Reference(path=path, value=_base64(xml.text_of(xml.only(each, "CheckValue", file=file))))


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return b""  # the digest of nothing: the check of digests names the file


def _text(element: Any, name: str) -> str:
    found = xml.children(element, name)
    return xml.text_of(found[0])[:64] if found else ""


def _stated(text: str) -> datetime | None:
    """Return a time in the forms that makers write; without a zone it is Beijing time."""
    parts = _DATE.fullmatch(text.replace("T", " ", 1))
    if parts is None:
        return None
    numbers = [int(each) for each in parts.groups()[:6]]
    try:
        zone = UTC if parts[7] else BEIJING
        return datetime(numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5], tzinfo=zone)
    except ValueError:
        return None
