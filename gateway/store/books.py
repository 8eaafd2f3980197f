"""The books of one commit: what is known when a group of arrivals is decided, and the rows it will write.

open (a few SELECTs for the whole group) ─► decide in memory, row by row ─► post (a few bulk writes)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, Table, bindparam, select, update

from gateway.canonical.messages import Message
from gateway.store import asked as asking
from gateway.store import cases, inbox, likenesses, polls
from gateway.store.among import LookUp
from gateway.store.arrivals import (
    Announced,
    Arrival,
    Asked,
    CaseFile,
    ConfirmationRow,
    LegRow,
    Likeness,
    Suspicion,
)
from gateway.store.bulk import change_rows, insert_rows
from gateway.store.tables import delivery, document, message_document, nonce, request
from gateway.store.tables import inbox as inbox_table
from gateway.store.tables import message as message_table

Row = dict[str, Any]


class Books:
    """Everything one group of arrivals needs to know and to write."""

    def __init__(self, connection: Connection, arrivals: Sequence[Arrival], now: int) -> None:
        self.connection = connection
        self.now = now
        self.polled = {arrival.partner: arrival.polled for arrival in arrivals if arrival.polled}
        self.spent = _spent_nonces(connection, arrivals)
        messages = [(each.partner, entry.message) for each in arrivals for entry in each.entries if entry.message]
        self.references: dict[cases.Reference, str] = {}
        self.files: dict[str, CaseFile] = {}
        self.asked: dict[asking.Question, Asked] = {}
        self.look_up(messages)
        self.records = inbox.earlier(connection, arrivals)  # after the cases are locked: another process may be at them
        self.refused = inbox.refused(connection, arrivals) if self.polled else {}
        self.waits = len(arrivals) > 1 and inbox.any_parked(connection)
        self.parked: dict[str, Any] = {}  # candidates parked in this commit, by receipt id
        self.advanced: set[str] = set()  # cases that took a step in this commit
        self.named: set[cases.Reference] = set()  # names that became known in this commit
        self.legs: dict[str, Sequence[LegRow]] = {}
        self.confirmations: dict[str, Sequence[ConfirmationRow]] = {}
        self.rows: dict[Table, list[Row]] = {
            table: [] for table in (request, inbox_table, message_table, delivery, document, message_document, nonce)
        }
        self.reference_rows: list[Row] = []
        self.likenesses: dict[str, Likeness] = {}  # of cases whose parties were named in this commit
        self.suspicions: Sequence[Suspicion] = ()  # what was found by them, once it is posted
        self.inbox_changes: dict[str, Row] = {}

    def look_up(self, messages: Sequence[tuple[str, Message]]) -> None:
        """Learn the cases that ``messages`` (partner, message) speak of."""
        identities = [(partner, identity) for partner, message in messages if (identity := cases.identity_of(message))]
        names = {name for partner, identity in identities for name, _ in cases.references_of(partner, identity)}
        self.references.update(cases.find(self.connection, names - set(self.references)))
        wanted = {identity.gateway_id for _, identity in identities if identity.gateway_id}
        wanted |= {self.references[name] for name in names if name in self.references}
        questions = {question for each in messages if (question := asking.question_of(*each))}
        self.asked.update(asking.find(self.connection, questions - set(self.asked)))
        wanted |= {asked.case_id for asked in self.asked.values() if asked.case_id}
        self.files.update(cases.load(self.connection, wanted - set(self.files)))

    def add(self, table: Table, row: Row) -> None:
        """Put a row into the commit."""
        self.rows[table].append(row)

    def name_case(self, reference: cases.Reference, kind: str, case_id: str) -> None:
        """Learn a name of a case, unless another case has it already: a name never moves."""
        if reference not in self.references:
            self.references[reference] = case_id
            self.named.add(reference)
            self.reference_rows.append(
                {"partner": reference[0], "value": reference[1], "case_id": case_id, "kind": kind, "since": self.now}
            )

    def change_inbox(self, row: Row, **changes: Any) -> None:
        """Change a record's fate, whether its row is new in this commit or was kept before."""
        row.update(changes)
        if not row.get("_new"):
            self.inbox_changes[row["id"]] = row

    def post(self) -> None:
        """Write everything, each table at once, parents before children."""
        changed = [file for file in self.files.values() if file.new or file.changed]
        cases.save(self.connection, changed)
        fresh = {file.id for file in changed if file.new}
        cases.save_legs(self.connection, self.legs, fresh=fresh)
        cases.save_confirmations(self.connection, self.confirmations)
        cases.save_references(self.connection, self.reference_rows)
        # Before anything new: what a later arrival supersedes gives its place up to it.
        change_rows(self.connection, _INBOX_CHANGE, [_inbox_change(row) for row in self.inbox_changes.values()])
        for table, rows in self.rows.items():
            insert_rows(self.connection, table, rows)
        self.suspicions = likenesses.compare(self.connection, self.likenesses, fresh=fresh, now=self.now)
        polls.brought(self.connection, self.polled, self.now)


CHANGING = (
    "fate", "digest", "message_id", "case_id", "code", "facts", "field", "waits_for", "case_value", "content_sealed",
    "deadline_at", "revision", "decided_at",
)  # fmt: skip
_SPENT = LookUp(select(nonce.c.value).where(nonce.c.partner == bindparam("partner")), nonce.c.value, "values")
_INBOX_CHANGE = (
    update(inbox_table)
    .where(inbox_table.c.id == bindparam("b_id"))
    .values({name: bindparam(f"b_{name}") for name in CHANGING})
)


def _inbox_change(row: Row) -> Row:
    return {"b_id": row["id"], **{f"b_{name}": row[name] for name in CHANGING}}


def _spent_nonces(connection: Connection, arrivals: Sequence[Arrival]) -> set[tuple[str, str]]:
    used = {(arrival.partner, arrival.nonce) for arrival in arrivals if arrival.nonce}
    spent: set[tuple[str, str]] = set()
    for partner in {partner for partner, _ in used}:
        values = [value for owner, value in used if owner == partner]
        found = connection.execute(_SPENT.on(connection), {"partner": partner, "values": values})
        spent.update((partner, value) for value in found.scalars())
    return spent


def open_content(plain: bytes) -> Row:
    """Return what a sealed message holds: ``message``, ``beside`` (the partner's unmapped fields), ``documents``."""
    content: Row = orjson.loads(plain)
    return content


def pack_content(message: Message, beside: Row, documents: Sequence[Announced]) -> bytes:
    """Return what is sealed for a message."""
    return orjson.dumps(
        {
            "message": message.model_dump(mode="json", exclude_defaults=True) | {"type": message.type},
            "beside": beside,
            "documents": [announced.to_dict() for announced in documents],
        },
        default=str,
    )
