"""The frame around a message, and nothing of what is in it: XML, both ways the same.

<bw><bwt><bwbh>number</bwbh><bwlx>kind</bwlx><bbh>version</bbh></bwt>
    <bwnr>{the fields; a list is an element of <item> elements}</bwnr>
    <clxx><cl><clbh/><clmc/><cllx/><wjlx/><wjdx/><sha256/><sm3/> <nr>base64</nr> | <url/> | uploaded</cl>…</clxx></bw>
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from gateway.contract import Attachment, Record, Request
from gateway.errors import Undecodable
from gateway.wire import xml_guard

DOOR = "/messages"
_ITEM, _MATERIAL = "item", "cl"
_CHARSET = re.compile(r"charset=([^;\s]+)", re.IGNORECASE)
_URL = re.compile(r"https?://[^\s]{1,2000}", re.IGNORECASE)
_DIGEST = re.compile(r"[0-9a-fA-F]{64}")
_SIZE = re.compile(r"[0-9]{1,15}", re.ASCII)
_LONGEST_ID = 128


def read_record(request: Request) -> Record:
    """Return the one record that a request at the door carries. Raises Undecodable."""
    if (request.method, request.path.rstrip("/")) != ("POST", DOOR) or not isinstance(request.body, bytes):
        raise Undecodable("court_oa.door_unknown", door=DOOR)
    declared = _CHARSET.search(request.headers.get("content-type", ""))
    document = xml_guard.loads(request.body, force_list=(_ITEM, _MATERIAL), declared=declared[1] if declared else None)
    frame = _inner(document, "bw", "")
    head = _inner(frame, "bwt", "bw")
    return Record(
        kind=_text(head, "bwlx", "bw.bwt"),
        id=_text(head, "bwbh", "bw.bwt"),
        version=_text(head, "bbh", "bw.bwt") if head.get("bbh") is not None else None,
        fields=_read_fields(_inner(frame, "bwnr", "bw")),
        attachments=_read_materials(frame),
    )


def write_record(record: Record, file_ids: Mapping[str, str]) -> bytes:
    """Return the body that carries ``record``, with the OA's numbers of uploaded files. Raises Untranslatable."""
    head = {"bwbh": record.id, "bwlx": record.kind, "bbh": record.version}
    frame: dict[str, Any] = {"bwt": _without_none(head), "bwnr": _write_fields(record.fields)}
    if record.attachments:
        frame["clxx"] = {_MATERIAL: [_write_material(each, file_ids.get(each.id)) for each in record.attachments]}
    return xml_guard.dumps({"bw": frame})


def _read_fields(value: Any) -> Any:
    if isinstance(value, dict):
        if set(value) == {_ITEM}:
            return [_read_fields(each) for each in value[_ITEM]]
        return {name: _read_fields(inner) for name, inner in value.items()}
    return [_read_fields(each) for each in value] if isinstance(value, list) else value


def _write_fields(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _write_fields(inner) for name, inner in value.items() if inner is not None}
    return {_ITEM: [_write_fields(each) for each in value]} if isinstance(value, list | tuple) else value


def _read_materials(frame: Mapping[str, Any]) -> tuple[Attachment, ...]:
    if frame.get("clxx") is None:
        return ()
    listed = _inner(frame, "clxx", "bw").get(_MATERIAL) or []
    return tuple(_read_material(item, f"bw.clxx.cl[{place}]") for place, item in enumerate(listed))


def _read_material(item: object, path: str) -> Attachment:
    if not isinstance(item, dict):
        raise _wrong(path)
    size, url = item.get("wjdx"), item.get("url")
    content = _content(item.get("nr"), f"{path}.nr") if url is None else None
    if url is not None and not (isinstance(url, str) and _URL.fullmatch(url)):
        raise _wrong(f"{path}.url")
    if size is not None and not (isinstance(size, str) and _SIZE.fullmatch(size)):
        raise _wrong(f"{path}.wjdx")
    return Attachment(
        id=_text(item, "clbh", path),
        name=_text(item, "clmc", path, 200),
        kind=_text(item, "cllx", path),
        media_type=_text({"wjlx": "application/octet-stream", **item}, "wjlx", path),
        size=int(size) if size is not None else len(content) if content is not None else None,
        sha256=_digest(item, "sha256", path),
        sm3=_digest(item, "sm3", path),
        content=content,
        url=url,
    )


def _write_material(file: Attachment, file_id: str | None) -> dict[str, Any]:
    inline = file_id is None and file.content is not None
    return _without_none(
        {
            "clbh": file_id or file.id,
            "clmc": file.name,
            "cllx": file.kind,
            "wjlx": file.media_type,
            "wjdx": file.size,
            "sha256": file.sha256,
            "sm3": file.sm3,
            "nr": base64.b64encode(file.content or b"").decode("ascii") if inline else None,
        }
    )


def _content(value: object, path: str) -> bytes:
    """Read base64 with the line breaks that Java libraries add."""
    if not isinstance(value, str):
        raise _wrong(path)
    try:
        return base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        raise _wrong(path) from None


def _digest(item: Mapping[str, Any], name: str, path: str) -> str | None:
    value = item.get(name)
    if value is None:
        return None
    if not (isinstance(value, str) and _DIGEST.fullmatch(value)):
        raise _wrong(f"{path}.{name}")
    return value.lower()


def _inner(item: Mapping[str, Any], name: str, path: str) -> dict[str, Any]:
    value = item.get(name)
    if not isinstance(value, dict):
        raise _wrong(f"{path}.{name}" if path else name)
    return value


def _text(item: Mapping[str, Any], name: str, path: str, limit: int = _LONGEST_ID) -> str:
    value = item.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > limit:
        raise _wrong(f"{path}.{name}")
    return value


def _without_none(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _wrong(field: str) -> Undecodable:
    return Undecodable("court_oa.frame_wrong", field=field)
