"""Documents that partners announced by their address: claimed, fetched by a worker, and closed like deliveries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Integer, bindparam, literal_column, select, update

from gateway.canonical.identifiers import uuid7
from gateway.store import due
from gateway.store.tables import delivery, document
from gateway.store.tables import message_document as link

AWAITED = "state = 'awaited'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Awaited:
    """A document in one worker's hands."""

    id: str
    lease: str
    lease_until: int
    partner: str
    attempts: int
    deadline_at: int
    expected_sha256: str | None
    media_type: str | None
    url_sealed: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """How fetching a document ended this time."""

    awaited: Awaited
    state: str  # kept | awaited | failed
    due_at: int | None = None
    sha256: str | None = None
    sm3: str | None = None
    size: int | None = None
    media_type: str | None = None
    code: str | None = None
    facts: str | None = None


def renew(connection: Connection, awaited: Sequence[Awaited], until: int) -> set[str]:
    """Let leases last longer. Returns the ids of those that still are what they were."""
    if not awaited:
        return set()
    held = document.c.lease.in_({each.lease for each in awaited})
    query = update(document).where(document.c.id.in_([each.id for each in awaited]), held).values(due_at=until)
    return set(connection.execute(query.returning(document.c.id)).scalars())


def claim(connection: Connection, partner: str, *, limit: int, now: int, lease_until: int) -> list[Awaited]:
    """Take up to ``limit`` documents that are due."""
    rows = connection.execute(_DUE, {"partner": partner, "now": now, "most": limit}).mappings().all()
    if not rows:
        return []
    lease = uuid7()
    ids = [row["id"] for row in rows]
    connection.execute(update(document).where(document.c.id.in_(ids)).values(lease=lease, due_at=lease_until))
    return [_awaited(row, lease, lease_until) for row in rows]


def close(connection: Connection, fetches: Sequence[Fetch], now: int) -> set[str]:
    """Write how fetches ended. Returns the partners whose deliveries waited for a document that is here now."""
    if not fetches:
        return set()
    connection.execute(_CLOSE, [_row(fetch) for fetch in fetches])
    here = [fetch.awaited.id for fetch in fetches if fetch.state == "kept"]
    lost = [fetch.awaited.id for fetch in fetches if fetch.state == "failed"]
    if lost:
        _bury(connection, lost)
    waiting = (
        select(delivery.c.partner, delivery.c.message_id)
        .join(link, link.c.message_id == delivery.c.message_id)
        .where(link.c.document_id.in_(here))
    )
    found = connection.execute(waiting).all() if here else []
    due.wake_messages(connection, {row.message_id for row in found}, now)
    return {row.partner for row in found}


def retry(connection: Connection, message_id: str, now: int, deadline_at: int) -> set[str]:
    """Make the failed documents of a message due again. Returns the partners they come from."""
    failed = select(document.c.id).join(link, link.c.document_id == document.c.id)
    failed = failed.where(link.c.message_id == message_id, document.c.state == "failed")
    ids = list(connection.execute(failed).scalars())
    if not ids:
        return set()
    connection.execute(
        update(document)
        .where(document.c.id.in_(ids))
        .values(state="awaited", due_at=now, deadline_at=deadline_at, lease=None, code=None, facts=None)
    )
    return set(connection.execute(select(document.c.partner).where(document.c.id.in_(ids))).scalars())


_DUE = (
    select(document)
    .where(document.c.partner == bindparam("partner"), literal_column(AWAITED), document.c.due_at <= bindparam("now"))
    .order_by(document.c.due_at)
    .limit(bindparam("most", type_=Integer))
    .with_for_update(skip_locked=True)
)
_CLOSE = (
    update(document)
    .where(document.c.id == bindparam("b_id"), document.c.lease == bindparam("b_lease"))
    .values(
        lease=None,
        attempts=document.c.attempts + 1,
        **{
            name: bindparam(f"b_{name}")
            for name in ("state", "due_at", "sha256", "sm3", "size", "media_type", "code", "facts")
        },
    )
)


def _row(fetch: Fetch) -> dict[str, Any]:
    row = {f"b_{name}": getattr(fetch, name) for name in Fetch.__slots__ if name != "awaited"}
    row["b_media_type"] = fetch.media_type or fetch.awaited.media_type
    return {"b_id": fetch.awaited.id, "b_lease": fetch.awaited.lease, **row}


def _bury(connection: Connection, document_ids: Sequence[str]) -> None:
    """A document that cannot be had makes the deliveries that need it dead, where an operator sees them."""
    # Failed by now, not by this fetch alone: whose lease had run out has nothing to say any more.
    messages = select(link.c.message_id).join(document, document.c.id == link.c.document_id)
    messages = messages.where(document.c.id.in_(document_ids), literal_column("document.state = 'failed'"))
    connection.execute(
        update(delivery)
        .where(delivery.c.message_id.in_(messages), literal_column("delivery.status IN ('pending', 'in_doubt')"))
        .values(status="dead", due_at=None, lease=None, code="documents.not_fetched", facts=None)
    )


def _awaited(row: Any, lease: str, lease_until: int) -> Awaited:
    return Awaited(
        id=row["id"],
        lease=lease,
        lease_until=lease_until,
        partner=row["partner"],
        attempts=row["attempts"],
        deadline_at=row["deadline_at"],
        expected_sha256=row["expected_sha256"],
        media_type=row["media_type"],
        url_sealed=row["url_sealed"],
    )
