"""The outbox: claim what is due at a partner, and close it again, many deliveries in one transaction.

pending ──claim (lease)──► in a worker's hands ──close──► delivered
   ▲                             │                        handed     (the receipt comes later)
   └──────── postpone ◄──────────┤                        dead       (an operator must act)
   └── in_doubt (answer lost) ◄──┘
A lease that ran out makes the delivery due again, as in doubt: ``due_at`` is the end of the lease while it is held.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
from sqlalchemy import (
    Connection,
    bindparam,
    func,
    literal_column,
    select,
    text,
    union_all,
    update,
)

from gateway.canonical.identifiers import uuid7
from gateway.store import cases, due, earlier
from gateway.store.among import among
from gateway.store.bulk import change_rows, insert_rows
from gateway.store.earlier import Earlier
from gateway.store.tables import OPEN, attempt, delivery, dispute_case, document, message

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A delivery in one worker's hands. ``resumed``: an earlier attempt may have reached the partner."""

    id: str
    lease: str
    lease_until: int
    partner: str
    type: str
    message_id: str
    case_id: str | None
    attempts: int
    created_at: int
    deadline_at: int
    resumed: bool
    opened_by: str | None  # the message that opened the case
    partner_case_id: str | None
    message: Row = field(repr=False)
    documents: tuple[Row, ...] = ()
    earlier: tuple[Earlier, ...] = field(default=(), repr=False)  # said in the case, where this must be completed


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempted:
    """One try of a delivery, as it is kept."""

    number: int
    started_at: int
    duration_ms: int
    outcome: str
    http_status: int | None = None
    exchanges: int = 0
    request_digest: str | None = None
    code: str | None = None
    facts: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """How a claimed delivery ended this time. ``due_at`` None with an open status: it waits for a person."""

    claimed: Claimed
    status: str
    due_at: int | None = None
    code: str | None = None
    facts: str | None = None
    partner_case_id: str | None = None
    partner_record_id: str | None = None
    receipt_due: int | None = None
    delivered_at: int | None = None
    lost: tuple[str, ...] = ()  # canonical paths without a place at the partner
    sent_digest: str | None = None  # of what was sent, where the partner can be compared with
    attempted: Attempted | None = None


def claim(connection: Connection, partner: str, *, limit: int, now: int, lease_until: int) -> list[Claimed]:
    """Take up to ``limit`` deliveries that are due, each the first of its case at this partner."""
    if limit <= 0:
        return []
    lease = uuid7()
    taken = due.take(connection, partner, limit=limit, now=now, lease=lease, until=lease_until)
    if not taken:
        return []
    held = {row.id: row for row in taken}
    _keep_lost_tries(connection, [row for row in taken if row.lease is not None])
    rows = connection.execute(_CLAIMED, {"ids": list(held)}).mappings().all()
    known = cases.partner_ids(connection, {row["case_id"] for row in rows if row["case_id"]}, partner)
    before = earlier.before(connection, rows)
    papers = earlier.documents(connection, [row["message_id"] for row in rows])
    claimed = [
        replace(
            _claimed(row, held[row["id"]], known.get(row["case_id"]), papers.get(row["message_id"], []), lease_until),
            earlier=before.get(row["id"], ()),
        )
        for row in rows
    ]
    return sorted(claimed, key=lambda each: (held[each.id].due_at, each.id))


def renew(connection: Connection, claimed: Sequence[Claimed], until: int) -> set[str]:
    """Let leases last longer. Returns the ids of those that still are what they were."""
    if not claimed:
        return set()
    named = {"ids": [each.id for each in claimed], "leases": list({each.lease for each in claimed}), "b_due_at": until}
    return set(connection.execute(_RENEW, named).scalars())


def close(connection: Connection, closings: Sequence[Closing], now: int) -> list[tuple[str, str]]:
    """Write how deliveries ended, each only under the lease it was claimed with, and make their successors due.

    Returns the names (partner, partner's case id) that receipts have taught us, with their cases written.
    """
    if not closings:
        return []
    change_rows(connection, _CLOSE, [_closing_row(closing) for closing in closings])
    insert_rows(connection, attempt, [_attempt_row(each, each.attempted) for each in closings if each.attempted])
    passed = {each.claimed.case_id for each in closings if each.claimed.case_id and each.status == "delivered"}
    due.wake(connection, closings[0].claimed.partner, passed, now)  # a lane is one partner's
    return _learn_names(connection, closings)


def next_due(connection: Connection, partner: str, now: int) -> int | None:
    """Return when the next open delivery or document of a partner becomes due, in milliseconds; None for never."""
    found: int | None = connection.execute(_NEXT, {"partner": partner, "now": now}).scalar()
    return found


def partners_with_work(connection: Connection) -> set[str]:
    """Return the partners that have anything open."""
    deliveries = select(delivery.c.partner).where(text(OPEN)).distinct()
    documents = select(document.c.partner).where(text("state = 'awaited'")).distinct()
    return set(connection.execute(deliveries).scalars()) | set(connection.execute(documents).scalars())


def release_leases(connection: Connection, now: int, partners: Collection[str] | None = None) -> int:
    """Make what is leased, of all partners or of some, due at once: nobody has it in hand any more.

    For a store with one process that drains lanes, when that is gone.
    """
    deliveries = update(delivery).where(text(OPEN), delivery.c.lease.is_not(None))
    documents = update(document).where(text("state = 'awaited'"), document.c.lease.is_not(None))
    if partners is not None:
        deliveries = deliveries.where(delivery.c.partner.in_(partners))
        documents = documents.where(document.c.partner.in_(partners))
    released: int = connection.execute(deliveries.values(due_at=now)).rowcount
    connection.execute(documents.values(due_at=now))
    return released


