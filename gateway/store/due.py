"""What is due at a partner and may go: the first of its case, with its documents here.

    due, by priority and time ─► free to go ─► in the claimer's hands
                              └► held back by an earlier one, or by a document ─► looked at again when that moves

A delivery that is held back is put off once instead of being passed over at every look: a claim costs the same with a
thousand waiting and with a million. Whatever it waits for wakes it (``wake``); should that be missed, for the two
transactions did not see each other, the time it was put off to comes all the same.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import (
    Connection,
    Integer,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal_column,
    null,
    or_,
    select,
    update,
)

from gateway.store.among import among
from gateway.store.bulk import change_rows
from gateway.store.tables import OPEN, delivery, document
from gateway.store.tables import message_document as link

UNDELIVERED = "status IN ('pending', 'in_doubt', 'handed', 'dead')"
PRIORITIES = (0, 1, 2)
LOOKS = 8  # at what is held back, in one claim
SOON, LATER = 2_000, 60_000  # milliseconds


def take(connection: Connection, partner: str, *, limit: int, now: int, lease: str, until: int) -> list[Any]:
    """Lease up to ``limit`` deliveries that may go; return them as they were before: id, due_at, lease, status, …"""
    taken: list[Any] = []
    for priority in PRIORITIES:
        for _ in range(LOOKS):
            asked = {"partner": partner, "priority": priority, "now": now, "most": limit - len(taken)}
            rows = connection.execute(_DUE, asked).all() if limit > len(taken) else []
            if not rows:
                break
            held = _held_back(connection, rows, now)
            free = [row for row in rows if row.id not in held]
            if free:
                connection.execute(_TAKE, {"ids": [row.id for row in free], "b_lease": lease, "b_due_at": until})
            taken += free
            if not held:
                break
            change_rows(connection, _PUT_OFF, [{"b_id": each, "b_due_at": at} for each, at in held.items()])
    return taken


def wake(connection: Connection, partner: str, cases: Collection[str], now: int) -> None:
    """Make due what an earlier delivery of its case has held back until now."""
    if cases:
        connection.execute(_WAKE, {"b_partner": partner, "b_cases": list(cases), "b_now": now})


def wake_messages(connection: Connection, messages: Collection[str], now: int) -> None:
    """Make due what a document has held back until now."""
    if not messages:
        return
    waiting = (
        update(delivery)
        .where(delivery.c.message_id.in_(messages), literal_column(OPEN), _PUT_OFF_BEFORE, delivery.c.due_at > now)
        .values(due_at=now)
    )
    connection.execute(waiting)


def _held_back(connection: Connection, rows: Sequence[Any], now: int) -> dict[str, int]:
    """Return which of these must wait for something, and until when they are put off."""
    ids = {row.id: row for row in rows}
    held: dict[str, int] = {}
    in_order = [row.id for row in rows if row.case_id is not None and not row.independent]
    if in_order:
        for row in connection.execute(_BLOCKED, {"ids": in_order}):
            held[row.id] = now + SOON if row.leased else _again(row.until, now)
    for row in connection.execute(_UNFETCHED, {"ids": [ids[each].message_id for each in ids]}):
        for each in rows:
            if each.message_id == row.message_id:
                held[each.id] = max(_again(row.until, now), held.get(each.id, 0))
    return held


def _again(until: int | None, now: int) -> int:
    """Return when to look again at what waits for something that is expected then; None: by itself, never.

    A waking that two transactions missed costs no more than LATER.
    """
    return min(max(until or now + LATER, now + SOON), now + LATER)


_PUT_OFF_BEFORE = and_(delivery.c.lease.is_(None), delivery.c.attempts == 0)
_DUE = (
    select(
        delivery.c.id, delivery.c.due_at, delivery.c.lease, delivery.c.status, delivery.c.attempts, delivery.c.case_id,
        delivery.c.message_id, delivery.c.independent,
    )
    .where(
        delivery.c.partner == bindparam("partner"),
        delivery.c.priority == bindparam("priority"),
        literal_column(OPEN),
        delivery.c.due_at <= bindparam("now"),
    )
    .order_by(delivery.c.due_at)
    .limit(bindparam("most", type_=Integer))
    .with_for_update(skip_locked=True)
)  # fmt: skip
_TAKE = (
    update(delivery)
    .where(among(delivery.c.id, "ids"))
    .values(
        lease=bindparam("b_lease"),
        due_at=bindparam("b_due_at"),
        attempts=delivery.c.attempts + case((delivery.c.lease.is_not(None), 1), else_=0),
    )
)
_PUT_OFF = update(delivery).where(delivery.c.id == bindparam("b_id")).values(due_at=bindparam("b_due_at"))


def goes_before(alias: Any) -> Any:
    """Say which delivery goes before another one of the same case at the same partner."""
    return and_(
        alias.c.case_id == delivery.c.case_id,
        alias.c.partner == delivery.c.partner,
        alias.c.step < delivery.c.step,
        literal_column("earlier." + UNDELIVERED),
        alias.c.independent.is_(False),
    )


def _blocked() -> Any:
    earlier = delivery.alias("earlier")
    leased = func.max(case((earlier.c.lease.is_not(None), 1), else_=0))
    waits = func.max(case((earlier.c.due_at.is_(None), 1), else_=0))
    until = case((waits == 1, null()), else_=func.max(earlier.c.due_at))
    return (
        select(delivery.c.id, leased.label("leased"), until.label("until"))
        .select_from(delivery)
        .join(earlier, goes_before(earlier))
        .where(among(delivery.c.id, "ids"))
        .group_by(delivery.c.id)
    )


_BLOCKED = _blocked()
_FAILED = func.max(case((document.c.due_at.is_(None), 1), else_=0))
_UNFETCHED = (
    select(
        link.c.message_id,
        case((_FAILED == 1, null()), else_=func.max(document.c.due_at)).label("until"),
    )
    .select_from(link)
    .join(document, document.c.id == link.c.document_id)
    .where(among(link.c.message_id, "ids"), document.c.state != "kept")
    .group_by(link.c.message_id)
)
_WAKE = (
    update(delivery)
    .where(
        delivery.c.partner == bindparam("b_partner"),
        among(delivery.c.case_id, "b_cases"),
        literal_column(OPEN),
        _PUT_OFF_BEFORE,
        delivery.c.due_at > bindparam("b_now"),
        or_(delivery.c.independent.is_(True), ~exists().where(goes_before(delivery.alias("earlier")))),
    )
    .values(due_at=bindparam("b_now"))
)
