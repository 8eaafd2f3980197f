"""How far each polled partner has been polled, and when it is polled again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, select, update

from gateway.store.among import among
from gateway.store.arrivals import Polled
from gateway.store.tables import poll
from gateway.store.upsert import insert_missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One partner's progress; times in milliseconds. ``failures``: in a row, the last one with its ``code``."""

    partner: str
    due_at: int
    polled_at: int | None
    failures: int
    code: str | None
    cursor_sealed: bytes | None = field(repr=False)


def progress(connection: Connection, partners: Collection[str]) -> dict[str, Progress]:
    """Return what is known of partners; one that was never polled is not there."""
    rows = connection.execute(_READ, {"partners": list(partners)}).mappings()
    return {row["partner"]: Progress(**row) for row in rows}


def brought(connection: Connection, polled: Mapping[str, Polled], now: int) -> None:
    """Keep how far partners were polled, in the transaction of what that brought."""
    for partner, each in polled.items():
        values = {"cursor_sealed": each.cursor_sealed, "due_at": each.due_at, "polled_at": now}
        _write(connection, partner, {**values, "failures": 0, "code": None, "facts": None})


def failed(connection: Connection, partner: str, *, failures: int, code: str, facts: str | None, due_at: int) -> None:
    """Keep that polling a partner failed, and when it is polled again; how far it was polled stays."""
    _write(connection, partner, {"failures": failures, "code": code, "facts": facts, "due_at": due_at})


def _write(connection: Connection, partner: str, values: Mapping[str, object]) -> None:
    if connection.execute(update(poll).where(poll.c.partner == partner).values(**values)).rowcount == 0:
        insert_missing(connection, poll, [{"partner": partner, **values}])


_READ = select(
    poll.c.partner, poll.c.due_at, poll.c.polled_at, poll.c.failures, poll.c.code, poll.c.cursor_sealed
).where(among(poll.c.partner, "partners"))
