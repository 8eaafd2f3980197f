"""Which cases somebody has to look at today, what has been said in them already, and the words of the gateway itself.

That something is said once is a matter of the key of ``reminder``: two clocks may want to say it, one of them can.
"""

from __future__ import annotations

from collections.abc import Set
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, insert, literal_column, select, update

from gateway.canonical.messages import Message
from gateway.store import cases, rows
from gateway.store.advancing import GATEWAY, advance
from gateway.store.arrivals import CaseFile, ClockRow, Judgement
from gateway.store.books import Books, Row
from gateway.store.journal import Journal
from gateway.store.tables import PROVISIONAL, WATCHED, delivery, dispute_case, reminder
from gateway.store.tables import message as message_table
from gateway.store.times import millis, moment

UNDELIVERED = "undelivered"


class Run(NamedTuple):
    """One run of a clock of a case, as ``reminder`` names it."""

    case_id: str
    clock: str
    number: int
    last: str


_ID = dispute_case.c.id


def due(connection: Connection, today: str, besides: Set[str], limit: int) -> list[str]:
    """Return cases that somebody has to look at today, or has never looked at, but for those in ``besides``."""
    query = select(_ID).where(literal_column(WATCHED), dispute_case.c.watch_on <= today).limit(limit)
    query = query.where(_ID.not_in(besides)) if besides else query
    return list(connection.execute(query.order_by(dispute_case.c.watch_on)).scalars())


def provisional(connection: Connection, after: str, limit: int) -> list[str]:
    """Return open cases with a last day that was not certain, in the order of their ids."""
    query = select(_ID).where(literal_column(PROVISIONAL), after < _ID).order_by(_ID).limit(limit)
    return list(connection.execute(query).scalars())


def said(connection: Connection, run: Run) -> Set[str]:
    """Return what has been said of one run of a clock."""
    here = reminder.c
    mine = (here.case_id == run.case_id, here.clock == run.clock, here.number == run.number, here.last == run.last)
    return set(connection.execute(select(here.degree).where(*mine)).scalars())


def reached(connection: Connection, message_id: str, partner: str) -> datetime | str | None:
    """Return when a message was delivered to a partner, ``UNDELIVERED``, or None where it was never due there."""
    query = select(delivery.c.delivered_at, delivery.c.status).where(
        delivery.c.message_id == message_id, delivery.c.partner == partner
    )
    row = connection.execute(query).first()
    if row is None or row.status == "withdrawn":
        return None
    return UNDELIVERED if row.delivered_at is None else moment(row.delivered_at)


def note(
    connection: Connection, run: Run, degree: str, *, organisation: str, message_id: str | None, code: str | None,
    now: datetime,
) -> None:  # fmt: skip
    """Keep that something was said, or could not be. Raises IntegrityError where another process has kept it."""
    row = run._asdict() | {"degree": degree, "organisation": organisation, "message_id": message_id, "code": code}
    connection.execute(insert(reminder).values(row | {"at": millis(now)}))


def set_clock(connection: Connection, case_id: str, clock: ClockRow | None, holder_until: str | None) -> None:
    """Keep what a case's clock is now, where nothing else of the case changes."""
    values = {**cases.clock_columns(clock), "holder_until": holder_until}
    connection.execute(update(dispute_case).where(dispute_case.c.id == case_id).values(values))


def speak(
    connection: Connection, journal: Journal, file: CaseFile, message: Message, judgement: Judgement, *,
    content: bytes, revision: str, now: datetime,
) -> set[str]:  # fmt: skip
    """Enter what the gateway itself says in a case that is locked. Returns the partners with something due."""
    assert judgement.after is not None  # noqa: S101  # it speaks of a case
    books = Books(connection, (), millis(now))
    row: Row = {"partner": GATEWAY, "received_at": books.now, "revision": revision}
    advance(books, row, message, judgement.after, file)
    books.add(message_table, rows.message_row(row, message, content, file, judgement.after))
    for each in judgement.due:
        books.add(delivery, rows.delivery_row(books.now, message, file, each))
        file.parties.add(each.partner)
    journal.take_up_parked(books)
    books.post()
    return {row["partner"] for row in books.rows[delivery]}
