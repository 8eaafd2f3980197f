"""What people ask the store: the trace of a case, what waits, what is dead. Reads only, and nothing personal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, literal_column, or_, select

from gateway.canonical.messages import TYPES
from gateway.canonical.schema import title
from gateway.store.due import UNDELIVERED
from gateway.store.inbox import read_facts
from gateway.store.suspicions import suspected
from gateway.store.tables import (
    attempt,
    breaker,
    case_reference,
    confirmation,
    delivery,
    dispute_case,
    document,
    inbox,
    leg,
    legal_hold,
    message,
    request,
)
from gateway.store.tables import message_document as link
from gateway.store.times import moment

Row = dict[str, Any]
LONGEST_REST = timedelta(days=9)  # of a holiday with the weekends beside it, as the lifecycle has it
TIMES = frozenset(
    {"received_at", "decided_at", "deadline_at", "time", "holder_since", "opened_at", "closed_at", "dispatched_at",
     "accepted_at", "since", "due_at", "created_at", "delivered_at", "receipt_due", "started_at", "emptied_at",
      "placed_at", "released_at", "probe_at", "submitted_at", "acknowledged_at"}
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
    snapshot = orjson.loads(case.pop("snapshot"))
    case["flags"], case["profile"] = snapshot["flags"], snapshot.get("profile")
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
        "confirmations": _all(
            connection,
            select(confirmation).where(confirmation.c.case_id == case_id).order_by(confirmation.c.number),
        ),
        "steps": steps,
        "documents": _all(connection, _documents(case_id)),
        "holds": _all(connection, _holds().where(legal_hold.c.case_id == case_id)),
        "duplicates": suspected(connection, case_id=case_id),
        "other_records": _all(connection, other),
    }


def cases(
    connection: Connection, *, holder: str | None = None, open_only: bool = False, overdue_on: date | None = None,
    limit: int = 100,
) -> list[Row]:  # fmt: skip
    """Return the newest cases; ``holder``: those that this organisation must act in, which leaves out closed ones.

    ``overdue_on``: those whose holder should have acted before that day, the longest overdue first. A last day that is
    not certain counts once the longest holiday would be over too.
    """
    here = dispute_case.c
    query = select(
        here.id, here.state, here.holder, here.holder_since, here.holder_until, here.opened_at, here.step,
        here.clock, here.clock_since, here.clock_until, here.clock_provisional,
    ).limit(limit)  # fmt: skip
    if overdue_on is None:
        query = query.order_by(here.opened_at.desc(), here.id.desc())
    else:
        certain = and_(here.holder_until < overdue_on.isoformat(), here.clock_provisional.is_not(True))
        surely = here.holder_until < (overdue_on - LONGEST_REST).isoformat()
        query = query.where(here.closed_at.is_(None), or_(certain, surely)).order_by(here.holder_until, here.id)
    if holder is not None:
        query = query.where(dispute_case.c.holder == holder)
    if open_only or holder is not None:
        query = query.where(dispute_case.c.closed_at.is_(None))
    return _all(connection, query)


def acknowledgements(connection: Connection, message_id: str) -> list[Row]:
    """Return whom a warning was sent to, and since when each has acknowledged it: None for who has not."""
    answered = message.alias("answered")
    query = (
        select(delivery.c.partner, delivery.c.status, func.min(answered.c.time).label("acknowledged_at"))
        .outerjoin(
            answered,
            and_(
                answered.c.causation_id == delivery.c.message_id,
                answered.c.partner == delivery.c.partner,
                answered.c.type == "warning_acknowledgement",
            ),
        )
        .where(delivery.c.message_id == message_id)
        .group_by(delivery.c.partner, delivery.c.status)
        .order_by(delivery.c.partner)
    )
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


def holds(connection: Connection, *, in_force: bool = True) -> list[Row]:
    """Return the legal holds, newest first; ``in_force``: only those not released."""
    query = _holds()
    return _all(connection, query.where(legal_hold.c.released_at.is_(None)) if in_force else query)


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


def breakers(connection: Connection) -> list[Row]:
    """Return the breaker of every partner that has failed since it last answered, the open ones first.

    ``state``: ``closed`` (deliveries go), ``open`` (none goes before ``probe_at``) or ``probing`` (one tries it).
    """
    query = select(
        breaker.c.partner, breaker.c.state, breaker.c.failures, breaker.c.reason, breaker.c.opened_at,
        breaker.c.probe_at, breaker.c.waits,
    ).where(breaker.c.failures > 0)  # fmt: skip
    return _all(connection, query.order_by(breaker.c.state == "closed", breaker.c.partner))


def _records() -> Select[Any]:
    return select(
        inbox.c.id, inbox.c.partner, inbox.c.kind, inbox.c.record_id, inbox.c.version, inbox.c.fate, inbox.c.message_id,
        inbox.c.case_id, inbox.c.code, inbox.c.facts, inbox.c.field, inbox.c.waits_for, inbox.c.deadline_at,
        inbox.c.revision, inbox.c.received_at, inbox.c.decided_at,
    )  # fmt: skip


def _holds() -> Select[Any]:
    return select(legal_hold).order_by(legal_hold.c.placed_at.desc(), legal_hold.c.id.desc())


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
        elif name == "lost_names":
            shown[name] = _lost(row["type"], value)
        elif not str(name).endswith("_sealed"):
            shown[str(name)] = bool(value) if name in {"blocked", "independent"} else value
    return shown


def _lost(kind: str, kept: str | None) -> list[Row]:
    """Return the canonical paths of the fields without a place at the partner, each with its Chinese title."""
    paths: list[str] = orjson.loads(kept) if kept else []
    return [{"path": path, "title": title(kind, path) if kind in TYPES else path} for path in paths]


def _grouped(rows: Iterable[Row], name: str) -> dict[str, list[Row]]:
    grouped: dict[str, list[Row]] = {}
    for row in rows:
        grouped.setdefault(row[name], []).append(row)
    return grouped
