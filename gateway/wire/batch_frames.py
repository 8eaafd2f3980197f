"""Batches of records in JSON frames: what dialects share whose frames differ by the names of their fields alone.

in    a number of the batch, and a list of frames
frame id, kind, version, fields, files          a broken one becomes a record of kind ``UNREADABLE``
file  id, name, kind, media type, size, digest, and its content as base64 or its address
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
# by itself, in the partner's own words, and its neighbours go on.
UNREADABLE = "unreadable"
_NO_ID = "unreadable-"
_LONGEST_ID = 128
_LONGEST_KIND = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchFrame:
    """One request: its number, which the partner may leave out, and its records as they came."""

    number: str | None
    items: tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileNames:
    """What a dialect calls the parts of a file."""

    id: str
    name: str
    kind: str
    media_type: str
    size: str
    sha256: str
    content: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """The dialect's codes for what is wrong with a batch or a file."""

    not_a_batch: str
    too_many_records: str
    file_too_large: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """What a dialect calls the parts of a batch and of a record, and how both are read and written."""

    batch: str
    id: str
    kind: str
    fields: str
    files: str
    file: FileNames
    faults: Faults

    def read_batch(self, body: bytes, *, max_records: int) -> BatchFrame:
        """Return the batch in ``body``. Raises Undecodable."""
        return self.batch_of(json_guard.loads(body), max_records=max_records)

    def batch_of(self, document: Any, *, max_records: int) -> BatchFrame:
        """Return the batch that a parsed ``document`` is. Raises Undecodable."""
        if not isinstance(document, dict):
            raise Undecodable(self.faults.not_a_batch, field="$")
        items = document.get("records")
        if not isinstance(items, list) or not items:
            raise Undecodable(self.faults.not_a_batch, field="records")
        if len(items) > max_records:
            raise Undecodable(self.faults.too_many_records, count=len(items), limit=max_records)
        return BatchFrame(number=_id(document.get(self.batch)), items=tuple(items))

    def batch_number(self, body: bytes) -> str | None:
        """Return the number of a batch that may be broken otherwise, to quote it in the answer."""
        try:
            document = json_guard.loads(body)
        except Undecodable:
            return None
        return _id(document.get(self.batch)) if isinstance(document, dict) else None

    def read_records(self, batch: BatchFrame) -> list[Record]:
        """Return the records of a batch, in its order; one whose frame is broken comes back as ``UNREADABLE``."""
        return [self._read_record(batch, position) for position in range(len(batch.items))]

    def write_record(self, record: Record) -> dict[str, Any]:
        """Return the frame that carries ``record``. Raises PermanentFailure for a file without its bytes."""
        frame = {
            self.id: record.id,
            self.kind: record.kind,
            self.fields: record.fields,
            self.files: [self._write_file(file) for file in record.attachments],
        }
        return frame if record.version is None else {**frame, "version": record.version}

    def _read_record(self, batch: BatchFrame, position: int) -> Record:
        item = batch.items[position]
        frame: Mapping[str, Any] = item if isinstance(item, dict) else {}
        record_id, kind, fields = _id(frame.get(self.id)), frame.get(self.kind), frame.get(self.fields)
        version, files = _id(frame.get("version")), self._files(frame.get(self.files))
        named = isinstance(kind, str) and 0 < len(kind) <= _LONGEST_KIND and kind != UNREADABLE
        if record_id and named and isinstance(fields, dict) and files is not None:
            return Record(kind=kind, id=record_id, version=version, fields=fields, attachments=files)  # type: ignore[arg-type]  # named
        readable = {self.id: record_id, self.kind: kind if named else None, self.fields: isinstance(fields, dict),
                    self.files: files is not None}  # fmt: skip
        return Record(
            kind=UNREADABLE,
            id=record_id or _made_up_id(batch, position),
            version=version,
            fields={name: str(value) for name, value in readable.items() if value},
        )

    def _files(self, value: Any) -> tuple[Attachment, ...] | None:
        """Return the files of a record, or None when one of them cannot be read."""
        if value is None:
            return ()
        if not isinstance(value, list):
            return None
        files = tuple(self._read_file(item, position) for position, item in enumerate(value))
        return None if None in files else files  # type: ignore[return-value]  # none of them is None

    def _read_file(self, item: Any, position: int) -> Attachment | None:
        if not isinstance(item, dict):
            return None
        names = self.file
        content, url = _content(item.get(names.content)), item.get(names.url)
        if content is None and not _is_address(url):
            return None
        size, digest = item.get(names.size), item.get(names.sha256)
        media_type = _text(item.get(names.media_type)) or "application/octet-stream"
        return Attachment(
            id=_id(item.get(names.id)) or str(position + 1),
            name=_text(item.get(names.name)) or f"附件{position + 1}",
            kind=_text(item.get(names.kind)) or "other",
            media_type=media_type.partition(";")[0].strip().lower(),
            size=len(content) if content is not None else size if isinstance(size, int) and size >= 0 else None,
            sha256=digest.lower() if isinstance(digest, str) and digest else None,
            content=content,
            url=url if content is None else None,
        )

    def _write_file(self, file: Attachment) -> dict[str, Any]:
        if file.content is None:
            raise PermanentFailure(self.faults.file_too_large, kind=file.kind, size=file.size)
        names = self.file
        entry = {
            names.id: file.id,
            names.name: file.name,
            names.kind: file.kind,
            names.media_type: file.media_type,
            names.size: len(file.content),
            names.content: base64.b64encode(file.content).decode("ascii"),
        }
        return entry if file.sha256 is None else {**entry, names.sha256: file.sha256}


def own_id(kind: str, record_id: str) -> str | None:
    """Return the partner's id of a record, or None where reading it had to make one up."""
    return None if kind == UNREADABLE and record_id.startswith(_NO_ID) else record_id


def _made_up_id(batch: BatchFrame, position: int) -> str:
    """The same for the same batch sent again, another for every place in it."""
    seed = json_guard.dumps([batch.number, position, batch.items[position]])
    return _NO_ID + hashlib.sha256(seed).hexdigest()[:32]


def _id(value: Any) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return value if isinstance(value, str) and 0 < len(value.strip()) <= len(value) <= _LONGEST_ID else None


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
