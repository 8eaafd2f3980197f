"""Cases and their names: which case a message speaks of, loaded and locked in id order, written back in bulk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, delete, select, text, tuple_, update

from gateway.canonical.cases import CaseIdentity
from gateway.canonical.messages import Message
from gateway.store.among import LookUp, among
from gateway.store.arrivals import CaseFile, ClockRow, ConfirmationRow, LegRow
from gateway.store.bulk import change_rows, insert_rows
from gateway.store.tables import case_reference, confirmation, dispute_case, leg
from gateway.store.times import millis

Reference = tuple[str, str]  # partner ("" for a court case number), value


def identity_of(message: Message) -> CaseIdentity | None:
    """Return what a message says of its case; None for messages that belong to none."""
    return getattr(message.data, "case", None)


def references_of(partner: str, identity: CaseIdentity) -> list[tuple[Reference, str]]:
    """Return the names of a case in a message, each with its kind."""
    names: list[tuple[Reference, str]] = []
    if identity.partner_id:
        names.append(((partner, identity.partner_id), "partner_id"))
    if identity.number:
        names.append((("", identity.number), "number"))
    return names


def find(connection: Connection, references: Iterable[Reference]) -> dict[Reference, str]:
    """Return the case id of each name that is known."""
    by_partner: dict[str, list[str]] = {}
    for partner, value in references:
        by_partner.setdefault(partner, []).append(value)
    found: dict[Reference, str] = {}
    for partner, values in by_partner.items():
        rows = connection.execute(_FIND.on(connection), {"partner": partner, "values": values})
        found.update({(partner, value): case_id for value, case_id in rows})
    return found


def lock_names(connection: Connection, references: Iterable[Reference]) -> None:
    """Let no other process learn one of these names, or park something for it, until this transaction ends.

    Else one parks a record for a name that it cannot see yet, while the other learns the name and sees nothing parked.
    Nothing to do where one process writes.
    """
    names = sorted("\x1f".join(reference) for reference in references)
    if names and connection.dialect.name == "postgresql":
        connection.execute(_LOCK_NAMES, {"names": names})


def load(connection: Connection, ids: Iterable[str]) -> dict[str, CaseFile]:
    """Load and lock cases, in id order so that two writers never wait for each other in a circle."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    return {row["id"]: _file(row) for row in connection.execute(_LOAD, {"ids": wanted}).mappings()}


def save(connection: Connection, files: Sequence[CaseFile]) -> None:
    """Write new and changed cases."""
    insert_rows(connection, dispute_case, [_row(file) for file in files if file.new])
    change_rows(connection, _CHANGE, [_changed(file) for file in files if file.changed and not file.new])


def save_legs(connection: Connection, legs: Mapping[str, Sequence[LegRow]], *, fresh: Set[str]) -> None:
    """Write the legs of cases, replacing what stood there; nothing did for the ``fresh`` cases."""
    rows = [_leg_row(case_id, one) for case_id, several in legs.items() for one in several]
    if kept := [(row["case_id"], row["number"]) for row in rows if row["case_id"] not in fresh]:
        connection.execute(_FORGET_LEGS, {"keys": kept})
    insert_rows(connection, leg, rows)


def save_confirmations(connection: Connection, known: Mapping[str, Sequence[ConfirmationRow]]) -> None:
    """Write the applications of cases, replacing what stood there."""
    rows = [_confirmation_row(case_id, one) for case_id, several in known.items() for one in several]
    if rows:
        connection.execute(_FORGET_CONFIRMATIONS, {"keys": [(row["case_id"], row["number"]) for row in rows]})
        insert_rows(connection, confirmation, rows)


