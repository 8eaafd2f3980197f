"""What a comparison with a partner asks of the outbox: what was delivered, what became of an id, when it was tried.

It also writes what follows: what is missing at the partner becomes due again, what it has although we do not know
that it arrived is closed. Each change holds only if the delivery still is what the comparison saw.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, func, literal_column, or_, select, update

from gateway.contract import Holding
from gateway.store import cases, due
from gateway.store.among import among
from gateway.store.tables import attempt, delivery, reconciliation_item

OPEN = frozenset({"pending", "in_doubt", "handed"})
_AT_ONCE = 500  # ids in one statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A delivery as a comparison sees it. ``leased``: a worker has it in its hands just now."""

    delivery_id: str
    message_id: str
    case_id: str | None
    kind: str
    status: str
    created_at: int
    delivered_at: int | None = None
    digest: str | None = None
    leased: bool = False


def delivered(connection: Connection, partner: str, since: int, until: int) -> list[Sent]:
    """Return what was delivered to a partner in ``[since, until)``, oldest first."""
    rows = connection.execute(_DELIVERED, {"partner": partner, "since": since, "until": until})
    return [_sent(row, now=0) for row in rows]


def of_messages(connection: Connection, partner: str, ids: Iterable[str], now: int) -> list[Sent]:
    """Return the deliveries of these messages to a partner, whatever became of them."""
    asked = ({"partner": partner, "ids": some} for some in _some(ids))
    return [_sent(row, now=now) for each in asked for row in connection.execute(_OF_MESSAGES, each)]


def tries(connection: Connection, delivery_ids: Iterable[str]) -> dict[str, list[int]]:
    """Return when each delivery was tried."""
    found: dict[str, list[int]] = {}
    for some in _some(delivery_ids):
        for row in connection.execute(_TRIES, {"ids": some}):
            found.setdefault(row.delivery_id, []).append(row.started_at)
    return found


def resends(connection: Connection, delivery_ids: Iterable[str]) -> dict[str, int]:
    """Return how often comparisons have sent each delivery again."""
    return {
        row.delivery_id: row.resends
        for some in _some(delivery_ids)
        for row in connection.execute(_RESENDS, {"ids": some})
    }


def send_again(connection: Connection, sent: Sent, *, now: int, deadline_at: int) -> bool:
    """Make a delivery due again under its own id. Returns whether it still was delivered as the comparison saw it.

    In doubt, for there are two words on whether the partner has it: one that would act twice is asked first, or left to
    a person, as its row says.
    """
    found: int = connection.execute(
        _SEND_AGAIN,
        {"b_id": sent.delivery_id, "b_seen": sent.delivered_at, "b_now": now, "b_deadline_at": deadline_at},
    ).rowcount
    return found > 0


def close(connection: Connection, partner: str, sent: Sent, held: Holding, *, day: str, at: int, now: int) -> bool:
    """Close an open delivery as delivered, by the partner's own word. Returns whether it still was open."""
    found: int = connection.execute(
        _CLOSE,
        {
            "b_id": sent.delivery_id,
            "b_at": at,
            "b_now": now,
            "b_record": held.record_id,
            "b_facts": orjson.dumps({"day": day}).decode(),
        },
    ).rowcount
    if found and sent.case_id:
        due.wake(connection, partner, [sent.case_id], now)
    return found > 0


def learn_names(
    connection: Connection, partner: str, pairs: Sequence[tuple[Sent, Holding]], now: int
) -> list[tuple[tuple[str, str], str]]:
    """Keep the partner's own ids of cases that it names. Returns the new ones (partner, id) with their cases."""
    named = {(partner, held.case_id): sent.case_id for sent, held in pairs if held.case_id and sent.case_id}
    known = cases.find(connection, named)
    fresh = [(name, case_id) for name, case_id in named.items() if name not in known]
    cases.save_references(
        connection,
        [
            {"partner": name[0], "value": name[1], "case_id": case_id, "kind": "partner_id", "since": now}
            for name, case_id in fresh
        ],
    )
    return fresh


_COLUMNS = (
    delivery.c.id, delivery.c.message_id, delivery.c.case_id, delivery.c.type, delivery.c.status, delivery.c.created_at,
    delivery.c.delivered_at, delivery.c.sent_digest, delivery.c.lease, delivery.c.due_at,
)  # fmt: skip
_DELIVERED = (
    select(*_COLUMNS)
    .where(
        delivery.c.partner == bindparam("partner"),
        literal_column("status = 'delivered'"),
        delivery.c.delivered_at >= bindparam("since"),
        delivery.c.delivered_at < bindparam("until"),
    )
    .order_by(delivery.c.delivered_at, delivery.c.id)
)
_OF_MESSAGES = select(*_COLUMNS).where(delivery.c.partner == bindparam("partner"), among(delivery.c.message_id, "ids"))
_TRIES = select(attempt.c.delivery_id, attempt.c.started_at).where(among(attempt.c.delivery_id, "ids"))
_RESENDS = (
    select(reconciliation_item.c.delivery_id, func.sum(reconciliation_item.c.resends).label("resends"))
    .where(among(reconciliation_item.c.delivery_id, "ids"))
    .group_by(reconciliation_item.c.delivery_id)
)
_SEND_AGAIN = (
    update(delivery)
    .where(
        delivery.c.id == bindparam("b_id"),
        delivery.c.status == "delivered",
        delivery.c.delivered_at == bindparam("b_seen"),
    )
    .values(
        status="in_doubt",
        due_at=bindparam("b_now"),
        deadline_at=bindparam("b_deadline_at"),
        delivered_at=None,
        lease=None,
        code=None,
        facts=None,
    )
)
_CLOSE = (
    update(delivery)
    .where(
        delivery.c.id == bindparam("b_id"),
        delivery.c.status.in_(sorted(OPEN)),
        or_(delivery.c.lease.is_(None), delivery.c.due_at <= bindparam("b_now")),
    )
    .values(
        status="delivered",
        due_at=None,
        lease=None,
        receipt_due=None,
        delivered_at=bindparam("b_at"),
        partner_record_id=func.coalesce(bindparam("b_record"), delivery.c.partner_record_id),
        code="reconciliation.closed",
        facts=bindparam("b_facts"),
    )
)


def _some(ids: Iterable[str]) -> Iterator[list[str]]:
    asked = list(ids)
    return (asked[start : start + _AT_ONCE] for start in range(0, len(asked), _AT_ONCE))


def _sent(row: Any, *, now: int) -> Sent:
    return Sent(
        delivery_id=row.id,
        message_id=row.message_id,
        case_id=row.case_id,
        kind=row.type,
        status=row.status,
        created_at=row.created_at,
        delivered_at=row.delivered_at,
        digest=row.sent_digest,
        leased=row.lease is not None and (row.due_at or 0) > now,
    )
