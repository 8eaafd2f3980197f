"""Who drains a partner's lane: no more processes at once than the partner's row allows, each in a slot of its own.

A slot is a lease like a delivery's: renewed by every turn, given up at the end, and anybody's once it has run out. It
keeps a small office from being flooded by many workers; what is delivered is guarded by the deliveries' own leases.
"""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, or_, select, update

from gateway.store.tables import lane
from gateway.store.upsert import insert_missing


def take(connection: Connection, partner: str, *, slots: int, holder: str, now: int, until: int) -> int | None:
    """Take or renew a slot of a lane; return its number, None where others hold them all."""
    named = {"b_partner": partner, "b_holder": holder, "b_until": until}
    if (own := connection.execute(_RENEW, {**named, "b_slots": slots}).scalar()) is not None:
        slot: int = own
        return slot
    free = _free(connection, partner, slots, now)
    if free is not None:
        connection.execute(_TAKE, {**named, "b_slot": free})
    return free


def give_up(connection: Connection, partner: str, holder: str) -> None:
    """Give up what a process holds of a lane."""
    connection.execute(
        update(lane).where(lane.c.partner == partner, lane.c.holder == holder).values(holder=None, until=0)
    )


def _free(connection: Connection, partner: str, slots: int, now: int) -> int | None:
    """Lock a slot that nobody holds. One that another transaction is just taking counts as held."""
    query = _FREE.params(partner=partner, slots=slots, now=now)
    found: int | None = connection.execute(query).scalar()
    if found is not None:
        return found
    known = connection.execute(select(lane.c.slot).where(lane.c.partner == partner, lane.c.slot < slots)).all()
    if len(known) < slots:
        rows = [{"partner": partner, "slot": slot, "holder": None, "until": 0} for slot in range(slots)]
        insert_missing(connection, lane, rows)
        found = connection.execute(query).scalar()
    return found


_RENEW = (
    update(lane)
    .where(
        lane.c.partner == bindparam("b_partner"),
        lane.c.slot < bindparam("b_slots"),
        lane.c.holder == bindparam("b_holder"),
    )
    .values(until=bindparam("b_until"))
    .returning(lane.c.slot)
)
_FREE = (
    select(lane.c.slot)
    .where(
        lane.c.partner == bindparam("partner"),
        lane.c.slot < bindparam("slots"),
        or_(lane.c.holder.is_(None), lane.c.until < bindparam("now")),
    )
    .order_by(lane.c.slot)
    .limit(1)
    .with_for_update(skip_locked=True)
)
_TAKE = (
    update(lane)
    .where(lane.c.partner == bindparam("b_partner"), lane.c.slot == bindparam("b_slot"))
    .values(holder=bindparam("b_holder"), until=bindparam("b_until"))
)
