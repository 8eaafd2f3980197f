"""The circuit breaker of each partner: after several failures in a row it is asked by one delivery at a time.

    closed ──failures in a row──► open ──probe_at──► probing: one delivery ──► delivered: closed
                                   ▲                                  └──────► failed: open again, for longer

What was under way when it opened fails too, and says nothing new: only a probe that fails makes the wait longer. A
probe is known by its lease and lasts as long; one that was given back without being sent makes room for the next.

The state is in the database, so that every worker goes by it and operators see it. What the partner answers, also a
refusal, shows that it is there; only what never reached it, went unanswered, or was put off counts against it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from gateway.store.tables import breaker
from gateway.store.upsert import insert_missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """What is known of a partner's health. Times in milliseconds; ``waits`` counts the probes that failed."""

    state: str = "closed"
    failures: int = 0
    opened_at: int | None = None
    probe_at: int | None = None
    waits: int = 0
    reason: str | None = None
    probe_lease: str | None = None  # probing: the lease of the delivery that tries it

    @property
    def is_open(self) -> bool:
        """Say whether deliveries are held back."""
        return self.state != "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """When a breaker opens and how long it waits: failures in a row, seconds to the first probe and at most."""

    failures: int = 5
    first_wait: float = 5.0
    longest_wait: float = 60.0

    def wait(self, waits: int) -> int:
        """Return the milliseconds to the next probe after ``waits`` that failed."""
        seconds: float = min(self.longest_wait, self.first_wait * 2 ** min(waits, 16))
        return round(seconds * 1000)


CLOSED = Breaker()


def read(connection: Connection, partner: str) -> Breaker:
    """Return the breaker of a partner."""
    row = connection.execute(_READ, {"partner": partner}).mappings().first()
    return Breaker(**row) if row else CLOSED


def after(
    before: Breaker, patience: Patience, *, answered: bool, reason: str | None, failed: int, now: int,
    probed: bool = True,
) -> Breaker:  # fmt: skip
    """Return the breaker after some deliveries: pure.

    ``answered``: the partner took or refused at least one; ``failed``: how many it did not, with the last ``reason``;
    ``probed``: the one that tries it is among them.
    """
    if answered:
        return CLOSED
    if not failed:
        return before
    failures = before.failures + failed
    if before.state == "probing" and probed:
        waits = before.waits + 1
        return replace(
            before, state="open", failures=failures, waits=waits, probe_at=now + patience.wait(waits), reason=reason,
            probe_lease=None,
        )  # fmt: skip
    if before.is_open:
        return replace(before, failures=failures, reason=reason)
    if failures < patience.failures:
        return replace(before, failures=failures, reason=reason)
    return Breaker(
        state="open", failures=failures, opened_at=now, probe_at=now + patience.wait(0), reason=reason, waits=0
    )


def unprobed(before: Breaker, now: int) -> Breaker:
    """Return the breaker after its probe was given back without being sent: the next one may go at once."""
    return replace(before, state="open", probe_at=now, probe_lease=None)


def write(connection: Connection, partner: str, changed: Breaker) -> None:
    """Keep the breaker of a partner."""
    values = _values(changed)
    if connection.execute(_WRITE, {"b_partner": partner, **values}).rowcount == 0:
        insert_missing(connection, breaker, [{"partner": partner, **values}])


def changed(connection: Connection, partner: str, before: Breaker, after: Breaker) -> bool:
    """Keep what a breaker has become; False where another process has changed it since it was read."""
    values = _values(after)
    known = {"b_state": before.state, "b_failures": before.failures, "b_probe": before.probe_lease}
    if connection.execute(_CHANGE, {"b_partner": partner, **values, **known}).rowcount:
        return True
    insert_missing(connection, breaker, [{"partner": partner, **_values(CLOSED)}])
    return bool(connection.execute(_CHANGE, {"b_partner": partner, **values, **known}).rowcount)


def last(connection: Connection, partner: str, lease: str, until: int) -> None:
    """Let a probe last as long as the lease of its delivery, which was renewed."""
    connection.execute(_LAST, {"b_partner": partner, "b_lease": lease, "b_until": until})


def probes(connection: Connection, partner: str, *, now: int, until: int) -> bool:
    """Take the right to send the one delivery that is let through; nobody else gets it before ``until``."""
    taken = {"b_partner": partner, "b_now": now, "b_until": until}
    rows: int = connection.execute(_PROBE, taken).rowcount
    return rows == 1


def _values(of: Breaker) -> dict[str, Any]:
    return {name: getattr(of, name) for name in Breaker.__slots__}


_READ = select(
    breaker.c.state,
    breaker.c.failures,
    breaker.c.opened_at,
    breaker.c.probe_at,
    breaker.c.waits,
    breaker.c.reason,
    breaker.c.probe_lease,
).where(breaker.c.partner == bindparam("partner"))
_WRITE = (
    update(breaker)
    .where(breaker.c.partner == bindparam("b_partner"))
    .values({name: bindparam(name) for name in Breaker.__slots__})
)
_CHANGE = _WRITE.where(
    breaker.c.state == bindparam("b_state"),
    breaker.c.failures == bindparam("b_failures"),
    breaker.c.probe_lease.is_not_distinct_from(bindparam("b_probe", type_=breaker.c.probe_lease.type)),
)
_LAST = (
    update(breaker)
    .where(
        breaker.c.partner == bindparam("b_partner"),
        breaker.c.state == "probing",
        breaker.c.probe_lease == bindparam("b_lease"),
    )
    .values(probe_at=bindparam("b_until"))
)
_PROBE = (
    update(breaker)
    .where(
        breaker.c.partner == bindparam("b_partner"),
        breaker.c.state != "closed",
        breaker.c.probe_at <= bindparam("b_now"),
    )
    .values(state="probing", probe_at=bindparam("b_until"), probe_lease=None)
)
