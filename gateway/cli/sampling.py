"""Files to try a mapping with: samples, records or messages as JSON, read into what the mapping takes."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import orjson
from pydantic import ValidationError

from gateway.canonical.messages import Message, parse
from gateway.contract import Attachment, Record
from gateway.errors import GatewayError, NotFound

LARGEST = 64 * 1024 * 1024  # bytes
_TICKET = frozenset(entry.name for entry in fields(Attachment)) - {"content"}


def entries(file: Path) -> list[dict[str, Any]]:
    """Return the JSON objects in a file (``-``: standard input); one object counts as a list of one."""
    try:
        if str(file) == "-":
            raw = sys.stdin.buffer.read(LARGEST)
        else:
            with file.open("rb") as opened:
                raw = opened.read(LARGEST)
    except FileNotFoundError:
        raise NotFound("cli.no_file", file=str(file)) from None
    try:
        found = orjson.loads(raw)
    except ValueError:
        raise GatewayError("cli.not_json", file=str(file)) from None
    found = found if isinstance(found, list) else [found]
    if not found or not all(isinstance(entry, dict) for entry in found):
        raise GatewayError("cli.not_json", file=str(file))
    return found


def record_of(entry: Mapping[str, Any], kind: str | None) -> Record:
    """Return the record in a sample, in a record's own form, or in bare fields, whose ``kind`` the mapping says."""
    held = entry.get("record") if isinstance(entry.get("record"), dict) else entry
    assert isinstance(held, Mapping)  # noqa: S101  # looked at in the line above
    if not (isinstance(held.get("kind"), str) and isinstance(held.get("fields"), dict)):
        if kind is None:
            raise GatewayError("cli.try.kind_unknown")
        return Record(kind=kind, id="try", fields=held)
    attachments = [item for item in held.get("attachments") or () if isinstance(item, dict)]
    return Record(
        kind=held["kind"],
        id=str(held.get("id") or "try"),
        version=held.get("version"),
        fields=held["fields"],
        attachments=tuple(_attachment(item) for item in attachments),
    )


def message_of(entry: Mapping[str, Any]) -> Message:
    """Return the message in a sample, or the message itself. Raises GatewayError naming the fields that are wrong."""
    held = entry["message"] if isinstance(entry.get("message"), dict) else entry
    try:
        return parse(held)
    except ValidationError as error:
        places = {
            ".".join(map(str, each["loc"])) or "." for each in error.errors(include_url=False, include_input=False)
        }
    raise GatewayError("cli.try.no_message", fields=", ".join(sorted(places)[:10]))


def _attachment(item: Mapping[str, Any]) -> Attachment:
    given = {name: value for name, value in item.items() if name in _TICKET}
    return Attachment(**{"id": "", "name": "", **given})
