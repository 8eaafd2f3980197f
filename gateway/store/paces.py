"""How far a partner's pace is used up, counted for all processes that drain its lane together.

One number for each partner: when the deliveries begun so far would all have been due, had they gone one by one at the
partner's pace. A tenth of a second's worth may go at once. Who counts holds the row until the commit; anybody else
looks again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select, update

from gateway.store.among import among
from gateway.store.tables import pace
from gateway.store.upsert import insert_missing

BUSY = 30  # milliseconds until somebody looks again who has found another process counting
SECOND = 1_000_000  # microseconds
AT_ONCE = 0.1  # seconds' worth that may go at once
ROUNDING = 1e-3  # of a delivery: times are whole microseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Paced:
    """How many deliveries may be begun now; where that is none, when to look again, in milliseconds."""

    allowed: int
    look_at: int | None = None
    used_until: int | None = None  # microseconds


def allowed(connection: Connection, partner: str, *, per_second: float, wanted: int, now: int) -> Paced:
    """Return how many of ``wanted`` may be begun, and let nobody else count until the commit. ``now``: milliseconds."""
    used = connection.execute(_USED, {"partner": partner}).scalar()
    if used is None and not connection.execute(_KNOWN, {"partners": [partner]}).first():  # else inserting would wait
        insert_missing(connection, pace, [{"partner": partner, "used_until": 0}])
        used = connection.execute(_USED, {"partner": partner}).scalar()
    if used is None:
        return Paced(allowed=0, look_at=now + BUSY)
    return _paced(used, per_second, wanted, now)


def exhausted(connection: Connection, paces: Mapping[str, float], now: int) -> set[str]:
    """Return those of the partners, given with their pace, that may be sent nothing now."""
    if not paces:
        return set()
    rows = connection.execute(_KNOWN, {"partners": list(paces)}).all()
    return {row.partner for row in rows if not _paced(row.used_until, paces[row.partner], 1, now).allowed}


def took(connection: Connection, partner: str, paced: Paced, *, per_second: float, count: int) -> None:
    """Count what was begun of what ``allowed`` has allowed in this transaction."""
    if count and paced.used_until is not None:
        used = round(paced.used_until + count * SECOND / per_second)
        connection.execute(_TAKE, {"b_partner": partner, "b_used": used})


def _paced(used: int, per_second: float, wanted: int, now: int) -> Paced:
    most, each, at = max(1.0, per_second * AT_ONCE), SECOND / per_second, now * 1000
    if used > at + most * each + SECOND:  # nobody can have begun so much at this pace: the row had a slower one
        used = round(at + (most - 1) * each)
    used = max(used, at)
    count = int(most - (used - at) / each + ROUNDING)
    if count < 1:
        free_at = used - (most - 1) * each
        return Paced(allowed=0, look_at=int(free_at / 1000) + 1)
    return Paced(allowed=min(wanted, count), used_until=used)


_USED = select(pace.c.used_until).where(pace.c.partner == bindparam("partner")).with_for_update(skip_locked=True)
_KNOWN = select(pace.c.partner, pace.c.used_until).where(among(pace.c.partner, "partners"))
_TAKE = update(pace).where(pace.c.partner == bindparam("b_partner")).values(used_until=bindparam("b_used"))