def save_references(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Write new names of cases."""
    insert_rows(connection, case_reference, rows)


def partner_ids(connection: Connection, case_ids: Iterable[str], partner: str) -> dict[str, str]:
    """Return the newest id that ``partner`` uses for each case."""
    wanted = sorted(set(case_ids))
    found = connection.execute(_NAMED_BY, {"partner": partner, "ids": wanted}).all() if wanted else []
    return {row.case_id: row.value for row in found}


CHANGING = (
    "state", "holder", "holder_since", "holder_until", "leg_opened_by", "step", "parties", "snapshot", "closed_at",
    "clock", "clock_since", "clock_until", "clock_provisional", "watch_on",
)  # fmt: skip
_FIND = LookUp(
    select(case_reference.c.value, case_reference.c.case_id).where(case_reference.c.partner == bindparam("partner")),
    case_reference.c.value,
    "values",
)
_LOCK_NAMES = text(
    "SELECT pg_advisory_xact_lock(hashtextextended(name, 0)) FROM unnest(CAST(:names AS text[])) AS name ORDER BY name"
)
_LOAD = select(dispute_case).where(among(dispute_case.c.id, "ids")).order_by(dispute_case.c.id).with_for_update()
_NAMED_BY = (
    select(case_reference.c.case_id, case_reference.c.value)
    .where(among(case_reference.c.case_id, "ids"), case_reference.c.partner == bindparam("partner"))
    .order_by(case_reference.c.since)
)
_CHANGE = (
    update(dispute_case)
    .where(dispute_case.c.id == bindparam("b_id"))
    .values({name: bindparam(f"b_{name}") for name in CHANGING})
)
_FORGET_LEGS = delete(leg).where(tuple_(leg.c.case_id, leg.c.number).in_(bindparam("keys", expanding=True)))
_FORGET_CONFIRMATIONS = delete(confirmation).where(
    tuple_(confirmation.c.case_id, confirmation.c.number).in_(bindparam("keys", expanding=True))
)


def _file(row: Any) -> CaseFile:
    return CaseFile(
        id=row["id"],
        state=row["state"],
        holder=row["holder"],
        holder_since=row["holder_since"],
        holder_until=row["holder_until"],
        origin=row["origin"],
        origin_partner=row["origin_partner"],
        opened_by=row["opened_by"],
        leg_opened_by=row["leg_opened_by"],
        step=row["step"],
        parties=set(orjson.loads(row["parties"])),
        snapshot=orjson.loads(row["snapshot"]),
        opened_at=row["opened_at"],
        closed_at=row["closed_at"],
    )


def _changes(file: CaseFile) -> dict[str, Any]:
    return {
        "state": file.state,
        "holder": file.holder,
        "holder_since": file.holder_since,
        "holder_until": file.holder_until,
        "leg_opened_by": file.leg_opened_by,
        "step": file.step,
        "parties": orjson.dumps(sorted(file.parties)).decode(),
        "snapshot": orjson.dumps(file.snapshot).decode(),
        "closed_at": file.closed_at,
        **clock_columns(file.clock),
    }


def clock_columns(clock: ClockRow | None) -> dict[str, Any]:
    """Return what the row of a case says of the period that runs in it."""
    if clock is None:
        return dict.fromkeys(("clock", "clock_since", "clock_until", "clock_provisional", "watch_on"))
    return {
        "clock": clock.kind,
        "clock_since": clock.since,
        "clock_until": clock.until,
        "clock_provisional": clock.provisional,
        "watch_on": clock.rings_on,
    }


def _changed(file: CaseFile) -> dict[str, Any]:
    return {"b_id": file.id, **{f"b_{name}": value for name, value in _changes(file).items()}}


def _row(file: CaseFile) -> dict[str, Any]:
    return {
        "id": file.id,
        "origin": file.origin,
        "origin_partner": file.origin_partner,
        "opened_by": file.opened_by,
        "opened_at": file.opened_at,
        **_changes(file),
    }


def _leg_row(case_id: str, row: LegRow) -> dict[str, Any]:
    def at(value: datetime | None) -> int | None:
        return None if value is None else millis(value)

    return {
        "case_id": case_id,
        "number": row.number,
        "unit": row.unit,
        "level": row.level,
        "state": row.state,
        "dispatched_at": at(row.dispatched_at),
        "accepted_at": at(row.accepted_at),
        "due_on": row.due_on,
    }


def _confirmation_row(case_id: str, row: ConfirmationRow) -> dict[str, Any]:
    return {
        "case_id": case_id,
        **{name: getattr(row, name) for name in _CONFIRMED},
        "since": millis(row.since),
        "submitted_at": millis(row.submitted_at),
    }


_CONFIRMED = (
    "number", "kind", "state", "applicant", "court", "court_number", "effective_on", "review_due_on", "supply_by",
    "result", "document", "version",
)  # fmt: skip
