"""Both sequences of each partner across a gate: what went out and may be asked for again, what is to come in next."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import Connection, delete, insert, select, update

from gateway.store.tables import ferry, ferry_package
from gateway.store.upsert import insert_missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """How far both ways have come: numbers of packages. ``theirs``: the last that the other end says it sent."""

    sent: int = 0
    expects: int = 1
    theirs: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A package that the other end may still ask for."""

    number: int
    kind: str
    about: str
    contents_sealed: bytes = field(repr=False)


def reached(connection: Connection, partner: str) -> Reached:
    """Return how far both ways have come."""
    row = connection.execute(_REACHED.where(ferry.c.partner == partner)).mappings().first()
    return Reached(**row) if row else Reached()


def load(connection: Connection, partner: str, *, kind: str, about: str, contents_sealed: bytes) -> Loaded:
    """Give what goes out the next number, and keep it. A record that is still kept goes again under its own number."""
    insert_missing(connection, ferry, [{"partner": partner}])
    number = connection.execute(
        update(ferry).where(ferry.c.partner == partner).values(sent=ferry.c.sent + 1).returning(ferry.c.sent)
    ).scalar_one()  # first: whoever else loads for this partner waits here
    known = _known(connection, partner, about) if kind == "record" else None
    if known is not None:
        connection.execute(update(ferry).where(ferry.c.partner == partner).values(sent=ferry.c.sent - 1))
        return known
    loaded = Loaded(number=number, kind=kind, about=about, contents_sealed=contents_sealed)
    row = {"number": number, "kind": kind, "about": about, "contents_sealed": contents_sealed}
    connection.execute(insert(ferry_package), [{"partner": partner, **row}])
    return loaded


def _known(connection: Connection, partner: str, about: str) -> Loaded | None:
    kept = _LOADED.where(
        ferry_package.c.partner == partner, ferry_package.c.kind == "record", ferry_package.c.about == about
    )
    row = connection.execute(kept).mappings().first()
    return Loaded(**row) if row else None


def took(connection: Connection, partner: str, number: int) -> None:
    """Note that a package came in: the next one is expected."""
    insert_missing(connection, ferry, [{"partner": partner}])
    connection.execute(
        update(ferry).where(ferry.c.partner == partner, ferry.c.expects == number).values(expects=number + 1)
    )


def heard(connection: Connection, partner: str, *, expects: int, sent: int) -> None:
    """Take the other end's word: it has what lies before ``expects``, and the last that it sent is ``sent``.

    An end that was restored from a backup goes on behind the numbers that it had used, for those would be taken for
    repetitions.
    """
    insert_missing(connection, ferry, [{"partner": partner}])
    connection.execute(update(ferry).where(ferry.c.partner == partner, ferry.c.theirs < sent).values(theirs=sent))
    connection.execute(
        update(ferry).where(ferry.c.partner == partner, ferry.c.sent < expects - 1).values(sent=expects - 1)
    )
    connection.execute(
        delete(ferry_package).where(ferry_package.c.partner == partner, ferry_package.c.number < expects)
    )


def asked_for(connection: Connection, partner: str, numbers: Collection[int]) -> list[Loaded]:
    """Return those of the packages that are still kept, in their order."""
    asked = _LOADED.where(ferry_package.c.partner == partner, ferry_package.c.number.in_(list(numbers)))
    return [Loaded(**row) for row in connection.execute(asked.order_by(ferry_package.c.number)).mappings()]


def waits(connection: Connection, partner: str) -> bool:
    """Say whether the other end has not yet said that it has everything."""
    waiting = select(ferry_package.c.number).where(ferry_package.c.partner == partner).limit(1)
    return connection.execute(waiting).first() is not None


_REACHED = select(ferry.c.sent, ferry.c.expects, ferry.c.theirs)
_LOADED = select(ferry_package.c.number, ferry_package.c.kind, ferry_package.c.about, ferry_package.c.contents_sealed)
