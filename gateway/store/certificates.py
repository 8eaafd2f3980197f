"""Certificates of performance as they are kept: in the table of rulings, and which messages have no row there yet.

One that an earlier gateway gave out unproved has its deliveries already: it gets no row, and goes to nobody again.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, exists, literal_column, select

from gateway.store.tables import CERTIFICATE, confirmation, delivery, message, ruling

Row = dict[str, Any]
# Whoever opens or carries a case names its parties in one of these.
_NAMING = ("intake", "referral", "escalation", "confirmation_application", "statement_application")


def arrived(connection: Connection, since: int, limit: int) -> list[tuple[str, str, int]]:
    """Return certificates that have no row yet, of those received since then: message, case, time of receipt."""
    query = _unseen(select(message.c.id, message.c.case_id, message.c.received_at))
    query = query.where(literal_column(f"message.{CERTIFICATE}"), message.c.received_at >= since)
    found = connection.execute(query.order_by(message.c.received_at, message.c.step).limit(limit))
    return [(row.id, row.case_id, row.received_at) for row in found]


def unseen(connection: Connection, case_id: str) -> list[Row]:
    """Return the messages of a case with a certificate that has no row yet."""
    query = _unseen(select(message)).where(message.c.case_id == case_id, message.c.type == "certificate")
    return [dict(row) for row in connection.execute(query.order_by(message.c.step)).mappings()]


def message_of(connection: Connection, message_id: str) -> Row:
    """Return the row of a certificate's message."""
    return dict(connection.execute(select(message).where(message.c.id == message_id)).mappings().one())


def naming(connection: Connection, case_id: str) -> list[Row]:
    """Return the messages of a case that may name its parties."""
    query = select(message).where(
        message.c.case_id == case_id, message.c.type.in_(_NAMING), message.c.emptied_at.is_(None)
    )
    return [dict(row) for row in connection.execute(query.order_by(message.c.step)).mappings()]


def court_numbers(connection: Connection, case_id: str) -> list[str]:
    """Return the numbers that courts gave the applications of a case, but for those whose ruling was revoked."""
    query = select(confirmation.c.court_number).where(
        confirmation.c.case_id == case_id, confirmation.c.court_number.is_not(None),
        confirmation.c.state != "REVOKED",
    )  # fmt: skip
    return list(connection.execute(query.order_by(confirmation.c.number)).scalars())


def _unseen(query: Any) -> Any:
    known = exists().where(ruling.c.message_id == message.c.id)
    given = exists().where(delivery.c.message_id == message.c.id)
    return query.where(message.c.case_id.is_not(None), message.c.emptied_at.is_(None), ~known, ~given)
