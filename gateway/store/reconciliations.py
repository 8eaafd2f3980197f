"""The comparisons with partners: one row for each partner and day, and one for every difference that was found.

running ──► done                  a day that is done is not compared again by itself
   │  ▲
   ▼  │ (due_at)
 failed                           cannot: the partner takes no part, and the report says so
A difference stays unsettled until a later look finds it gone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, delete, func, or_, select, update

from gateway.errors import Fact
from gateway.store.bulk import change_rows, insert_rows
from gateway.store.inbox import read_facts
from gateway.store.tables import delivery, reconciliation, reconciliation_item
from gateway.store.times import moment
from gateway.store.upsert import insert_missing

Row = dict[str, Any]
MOST_ITEMS = 1000  # of one comparison, in a report
TIMES = ("due_at", "started_at", "finished_at", "found_at", "settled_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One difference of one comparison. ``resends``: how often it had the delivery sent again."""

    record_id: str
    outcome: str
    code: str
    delivery_id: str | None = None
    case_id: str | None = None
    kind: str | None = None
    facts: Mapping[str, Fact] = field(default_factory=dict)
    resends: int = 0
    settled: bool = False


def begin(connection: Connection, partner: str, day: str, *, now: int, until: int, anew: bool) -> bool:
    """Take a comparison into one's hands until ``until``. ``anew``: although it is done, or not due yet.

    Returns False where another process has it, or there is nothing to do.
    """
    fresh = {"partner": partner, "day": day, "state": "failed", "due_at": 0, "started_at": now}
    insert_missing(connection, reconciliation, [fresh])
    free = or_(reconciliation.c.due_at.is_(None), reconciliation.c.due_at <= now)
    may = or_(reconciliation.c.state != "running", free) if anew else free & reconciliation.c.state.in_(_UNFINISHED)
    taken: int = connection.execute(
        update(reconciliation)
        .where(_IS, may)
        .values(state="running", due_at=until, runs=reconciliation.c.runs + 1, started_at=now),
        {"b_partner": partner, "b_day": day},
    ).rowcount
    return taken > 0


def end(connection: Connection, partner: str, day: str, state: str, *, now: int, **values: Any) -> None:
    """Write how a comparison ended: ``done``, ``failed`` (with ``due_at``) or ``cannot``; ``facts`` as they are."""
    facts = values.pop("facts", None)
    ended = {"due_at": None, "code": None, **values, "facts": orjson.dumps(dict(facts)).decode() if facts else None}
    row = {"partner": partner, "day": day, "state": state, "started_at": now}
    insert_missing(connection, reconciliation, [row])
    connection.execute(
        update(reconciliation).where(_IS).values(state=state, finished_at=now, **ended),
        {"b_partner": partner, "b_day": day},
    )


def put_items(connection: Connection, partner: str, day: str, items: Sequence[Item], now: int) -> None:
    """Write differences of a comparison, in the place of what an earlier look at the same day said of these records."""
    query = select(reconciliation_item).where(
        reconciliation_item.c.partner == partner,
        reconciliation_item.c.day == day,
        reconciliation_item.c.record_id.in_([each.record_id for each in items]),
    )
    before = {row["record_id"]: dict(row) for row in connection.execute(query).mappings()}
    named = [{"b_partner": partner, "b_day": day, "b_record": record_id} for record_id in before]
    change_rows(connection, _FORGET, named)
    rows = [_row(partner, day, each, before.get(each.record_id), now) for each in items]
    insert_rows(connection, reconciliation_item, rows)


def settle_gone(connection: Connection, partner: str, day: str, found: Collection[str], now: int) -> None:
    """Settle what an earlier look at the same day found and this one did not.

    Not what was missing: it has been sent again, and only its arrival settles that (``settle``).
    """
    query = select(reconciliation_item.c.record_id).where(
        reconciliation_item.c.partner == partner,
        reconciliation_item.c.day == day,
        reconciliation_item.c.outcome != "missing",
        reconciliation_item.c.settled_at.is_(None),
    )
    gone = [record_id for record_id in connection.execute(query).scalars() if record_id not in found]
    rows = [{"b_partner": partner, "b_day": day, "b_record": record_id, "b_now": now} for record_id in gone]
    change_rows(connection, _SETTLE, rows)


def settle(connection: Connection, partner: str, matched: Collection[str], now: int) -> int:
    """Settle every difference, of whatever day, about a record that now agrees. Returns how many."""
    query = select(reconciliation_item.c.day, reconciliation_item.c.record_id).where(
        reconciliation_item.c.partner == partner, reconciliation_item.c.settled_at.is_(None)
    )
    agree = [row for row in connection.execute(query) if row.record_id in matched]
    rows = [{"b_partner": partner, "b_day": row.day, "b_record": row.record_id, "b_now": now} for row in agree]
    change_rows(connection, _SETTLE, rows)
    return len(rows)


