"""Ledgers (台账) by an administrator's hand: a workbook comes in as if its partner had uploaded it, and one is written.

bring   workbook ─► the partner's own request ─► decode ─► inbound (kept raw, one commit) ─► the workbook that answers
write   what the partner has said ─► its records ─► the workbook that holds them
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from gateway.canonical.messages import parse
from gateway.contract import Authentic, Ledgers, Record
from gateway.errors import NotFound, Untranslatable
from gateway.operations import Operations
from gateway.posts import Post
from gateway.reconciliation.days import bounds
from gateway.store import said
from gateway.store.books import open_content

KEY_ID = "administration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What became of a ledger: the records by fate, and the workbook with a verdict for each line."""

    fates: dict[str, int]
    report: bytes = field(repr=False)


async def bring(operations: Operations, partner: str, workbook: bytes) -> Brought:
    """Take a partner's ledger in. Raises NotFound (no ledgers there), Undecodable, Overloaded, StoreUnavailable."""
    post, adapter = _with_ledgers(operations, partner)
    request = adapter.ledger_request(workbook)
    records = await asyncio.to_thread(post.adapter.decode, request)
    kept = await operations.inbound.take_in(post, request, Authentic(key_id=KEY_ID), records)
    answer = await asyncio.to_thread(post.adapter.acknowledge, request, kept.outcomes)
    fates: dict[str, int] = {}
    for outcome in kept.outcomes:
        fates[outcome.fate] = fates.get(outcome.fate, 0) + 1
    return Brought(fates=fates, report=answer.body)


def write(operations: Operations, partner: str, *, first: date, last: date) -> bytes:
    """Return the ledger of what a partner said from one day to another. Raises NotFound, Undecodable."""
    post, adapter = _with_ledgers(operations, partner)
    since, until = bounds(first)[0], bounds(last + timedelta(days=1))[0]
    records: list[Record] = []
    with operations.engine.connect() as connection:
        for message_id, sealed in said.messages(connection, partner, since=since, until=until):
            content = open_content(operations.cipher.open(sealed, context=message_id.encode()))
            records += _written(post, content["message"])
    return adapter.write_ledger(records)


def _written(post: Post, message: Any) -> list[Record]:
    try:
        return [post.write(parse(message)).record]
    except Untranslatable:  # a message that this partner's dialect has no word for is in no ledger of its own
        return []


def _with_ledgers(operations: Operations, partner: str) -> tuple[Post, Ledgers]:
    post = operations.post(partner)
    if not isinstance(post.adapter, Ledgers):
        raise NotFound("ledger.none", partner=partner)
    return post, post.adapter
