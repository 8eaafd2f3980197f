"""What people ask the store: the trace of a case, what waits, what is dead. Reads only, and nothing personal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, literal_column, or_, select

from gateway.store.inbox import read_facts
from gateway.store.outbox import UNDELIVERED
from gateway.store.tables import attempt, case_reference, delivery, dispute_case, document, inbox, leg, message, request
from gateway.store.tables import message_document as link
from gateway.store.times import moment

Row = dict[str, Any]
TIMES = frozenset(
    {"received_at", "decided_at", "deadline_at", "time", "holder_since", "opened_at", "closed_at", "dispatched_at",
     "accepted_at", "since", "due_at", "created_at", "delivered_at", "receipt_due", "started_at"}
)  # fmt: skip


def find_case(connection: Connection, name: str) -> str | None:
    """Return the case that ``name`` means: its id, a partner's id or case number of it, or a message or receipt id."""
    lookups = (
        select(dispute_case.c.id).where(dispute_case.c.id == name),
        select(case_reference.c.case_id).where(case_reference.c.value == name),
        select(message.c.case_id).where(message.c.id == name),
        select(inbox.c.case_id).where(inbox.c.id == name),
        select(inbox.c.case_id).where(inbox.c.record_id == name, inbox.c.case_id.is_not(None)),
        select(delivery.c.case_id).where(delivery.c.id == name),
    )
    found = (connection.execute(query.limit(1)).scalar() for query in lookups)
    return next((case_id for case_id in found if case_id), None)


def trace(connection: Connection, case_id: str) -> Row:
    """Return a case with its names, legs, messages, deliveries and attempts, and the records that did not enter it."""
    case = _one(connection, select(dispute_case).where(dispute_case.c.id == case_id))
    case["flags"] = orjson.loads(case.pop("snapshot"))["flags"]
    case["parties"] = orjson.loads(case["parties"])
    steps = _all(connection, _messages().where(message.c.case_id == case_id).order_by(message.c.step))
    deliveries = _all(connection, _deliveries().where(delivery.c.case_id == case_id).order_by(delivery.c.step))
    attempts = _all(connection, _attempts(delivery.c.case_id == case_id))
    hops = _grouped(attempts, "delivery_id")
    for each in deliveries:
        each["tries"] = hops.get(each["id"], [])
    by_message = _grouped(deliveries, "message_id")
    for step in steps:
        step["deliveries"] = by_message.get(step["id"], [])
    other = _records().where(inbox.c.case_id == case_id, inbox.c.fate != "accepted").order_by(inbox.c.received_at)
    references = select(case_reference).where(case_reference.c.case_id == case_id).order_by(case_reference.c.since)
    return {
        "case": case,
        "references": _all(connection, references),
        "legs": _all(connection, select(leg).where(leg.c.case_id == case_id).order_by(leg.c.number)),
        "steps": steps,
        "documents": _all(connection, _documents(case_id)),
        "other_records": _all(connection, other),
    }


def cases(connection: Connection, *, limit: int = 100) -> list[Row]:
    """Return the newest cases."""
    query = select(
        dispute_case.c.id, dispute_case.c.state, dispute_case.c.holder, dispute_case.c.holder_since,
        dispute_case.c.opened_at, dispute_case.c.step,
    ).order_by(dispute_case.c.opened_at.desc()).limit(limit)  # fmt: skip
    return _all(connection, query)


def records(
    connection: Connection, *, fate: str | None = None, partner: str | None = None, limit: int = 100
) -> list[Row]:
    """Return the newest records with their fate."""
    query = _records().order_by(inbox.c.received_at.desc(), inbox.c.id.desc()).limit(limit)
    if fate:
        query = query.where(inbox.c.fate == fate)
    if partner:
        query = query.where(inbox.c.partner == partner)
    return _all(connection, query)


