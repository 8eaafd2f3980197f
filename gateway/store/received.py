"""What is held of what a partner sent, by day, a page at a time; refused records are not held."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from gateway.store.among import among
from gateway.store.inbox import BOUND
from gateway.store.tables import inbox, request

Row = dict[str, Any]
_WHERE = (
    request.c.partner == bindparam("partner"),
    request.c.received_at >= bindparam("since"),
    request.c.received_at < bindparam("until"),
    inbox.c.fate.in_(BOUND),
)
_RECORDS = (
    select(
        inbox.c.id, inbox.c.request_id, inbox.c.position, inbox.c.kind, inbox.c.record_id, inbox.c.version,
        inbox.c.fate, inbox.c.received_at, request.c.key_id,
    )
    .join(request, request.c.id == inbox.c.request_id)
    .where(*_WHERE, inbox.c.id > bindparam("after"))
    .order_by(inbox.c.id)
    .limit(bindparam("most"))
)  # fmt: skip
_COUNT = select(func.count()).select_from(inbox.join(request, request.c.id == inbox.c.request_id)).where(*_WHERE)
_BODIES = select(request.c.id, request.c.body_sealed, request.c.document).where(among(request.c.id, "ids"))


def records(
    connection: Connection, partner: str, *, since: int, until: int, after: str = "", most: int = 500
) -> list[Row]:
    """Return what came in ``[since, until)`` and is held, in the order of the receipts, after the receipt ``after``."""
    asked = {"partner": partner, "since": since, "until": until, "after": after, "most": most}
    return [dict(row) for row in connection.execute(_RECORDS, asked).mappings()]


def count(connection: Connection, partner: str, *, since: int, until: int) -> int:
    """Return how many records of those days are held."""
    found: int = connection.execute(_COUNT, {"partner": partner, "since": since, "until": until}).scalar_one()
    return found


def bodies(connection: Connection, request_ids: Iterable[str]) -> list[Row]:
    """Return the sealed bodies of requests, or the documents that hold them."""
    return [dict(row) for row in connection.execute(_BODIES, {"ids": list(request_ids)}).mappings()]
