"""Which lanes have something to do and nobody who does it: asked every second, so by index only."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, text

_DUE = text("""
    SELECT partner FROM unnest(CAST(:partners AS text[])) AS partner
    WHERE (
        EXISTS (SELECT 1 FROM delivery d WHERE d.partner = partner.partner AND d.priority = 1
                AND d.status IN ('pending', 'in_doubt') AND d.due_at <= :now)
        OR EXISTS (SELECT 1 FROM delivery d WHERE d.partner = partner.partner AND d.priority = 0
                   AND d.status IN ('pending', 'in_doubt') AND d.due_at <= :now)
        OR EXISTS (SELECT 1 FROM delivery d WHERE d.partner = partner.partner AND d.priority = 2
                   AND d.status IN ('pending', 'in_doubt') AND d.due_at <= :now)
        OR EXISTS (SELECT 1 FROM document f WHERE f.partner = partner.partner
                   AND f.state = 'awaited' AND f.due_at <= :now)
    )
    AND NOT EXISTS (SELECT 1 FROM breaker b WHERE b.partner = partner.partner
                    AND b.state <> 'closed' AND b.probe_at > :now)
""")


def due_partners(connection: Connection, partners: Iterable[str], now: int) -> set[str]:
    """Return those of ``partners`` that have something due and whose breaker lets something through. PostgreSQL."""
    return set(connection.execute(_DUE, {"partners": list(partners), "now": now}).scalars())
