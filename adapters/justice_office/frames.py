"""The frames of the dialect: a batch of records coming in or fetched, one record going out.

    in    {"batch_no"?, "records": [{"record_no", "kind", "version"?, "content": {…}, "files"?: [file…]}…]}
    out   {"record_no": message id, "kind", "content": {…}, "files": [file…]}
    file  {"file_id", "file_name", "file_type", "content_type", "file_size", "file_sha256", "file_content" | "file_url"}

The names of frames stand here and in the README; every name inside ``content`` stands in the mapping.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from gateway.contract import Attachment, Record
from gateway.errors import PermanentFailure, Undecodable
from gateway.wire import json_guard

# A record whose frame is broken becomes one of this kind; its mapping asks for what is missing, so that it is refused
# by itself, in the office's own words, and its neighbours go on.
UNREADABLE = "unreadable"
_NO_ID = "unreadable-"
_LONGEST_ID = 128
_LONGEST_KIND = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchFrame:
    """One request of the office: its number, which it may leave out, and its records as they came."""

    number: str | None
    items: tuple[Any, ...]


def read_batch(body: bytes, *, max_records: int) -> BatchFrame:
    """Return the batch in ``body``. Raises Undecodable."""
    return batch_of(json_guard.loads(body), max_records=max_records)


def batch_of(document: Any, *, max_records: int) -> BatchFrame:
    """Return the batch that a parsed ``document`` is. Raises Undecodable."""
    if not isinstance(document, dict):
        raise Undecodable("justice_office.not_a_batch", field="$")
    items = document.get("records")
    if not isinstance(items, list) or not items:
        raise Undecodable("justice_office.not_a_batch", field="records")
    if len(items) > max_records:
        raise Undecodable("justice_office.too_many_records", count=len(items), limit=max_records)
    return BatchFrame(number=_id(document.get("batch_no")), items=tuple(items))


def batch_number(body: bytes) -> str | None:
    """Return the number of a batch that may be broken otherwise, to quote it in the answer."""
    try:
        document = json_guard.loads(body)
    except Undecodable:
        return None
    return _id(document.get("batch_no")) if isinstance(document, dict) else None


def read_records(batch: BatchFrame) -> list[Record]:
    """Return the records of a batch, in its order."""
    return [read_record(batch, position) for position in range(len(batch.items))]


def read_record(batch: BatchFrame, position: int) -> Record:
    """Return one record of a batch; one whose frame is broken comes back as ``UNREADABLE``."""
    item = batch.items[position]
    frame: Mapping[str, Any] = item if isinstance(item, dict) else {}
    record_id, kind, fields = _id(frame.get("record_no")), frame.get("kind"), frame.get("content")
    version, files = _version(frame.get("version")), _files(frame.get("files"))
    named = isinstance(kind, str) and 0 < len(kind) <= _LONGEST_KIND and kind != UNREADABLE
    if record_id and named and isinstance(fields, dict) and files is not None:
        return Record(kind=kind, id=record_id, version=version, fields=fields, attachments=files)  # type: ignore[arg-type]  # named
    readable = {"record_no": record_id, "kind": kind if named else None,
                "content": isinstance(fields, dict), "files": files is not None}  # fmt: skip
    return Record(
        kind=UNREADABLE,
        id=record_id or _made_up_id(batch, position),
        version=version,
        fields={name: str(value) for name, value in readable.items() if value},
    )


def own_id(kind: str, record_id: str) -> str | None:
    """Return the office's id of a record, or None where ``read_record`` had to make one up."""
    return None if kind == UNREADABLE and record_id.startswith(_NO_ID) else record_id


def write_record(record: Record) -> dict[str, Any]:
    """Return the frame that carries ``record`` to the office. Raises PermanentFailure for a file without its bytes."""
    frame = {
        "record_no": record.id,
        "kind": record.kind,
        "content": record.fields,
        "files": [_write_file(file) for file in record.attachments],
    }
    return frame if record.version is None else {**frame, "version": record.version}


def _made_up_id(batch: BatchFrame, position: int) -> str:
    """The same for the same batch sent again, another for every place in it."""
    seed = json_guard.dumps([batch.number, position, batch.items[position]])
    return _NO_ID + hashlib.sha256(seed).hexdigest()[:32]


def _id(value: Any) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return value if isinstance(value, str) and 0 < len(value.strip()) <= len(value) <= _LONGEST_ID else None


def _version(value: Any) -> str | None:
    return _id(value)


def _files(value: Any) -> tuple[Attachment, ...] | None:
    """Return the files of a record, or None when one of them cannot be read."""
    if value is None:
        return ()
    if not isinstance(value, list):
        return None
    files = tuple(_read_file(item, position) for position, item in enumerate(value))
    return None if None in files else files  # type: ignore[return-value]  # none of them is None


def _read_file(item: Any, position: int) -> Attachment | None:
    if not isinstance(item, dict):
        return None
    content, url = _content(item.get("file_content")), item.get("file_url")
    if content is None and not _is_address(url):
        return None
    size, digest = item.get("file_size"), item.get("file_sha256")
    return Attachment(
        id=_id(item.get("file_id")) or str(position + 1),
        name=_text(item.get("file_name")) or f"附件{position + 1}",
        kind=_text(item.get("file_type")) or "other",
        media_type=(_text(item.get("content_type")) or "application/octet-stream").partition(";")[0].strip().lower(),
        size=len(content) if content is not None else size if isinstance(size, int) and size >= 0 else None,
        sha256=digest.lower() if isinstance(digest, str) and digest else None,
        content=content,
        url=url if content is None else None,
    )


def _content(value: Any) -> bytes | None:
    """Read base64, with the line breaks and the ``data:…;base64,`` in front that browsers and Java libraries add."""
    if not isinstance(value, str) or not value:
        return None
    if value.startswith("data:"):
        value = value.partition(",")[2]
    try:
        return base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        return None


def _is_address(value: Any) -> bool:
    try:
        address = urlsplit(value) if isinstance(value, str) else None
    except ValueError:
        return False
    return address is not None and address.scheme in ("http", "https") and bool(address.hostname)


def _text(value: Any) -> str | None:
    return value.strip() if isinstance(value, str) else None


def _write_file(file: Attachment) -> dict[str, Any]:
    if file.content is None:
        raise PermanentFailure("justice_office.file_too_large", kind=file.kind, size=file.size)
    entry = {
        "file_id": file.id,
        "file_name": file.name,
        "file_type": file.kind,
        "content_type": file.media_type,
        "file_size": len(file.content),
        "file_content": base64.b64encode(file.content).decode("ascii"),
    }
    return entry if file.sha256 is None else {**entry, "file_sha256": file.sha256}
