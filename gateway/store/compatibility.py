"""Which gateways may work on the tables as they are: a mark in the database, for versions that do not know the newest.

    0006 ── 0007 additive ── 0008 additive ── 0009 contracts ── 0010 additive
                                               └─ since ◄────────── mark of 0010: gateways that know 0009 may go on

A step is additive when it says ``additive = True``: nothing that the version before reads or writes went away or
changed its meaning, and what came can be left out.
"""

from __future__ import annotations

from collections.abc import Collection

from alembic.script import Script, ScriptDirectory
from sqlalchemy import Connection, delete, insert, inspect, select

from gateway.store.tables import compatibility


def mark(connection: Connection, scripts: ScriptDirectory, present: str | None) -> None:
    """Note what the tables, being at revision ``present``, are compatible with."""
    if present is None or not inspect(connection).has_table(compatibility.name):
        return
    connection.execute(delete(compatibility))
    connection.execute(insert(compatibility).values(revision=present, since=_since(scripts, present)))


def suits(connection: Connection, present: str, known: Collection[str]) -> bool:
    """Say whether a gateway that knows these revisions may work on tables of one that it does not know."""
    if not inspect(connection).has_table(compatibility.name):
        return False
    query = select(compatibility.c.since).where(compatibility.c.revision == present)
    return connection.execute(query).scalar() in known


def _since(scripts: ScriptDirectory, present: str) -> str:
    """Return the oldest revision from which on every step was additive."""
    step: Script = scripts.get_revision(present)
    while getattr(step.module, "additive", False) and isinstance(step.down_revision, str):
        step = scripts.get_revision(step.down_revision)
    return step.revision
