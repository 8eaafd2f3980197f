"""Mending what is stuck: held records, dead deliveries, records parked too long. Each is one short transaction."""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy import Connection, and_, delete, or_, select, text, update

from gateway.store import due, fetches
from gateway.store.tables import OPEN, attempt, delivery, inbox, nonce, request

WAITING = ("held", "parked")


def kept_record(connection: Connection, inbox_id: str) -> dict[str, Any] | None:
    """Return a waiting record with the request that brought it, or None."""
    query = (
        select(inbox.c.partner, inbox.c.kind, inbox.c.record_id, inbox.c.version, inbox.c.position, inbox.c.revision,
               inbox.c.request_id, request.c.method, request.c.path_sealed, request.c.headers_sealed,
               request.c.body_sealed, request.c.document, request.c.key_id, request.c.trace_id)
        .join(request, request.c.id == inbox.c.request_id)
        .where(inbox.c.id == inbox_id, inbox.c.fate.in_(WAITING))
    )  # fmt: skip
    row = connection.execute(query).mappings().first()
    return dict(row) if row else None


def waiting_records(connection: Connection, *, fate: str, code: str | None = None, limit: int = 1000) -> list[str]:
    """Return the receipt ids of waiting records, oldest first."""
    query = select(inbox.c.id).where(inbox.c.fate == fate).order_by(inbox.c.received_at, inbox.c.id).limit(limit)
    if code:
        query = query.where(inbox.c.code == code)
    return list(connection.execute(query).scalars())


def partner_of(connection: Connection, delivery_id: str) -> str | None:
    """Return the partner of a delivery."""
    found: str | None = connection.execute(select(delivery.c.partner).where(delivery.c.id == delivery_id)).scalar()
    return found


def revive(connection: Connection, delivery_id: str, now: int, deadline_at: int) -> list[str]:
    """Make a dead delivery, or one that waits for a person, due again, and give its successors the same time.

    Returns the partners to wake, its own first; none when it does not wait.
    """
    if (row := _waiting_delivery(connection, delivery_id)) is None:
        return []
    sources = fetches.retry(connection, row.message_id, now, deadline_at)
    # Who waited for a person has the person's word now; what died may still have arrived at an earlier attempt.
    status = "in_doubt" if row.status == "dead" and _may_have_arrived(connection, delivery_id) else "pending"
    connection.execute(
        update(delivery)
        .where(delivery.c.id == delivery_id)
        .values(status=status, due_at=now, deadline_at=deadline_at, lease=None, code=None, facts=None)
    )
    _give_time(connection, row, deadline_at)
    return [row.partner, *sorted(sources - {row.partner})]


def _waiting_delivery(connection: Connection, delivery_id: str) -> Any:
    """Return a delivery that waits for a person, locked, or None."""
    row = connection.execute(select(delivery).where(delivery.c.id == delivery_id).with_for_update()).first()
    waits = row is not None and (row.status == "dead" or (row.status == "in_doubt" and row.due_at is None))
    return row if waits else None


def _may_have_arrived(connection: Connection, delivery_id: str) -> bool:
    lost = or_(attempt.c.outcome == "in_doubt", and_(attempt.c.outcome == "fault", attempt.c.exchanges > 0))
    query = select(attempt.c.id).where(attempt.c.delivery_id == delivery_id, lost).limit(1)
    return connection.execute(query).first() is not None


def _give_time(connection: Connection, row: Any, deadline_at: int) -> None:
    """Give what waited behind a delivery the time that it could not use."""
    connection.execute(
        update(delivery)
        .where(
            delivery.c.case_id == row.case_id,
            delivery.c.partner == row.partner,
            delivery.c.step > row.step,
            text(OPEN),
            delivery.c.deadline_at < deadline_at,
        )
        .values(deadline_at=deadline_at)
    )


def withdraw(connection: Connection, delivery_id: str, reason: str, *, now: int, deadline_at: int) -> str | None:
    """Withdraw a delivery that is dead or waits for a person. Returns its partner, or None.

    ``deadline_at``: until when its successors are tried, at least.
    """
    if (row := _waiting_delivery(connection, delivery_id)) is None:
        return None
    connection.execute(
        update(delivery)
        .where(delivery.c.id == delivery_id)
        .values(
            status="withdrawn",
            due_at=None,
            lease=None,
            code="delivery.withdrawn",
            facts=orjson.dumps({"reason": reason}).decode(),
        )
    )
    _give_time(connection, row, deadline_at)
    partner: str = row.partner
    due.wake(connection, partner, [row.case_id] if row.case_id else [], now)
    return partner


def keep_house(connection: Connection, now: int) -> int:
    """Hold records whose predecessor did not come in time; forget expired nonces. Returns how many were held."""
    connection.execute(delete(nonce).where(nonce.c.expires_at < now))
    query = (
        update(inbox)
        .where(inbox.c.fate == "parked", inbox.c.deadline_at < now)
        .values(fate="held", code="inbox.predecessor_missing", content_sealed=None, message_id=None, decided_at=now)
    )
    held: int = connection.execute(query).rowcount
    return held