def runs(connection: Connection, partner: str, day: str) -> int:
    """Return how often a comparison was begun."""
    query = select(reconciliation.c.runs).where(reconciliation.c.partner == partner, reconciliation.c.day == day)
    return connection.execute(query).scalar() or 0


def known(connection: Connection, partner: str, since: str) -> dict[str, Row]:
    """Return the comparisons with a partner from a day on, by day."""
    query = select(reconciliation).where(reconciliation.c.partner == partner, reconciliation.c.day >= since)
    return {row["day"]: dict(row) for row in connection.execute(query).mappings()}


def began_before(connection: Connection, partner: str, day: str) -> bool:
    """Say whether a partner was compared with for a day before ``day``."""
    query = select(reconciliation.c.day).where(reconciliation.c.partner == partner, reconciliation.c.day < day)
    return connection.execute(query.limit(1)).first() is not None


def report(connection: Connection, *, since: str, until: str, partner: str | None = None) -> list[Row]:
    """Return the comparisons of the days ``[since, until]``, newest first, each with its differences.

    ``counts``: of the differences by outcome; ``unsettled``: how many still are differences. ``status`` of an item is
    what became of its delivery since.
    """
    query = select(reconciliation).where(reconciliation.c.day >= since, reconciliation.c.day <= until)
    if partner:
        query = query.where(reconciliation.c.partner == partner)
    rows = connection.execute(query.order_by(reconciliation.c.day.desc(), reconciliation.c.partner)).mappings()
    return [_with_items(connection, _shown(row)) for row in rows]


_UNFINISHED = ("running", "failed")
_IS = (reconciliation.c.partner == bindparam("b_partner")) & (reconciliation.c.day == bindparam("b_day"))
_SETTLE = (
    update(reconciliation_item)
    .where(
        reconciliation_item.c.partner == bindparam("b_partner"),
        reconciliation_item.c.day == bindparam("b_day"),
        reconciliation_item.c.record_id == bindparam("b_record"),
    )
    .values(settled_at=bindparam("b_now"))
)
_FORGET = delete(reconciliation_item).where(
    reconciliation_item.c.partner == bindparam("b_partner"),
    reconciliation_item.c.day == bindparam("b_day"),
    reconciliation_item.c.record_id == bindparam("b_record"),
)


def _row(partner: str, day: str, item: Item, before: Row | None, now: int) -> Row:
    settled = now if item.settled else None
    return {
        "partner": partner,
        "day": day,
        "record_id": item.record_id,
        "delivery_id": item.delivery_id,
        "case_id": item.case_id,
        "kind": item.kind,
        "outcome": item.outcome,
        "code": item.code,
        "facts": orjson.dumps(dict(item.facts)).decode() if item.facts else None,
        "resends": item.resends + (before["resends"] if before else 0),
        "found_at": before["found_at"] if before else now,
        "settled_at": (before["settled_at"] or settled) if before and item.settled else settled,
    }


def _with_items(connection: Connection, run: Row) -> Row:
    here = (reconciliation_item.c.partner == run["partner"]) & (reconciliation_item.c.day == run["day"])
    counted = select(
        reconciliation_item.c.outcome,
        func.count().label("found"),
        (func.count() - func.count(reconciliation_item.c.settled_at)).label("unsettled"),
    ).where(here)
    counts = connection.execute(counted.group_by(reconciliation_item.c.outcome)).all()
    items = (
        select(reconciliation_item, delivery.c.status)
        .outerjoin(delivery, delivery.c.id == reconciliation_item.c.delivery_id)
        .where(here)
        .order_by(reconciliation_item.c.outcome, reconciliation_item.c.record_id)
        .limit(MOST_ITEMS)
    )
    return {
        **run,
        "counts": {row.outcome: row.found for row in counts},
        "unsettled": sum(row.unsettled for row in counts),
        "items": _items(connection.execute(items).mappings()),
    }


def _items(rows: Iterable[Mapping[Any, Any]]) -> list[Row]:
    return [{name: value for name, value in _shown(row).items() if name not in ("partner", "day")} for row in rows]


def _shown(row: Mapping[Any, Any]) -> Row:
    shown: Row = {str(name): value for name, value in row.items()}
    for name in TIMES:
        if isinstance(shown.get(name), int):
            shown[name] = moment(shown[name])
    shown["facts"] = read_facts(shown["facts"])
    return shown
