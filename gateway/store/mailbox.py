"""What lies in a partner's mailbox: handed out under a receipt that is due, acknowledged, refused, or taken back.

pending ──hand out (claim, close)──► handed ──received──► delivered
   ▲                                    ├────refused────► dead
   └───── the receipt is overdue ◄──────┘
pending beyond its deadline ─► dead: nobody has opened the mailbox

``lease`` of a handed delivery names the batch that it went in; a receipt that comes after it was taken back counts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson
from sqlalchemy import Connection, bindparam, exists, func, select, update

from gateway.store import cases, due
from gateway.store.among import among
from gateway.store.bulk import change_rows
from gateway.store.outbox import Closing, close, next_due
from gateway.store.tables import delivery, message

Verdict = Literal["delivered", "refused", "unknown", "conflicting"]
RECEIVED, REFUSED = "mailbox.received", "mailbox.refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptRow:
    """What a partner says of one message. ``reason``: None when it has received it."""

    message_id: str
    reason: str | None = None
    partner_case_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What became of one receipt; ``repeated``: it had been said before."""

    message_id: str
    verdict: Verdict
    repeated: bool = False
    since: int | None = None  # when the delivery became due first


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged:
    """What became of receipts: a verdict each, the cases that went on, and the names that they taught."""

    judged: tuple[Judged, ...] = ()
    passed: frozenset[str] = frozenset()
    learnt: tuple[tuple[str, str], ...] = ()


def hand_out(connection: Connection, closings: Sequence[Closing], batch: str, now: int) -> None:
    """Close what was claimed for whoever opens the mailbox, and note which batch the handed ones went in."""
    close(connection, closings, now)
    handed = [each.claimed.id for each in closings if each.status == "handed"]
    if handed:
        connection.execute(
            update(delivery).where(delivery.c.id.in_(handed), delivery.c.status == "handed").values(lease=batch)
        )


def take_back(connection: Connection, partners: Collection[str], now: int) -> set[str]:
    """Make due again what was handed out and not acknowledged in time. Returns the partners concerned."""
    if not partners:
        return set()
    return set(connection.execute(_TAKE_BACK, {"b_partners": list(partners), "b_now": now}).scalars())


def bury_uncollected(connection: Connection, partners: Collection[str], now: int) -> int:
    """Bury what nobody has fetched, or acknowledged, until its deadline; what waits behind it waits on."""
    if not partners:
        return 0
    buried: int = connection.execute(_BURY, {"b_partners": list(partners), "b_now": now}).rowcount
    return buried


def look_again(connection: Connection, partner: str, now: int) -> int | None:
    """Return when there may be something next, in milliseconds: due, or a receipt overdue. None: never."""
    receipt: int | None = connection.execute(_NEXT_RECEIPT, {"partner": partner}).scalar()
    known = [at for at in (next_due(connection, partner, now), receipt) if at is not None]
    return min(known, default=None)


def acknowledge_batch(connection: Connection, partner: str, batch: str, now: int) -> Acknowledged:
    """Close everything of a batch that was neither acknowledged nor refused by itself."""
    rows = connection.execute(_OF_BATCH, {"partner": partner, "batch": batch}).scalars().all()
    return acknowledge(connection, partner, [ReceiptRow(message_id=each) for each in rows], now)


def acknowledge(
    connection: Connection,
    partner: str,
    receipts: Sequence[ReceiptRow],
    now: int,
    *,
    told: Callable[[str, bytes, str], str] = lambda _id, _sealed, reason: reason,
) -> Acknowledged:
    """Close what a partner says it has received, bury what it refuses.

    ``told``: what is kept of a reason, given the message's id and sealed content: it may quote what is personal.
    """
    known = _known(connection, partner, [each.message_id for each in receipts])
    judged, rows, learnt = [], [], {}
    for receipt in receipts:
        row = known.get(receipt.message_id)
        one = _judged(receipt, row)
        judged.append(one)
        if row is None or one.repeated or one.verdict in ("unknown", "conflicting"):
            continue
        reason = None if receipt.reason is None else told(row["message_id"], row["content_sealed"], receipt.reason)
        rows.append(_ending(row["id"], one.verdict, reason, now))
        row["status"] = one.verdict if one.verdict == "delivered" else "dead"
        row["code"] = RECEIVED if one.verdict == "delivered" else REFUSED
        if receipt.partner_case_id and row["case_id"] and one.verdict == "delivered":
            learnt[partner, receipt.partner_case_id] = str(row["case_id"])
    if not rows:
        return Acknowledged(judged=tuple(judged))
    change_rows(connection, _END, rows)
    passed = {known[each.message_id]["case_id"] for each in judged if each.verdict == "delivered" and not each.repeated}
    passed.discard(None)
    due.wake(connection, partner, passed, now)
    return Acknowledged(judged=tuple(judged), passed=frozenset(passed), learnt=tuple(_learnt(connection, learnt, now)))


