"""Partner sessions: what an adapter remembers between exchanges (an access token), encrypted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from gateway.contract import MemorySession
from gateway.errors import StoreUnavailable
from gateway.store.cipher import Cipher
from gateway.store.tables import partner_session
from gateway.store.times import millis, moment

Values = Mapping[str, tuple[str, datetime | None]]


def load(connection: Connection, cipher: Cipher, partner: str, system: str, session: MemorySession) -> None:
    """Fill a session with what is kept for a partner, if it is of this ``system``: no token goes to another address."""
    query = select(partner_session).where(partner_session.c.partner == partner)
    for row in connection.execute(query).mappings():
        try:
            value = cipher.open(row["value_sealed"], context=_context(partner, system, row["name"])).decode()
        except StoreUnavailable:  # of another system, or under a key that is gone: the adapter asks for a new one
            continue
        expires_at = moment(row["expires_at"]) if row["expires_at"] is not None else None
        session.put(row["name"], value, expires_at=expires_at)
    session.changed = False


def changed(session: MemorySession, now: datetime) -> Values | None:
    """Return what a session holds if it has changed since it was last asked, without what has expired; else None."""
    if not session.changed:
        return None
    session.changed = False
    for name, (_, expires_at) in list(session.values.items()):
        if expires_at is not None and expires_at <= now:
            del session.values[name]
    return dict(session.values)


def save(connection: Connection, cipher: Cipher, partner: str, system: str, values: Values | None) -> None:
    """Keep what a session holds; None: nothing has changed."""
    if values is None:
        return
    connection.execute(delete(partner_session).where(partner_session.c.partner == partner))
    rows = [
        {
            "partner": partner,
            "name": name,
            "value_sealed": cipher.seal(value.encode(), context=_context(partner, system, name)),
            "expires_at": millis(expires_at) if expires_at else None,
        }
        for name, (value, expires_at) in values.items()
    ]
    if rows:
        connection.execute(insert(partner_session), rows)


def _context(partner: str, system: str, name: str) -> bytes:
    return f"{partner}\0{system}\0{name}".encode()
