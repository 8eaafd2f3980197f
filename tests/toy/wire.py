"""The frame of a letter, and nothing of what is in it: XML in GB18030.

<letter><no>…</no><kind>dispatch</kind><content>{fields}</content>
        <enclosure><no/><name/><kind/><type/><bytes>base64</bytes></enclosure>…</letter>
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Any

from gateway.contract import Attachment, Record
from gateway.errors import PermanentFailure, Undecodable
from gateway.wire import xml_guard

CHARSET = "gb18030"
REPEATED = ("person", "consent", "enclosure")  # one of them would else arrive as a dictionary, and two as a list


def read_letter(body: bytes) -> Record:
    """Return the record in a letter. Raises Undecodable."""
    letter = xml_guard.loads(body, force_list=REPEATED).get("letter")
    if not isinstance(letter, dict):
        raise Undecodable(field="letter")
    content = letter.get("content") or {}
    if not isinstance(content, dict):
        raise Undecodable(field="letter.content")
    enclosures = letter.get("enclosure") or []
    return Record(
        kind=_text(letter, "kind", 40),
        id=_text(letter, "no", 128),
        fields=content,
        attachments=tuple(_read_enclosure(item) for item in enclosures),
    )


def write_letter(record: Record) -> bytes:
    """Return the letter that carries ``record``. Raises Untranslatable, or PermanentFailure for a file too large."""
    letter = {
        "no": record.id,
        "kind": record.kind,
        "content": record.fields,
        "enclosure": [_write_enclosure(file) for file in record.attachments],
    }
    return xml_guard.dumps({"letter": letter}, charset=CHARSET)


def _text(item: dict[str, Any], name: str, longest: int) -> str:
    value = item.get(name)
    if not isinstance(value, str) or len(value) > longest:
        raise Undecodable(field=name)
    return value


def _read_enclosure(item: object) -> Attachment:
    if not isinstance(item, dict):
        raise Undecodable(field="enclosure")
    try:
        content = base64.b64decode(_text(item, "bytes", 2_000_000), validate=True)
    except (binascii.Error, ValueError):
        raise Undecodable(field="enclosure.bytes") from None
    return Attachment(
        id=_text(item, "no", 128),
        name=_text(item, "name", 200),
        kind=_text(item, "kind", 40),
        media_type=_text(item, "type", 100),
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        content=content,
    )


def _write_enclosure(file: Attachment) -> dict[str, str]:
    if file.content is None:
        raise PermanentFailure
    return {
        "no": file.id,
        "name": file.name,
        "kind": file.kind,
        "type": file.media_type,
        "bytes": base64.b64encode(file.content).decode("ascii"),
    }
