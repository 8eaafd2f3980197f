"""Rulings as they are kept: which wait for what, what was found about each, and who has it.

A row is written when somebody first looks at a ruling's message, in a transaction that has locked its case; so a
gateway that knew no such rows, or that was killed, leaves nothing behind that is not found again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from typing import Any

import orjson
from sqlalchemy import Connection, and_, exists, func, insert, literal_column, or_, select, update

from gateway.canonical.identifiers import uuid7
from gateway.store import due
from gateway.store.arrivals import CaseFile, DueDelivery
from gateway.store.bulk import insert_rows
from gateway.store.rows import DAY
from gateway.store.tables import (
    OPEN,
    REVOKED,
    RULING,
    UNFINISHED,
    confirmation,
    delivery,
    dispute_case,
    message,
    ruling,
)
from gateway.store.tables import ruling_certificate as rests_on

WAITING = ("AWAITING", "UNDECIDED", "QUARANTINED", "VERIFIED")
MOST = 10_000  # rows counted
_HERE = ruling.c
Row = dict[str, Any]


def arrived(connection: Connection, since: int, limit: int) -> list[tuple[str, str, int]]:
    """Return rulings that have no row yet, of those received since then: message, case, time of receipt."""
    known = exists().where(_HERE.message_id == message.c.id)
    query = select(message.c.id, message.c.case_id, message.c.received_at).where(
        literal_column(f"message.{RULING}"), message.c.received_at >= since, message.c.emptied_at.is_(None), ~known
    )
    found = connection.execute(query.order_by(message.c.received_at, message.c.step).limit(limit))
    return [(row.id, row.case_id, row.received_at) for row in found if row.case_id]


def of_case(connection: Connection, case_id: str, *, without_row: bool = False) -> list[Row]:
    """Return the rulings of a case in the order in which they came; ``without_row``: the messages that have none."""
    if without_row:
        known = exists().where(_HERE.message_id == message.c.id)
        query = select(message).where(message.c.case_id == case_id, message.c.type == "ruling", ~known)
        query = query.where(message.c.emptied_at.is_(None))
        return [dict(row) for row in connection.execute(query.order_by(message.c.step)).mappings()]
    query = select(ruling, message.c.step).join(message, message.c.id == _HERE.message_id)
    query = query.where(_HERE.case_id == case_id).order_by(message.c.step)
    return [dict(row) for row in connection.execute(query).mappings()]


def in_state(connection: Connection, state: str, besides: Set[str], limit: int) -> list[tuple[str, str]]:
    """Return the oldest rulings of an unfinished state: message and case.

    Not those in ``besides``, nor where the court decides on an objection.
    """
    objected = exists().where(
        confirmation.c.case_id == _HERE.case_id, confirmation.c.number == _HERE.number,
        confirmation.c.state == "OBJECTED",
    )  # fmt: skip
    query = select(_HERE.message_id, _HERE.case_id).where(literal_column(f"ruling.{UNFINISHED}"), _HERE.state == state)
    query = query.where(~objected)
    query = query.where(_HERE.message_id.not_in(besides)) if besides else query
    return [(row.message_id, row.case_id) for row in connection.execute(query.order_by(_HERE.received_at).limit(limit))]


def overtaken(connection: Connection, besides: Set[str], limit: int) -> list[tuple[str, str]]:
    """Return rulings that their application may have left behind, but for those in ``besides``: served, or revoked.

    An application that ended otherwise has no state for its ruling's service: there the receipts are counted.
    """
    same = and_(confirmation.c.case_id == _HERE.case_id, confirmation.c.number == _HERE.number)
    receipt = exists().where(
        message.c.case_id == _HERE.case_id, message.c.type == "service_receipt",
        message.c.received_at >= _HERE.released_at,
    )  # fmt: skip
    serving = and_(literal_column(f"ruling.{UNFINISHED}"), _HERE.state == "SERVING")
    ended = confirmation.c.state.in_(("NOT_ACCEPTED", "WITHDRAWN", "TERMINATED"))
    decides = _HERE.result.in_(("revoked", "changed"))
    ways = (
        and_(serving, or_(confirmation.c.state == "SERVED", and_(ended, receipt))),
        and_(literal_column(f"confirmation.{REVOKED}"), _HERE.state != "REVOKED", ~decides),
    )
    query = select(_HERE.message_id, _HERE.case_id).join(confirmation, same).limit(limit)
    query = query.where(_HERE.message_id.not_in(besides)) if besides else query
    return [(row.message_id, row.case_id) for way in ways for row in connection.execute(query.where(way))]


def one(connection: Connection, message_id: str) -> Row | None:
    """Return the row of one ruling."""
    query = select(ruling, message.c.step).join(message, message.c.id == _HERE.message_id)
    row = connection.execute(query.where(_HERE.message_id == message_id)).mappings().first()
    return dict(row) if row else None


def snapshot(connection: Connection, case_id: str) -> Row:
    """Return a case as the lifecycle keeps it, without locking it."""
    query = select(dispute_case.c.snapshot).where(dispute_case.c.id == case_id)
    found: Row = orjson.loads(connection.execute(query).scalar_one())
    return found


def find(connection: Connection, name: str) -> Row | None:
    """Return a ruling by the id of its message, else the newest with the court's id of it."""
    query = select(ruling, message.c.step).join(message, message.c.id == _HERE.message_id)
    query = query.where(or_(_HERE.message_id == name, _HERE.document_id == name))
    found = connection.execute(query.order_by(_HERE.received_at.desc(), message.c.step.desc())).mappings().first()
    return dict(found) if found else None


