"""Open a PDF and list every signature in it, those of forms that nobody here knows too (check 1)."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields

from gateway.canonical.identifiers import BEIJING
from gateway.rulings.malformed import Malformed, Unsupported

_DATE = re.compile(r"D:(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:(Z)|([+-])(\d\d)'?(\d\d)'?)?", re.ASCII)
MAX_HEX = 1_000_000  # digits in one string: pyHanko reads them one by one, a million in a second
_LONG_HEX = re.compile(rb"<[0-9A-Fa-f\s]{%d}" % MAX_HEX)
# Whatever a reader of hostile PDFs may raise: pyHanko's own errors are ValueErrors, but not all it raises are its own.
READING_FAILS = (Exception,)


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfSignature:
    """One signature as the file presents it; ``revision``: the one that brought it."""

    name: str
    subfilter: str
    byte_range: tuple[int, ...]
    contents: bytes = field(repr=False)
    stated_at: datetime | None
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pdf:
    """A PDF under pyHanko's reader, and its signatures in the order in which they were made."""

    octets: bytes = field(repr=False)
    reader: PdfFileReader = field(repr=False)
    signatures: tuple[PdfSignature, ...]


def read_pdf(octets: bytes, *, most: int) -> Pdf:
    """Return a PDF. Raises Malformed; Unsupported for one that is encrypted or shows more than its pages."""
    if _LONG_HEX.search(octets):
        raise Malformed("rulings.container.too_large", limit=MAX_HEX)
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)  # it logs what it reads; findings say it without the words
    try:
        reader = PdfFileReader(BytesIO(octets), strict=True)
        if reader.encrypted:
            raise Unsupported("rulings.pdf.encrypted")
        _refuse_active(reader)
        signatures = sorted(_signatures(reader), key=lambda each: each.revision)
    except Malformed:
        raise
    except READING_FAILS:
        raise Malformed("rulings.pdf.malformed") from None
    if len(signatures) > most:
        raise Malformed("rulings.ofd.too_many_signatures", limit=most)
    return Pdf(octets=octets, reader=reader, signatures=tuple(signatures))


def _refuse_active(reader: PdfFileReader) -> None:
    """Raise Unsupported for a form or script that can show other words than the pages hold."""
    root = reader.root
    names, opening = entry(root, "/Names"), entry(root, "/OpenAction")
    scripted = isinstance(opening, generic.DictionaryObject) and opening.get("/S") == "/JavaScript"
    if scripted or "/JavaScript" in (names or {}) or "/XFA" in (entry(root, "/AcroForm") or {}):
        raise Unsupported("rulings.pdf.active")


def entry(dictionary: Any, name: str) -> Any:
    """Return an entry of a dictionary, references followed; None where there is none."""
    return dictionary[name] if name in dictionary else None  # noqa: SIM401 - `get` follows no references


def _signatures(reader: PdfFileReader) -> Iterator[PdfSignature]:
    for name, value, widget in enumerate_sig_fields(reader, filled_status=True):
        signature = value.get_object()
        placed = widget.get_object().raw_get("/V")
        known = isinstance(placed, generic.IndirectObject)
        yield PdfSignature(
            name=str(name)[:100],
            subfilter=str(entry(signature, "/SubFilter") or "")[:64].removeprefix("/"),
            byte_range=tuple(int(each) for each in signature["/ByteRange"]),
            contents=_contents(signature),
            stated_at=_date(signature),
            revision=reader.xrefs.get_last_change(placed.reference) if known else 0,
        )


def _contents(signature: Any) -> bytes:
    value = signature.raw_get("/Contents", decrypt=generic.EncryptedObjAccess.RAW)
    return bytes(value.original_bytes)


def _date(signature: Any) -> datetime | None:
    """Return the time that stands beside the value; without a zone it is Beijing time."""
    parts = _DATE.fullmatch(str(entry(signature, "/M") or ""))
    if parts is None:
        return None
    moment = "-".join(parts.groups()[:3]) + "T" + ":".join(parts.groups()[3:6])
    zone = "+00:00" if parts[7] else f"{parts[8]}{parts[9]}:{parts[10]}" if parts[8] else ""
    try:
        at = datetime.fromisoformat(moment + zone)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=BEIJING)
