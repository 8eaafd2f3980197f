"""Documents that no row refers to: taken off the shelf in two steps, a grace apart, and a census for people.

    kept, no row, older than the grace ─► aside, no row, a grace later ─► gone

A crash between a document and its row leaves one, and so does a row that has expired. Nothing is locked: a document
is young when it comes, comes again or is asked for, and one that was set aside at that very moment is brought back by
the first who asks for it. A record that is held or parked has no rows of documents yet, so whatever is as old as the
oldest of them, or younger, stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, func, select

from gateway.store.documents.documents import Documents
from gateway.store.documents.shelf import Item
from gateway.store.tables import document, inbox, request, ruling
from gateway.store.times import moment

GRACE = timedelta(hours=24)
SLACK = timedelta(hours=2)  # clocks differ, and a shelf may call a document young that was asked for an hour ago
STEP = 500
REFERENCES = (document.c.sha256, request.c.document, ruling.c.evidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What one step did, in documents. ``after``: where the next one goes on; None at the end."""

    looked_at: int = 0
    set_aside: int = 0
    brought_back: int = 0
    dropped: int = 0
    after: str | None = None

    def __add__(self, other: Collected) -> Collected:
        return Collected(
            looked_at=self.looked_at + other.looked_at,
            set_aside=self.set_aside + other.set_aside,
            brought_back=self.brought_back + other.brought_back,
            dropped=self.dropped + other.dropped,
            after=other.after,
        )


def collect_orphans(
    engine: Engine, documents: Documents, *, now: datetime, grace: timedelta = GRACE, after: str = "", limit: int = STEP
) -> Collected:
    """Take one step over the documents whose names come after ``after``: at most ``limit`` kept and ``limit`` aside.

    Raises StoreUnavailable, or what the database raises; nothing is dropped then that should not be.
    """
    shelf = documents.shelf
    kept, aside = (shelf.listed(after, limit, aside=each) for each in (False, True))
    end = min((each[-1].name for each in (kept, aside) if len(each) >= limit), default=None)
    names = {item.name for item in (*kept, *aside) if end is None or item.name <= end}
    with engine.connect() as connection:
        before = _settled(connection, now, grace)
        wanted = referenced(connection, sorted(names))
    found = Collected(looked_at=len(names))
    for item in _old(aside, names, before):
        found += _of_aside(documents, item, wanted=item.name in wanted, before=before)
    for item in _old(kept, names, before):
        if item.name not in wanted:
            found += _of_kept(documents, item, before=before)
    return replace(found, after=end)


def referenced(connection: Connection, names: Sequence[str]) -> set[str]:
    """Return those of the digests that some row refers to."""
    if not names:
        return set()
    found = [connection.execute(select(column).where(column.in_(names)).distinct()).scalars() for column in REFERENCES]
    return {name for each in found for name in each}


def digests(connection: Connection, step: int = STEP) -> Iterator[str]:
    """Yield every digest that a row refers to, in order, each once."""
    after = ""
    while True:
        found: set[str] = set()
        for column in REFERENCES:
            query = select(column).where(column > after).distinct().order_by(column).limit(step)
            found.update(connection.execute(query).scalars())
        some = sorted(found)[:step]
        yield from some
        if len(some) < step:
            return
        after = some[-1]


def on_shelf(documents: Documents, *, aside: bool = False, step: int = STEP) -> Iterator[Item]:
    """Yield every document, in the order of their names."""
    after = ""
    while found := documents.shelf.listed(after, step, aside=aside):
        yield from found
        after = found[-1].name


def _settled(connection: Connection, now: datetime, grace: timedelta) -> datetime:
    """Return the time before which whatever needed a document has got its row."""
    waits = select(func.min(inbox.c.received_at)).where(inbox.c.fate.in_(("held", "parked")))
    oldest = connection.execute(waits).scalar()
    return now - grace if oldest is None else min(now - grace, moment(oldest) - SLACK)


def _old(items: Sequence[Item], names: set[str], before: datetime) -> Iterator[Item]:
    return (item for item in items if item.name in names and item.modified < before)


def _of_aside(documents: Documents, item: Item, *, wanted: bool, before: datetime) -> Collected:
    shelf = documents.shelf
    brought_back = wanted and shelf.modified(item.name) is None and shelf.bring_back(item.name)
    modified = shelf.modified(item.name, aside=True)
    if modified is None or modified >= before:  # somebody else was here, or it was set aside anew
        return Collected(brought_back=int(brought_back))
    return Collected(brought_back=int(brought_back), dropped=int(shelf.remove(item.name, aside=True)))


def _of_kept(documents: Documents, item: Item, *, before: datetime) -> Collected:
    """Set an orphan aside, unless it has become young; what is aside already is dropped first, at its own time."""
    shelf = documents.shelf
    modified = shelf.modified(item.name)
    if modified is None or modified >= before or shelf.modified(item.name, aside=True) is not None:
        return Collected()
    shelf.set_aside(item.name)
    return Collected(set_aside=1)
