"""The frame around a record, and nothing of what is in it.

    {"xxbh": message number, "ywlx": kind, "bbh": version?, "ywsj": {the record's fields}, "clxx": [attachments]?}

An attachment is ``{"clbh", "clmc", "cllx", "wjlx", "wjdx", "wjzy"}`` (id, name, kind, media type, size, SHA-256):
coming in with the ``url`` to fetch it from, going out with the id that the upload returned.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.contract import Attachment, Record, Request
from gateway.errors import Undecodable
from gateway.wire import charsets, json_guard

DOOR = "/push"
_CHARSET = re.compile(r"charset=([^;\s]+)", re.IGNORECASE)
_URL = re.compile(r"https?://[^\s]{1,2000}", re.IGNORECASE)
_DIGEST = re.compile(r"[0-9a-fA-F]{64}")
_LONGEST_ID = 128


def read_record(request: Request) -> Record:
    """Return the one record that a request at the door carries. Raises Undecodable."""
    if (request.method, request.path.rstrip("/")) != ("POST", DOOR) or not isinstance(request.body, bytes):
        raise Undecodable("court_platform.door_unknown", door=DOOR)
    declared = _CHARSET.search(request.headers.get("content-type", ""))
    frame = json_guard.loads(charsets.decode(request.body, declared[1] if declared else None))
    if not isinstance(frame, dict):
        raise _wrong("$")
    fields = frame.get("ywsj")
    if not isinstance(fields, dict):
        raise _wrong("ywsj")
    return Record(
        kind=_text(frame, "ywlx"),
        id=_text(frame, "xxbh"),
        version=_version(frame.get("bbh")),
        fields=fields,
        attachments=_attachments(frame.get("clxx")),
    )


def write_record(record: Record, file_ids: Mapping[str, str]) -> bytes:
    """Return the body that submits ``record``; ``file_ids`` are the platform's ids of its attachments."""
    return json_guard.dumps(_frame(record, [file_ids[attachment.id] for attachment in record.attachments]))


def compared_frame(record: Record) -> dict[str, Any]:
    """Return the same frame without the platform's ids of the files, which another upload would change."""
    return _frame(record, [None] * len(record.attachments))


def _frame(record: Record, file_ids: Sequence[str | None]) -> dict[str, Any]:
    frame: dict[str, Any] = {"xxbh": record.id, "ywlx": record.kind, "ywsj": record.fields}
    if record.version is not None:
        frame["bbh"] = record.version
    if record.attachments:
        pairs = zip(record.attachments, file_ids, strict=True)
        frame["clxx"] = [_reference(attachment, file_id) for attachment, file_id in pairs]
    return frame


def _reference(attachment: Attachment, file_id: str | None) -> dict[str, Any]:
    reference = {
        "clbh": file_id,
        "clmc": attachment.name,
        "cllx": attachment.kind,
        "wjlx": attachment.media_type,
        "wjdx": attachment.size,
        "wjzy": attachment.sha256,
    }
    return {name: value for name, value in reference.items() if value is not None}


def _attachments(listed: object) -> tuple[Attachment, ...]:
    if listed is None:
        return ()
    if not isinstance(listed, Sequence) or isinstance(listed, str):
        raise _wrong("clxx")
    return tuple(_attachment(item, f"clxx[{place}]") for place, item in enumerate(listed))


def _attachment(item: object, path: str) -> Attachment:
    if not isinstance(item, dict):
        raise _wrong(path)
    url, size, digest = item.get("url"), item.get("wjdx"), item.get("wjzy")
    if not isinstance(url, str) or not _URL.fullmatch(url):
        raise _wrong(f"{path}.url")
    if size is not None and (isinstance(size, bool) or not isinstance(size, int) or size < 0):
        raise _wrong(f"{path}.wjdx")
    if digest is not None and not (isinstance(digest, str) and _DIGEST.fullmatch(digest)):
        raise _wrong(f"{path}.wjzy")
    return Attachment(
        id=_text(item, "clbh", path),
        name=_text(item, "clmc", path),
        kind=_text(item, "cllx", path),
        media_type=_text({"wjlx": "application/octet-stream", **item}, "wjlx", path),
        size=size,
        sha256=digest.lower() if digest else None,
        url=url,
    )


def _text(item: Mapping[str, Any], name: str, path: str = "") -> str:
    value = item.get(name)
    limit = 200 if path else _LONGEST_ID
    if not isinstance(value, str) or not value.strip() or len(value) > limit:
        raise _wrong(f"{path}.{name}" if path else name)
    return value


def _version(value: object) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | str) or len(str(value)) > 20:
        raise _wrong("bbh")
    return str(value)


def _wrong(field: str) -> Undecodable:
    return Undecodable("court_platform.frame_wrong", field=field)