def _known(connection: Connection, partner: str, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    rows = connection.execute(_HANDED, {"partner": partner, "ids": list(ids)}).mappings()
    return {row["message_id"]: dict(row) for row in rows}


def _judged(receipt: ReceiptRow, row: Mapping[str, Any] | None) -> Judged:
    """Say what a receipt comes to. What was never handed out cannot have been received."""
    wanted: Verdict = "delivered" if receipt.reason is None else "refused"
    if row is None or (row["attempts"] == 0 and row["status"] != "delivered"):
        return Judged(message_id=receipt.message_id, verdict="unknown")
    if row["status"] == "delivered":
        same = wanted == "delivered"
        return Judged(message_id=receipt.message_id, verdict="delivered" if same else "conflicting", repeated=same)
    if row["status"] == "dead" and row["code"] == REFUSED:
        same = wanted == "refused"
        return Judged(message_id=receipt.message_id, verdict="refused" if same else "conflicting", repeated=same)
    if row["status"] == "withdrawn":
        return Judged(message_id=receipt.message_id, verdict="conflicting")
    return Judged(message_id=receipt.message_id, verdict=wanted, since=row["created_at"])


def _ending(delivery_id: str, verdict: Verdict, reason: str | None, now: int) -> dict[str, Any]:
    refused = verdict == "refused"
    return {
        "b_id": delivery_id,
        "b_status": "dead" if refused else "delivered",
        "b_delivered_at": None if refused else now,
        "b_code": REFUSED if refused else None,
        "b_facts": orjson.dumps({"reason": reason}).decode() if refused else None,
    }


def _learnt(connection: Connection, learnt: Mapping[tuple[str, str], str], now: int) -> list[tuple[str, str]]:
    """Keep the partner's own ids of cases; a name that is another case's already stays that one's."""
    cases.lock_names(connection, learnt)
    known = cases.find(connection, learnt)
    new = [name for name in learnt if name not in known]
    rows = [
        {"partner": name[0], "value": name[1], "case_id": learnt[name], "kind": "partner_id", "since": now}
        for name in new
    ]
    cases.save_references(connection, rows)
    return new


_HANDED = (
    select(
        delivery.c.id, delivery.c.message_id, delivery.c.case_id, delivery.c.status, delivery.c.attempts,
        delivery.c.code, delivery.c.created_at, message.c.content_sealed,
    )
    .join(message, message.c.id == delivery.c.message_id)
    .where(
        delivery.c.partner == bindparam("partner"), among(delivery.c.message_id, "ids")
    )
    .order_by(delivery.c.id)
    .with_for_update(of=delivery)
)  # fmt: skip
_OF_BATCH = select(delivery.c.message_id).where(
    delivery.c.partner == bindparam("partner"),
    delivery.c.status == "handed",
    delivery.c.lease == bindparam("batch"),
)
_END = (
    update(delivery)
    .where(delivery.c.id == bindparam("b_id"))
    .values(
        status=bindparam("b_status"),
        due_at=None,
        lease=None,
        receipt_due=None,
        delivered_at=bindparam("b_delivered_at"),
        code=bindparam("b_code"),
        facts=bindparam("b_facts"),
    )
)
_TAKE_BACK = (
    update(delivery)
    .where(
        among(delivery.c.partner, "b_partners"),
        delivery.c.status == "handed",
        delivery.c.receipt_due <= bindparam("b_now"),
    )
    .values(status="pending", due_at=bindparam("b_now"), lease=None, receipt_due=None, code="mailbox.receipt_overdue")
    .returning(delivery.c.partner)
)
_BURY = (
    update(delivery)
    .where(
        among(delivery.c.partner, "b_partners"),
        delivery.c.status.in_(("pending", "in_doubt")),
        delivery.c.deadline_at <= bindparam("b_now"),
        delivery.c.lease.is_(None),
        ~exists().where(due.goes_before(delivery.alias("earlier"))),
    )
    .values(status="dead", due_at=None, code="mailbox.not_collected", facts=None)
)
_NEXT_RECEIPT = select(func.min(delivery.c.receipt_due)).where(
    delivery.c.partner == bindparam("partner"), delivery.c.status == "handed"
)