def newest(connection: Connection, *, state: str | None, limit: int) -> list[Row]:
    """Return the newest rulings, of a state where one is given."""
    query = select(ruling).order_by(_HERE.received_at.desc(), _HERE.message_id.desc()).limit(limit)
    query = query.where(_HERE.state == state) if state else query
    return [dict(row) for row in connection.execute(query).mappings()]


def add(connection: Connection, row: dict[str, Any]) -> None:
    """Keep a ruling that was not looked at yet."""
    connection.execute(insert(ruling).values(row))


def mark_waiting(connection: Connection, code: str) -> int:
    """Say why no ruling can be verified; return how many wait."""
    waits = and_(literal_column(UNFINISHED), _HERE.state == "AWAITING")
    connection.execute(update(ruling).where(waits, _HERE.code.is_distinct_from(code)).values(code=code))
    return connection.execute(select(func.count()).select_from(ruling).where(waits)).scalar_one()


def change(connection: Connection, message_id: str, **values: Any) -> None:
    """Change what is kept of a ruling."""
    connection.execute(update(ruling).where(_HERE.message_id == message_id).values(values))


def keep_foundation(connection: Connection, message_id: str, certificates: Iterable[str], seals: Iterable[str]) -> None:
    """Keep which certificates and seals a ruling rests on, instead of what was kept before."""
    connection.execute(rests_on.delete().where(rests_on.c.message_id == message_id))
    rows = [
        {"message_id": message_id, "kind": kind, "value": value[:128]}
        for kind, values in (("certificate", certificates), ("seal", seals))
        for value in sorted(set(values))
    ]
    if rows:
        connection.execute(insert(rests_on), rows)


def resting_on(connection: Connection, kind: str, values: Sequence[str]) -> list[Row]:
    """Return the rulings that rest on any of these certificates or seals, once for each."""
    query = (
        select(ruling, rests_on.c.kind, rests_on.c.value)
        .join(rests_on, rests_on.c.message_id == _HERE.message_id)
        .where(rests_on.c.kind == kind, rests_on.c.value.in_(values))
        .order_by(_HERE.received_at)
    )
    return [dict(row) for row in connection.execute(query).mappings()] if values else []


def holders(connection: Connection, message_ids: Sequence[str]) -> list[str]:
    """Return the partners that have one of these messages, or may have it: whose delivery was not withdrawn."""
    given = and_(delivery.c.message_id.in_(message_ids), delivery.c.status != "withdrawn")
    query = select(delivery.c.partner).where(given).distinct()
    return sorted(connection.execute(query).scalars()) if message_ids else []


def withdraw(connection: Connection, message_ids: Sequence[str], code: str, now: int) -> set[str]:
    """Withdraw the deliveries of messages that nobody can have seen yet, and the dead ones, which would block others.

    Returns the partners to wake.
    """
    unseen = and_(literal_column(OPEN), delivery.c.lease.is_(None), delivery.c.attempts == 0)
    unseen = and_(delivery.c.message_id.in_(message_ids), or_(unseen, delivery.c.status == "dead"))
    values = {"status": "withdrawn", "due_at": None, "code": code, "facts": None}
    gone = connection.execute(
        update(delivery).where(unseen).values(values).returning(delivery.c.partner, delivery.c.case_id)
    ).all()
    for partner, case_id in gone:
        due.wake(connection, partner, [case_id] if case_id else [], now)
    return {partner for partner, _ in gone}


def deliver(connection: Connection, file: CaseFile, kept: Row, due_at: Sequence[DueDelivery], now: int) -> set[str]:
    """Make a ruling's message, which went to nobody, due at partners, in the order in which the case is now.

    Returns them; ``file``, which is locked, is saved by whoever speaks in the case next.
    """
    common = {"message_id": kept["message_id"], "case_id": file.id, "step": file.step, "type": kept["paper"],
              "status": "pending", "due_at": now, "created_at": now}  # fmt: skip
    rows = [
        {**common, "id": uuid7(), "partner": each.partner, "why": each.why, "independent": each.independent,
         "priority": each.priority, "deadline_at": now + int(each.deadline_days * DAY)}
        for each in due_at
    ]  # fmt: skip
    insert_rows(connection, delivery, rows)
    file.parties.update(each.partner for each in due_at)
    return {each.partner for each in due_at}


def said(connection: Connection, ids: Sequence[str]) -> list[str]:
    """Return which of these ids are messages that were said."""
    return list(connection.execute(select(message.c.id).where(message.c.id.in_(ids))).scalars()) if ids else []


def counted(connection: Connection) -> dict[str, int]:
    """Return how many rulings wait in each state, the first ten thousand of all."""
    rows = select(_HERE.state).where(literal_column(UNFINISHED), _HERE.state.in_(WAITING)).limit(MOST).subquery()
    query = select(rows.c.state, func.count().label("count")).group_by(rows.c.state)
    found = {state: count for state, count in connection.execute(query)}  # noqa: C416  # rows, not pairs
    return {state: found.get(state, 0) for state in WAITING}


def read_checks(text: str | None) -> list[dict[str, Any]]:
    """Return what each check of a ruling found."""
    found: list[dict[str, Any]] = orjson.loads(text) if text else []
    return found


def write_checks(checks: Sequence[dict[str, Any]]) -> str:
    """Return what is kept of the checks."""
    return orjson.dumps(list(checks)).decode()
