"""The rows that an accepted message brings with it."""

from __future__ import annotations

from typing import Any

from gateway.canonical.identifiers import uuid7
from gateway.canonical.messages import Message, short_type
from gateway.store import inbox
from gateway.store.arrivals import Announced, Arrival, CaseAfter, CaseFile, DueDelivery, Entry
from gateway.store.times import millis

DAY = 86_400_000
Row = dict[str, Any]


def case_file(now: int, row: Row, message: Message, after: CaseAfter, case_id: str) -> CaseFile:
    """Open a case."""
    return CaseFile(
        id=case_id,
        state=after.state,
        holder=after.holder,
        holder_since=now,
        holder_until=after.holder_until,
        clock=after.clock,
        origin=after.origin,
        # An intake may be another organisation's to take up: the directory says who reaches it.
        origin_partner=row["partner"] if after.origin == message.sender else None,
        opened_by=message.id,
        leg_opened_by=message.id,
        step=0,
        parties={row["partner"]},
        snapshot=after.snapshot,
        opened_at=now,
        closed_at=None,
        new=True,
    )


def message_row(row: Row, message: Message, content: bytes, file: CaseFile | None, after: CaseAfter | None) -> Row:
    """Return the row of an accepted message."""
    opened_by = file.leg_opened_by if file else None
    caused_by = getattr(message.data, "answers", None) or (None if opened_by == message.id else opened_by)
    return {
        "id": message.id,
        "type": short_type(message),
        "case_id": file.id if file else None,
        "leg": after.leg if after else None,
        "step": file.step if file else 0,
        "causation_id": caused_by,
        "partner": row["partner"],
        "sender": message.sender,
        "addressee": message.addressee,
        "time": millis(message.time),
        "received_at": row["received_at"],
        "state": after.state if after else None,
        "holder": after.holder if after else None,
        "revision": row["revision"],
        "mapping": row.get("_mapping"),
        "unmapped": row.get("_unmapped", 0),
        "trace_id": row.get("_trace_id"),
        "content_sealed": content,
    }


def delivery_row(now: int, message: Message, file: CaseFile | None, due: DueDelivery) -> Row:
    """Return the row of one delivery, due at once."""
    return {
        "id": uuid7(),
        "message_id": message.id,
        "case_id": file.id if file else None,
        "step": file.step if file else 0,
        "type": short_type(message),
        "partner": due.partner,
        "why": due.why,
        "independent": due.independent,
        "priority": due.priority,
        "status": "pending",
        "due_at": now,
        "created_at": now,
        "deadline_at": now + int(due.deadline_days * DAY),
    }


def document_row(now: int, partner: str, document_id: str, announced: Announced, url: bytes | None) -> Row:
    """Return the row of a document, kept or still to be fetched."""
    return {
        "id": document_id,
        "partner": partner,
        "state": "awaited" if url else "kept",
        "sha256": announced.sha256,
        "sm3": announced.sm3,
        "size": announced.size,
        "media_type": announced.media_type,
        "expected_sha256": announced.expected_sha256,
        "url_sealed": url,
        "due_at": now if url else None,
        "deadline_at": now + 7 * DAY if url else None,
        "created_at": now,
    }


def request_row(arrival: Arrival) -> Row:
    """Return the row of an authenticated request."""
    return {
        "id": arrival.id,
        "partner": arrival.partner,
        "key_id": arrival.key_id,
        "method": arrival.request.method if arrival.request else "",
        "path_sealed": arrival.path_sealed,
        "headers_sealed": arrival.headers_sealed,
        "body_sealed": arrival.body_sealed,
        "document": arrival.spooled,
        "size": arrival.size,
        "code": arrival.code,
        "facts": inbox.write_facts(arrival.facts),
        "trace_id": arrival.trace_id,
        "received_at": millis(arrival.received_at),
    }


def inbox_row(now: int, arrival: Arrival, position: int, entry: Entry) -> Row:
    """Return the row of a record whose fate is not decided yet; ``_new`` marks that it is not stored yet."""
    return {
        "_new": True,
        "id": uuid7(),
        "request_id": arrival.id,
        "position": position,
        "partner": arrival.partner,
        "kind": entry.kind,
        "record_id": entry.record_id,
        "version": entry.version,
        "digest": entry.digests[0],
        "fate": "held",
        "message_id": None,
        "case_id": None,
        "code": None,
        "facts": None,
        "field": None,
        "waits_for": None,
        "case_value": None,
        "content_sealed": None,
        "deadline_at": None,
        "revision": arrival.revision,
        "received_at": millis(arrival.received_at),
        "decided_at": now,
    }
