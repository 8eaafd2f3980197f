"""Partner sessions: what an adapter remembers between exchanges (an access token), encrypted."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from gateway.contract import MemorySession
from gateway.store.cipher import Cipher
from gateway.store.tables import partner_session
from gateway.store.times import millis, moment


def load(connection: Connection, cipher: Cipher, partner: str, session: MemorySession) -> None:
    """Fill a session with what is kept for a partner."""
    query = select(partner_session).where(partner_session.c.partner == partner)
    for row in connection.execute(query).mappings():
        value = cipher.open(row["value_sealed"], context=_context(partner, row["name"])).decode()
        expires_at = moment(row["expires_at"]) if row["expires_at"] is not None else None
        session.put(row["name"], value, expires_at=expires_at)
    session.changed = False


def save(connection: Connection, cipher: Cipher, partner: str, session: MemorySession) -> None:
    """Keep a session that has changed."""
    if not session.changed:
        return
    session.changed = False
    connection.execute(delete(partner_session).where(partner_session.c.partner == partner))
    rows = [
        {
            "partner": partner,
            "name": name,
            "value_sealed": cipher.seal(value.encode(), context=_context(partner, name)),
            "expires_at": millis(expires_at) if expires_at else None,
        }
        for name, (value, expires_at) in list(session.values.items())
    ]
    if rows:
        connection.execute(insert(partner_session), rows)


def _context(partner: str, name: str) -> bytes:
    return f"{partner}\0{name}".encode()