def deliveries(
    connection: Connection, *, status: str | None = None, partner: str | None = None, limit: int = 100
) -> list[Row]:
    """Return the newest deliveries; ``blocked`` is no status of its own but an open one behind a dead one."""
    query = _deliveries().order_by(delivery.c.created_at.desc(), delivery.c.id.desc()).limit(limit)
    if status == "blocked":
        query = query.where(literal_column("delivery.status IN ('pending', 'in_doubt')"), _blocked())
    elif status:
        query = query.where(delivery.c.status == status)
    if partner:
        query = query.where(delivery.c.partner == partner)
    return _all(connection, query)


def counts(connection: Connection) -> Row:
    """Return how much there is of everything, by state, and the oldest that is undelivered per partner."""
    fates = connection.execute(select(inbox.c.fate, func.count()).group_by(inbox.c.fate)).all()
    statuses = connection.execute(select(delivery.c.status, func.count()).group_by(delivery.c.status)).all()
    lag = connection.execute(
        select(delivery.c.partner, func.count(), func.min(delivery.c.created_at))
        .where(literal_column(UNDELIVERED))
        .group_by(delivery.c.partner)
    ).all()
    return {
        "records": {fate: count for fate, count in fates},  # noqa: C416  # rows, not pairs
        "deliveries": {status: count for status, count in statuses},  # noqa: C416  # rows, not pairs
        "refused_requests": connection.execute(
            select(func.count()).select_from(request).where(request.c.code.is_not(None))
        ).scalar(),
        "attempts": connection.execute(select(func.count()).select_from(attempt)).scalar(),
        "cases": connection.execute(select(func.count()).select_from(dispute_case)).scalar(),
        "waiting": [{"partner": p, "deliveries": n, "oldest": moment(at)} for p, n, at in lag],
    }


def _records() -> Select[Any]:
    return select(
        inbox.c.id, inbox.c.partner, inbox.c.kind, inbox.c.record_id, inbox.c.version, inbox.c.fate, inbox.c.message_id,
        inbox.c.case_id, inbox.c.code, inbox.c.facts, inbox.c.field, inbox.c.waits_for, inbox.c.deadline_at,
        inbox.c.revision, inbox.c.received_at, inbox.c.decided_at,
    )  # fmt: skip


def _messages() -> Select[Any]:
    return select(*[column for column in message.c if column.name != "content_sealed"])


def _deliveries() -> Select[Any]:
    return select(delivery, _blocked().label("blocked"))


def _attempts(condition: ColumnElement[bool]) -> Select[Any]:
    join = select(attempt).join(delivery, delivery.c.id == attempt.c.delivery_id)
    return join.where(condition).order_by(attempt.c.started_at, attempt.c.id)


def _documents(case_id: str) -> Select[Any]:
    wanted = (document.c.id, document.c.state, document.c.sha256, document.c.size, document.c.media_type,
              document.c.attempts, document.c.code, link.c.message_id)  # fmt: skip
    query = select(*wanted).join(link, link.c.document_id == document.c.id)
    return query.join(message, message.c.id == link.c.message_id).where(message.c.case_id == case_id)


def _blocked() -> ColumnElement[bool]:
    before = delivery.alias("earlier")
    return exists().where(
        and_(
            before.c.case_id == delivery.c.case_id,
            before.c.partner == delivery.c.partner,
            before.c.step < delivery.c.step,
            before.c.independent.is_(False),
            or_(before.c.status == "dead", and_(before.c.status == "in_doubt", before.c.due_at.is_(None))),
        )
    )


def _one(connection: Connection, query: Select[Any]) -> Row:
    return _shown(connection.execute(query).mappings().one())


def _all(connection: Connection, query: Select[Any]) -> list[Row]:
    return [_shown(row) for row in connection.execute(query).mappings()]


def _shown(row: Mapping[Any, Any]) -> Row:
    shown: Row = {}
    for name, value in row.items():
        if name in TIMES and isinstance(value, int):
            shown[name] = moment(value)
        elif name == "facts":
            shown[name] = read_facts(value)
        elif not str(name).endswith("_sealed"):
            shown[str(name)] = bool(value) if name in {"blocked", "independent"} else value
    return shown


def _grouped(rows: Iterable[Row], name: str) -> dict[str, list[Row]]:
    grouped: dict[str, list[Row]] = {}
    for row in rows:
        grouped.setdefault(row[name], []).append(row)
    return grouped
