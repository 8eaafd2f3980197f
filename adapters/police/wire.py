"""The record as an XML document of its own, and nothing of what is in it.

<root><head><bwbh>number</bwbh><bbh>version</bbh></head>
      <body>{fields}</body>
      <fjlb><row><fjbh/><fjmc/><fjlx/><wjlx/><fjdx/><sha256/><sm3/><fjnr>base64</fjnr></row>…</fjlb></root>

A list is an element that holds nothing but ``row`` elements: one of them is a list of one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from typing import Any

from gateway.contract import Attachment, Record
from gateway.errors import PermanentFailure, Undecodable
from gateway.wire import signing, xml_guard

ROW = "row"
LONGEST_ID = 128
LONGEST_KIND = 64
LONGEST_FILE = 24 * 1024 * 1024  # characters of base64


def read_document(text: str | bytes, *, kind: str) -> Record:
    """Return the record in an XML document. Raises Undecodable."""
    root = xml_guard.loads(text, force_list=(ROW,)).get("root")
    if not isinstance(root, dict):
        raise Undecodable("police.not_a_record", field="root")
    head, body = _object(root, "head"), _object(root, "body")
    return Record(
        kind=kind,
        id=_word(head, "bwbh", LONGEST_ID),
        version=_word(head, "bbh", LONGEST_ID) if head.get("bbh") is not None else None,
        fields={name: _collapsed(value) for name, value in body.items()},
        attachments=tuple(_read_file(each) for each in _files(root)),
    )


def write_document(record: Record, *, charset: str) -> str:
    """Return the XML document that carries ``record``, as text. Raises Untranslatable, or PermanentFailure."""
    head = {"bwbh": record.id, **({} if record.version is None else {"bbh": record.version})}
    root: dict[str, Any] = {"head": head, "body": _expanded(record.fields)}
    if record.attachments:
        root["fjlb"] = {ROW: [_write_file(each) for each in record.attachments]}
    document = xml_guard.dumps({"root": root}, declaration=False).decode()
    return f'<?xml version="1.0" encoding="{charset}"?>{document}'


def _object(within: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = within.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Undecodable("police.not_a_record", field=name)
    return value


def _word(within: Mapping[str, Any], name: str, longest: int) -> str:
    value = within.get(name)
    if not isinstance(value, str) or len(value) > longest:
        raise Undecodable("police.not_a_record", field=name)
    return value


def _collapsed(value: Any) -> Any:
    if isinstance(value, dict):
        if value.keys() == {ROW}:
            return [_collapsed(each) for each in value[ROW]]
        return {name: _collapsed(each) for name, each in value.items()}
    return [_collapsed(each) for each in value] if isinstance(value, list) else value


def _expanded(value: Any) -> Any:
    """Return fields as xmltodict writes them: lists as rows, and everything else as text."""
    if isinstance(value, Mapping):
        return {name: _expanded(each) for name, each in value.items() if each is not None}
    if isinstance(value, list | tuple):
        return {ROW: [_expanded(each) for each in value]}
    return str(value)


def _files(root: Mapping[str, Any]) -> list[Any]:
    listed = _collapsed(root.get("fjlb"))
    if listed is None:
        return []
    if not isinstance(listed, list):
        raise Undecodable("police.not_a_record", field="fjlb")
    return listed


def _read_file(item: Any) -> Attachment:
    if not isinstance(item, dict):
        raise Undecodable("police.not_a_record", field="fjlb.row")
    try:
        content = base64.b64decode("".join(_word(item, "fjnr", LONGEST_FILE).split()), validate=True)
    except (binascii.Error, ValueError):
        raise Undecodable("police.not_a_record", field="fjlb.row.fjnr") from None
    _same(item, "sm3", signing.digest("sm3", content).hex())
    return Attachment(
        id=_word(item, "fjbh", LONGEST_ID),
        name=_word(item, "fjmc", 200),
        kind=_word(item, "fjlx", LONGEST_KIND),
        media_type=_word(item, "wjlx", 100),
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        content=content,
    )


def _same(item: Mapping[str, Any], name: str, digest: str) -> None:
    stated = item.get(name)
    if stated is not None and (not isinstance(stated, str) or stated.lower() != digest):
        raise Undecodable("police.file_damaged", field=f"fjlb.row.{name}")


def _write_file(file: Attachment) -> dict[str, str]:
    if file.content is None:
        raise PermanentFailure("police.file_too_large", kind=file.kind, size=file.size)
    return {
        "fjbh": file.id,
        "fjmc": file.name,
        "fjlx": file.kind,
        "wjlx": file.media_type,
        "fjdx": str(len(file.content)),
        "sm3": signing.digest("sm3", file.content).hex(),
        "fjnr": base64.b64encode(file.content).decode("ascii"),
    }
