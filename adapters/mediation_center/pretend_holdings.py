"""The pretend centre's list of what it received on a day, and how it can be told to spoil what it holds.

lose    forgets a record that it took        alter   changes a value in one        invent   has one that nobody sent
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from adapters.mediation_center.pretend_centre import BEIJING, Book, Kept

PAGE = 5  # records; so few that every comparison turns pages
SPOILING = ("lose", "alter", "invent")


def page_of(book: Book, day: str, number: int) -> dict[str, Any]:
    """Return one page, from 1, of what was received on a day (yyyy-MM-dd)."""
    listed = [kept for kept in book.records.values() if kept.received_at.startswith(day)]
    shown = listed[(number - 1) * PAGE : number * PAGE]
    return {
        "day": day,
        "total": len(listed),
        "pages": -(-len(listed) // PAGE),
        "records": [_row(each) for each in shown],
    }


def spoil(book: Book, order: Mapping[str, Any], now: datetime) -> str | None:
    """Lose or alter the record that the order names by ``id`` (or the newest), or invent one; return its id."""
    if order["fault"] == "invent":
        return _invented(book, now)
    record_id = order.get("id") or next(reversed(book.records), None)
    if record_id not in book.records:
        return None
    if order["fault"] == "alter":
        book.records[record_id].fields["remark"] = "（此处已被改动）"
        return str(record_id)
    kept = book.records.pop(record_id)
    book.acts[:] = [each for each in book.acts if each != record_id]  # what it did is gone with it
    if kept.case is not None:
        book.cases[kept.case].remove(record_id)
    return str(record_id)


def _invented(book: Book, now: datetime) -> str:
    record_id = f"XN{secrets.token_hex(8)}"
    book.records[record_id] = Kept(
        id=record_id, kind="case.progress", case=None, receipt_no=f"HZ{secrets.token_hex(4)}", fields={},
        attachments=[], received_at=now.astimezone(BEIJING).isoformat(), times=0,
    )  # fmt: skip
    return record_id


def _row(kept: Kept) -> dict[str, Any]:
    return {
        "recordId": kept.id,
        "type": kept.kind,
        "receivedTime": datetime.fromisoformat(kept.received_at).strftime("%Y-%m-%d %H:%M:%S"),
        "eventId": kept.case,
        "receiptNo": kept.receipt_no,
    }
