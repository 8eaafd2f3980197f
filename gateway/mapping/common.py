"""Read and write records that are in the common language already: nothing to translate, everything to check."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from gateway.canonical.messages import PREFIX, TYPES, Message
from gateway.canonical.schema import fields, title
from gateway.contract import Attachment, Record
from gateway.mapping.faults import Fault, Field
from gateway.mapping.mapping_set import Reading, Writing
from gateway.mapping.validation import canonical_path, code_of, limit_of

OURS = frozenset({"source", "receivedtime", "subject", "correlationid", "causationid"})
NAME = "common"


def read_canonical(record: Record, *, base: Mapping[str, Any]) -> Reading:
    """Make a message of a record in the common language; ``base`` is what the gateway itself says about it.

    The sender's id names the record; the message gets an id of the gateway's. Raises nothing.
    """
    if "type" not in record.fields:
        fault = Fault(code="mapping.missing", partner_path="type", canonical_path="type", title="消息类型")
        return Reading(faults=(fault,), verdict="refused", mapping=NAME)
    kind = record.kind.removeprefix(PREFIX)
    if not record.kind.startswith(PREFIX) or kind not in TYPES:
        fault = Fault(code="canonical.no_such_type", partner_path="type", facts={"type": record.kind[:64]})
        return Reading(faults=(fault,), verdict="refused", mapping=NAME)
    said = {name: value for name, value in record.fields.items() if name not in OURS}
    try:
        found: Message = TYPES[kind].__pydantic_validator__.validate_python({**said, **base})
    except ValidationError as error:
        faults = tuple(_fault(kind, one) for one in error.errors(include_url=False))
        return Reading(faults=faults, verdict="refused", mapping=NAME)
    return Reading(message=found, verdict="translated", mapping=NAME)


def write_canonical(message: Message) -> Writing:
    """Make a record of a message for a partner that speaks the common language; its documents are tickets."""
    papers = tuple(
        Attachment(
            id=each.sha256, name=each.name, kind=each.kind, media_type=each.media_type, size=each.size,
            sha256=each.sha256, sm3=each.sm3,
        )
        for each in getattr(message.data, "documents", ())
        if each.sha256
    )  # fmt: skip
    fields_said = message.model_dump(mode="json", exclude_none=True)
    record = Record(kind=message.type, id=message.id, fields=fields_said, attachments=papers)
    return Writing(record=record, mapping=NAME)


def _fault(kind: str, one: Mapping[str, Any]) -> Fault:
    path = canonical_path(kind, one["loc"])
    described = fields(kind).get(path)
    known = Field(
        partner=path, canonical=path, title=title(kind, path), personal=described.personal if described else None
    )
    ctx = one.get("ctx", {})
    masked = getattr(ctx.get("error"), "masked", None)
    shown = None if one["type"] == "missing" else known.masked(one.get("input"))
    return Fault(
        code=code_of(one),
        partner_path=_indexed(one["loc"]),
        canonical_path=path,
        title=known.title,
        value_masked=masked or shown,
        facts=limit_of(ctx),
    )


def _indexed(place: tuple[str | int, ...]) -> str:
    path = ""
    for step in place:
        path = f"{path}[{step}]" if isinstance(step, int) else f"{path}.{step}" if path else step
    return path
