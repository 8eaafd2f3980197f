"""What the store holds, measured for a scrape: by indexes only, and never more than a bounded number of rows.

A million waiting deliveries cost no more than ten thousand: counts stop at ``MOST``, and the age of the oldest one is
looked for at the two ends of what is due (what was never tried stands at the front, what failed often at the back).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, text

from gateway.canonical.identifiers import BEIJING
from gateway.store import rulings
from gateway.store.due import PRIORITIES
from gateway.store.tables import OPEN, TIMED, UNDECIDED
from gateway.store.times import moment

MOST = 10_000  # rows counted
END = 500  # rows looked at, at each end of a priority
DEAD = 1_000  # dead deliveries whose successors are counted

Labels = tuple[str, ...]
Measured = dict[str, dict[Labels, float]]
PER_PARTNER = (
    "overdue_seconds", "oldest_undelivered_seconds", "dead_deliveries", "handed_deliveries", "person_deliveries",
    "awaited_documents", "blocked_deliveries",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """What waits at one partner. Times are milliseconds."""

    waiting: dict[int, int]
    due_at: int | None
    created_at: int | None


def measure(connection: Connection, partners: Collection[str], now: int) -> Measured:
    """Return values by metric (without prefix) and labels; every partner of ``partners`` is there, with 0 at least."""
    everybody = sorted({*partners, *_with_work(connection)})
    found: Measured = {name: {(partner,): 0.0 for partner in everybody} for name in PER_PARTNER}
    found |= {name: {} for name in ("waiting_deliveries", "waiting_records", "oldest_record_seconds")}
    for partner in everybody:
        lane = _lane(connection, partner)
        for priority, count in lane.waiting.items():
            found["waiting_deliveries"][partner, str(priority)] = count
        found["overdue_seconds"][partner,] = _age(lane.due_at, now)
        found["oldest_undelivered_seconds"][partner,] = _age(lane.created_at, now)
        for name, query in _COUNTS.items():
            found[name][partner,] = connection.execute(query, {"partner": partner}).scalar() or 0
    for partner, count in connection.execute(_BLOCKED):
        found["blocked_deliveries"][partner,] = count
    _add_records(connection, found, now)
    _add_processes(connection, found, now)
    today = {"today": moment(now).astimezone(BEIJING).date().isoformat(), "most": MOST}
    found["suspected_duplicates"] = {(): connection.execute(_SUSPECTED).scalar() or 0}
    found["waiting_rulings"] = {(state.lower(),): count for state, count in rulings.counted(connection).items()}
    found["overdue_cases"] = {(clock,): count for clock, count in connection.execute(_OVERDUE, today)}
    return found


def _with_work(connection: Connection) -> set[str]:
    return {partner for query in _PARTNERS for (partner,) in connection.execute(query) if partner is not None}


def _lane(connection: Connection, partner: str) -> Lane:
    waiting: dict[int, int] = {}
    due: list[int | None] = []
    created: list[int | None] = []
    for priority in PRIORITIES:
        asked = {"partner": partner, "priority": priority}
        waiting[priority] = connection.execute(_WAITING, asked).scalar() or 0
        ends = (_FRONT, _BACK) if waiting[priority] > 2 * END else (_WHOLE,) if waiting[priority] else ()
        for query in ends:
            row = connection.execute(query, asked).one()
            due.append(row.due_at)
            created.append(row.created_at)
    return Lane(waiting=waiting, due_at=_least(due), created_at=_least(created))


def _add_records(connection: Connection, found: Measured, now: int) -> None:
    for fate in ("held", "parked"):
        for partner, count, oldest in connection.execute(_RECORDS, {"fate": fate}):
            found["waiting_records"][partner, fate] = count
            age = _age(oldest, now)
            found["oldest_record_seconds"][fate,] = max(age, found["oldest_record_seconds"].get((fate,), 0))
        found["oldest_record_seconds"].setdefault((fate,), 0)


def _add_processes(connection: Connection, found: Measured, now: int) -> None:
    breakers = connection.execute(text("SELECT partner, state, failures FROM breaker")).all()
    found["breaker_open"] = {(row.partner,): float(row.state != "closed") for row in breakers}
    found["breaker_failures"] = {(row.partner,): row.failures for row in breakers}
    leaders = connection.execute(text("SELECT name, until, beat_at FROM leader")).all()
    found["clock_leads"] = {(row.name,): float(row.until > now) for row in leaders}
    found["clock_beat_seconds"] = {(row.name,): _age(row.beat_at, now) for row in leaders}


def _age(at: int | None, now: int) -> float:
    return 0.0 if at is None else max(0.0, (now - at) / 1000)


def _least(times: Iterable[int | None]) -> int | None:
    return min((time for time in times if time is not None), default=None)


def _walked(table: str, condition: str) -> Any:
    """Return a query for the partners in a partial index, from one to the next: DISTINCT would read all of it."""
    first = f"SELECT min(partner) FROM {table} WHERE {condition}"  # noqa: S608  # words of this file
    return text(
        f"WITH RECURSIVE walk(partner) AS ({first} UNION ALL SELECT ({first} AND partner > walk.partner)"  # noqa: S608
        " FROM walk WHERE walk.partner IS NOT NULL) SELECT partner FROM walk"
    )


def _counting(table: str, condition: str) -> Any:
    rows = f"SELECT 1 FROM {table} WHERE partner = :partner AND {condition} LIMIT {MOST}"  # noqa: S608
    return text(f"SELECT count(*) FROM ({rows}) AS counted")  # noqa: S608


def _end(order: str) -> Any:
    """Return a query for the first due and the oldest in what an order puts first, or in everything."""
    lane = f"partner = :partner AND priority = :priority AND {OPEN}"
    rows = f"SELECT due_at, created_at FROM delivery WHERE {lane} {order}"  # noqa: S608
    return text(f"SELECT min(due_at) AS due_at, min(created_at) AS created_at FROM ({rows}) AS looked_at")  # noqa: S608


# The conditions stand here as the partial indexes have them, literally: neither database sees through a parameter.
CLOSED = "status IN ('dead', 'handed')"
_PARTNERS = (_walked("delivery", OPEN), _walked("delivery", CLOSED))
_WAITING = _counting("delivery", f"priority = :priority AND {OPEN} ORDER BY due_at")  # or PostgreSQL reads all of them
_WHOLE = _end("")
_FRONT = _end(f"ORDER BY due_at LIMIT {END}")
_BACK = _end(f"ORDER BY due_at DESC LIMIT {END}")
_COUNTS = {
    "dead_deliveries": _counting("delivery", f"{CLOSED} AND status = 'dead'"),
    "handed_deliveries": _counting("delivery", f"{CLOSED} AND status = 'handed'"),
    "person_deliveries": _counting("delivery", f"priority IN (0, 1, 2) AND due_at IS NULL AND {OPEN}"),
    "awaited_documents": _counting("document", "state = 'awaited'"),
}
_BLOCKED = text(
    "SELECT later.partner, count(DISTINCT later.id)"  # noqa: S608
    f" FROM (SELECT case_id, partner, step FROM delivery WHERE {CLOSED} AND status = 'dead' AND NOT independent"
    f" LIMIT {DEAD}) AS dead JOIN delivery AS later ON later.case_id = dead.case_id AND later.partner = dead.partner"
    " AND later.step > dead.step AND NOT later.independent AND later.status IN ('pending', 'in_doubt')"
    " AND later.status IN ('pending', 'in_doubt', 'handed', 'dead') GROUP BY later.partner"
)
_OVERDUE = text(
    "SELECT clock, count(*) FROM (SELECT coalesce(clock, 'other') AS clock FROM dispute_case"  # noqa: S608
    f" WHERE {TIMED} AND holder_until < :today AND clock_provisional IS NOT TRUE LIMIT :most) AS over GROUP BY clock"
)
_SUSPECTED = text(
    f"SELECT count(*) FROM (SELECT 1 FROM suspicion WHERE {UNDECIDED} LIMIT {MOST}) AS suspected"  # noqa: S608
)
_RECORDS = text(
    "SELECT partner, count(*), min(received_at) FROM (SELECT partner, received_at FROM inbox"  # noqa: S608
    f" WHERE fate IN ('held', 'parked') AND fate = :fate ORDER BY received_at LIMIT {MOST}) AS waiting GROUP BY partner"
).bindparams(bindparam("fate"))
