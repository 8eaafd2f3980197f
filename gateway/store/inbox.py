"""The fate of each record: finding earlier arrivals of the same record, and telling its sender what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, bindparam, literal_column, select

from gateway.contract import Outcome
from gateway.errors import Fact
from gateway.store.among import LookUp, among
from gateway.store.arrivals import Arrival, Entry
from gateway.store.tables import case_reference, inbox, request
from gateway.store.times import moment

RecordKey = tuple[str, str, str, str]  # partner, kind, record id, version
BOUND = ("accepted", "held", "parked")
_BOUND: ColumnElement[bool] = literal_column("inbox.fate IN ('accepted', 'held', 'parked')")
# Locked: on PostgreSQL another process may be taking up the same parked record, in its predecessor's transaction.
_EARLIER = LookUp(
    select(inbox).where(inbox.c.partner == bindparam("partner"), _BOUND),
    inbox.c.record_id,
    "ids",
    locks=True,
)
# What was polled before and refused comes again with every look back; its sender has sent nothing anew.
_REFUSED = LookUp(
    select(inbox).where(inbox.c.partner == bindparam("partner"), inbox.c.fate == "refused"), inbox.c.record_id, "ids"
)
# Said as the index of what waits says it: without this SQLite reads the whole table, in every commit.
_PARKED = (
    select(
        inbox,
        select(request.c.trace_id)
        .where(request.c.id == inbox.c.request_id)
        .correlate(inbox)
        .scalar_subquery()
        .label("_trace_id"),
    )
    .where(literal_column("fate IN ('held', 'parked')"), inbox.c.fate == "parked")
    .order_by(inbox.c.received_at, inbox.c.id)
    .with_for_update()
)
_ANY_PARKED = select(inbox.c.id).where(literal_column("fate IN ('held', 'parked')"), inbox.c.fate == "parked").limit(1)
_PARKED_BY_CASE = _PARKED.where(among(inbox.c.case_id, "ids"))
_PARKED_BY_VALUE = _PARKED.where(among(inbox.c.case_value, "names"))
_ORPHANS = (
    select(case_reference.c.partner, case_reference.c.value, case_reference.c.case_id)
    .join(inbox, (case_reference.c.partner == inbox.c.partner) & (case_reference.c.value == inbox.c.case_value))
    .where(literal_column("inbox.fate IN ('held', 'parked')"), inbox.c.fate == "parked")
)


def key_of(partner: str, entry: Entry) -> RecordKey:
    """Return what makes a record the same record (the adapter's notion of identity)."""
    return (partner, entry.kind, entry.record_id, entry.version)


def earlier(connection: Connection, arrivals: Sequence[Arrival]) -> dict[RecordKey, dict[str, Any]]:
    """Return the rows, not refused, of records that have come before: one for each at most."""
    found: dict[RecordKey, dict[str, Any]] = {}
    for partner, ids in _ids_by_partner(arrivals).items():
        for row in connection.execute(_EARLIER.on(connection), {"partner": partner, "ids": ids}).mappings():
            key = (row["partner"], row["kind"], row["record_id"], row["version"])
            found[key] = dict(row)
    return found


def refused(connection: Connection, arrivals: Sequence[Arrival]) -> dict[RecordKey, list[dict[str, Any]]]:
    """Return the refused rows of what was polled: one for each content that a record came with."""
    found: dict[RecordKey, list[dict[str, Any]]] = {}
    for partner, ids in _ids_by_partner([arrival for arrival in arrivals if arrival.polled]).items():
        for row in connection.execute(_REFUSED.on(connection), {"partner": partner, "ids": ids}).mappings():
            key = (row["partner"], row["kind"], row["record_id"], row["version"])
            found.setdefault(key, []).append(dict(row))
    return found


def corrected(records: Mapping[RecordKey, Mapping[str, Any]], row: Mapping[str, Any]) -> str | None:
    """Return the message that a record is a later version of, None when it corrects nothing.

    Versions are numbers, or texts that sort; a record without one comes before every other.
    """
    if not row["version"]:
        return None
    same = [
        each
        for each in records.values()
        if each["fate"] == "accepted" and all(each[name] == row[name] for name in ("partner", "kind", "record_id"))
    ]
    newest = max(same, key=lambda each: _rank(each["version"]), default=None)
    if newest is None or _rank(newest["version"]) >= _rank(row["version"]):
        return None
    message_id: str | None = newest["message_id"]
    return message_id


def _rank(version: str) -> tuple[int, str]:
    return (int(version), "") if version.isascii() and version.isdigit() else (0, version)


def parked(connection: Connection, *, cases: Iterable[str], values: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    """Return the parked rows that wait for one of ``cases`` or for a case that a partner names by one of ``values``."""
    wanted_cases, wanted_values = sorted(set(cases)), set(values)
    found = connection.execute(_PARKED_BY_CASE, {"ids": wanted_cases}).mappings() if wanted_cases else ()
    rows = {row["id"]: dict(row) for row in found}
    if wanted_values:
        names = sorted({value for _, value in wanted_values})
        for row in connection.execute(_PARKED_BY_VALUE, {"names": names}).mappings():
            if (row["partner"], row["case_value"]) in wanted_values:
                rows[row["id"]] = dict(row)
    return sorted(rows.values(), key=lambda row: (row["received_at"], row["id"]))


def any_parked(connection: Connection) -> bool:
    """Say whether any record waits for its predecessor."""
    return connection.execute(_ANY_PARKED).first() is not None


def orphans(connection: Connection) -> dict[tuple[str, str], str]:
    """Return the names that something is parked for although their case is known, with the case.

    Two processes make an orphan: one learns the name and sees nothing parked, the other parks and sees no such name.
    """
    found = connection.execute(_ORPHANS).all()
    return {(row.partner, row.value): row.case_id for row in found}


def outcome(row: Mapping[str, Any], *, repeated: bool) -> Outcome:
    """Return what the sender of a record is told; the same for the same row."""
    return Outcome(
        kind=row["kind"],
        record_id=row["record_id"],
        fate=row["fate"],
        receipt_id=row["id"],
        message_id=row["message_id"] if row["fate"] == "accepted" else None,
        case_id=row["case_id"],
        code=row["code"],
        facts=read_facts(row["facts"]),
        field=row["field"],
        repeated=repeated,
        received_at=moment(row["received_at"]),
    )


def write_facts(facts: Mapping[str, Fact]) -> str | None:
    """Return facts as JSON, or None when there are none."""
    return orjson.dumps(dict(facts)).decode() if facts else None


def read_facts(stored: str | None) -> dict[str, Fact]:
    """Return facts from JSON."""
    facts: dict[str, Fact] = orjson.loads(stored) if stored else {}
    return facts


def _ids_by_partner(arrivals: Sequence[Arrival]) -> dict[str, list[str]]:
    """Return each record id once, in order: so are the rows locked."""
    ids: dict[str, set[str]] = {}
    for partner, record_id in _record_ids(arrivals):
        ids.setdefault(partner, set()).add(record_id)
    return {partner: sorted(several) for partner, several in ids.items()}


def _record_ids(arrivals: Sequence[Arrival]) -> Iterator[tuple[str, str]]:
    for arrival in arrivals:
        for entry in arrival.entries:
            yield arrival.partner, entry.record_id
