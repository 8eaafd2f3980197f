"""What a partner has said, as it is kept: its messages of a time, in the order in which they happened."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, select

from gateway.store.tables import message


def messages(connection: Connection, partner: str, *, since: int, until: int) -> Iterator[tuple[str, bytes]]:
    """Yield id and sealed content of what happened in ``[since, until)`` and has not been emptied."""
    query = (
        select(message.c.id, message.c.content_sealed)
        .where(message.c.partner == partner, message.c.time >= since, message.c.time < until)
        .where(message.c.emptied_at.is_(None))
        .order_by(message.c.time, message.c.id)
    )
    for row in connection.execution_options(yield_per=500).execute(query):
        yield row.id, row.content_sealed
