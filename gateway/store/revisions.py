"""The revisions that were ever active, whole, so that a replay can go by the one that handled a message first."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select, update

from gateway.store.tables import revision


def activate(connection: Connection, revision_id: str, packed: bytes, now: int) -> None:
    """Make a revision the active one, keeping it if it is new."""
    known = connection.execute(select(revision.c.id).where(revision.c.id == revision_id)).scalar()
    connection.execute(update(revision).where(revision.c.active.is_(True)).values(active=False))
    if known is None:
        connection.execute(insert(revision).values(id=revision_id, packed=packed, active=False, created_at=now))
    changes = {"active": True, "activated_at": now}
    connection.execute(update(revision).where(revision.c.id == revision_id).values(changes))


def packed(connection: Connection, revision_id: str) -> bytes | None:
    """Return a kept revision, or None."""
    found: bytes | None = connection.execute(select(revision.c.packed).where(revision.c.id == revision_id)).scalar()
    return found


def active(connection: Connection, *, lock: bool = False) -> str | None:
    """Return the id of the active revision, or None before the first start.

    ``lock``: nobody else activates one until this transaction ends. None also where somebody just did.
    """
    query = select(revision.c.id).where(revision.c.active.is_(True))
    found: str | None = connection.execute(query.with_for_update() if lock else query).scalar()
    return found
