"""What is suspected of two cases, as people see it, and the verdict that somebody gives with name and reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Select, or_, select, update

from gateway.store.tables import dispute_case, suspicion
from gateway.store.times import moment

Verdict = Literal["confirmed", "dismissed"]
Row = dict[str, Any]
_SHOWN = ("id", "state", "origin", "origin_partner", "holder", "opened_at", "closed_at")


def suspected(
    connection: Connection, *, case_id: str | None = None, open_only: bool = False, limit: int = 100
) -> list[Row]:  # fmt: skip
    """Return the newest suspicions, each with its two cases; ``open_only``: those without a verdict."""
    query = _query().order_by(suspicion.c.found_at.desc(), suspicion.c.id.desc()).limit(limit)
    if case_id is not None:
        query = query.where(_concerns(case_id))
    if open_only:
        query = query.where(suspicion.c.verdict.is_(None))
    return [_shown(row) for row in connection.execute(query).mappings()]


def judge(
    connection: Connection, suspicion_id: str, verdict: Verdict, *, reason: str, by: str, now: int
) -> Row | None:  # fmt: skip
    """Enter a verdict in the place of another one; the same again changes nothing. None: there is no such suspicion."""
    kept = suspicion.c.id == suspicion_id
    before = connection.execute(select(suspicion.c.verdict).where(kept).with_for_update()).one_or_none()
    if before is None:
        return None
    if before.verdict != verdict:
        said = {"verdict": verdict, "reason": reason, "decided_by": by, "decided_at": now}
        connection.execute(update(suspicion).where(kept).values(said))
    return {"suspicion": suspicion_id, "verdict": verdict, "changed": before.verdict != verdict}


def _concerns(case_id: str) -> ColumnElement[bool]:
    return or_(suspicion.c.case_id == case_id, suspicion.c.other_case_id == case_id)


def _query() -> Select[Any]:
    one, other = dispute_case.alias("one"), dispute_case.alias("other")
    columns = [alias.c[name].label(f"{alias.name}_{name}") for alias in (one, other) for name in _SHOWN]
    return (
        select(suspicion, *columns)
        .join(one, one.c.id == suspicion.c.case_id)
        .join(other, other.c.id == suspicion.c.other_case_id)
    )


def _shown(row: Mapping[Any, Any]) -> Row:
    return {
        "id": row["id"],
        "cases": [{name: _at(name, row[f"{which}_{name}"]) for name in _SHOWN} for which in ("one", "other")],
        "grounds": row["grounds"].split(","),
        **{name: _at(name, row[name]) for name in ("found_at", "verdict", "reason", "decided_by", "decided_at")},
    }


def _at(name: str, value: Any) -> Any:
    return moment(value) if name.endswith("_at") and value is not None else value