_NEXT = select(
    func.min(
        union_all(
            *(
                select(func.min(delivery.c.due_at).label("due_at")).where(
                    delivery.c.partner == bindparam("partner"),
                    delivery.c.priority == priority,
                    text(OPEN),
                    delivery.c.due_at > bindparam("now"),
                )
                for priority in due.PRIORITIES
            ),
            select(func.min(document.c.due_at)).where(
                document.c.partner == bindparam("partner"),
                literal_column("state = 'awaited'"),
                document.c.due_at > bindparam("now"),
            ),
        )
        .subquery("next")
        .c.due_at
    )
)
_CLAIMED = (
    select(
        delivery.c.id, delivery.c.lease, delivery.c.partner, delivery.c.type, delivery.c.message_id, delivery.c.case_id,
        delivery.c.attempts, delivery.c.created_at, delivery.c.deadline_at, delivery.c.step, delivery.c.why,
        dispute_case.c.opened_by,
        message.c.content_sealed, message.c.causation_id, message.c.leg, message.c.received_at, message.c.trace_id,
    )
    .join(message, message.c.id == delivery.c.message_id)
    .outerjoin(dispute_case, dispute_case.c.id == delivery.c.case_id)
    .where(among(delivery.c.id, "ids"))
)  # fmt: skip

_RENEW = (
    update(delivery)
    .where(
        among(delivery.c.id, "ids"),
        among(delivery.c.lease, "leases"),
    )
    .values(due_at=bindparam("b_due_at"))
    .returning(delivery.c.id)
)
_CLOSE = (
    update(delivery)
    .where(delivery.c.id == bindparam("b_id"), delivery.c.lease == bindparam("b_lease"))
    .values(
        status=bindparam("b_status"),
        due_at=bindparam("b_due_at"),
        lease=None,
        attempts=delivery.c.attempts + bindparam("b_tries"),
        code=bindparam("b_code"),
        facts=bindparam("b_facts"),
        partner_record_id=func.coalesce(bindparam("b_partner_record_id"), delivery.c.partner_record_id),
        receipt_due=bindparam("b_receipt_due"),
        delivered_at=bindparam("b_delivered_at"),
        lost_fields=bindparam("b_lost_fields"),
        lost_names=bindparam("b_lost_names"),
        sent_digest=func.coalesce(bindparam("b_sent_digest"), delivery.c.sent_digest),
    )
)


def _claimed(row: Any, held: Any, partner_case_id: str | None, papers: Sequence[Row], lease_until: int) -> Claimed:
    return Claimed(
        id=row["id"],
        lease=row["lease"],
        lease_until=lease_until,
        partner=row["partner"],
        type=row["type"],
        message_id=row["message_id"],
        case_id=row["case_id"],
        attempts=row["attempts"],
        created_at=row["created_at"],
        deadline_at=row["deadline_at"],
        resumed=held.status == "in_doubt" or held.lease is not None,
        opened_by=row["opened_by"],
        partner_case_id=partner_case_id,
        message={name: row[name] for name in ("content_sealed", "causation_id", "leg", "received_at", "trace_id")},
        documents=tuple(papers),
    )


_TRIED = tuple(Attempted.__slots__)


def _closing_row(closing: Closing) -> Row:
    return {
        "b_id": closing.claimed.id,
        "b_lease": closing.claimed.lease,
        "b_status": closing.status,
        "b_due_at": closing.due_at,
        "b_tries": 1 if closing.attempted else 0,
        "b_code": closing.code,
        "b_facts": closing.facts,
        "b_partner_record_id": closing.partner_record_id,
        "b_receipt_due": closing.receipt_due,
        "b_delivered_at": closing.delivered_at,
        "b_lost_fields": len(closing.lost),
        "b_lost_names": orjson.dumps(closing.lost).decode() if closing.lost else None,
        "b_sent_digest": closing.sent_digest,
    }


def _attempt_row(closing: Closing, attempted: Attempted) -> Row:
    row: Row = {name: getattr(attempted, name) for name in _TRIED}
    return {"id": uuid7(), "delivery_id": closing.claimed.id, **row}


def _keep_lost_tries(connection: Connection, rows: Sequence[Any]) -> None:
    """Keep the tries whose worker never told how they ended: they may have reached the partner."""
    tries = [
        {"id": uuid7(), "delivery_id": row.id, "number": row.attempts + 1, "started_at": row.due_at, "duration_ms": 0,
         "outcome": "in_doubt", "exchanges": 0, "code": "delivery.lease_ended"}
        for row in rows
    ]  # fmt: skip
    insert_rows(connection, attempt, tries)


def _learn_names(connection: Connection, closings: Sequence[Closing]) -> list[tuple[str, str]]:
    taught = {
        (closing.claimed.partner, closing.partner_case_id): closing
        for closing in closings
        if closing.partner_case_id and closing.claimed.case_id
    }
    cases.lock_names(connection, taught)
    known = cases.find(connection, taught)
    rows: list[Row] = [
        {"partner": partner, "value": value, "case_id": taught[partner, value].claimed.case_id, "kind": "partner_id",
         "since": taught[partner, value].delivered_at}
        for partner, value in taught
        if (partner, value) not in known
    ]  # fmt: skip
    cases.save_references(connection, rows)
    return [(row["partner"], row["value"]) for row in rows]
