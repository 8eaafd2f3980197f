"""What is old goes: first the contents, later the rows; each step is one short transaction over a few of them.

    find (reads only, by index, after a cursor) ─► lock ─► ask again ─► empty or delete

A case is settled when it is closed, and nothing of it is undelivered, dead, handed, in doubt, held, parked, still to be
fetched, different at a partner, or under legal hold, and nobody has said anything in it since. A request goes with its
records: as long as one of them waits, or belongs to a case that is whole, it stays whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    delete,
    exists,
    func,
    literal_column,
    or_,
    select,
    tuple_,
    update,
)

from gateway.store import likenesses
from gateway.store.due import UNDELIVERED
from gateway.store.tables import (
    CLOSED,
    FULL,
    KEPT,
    attempt,
    case_reference,
    confirmation,
    delivery,
    dispute_case,
    document,
    inbox,
    leg,
    legal_hold,
    message,
    party_pair,
    reconciliation,
    reconciliation_item,
    reminder,
    request,
    ruling,
    ruling_certificate,
    suspicion,
)
from gateway.store.tables import message_document as link

Cursor = tuple[int, str]
START: Cursor = (-1, "")
WAITING = ("held", "parked")
EMPTY = b""
SOME = 500  # a statement has room for so many parameters on every database


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """One kind of pruning: what it finds, and what it does with it. ``name`` is what its counts are called."""

    name: str
    table: Table
    at: ColumnElement[Any]
    condition: Callable[[int], ColumnElement[bool]]
    act: Callable[[Connection, Sequence[str], int], None]

    def find(self, connection: Connection, before: int, after: Cursor, limit: int) -> list[Cursor]:
        """Return up to ``limit`` of what may go, older than ``before`` and after the cursor, as cursors."""
        return [(at, name) for at, name in connection.execute(self.query(before, after, limit))]

    def query(self, before: int, after: Cursor, limit: int) -> Select[Any]:
        """Return how ``find`` asks."""
        place = tuple_(self.at, self.table.c.id)
        return (
            select(self.at, self.table.c.id)
            .where(self.condition(before), self.at >= after[0], place > tuple_(*after))
            .order_by(self.at, self.table.c.id)
            .limit(limit)
        )

    def count(self, connection: Connection, before: int) -> int:
        """Return how many may go."""
        query = select(func.count()).select_from(self.table).where(self.condition(before))
        return connection.execute(query).scalar_one()

    def prune(self, connection: Connection, found: Sequence[Cursor], before: int, now: int) -> int:
        """Do it to those that are still as they were found; return how many. What another process holds is left."""
        ids = self._locked(connection, [name for _, name in found])
        # A statement of its own: on PostgreSQL the one that waited for locks has seen what was before them.
        asked = select(self.table.c.id).where(self.table.c.id.in_(ids), self.condition(before))
        going = list(connection.execute(asked).scalars()) if ids else []
        if going:
            self.act(connection, going, now)
        return len(going)

    def _locked(self, connection: Connection, ids: Sequence[str]) -> list[str]:
        column = self.table.c.id
        query = select(column).where(column.in_(ids)).order_by(column).with_for_update(skip_locked=True)
        return list(connection.execute(query).scalars())


def prune_days(connection: Connection, day: str) -> int:
    """Delete the comparisons of the days before ``day`` (yyyy-MM-dd) in which nothing is unsettled; return how many."""
    item = reconciliation_item
    connection.execute(delete(item).where(item.c.day < day, item.c.settled_at.is_not(None)))
    unsettled = exists().where(item.c.partner == reconciliation.c.partner, item.c.day == reconciliation.c.day)
    return connection.execute(delete(reconciliation).where(reconciliation.c.day < day, ~unsettled)).rowcount


def _settled(before: int) -> ColumnElement[bool]:
    case_id = dispute_case.c.id
    return and_(
        dispute_case.c.closed_at <= before,
        ~exists().where(delivery.c.case_id == case_id, literal_column(f"delivery.{UNDELIVERED}")),
        ~exists().where(inbox.c.case_id == case_id, inbox.c.fate.in_(WAITING)),
        ~exists().where(legal_hold.c.case_id == case_id, legal_hold.c.released_at.is_(None)),
        ~exists().where(message.c.case_id == case_id, message.c.received_at > before),
        ~exists().where(
            message.c.case_id == case_id, link.c.message_id == message.c.id, document.c.id == link.c.document_id,
            document.c.state == "awaited",
        ),
        ~exists().where(reconciliation_item.c.case_id == case_id, reconciliation_item.c.settled_at.is_(None)),
    )  # fmt: skip


def _settled_and_full(before: int) -> ColumnElement[bool]:
    return and_(literal_column(f"({FULL})"), _settled(before))


def _settled_and_silent(before: int) -> ColumnElement[bool]:
    """Settled, and no record of it has come since: whoever sends one again still gets its first answer."""
    late = exists().where(inbox.c.case_id == dispute_case.c.id, inbox.c.received_at > before)
    return and_(literal_column(CLOSED), _settled(before), ~late)


def _without_waiting(before: int) -> ColumnElement[bool]:
    """Requests of that age none of whose records waits, or has a message of no case that is not through."""
    own = and_(inbox.c.request_id == request.c.id, message.c.id == inbox.c.message_id, message.c.case_id.is_(None))
    undelivered = and_(delivery.c.message_id == message.c.id, literal_column(f"delivery.{UNDELIVERED}"))
    awaited = and_(
        link.c.message_id == message.c.id, document.c.id == link.c.document_id, document.c.state == "awaited"
    )
    differs = and_(
        delivery.c.message_id == message.c.id, reconciliation_item.c.delivery_id == delivery.c.id,
        reconciliation_item.c.settled_at.is_(None),
    )  # fmt: skip
    return and_(
        request.c.received_at <= before,
        ~exists().where(inbox.c.request_id == request.c.id, inbox.c.fate.in_(WAITING)),
        ~exists().where(own, undelivered),
        ~exists().where(own, awaited),
        ~exists().where(own, differs),
    )


def _full_requests(before: int) -> ColumnElement[bool]:
    whole = exists().where(
        inbox.c.request_id == request.c.id,
        dispute_case.c.id == inbox.c.case_id,
        or_(dispute_case.c.emptied_step.is_(None), dispute_case.c.emptied_step < dispute_case.c.step),
    )
    held = exists().where(
        inbox.c.request_id == request.c.id, legal_hold.c.case_id == inbox.c.case_id, legal_hold.c.released_at.is_(None)
    )
    return and_(literal_column(f"request.{KEPT}"), _without_waiting(before), ~whole, ~held)


def _free_requests(before: int) -> ColumnElement[bool]:
    of_a_case = exists().where(inbox.c.request_id == request.c.id, inbox.c.case_id.is_not(None))
    return and_(_without_waiting(before), ~of_a_case)


def _empty_cases(connection: Connection, ids: Sequence[str], now: int) -> None:
    _empty_messages(connection, message.c.case_id.in_(ids), now)
    likenesses.forget(connection, ids)
    gone = {"evidence": None, "decided_by": None, "decided_reason": None}
    connection.execute(update(ruling).where(ruling.c.case_id.in_(ids)).values(gone))
    query = select(dispute_case.c.id, dispute_case.c.snapshot, dispute_case.c.step).where(dispute_case.c.id.in_(ids))
    for case_id, snapshot, step in connection.execute(query).all():
        kept = {name: value for name, value in orjson.loads(snapshot).items() if name != "marks"}
        for each in kept.get("confirmations", ()):
            each.pop("addressees", None)
        changes = {"snapshot": orjson.dumps(kept).decode(), "emptied_step": step}
        connection.execute(update(dispute_case).where(dispute_case.c.id == case_id).values(changes))


def _empty_requests(connection: Connection, ids: Sequence[str], now: int) -> None:
    _empty_messages(connection, _messages_of(ids), now)
    gone = {"path_sealed": EMPTY, "headers_sealed": EMPTY, "body_sealed": None, "document": None, "emptied_at": now}
    connection.execute(update(request).where(request.c.id.in_(ids)).values(gone))


def _empty_messages(connection: Connection, which: ColumnElement[bool], now: int) -> None:
    """Empty messages, and let go of their documents: the files go when no other row refers to them."""
    papers = select(link.c.document_id).join(message, message.c.id == link.c.message_id).where(which)
    gone = {"state": "emptied", "sha256": None, "sm3": None, "expected_sha256": None, "url_sealed": None}
    connection.execute(update(document).where(document.c.id.in_(papers)).values(gone))
    connection.execute(update(message).where(which, literal_column(KEPT)).values(content_sealed=EMPTY, emptied_at=now))


def _delete_cases(connection: Connection, ids: Sequence[str], _: int) -> None:
    rulings = select(ruling.c.message_id).where(ruling.c.case_id.in_(ids))
    connection.execute(delete(ruling_certificate).where(ruling_certificate.c.message_id.in_(rulings)))
    connection.execute(delete(ruling).where(ruling.c.case_id.in_(ids)))
    _delete_messages(connection, select(message.c.id).where(message.c.case_id.in_(ids)))
    for table in (inbox, case_reference, leg, confirmation, legal_hold, reminder, party_pair):
        connection.execute(delete(table).where(table.c.case_id.in_(ids)))
    connection.execute(delete(suspicion).where(or_(suspicion.c.case_id.in_(ids), suspicion.c.other_case_id.in_(ids))))
    connection.execute(delete(dispute_case).where(dispute_case.c.id.in_(ids)))


def _delete_requests(connection: Connection, ids: Sequence[str], _: int) -> None:
    _delete_messages(connection, select(message.c.id).where(_messages_of(ids)))
    connection.execute(delete(inbox).where(inbox.c.request_id.in_(ids)))
    connection.execute(delete(request).where(request.c.id.in_(ids)))


def _delete_messages(connection: Connection, which: Select[Any]) -> None:
    found = list(connection.execute(which).scalars())
    for start in range(0, len(found), SOME):
        _delete_some(connection, found[start : start + SOME])


def _delete_some(connection: Connection, messages: Sequence[str]) -> None:
    papers = list(connection.execute(select(link.c.document_id).where(link.c.message_id.in_(messages))).scalars())
    deliveries = select(delivery.c.id).where(delivery.c.message_id.in_(messages))
    connection.execute(delete(attempt).where(attempt.c.delivery_id.in_(deliveries)))
    connection.execute(delete(delivery).where(delivery.c.message_id.in_(messages)))
    connection.execute(delete(link).where(link.c.message_id.in_(messages)))
    connection.execute(delete(document).where(document.c.id.in_(papers)))
    connection.execute(delete(message).where(message.c.id.in_(messages)))


def _messages_of(request_ids: Sequence[str]) -> ColumnElement[bool]:
    """The messages of no case that came with these requests."""
    brought = select(inbox.c.message_id).where(inbox.c.request_id.in_(request_ids), inbox.c.message_id.is_not(None))
    return and_(message.c.id.in_(brought), message.c.case_id.is_(None))


CONTENTS = (
    Sweep(
        name="cases_emptied", table=dispute_case, at=dispute_case.c.closed_at, condition=_settled_and_full,
        act=_empty_cases,
    ),
    Sweep(
        name="requests_emptied", table=request, at=request.c.received_at, condition=_full_requests,
        act=_empty_requests,
    ),
)  # fmt: skip
EVENTS = (
    Sweep(
        name="cases_deleted", table=dispute_case, at=dispute_case.c.closed_at, condition=_settled_and_silent,
        act=_delete_cases,
    ),
    Sweep(
        name="requests_deleted", table=request, at=request.c.received_at, condition=_free_requests,
        act=_delete_requests,
    ),
)  # fmt: skip
