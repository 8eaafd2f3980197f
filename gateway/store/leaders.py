"""One process leads at a time, by a lease in the database; another takes over when it runs out."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, or_, update

from gateway.store.tables import leader
from gateway.store.upsert import insert_missing


def lead(connection: Connection, name: str, *, holder: str, now: int, until: int) -> bool:
    """Take or renew the lead; False where another process has it."""
    wanted = {"b_name": name, "b_holder": holder, "b_now": now, "b_until": until}
    if connection.execute(_RENEW, wanted).rowcount or connection.execute(_TAKE, wanted).rowcount:
        return True
    row = {"name": name, "holder": holder, "until": until, "since": now, "beat_at": now}
    insert_missing(connection, leader, [row])
    return bool(connection.execute(_RENEW, wanted).rowcount)


def step_down(connection: Connection, name: str, holder: str, now: int) -> None:
    """Give the lead up, so that the next process need not wait for the lease to end."""
    connection.execute(update(leader).where(leader.c.name == name, leader.c.holder == holder).values(until=now))


_RENEW = (
    update(leader)
    .where(leader.c.name == bindparam("b_name"), leader.c.holder == bindparam("b_holder"))
    .values(until=bindparam("b_until"), beat_at=bindparam("b_now"))
)
_TAKE = (
    update(leader)
    .where(
        leader.c.name == bindparam("b_name"),
        or_(leader.c.until < bindparam("b_now"), leader.c.holder == bindparam("b_holder")),
    )
    .values(
        holder=bindparam("b_holder"), until=bindparam("b_until"), since=bindparam("b_now"), beat_at=bindparam("b_now")
    )
)
