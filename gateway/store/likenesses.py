"""Cases with two parties in common: found when their parties are named, in the commit of the record that names them.

    the commit's pairs ─► lock ─► one SELECT for all of them ─► compare, with each other too ─► pairs and suspicions

Nothing of either case changes. On PostgreSQL the pairs stay locked until the commit: two processes that take in the
two records of one dispute at the same moment would else not see each other's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, text, tuple_

from gateway.canonical.identifiers import uuid7
from gateway.store.among import among
from gateway.store.arrivals import Likeness, Suspicion
from gateway.store.bulk import insert_rows
from gateway.store.tables import party_pair, suspicion

MOST = 12  # cases with one pair within its days: more of them say nothing about any two
AT_ONCE = 5_000  # digests or links in one statement
Row = dict[str, Any]
Link = tuple[str, str]  # the smaller id first


def compare(
    connection: Connection, named: Mapping[str, Likeness], *, fresh: Set[str], now: int
) -> Sequence[Suspicion]:  # fmt: skip
    """Keep what the cases can be recognised by, and return what is suspected for the first time.

    ``fresh``: cases of this commit; of others, what they were recognised by until now is forgotten.
    """
    if not named:
        return ()
    _lock(connection, {digests[0] for likeness in named.values() for digests in likeness.pairs})
    forget(connection, named.keys() - fresh)
    rows, grounds = _matched(named, _known(connection, named.values()))
    insert_rows(connection, party_pair, rows)
    return _suspect(connection, grounds, now)


def forget(connection: Connection, case_ids: Iterable[str]) -> None:
    """Forget what cases can be recognised by."""
    if ids := sorted(case_ids):
        connection.execute(delete(party_pair).where(party_pair.c.case_id.in_(ids)))


def _matched(
    named: Mapping[str, Likeness], known: dict[int, list[Row]]
) -> tuple[list[Row], dict[Link, tuple[str, ...]]]:  # fmt: skip
    """Return the pairs to keep, and what is suspected of each link; the cases of a commit are known to each other."""
    rows: list[Row] = []
    grounds: dict[Link, tuple[str, ...]] = {}
    for case_id, likeness in named.items():
        for digests in likeness.pairs:
            there = (row for digest in digests for row in known.get(digest, ()))
            others = [row for row in there if abs(row["day"] - likeness.day) <= likeness.within]
            if len(others) >= MOST:
                continue
            for other in others:
                if found := likeness.grounds(other):
                    grounds[_link(case_id, other["case_id"])] = found
            rows.append({"digest": digests[0], "case_id": case_id, **likeness.kept()})
            known.setdefault(digests[0], []).append(rows[-1])
    return rows, grounds


def _suspect(connection: Connection, grounds: Mapping[Link, tuple[str, ...]], now: int) -> Sequence[Suspicion]:
    if not grounds:
        return ()
    links, there = list(grounds), set()
    for start in range(0, len(links), AT_ONCE):
        found = connection.execute(_THERE, {"links": links[start : start + AT_ONCE]})
        there |= {(row.case_id, row.other_case_id) for row in found}
    fresh = [
        Suspicion(id=uuid7(), case_id=link[0], other_case_id=link[1], grounds=why)
        for link, why in sorted(grounds.items())
        if link not in there
    ]
    insert_rows(connection, suspicion, [_row(each, now) for each in fresh])
    return fresh


def _lock(connection: Connection, digests: Iterable[int]) -> None:
    if connection.dialect.name == "postgresql":
        # In order, so that two processes never wait for each other in a circle.
        connection.execute(_LOCK, {"keys": sorted(digests)})


def _known(connection: Connection, likenesses: Iterable[Likeness]) -> dict[int, list[Row]]:
    several = list(likenesses)
    digests = sorted({digest for each in several for pair in each.pairs for digest in pair})
    first = min(each.day - each.within for each in several)
    last = max(each.day + each.within for each in several)
    known: dict[int, list[Row]] = {}
    for start in range(0, len(digests), AT_ONCE):
        asked = {"digests": digests[start : start + AT_ONCE], "first": first, "last": last}
        for row in connection.execute(_KNOWN, asked).mappings():
            known.setdefault(row["digest"], []).append(dict(row))
    return known


def _link(case_id: str, other: str) -> Link:
    return min(case_id, other), max(case_id, other)


def _row(each: Suspicion, now: int) -> Row:
    return {
        "id": each.id,
        "case_id": each.case_id,
        "other_case_id": each.other_case_id,
        "grounds": ",".join(each.grounds),
        "found_at": now,
    }


_KNOWN = select(party_pair).where(
    among(party_pair.c.digest, "digests", numbers=True),
    party_pair.c.day.between(bindparam("first"), bindparam("last")),
)
_THERE = select(suspicion.c.case_id, suspicion.c.other_case_id).where(
    tuple_(suspicion.c.case_id, suspicion.c.other_case_id).in_(bindparam("links", expanding=True))
)
_LOCK = text("SELECT pg_advisory_xact_lock(key) FROM unnest(CAST(:keys AS bigint[])) AS key ORDER BY key")
