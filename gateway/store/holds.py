"""Legal holds: who keeps which case from being pruned, since when and why."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select, update

from gateway.canonical.identifiers import uuid7
from gateway.store.tables import dispute_case, legal_hold


def place(connection: Connection, case_id: str, *, reason: str, by: str, now: int) -> bool:
    """Put a case under hold; False when it is under one. The case is locked: nothing of it is pruned meanwhile."""
    connection.execute(select(dispute_case.c.id).where(dispute_case.c.id == case_id).with_for_update())
    if _in_force(connection, case_id) is not None:
        return False
    row = {"id": uuid7(), "case_id": case_id, "reason": reason, "placed_by": by, "placed_at": now}
    connection.execute(insert(legal_hold).values(row))
    return True


def release(connection: Connection, case_id: str, *, by: str, now: int) -> bool:
    """End the hold of a case; False when it is under none."""
    hold = _in_force(connection, case_id)
    if hold is None:
        return False
    connection.execute(update(legal_hold).where(legal_hold.c.id == hold).values(released_by=by, released_at=now))
    return True


def _in_force(connection: Connection, case_id: str) -> str | None:
    query = select(legal_hold.c.id).where(legal_hold.c.case_id == case_id, legal_hold.c.released_at.is_(None))
    found: str | None = connection.execute(query).scalar()
    return found
