"""Carry a record's attachments as the documents of a message, and back; the kinds by a code table."""

from __future__ import annotations

from typing import Any

from gateway.canonical.messages import Message
from gateway.canonical.schema import title
from gateway.contract import Attachment, Record
from gateway.mapping import read_values, write_values
from gateway.mapping.codes import CodeTable
from gateway.mapping.faults import Field
from gateway.mapping.passage import Passage, Site
from gateway.mapping.rows import Policy
from gateway.mapping.trail import Trail

PLACE = ("data", "documents")
_FIELDS = {
    "partner_id": "id", "kind": "kind", "name": "name", "media_type": "media_type", "size": "size", "sha256": "sha256",
    "sm3": "sm3",
}  # fmt: skip
_OTHER = "other"


def site(message: str, table: CodeTable | None, policy: Policy) -> Site:
    """Return what the conversion of a document's kind has to know."""
    return Site(
        field=_field(message, "kind"),
        codes=table.read if table else None,
        back=table.written if table else None,
        table=table.name if table else None,
        policy=policy,
    )


def trail(message: str) -> Trail:
    """Return how places in the documents lead back to the attachments."""
    return Trail(leaves={(name,): _field(message, name) for name in _FIELDS})


def read(record: Record, kind: Site, passage: Passage) -> list[dict[str, Any]]:
    """Return the documents of a record."""
    found = []
    for n, attachment in enumerate(record.attachments):
        values = {name: getattr(attachment, attribute) for name, attribute in _FIELDS.items()}
        values["kind"] = _read_kind(attachment.kind, kind, passage, n)
        values["sha256"] = attachment.sha256.lower() if attachment.sha256 else None
        values["sm3"] = attachment.sm3.lower() if attachment.sm3 else None
        found.append({name: value for name, value in values.items() if value is not None})
    return found


def _read_kind(value: str, kind: Site, passage: Passage, n: int) -> str | None:
    known = kind.codes
    if not value or known is None or (value == _OTHER and value not in known):
        return value or None  # "other" is what an adapter says where the partner says no kind
    found: str | None = read_values.code(value, kind, passage, (n,))
    return found


def write(message: Message, kind: Site, passage: Passage) -> tuple[Attachment, ...]:
    """Return the attachments of a message: tickets without content."""
    return tuple(
        Attachment(
            id=document.sha256 or document.partner_id,
            name=document.name,
            kind=_write_kind(document.kind, kind, passage, n),
            media_type=document.media_type,
            size=document.size,
            sha256=document.sha256,
            sm3=document.sm3,
        )
        for n, document in enumerate(getattr(message.data, "documents", ()))
    )


def _write_kind(value: str, kind: Site, passage: Passage, n: int) -> str:
    if kind.back is None or (value == _OTHER and value not in kind.back):
        return value
    return str(write_values.code(value, kind, passage, (n,)))


def _field(message: str, name: str) -> Field:
    canonical = f"data.documents[].{name}"
    return Field(
        partner=f"attachments[].{_FIELDS[name]}",
        canonical=canonical,
        title=title(message, canonical),
        personal="text" if name == "name" else None,
    )
