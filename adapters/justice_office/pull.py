"""What an office that only answers lists of its own records, page by page in the order of their last change.

    {"begin": "yyyy-MM-dd HH:mm:ss" | null, "after_no": record_no | null, "page_size": n}
    ─► data {"records": [frame + "update_time"…], "has_more"}     (update_time, record_no) later than (begin, after_no)

    a round   begin = last seen - overlap ─► page ─► page … ─► the last one: the cursor rests at the latest change

What the office entered late, within ``overlap``, comes in the next round; what came before is recognised by its id.
A page is asked for by the last record of the one before it, so that nothing is skipped when records move meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from adapters.justice_office.frames import FRAMES
from adapters.justice_office.settings import Settings
from gateway.canonical.identifiers import IdentifierFault, moment, write_moment
from gateway.contract import Batch, Record
from gateway.errors import TemporaryFailure, Undecodable
from gateway.wire import json_guard
from gateway.wire.batch_frames import BatchFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Where to go on from: after a record within a round, or at a time when one begins."""

    at: datetime | None = None
    after: str | None = None
    rests: datetime | None = None  # where the round before came to rest, when this one begins

    @classmethod
    def read(cls, text: str | None, *, overlap: timedelta) -> Self:
        """Return the cursor written in ``text``; the beginning where that says nothing."""
        try:
            said = json_guard.loads(text or "{}")
            at = moment(said["at"], "datetime")
            after = said.get("after")
        except (Undecodable, IdentifierFault, KeyError, TypeError, AttributeError):
            return cls()
        return cls(at=at, after=after) if isinstance(after, str) else cls(at=at - overlap, rests=at)

    def write(self) -> str | None:
        """Return the cursor as text; None: the beginning."""
        if self.at is None:
            return None
        return json_guard.dumps({"at": write_moment(self.at, "datetime"), "after": self.after}).decode()

    def question(self, page_size: int) -> bytes:
        """Return the body that asks for the page after this cursor."""
        begin = None if self.at is None else write_moment(self.at, "datetime")
        return json_guard.dumps({"begin": begin, "after_no": self.after, "page_size": page_size})


def read_answer(body: bytes, *, settings: Settings) -> list[Record]:
    """Return the records of a page that was fetched. Raises Undecodable."""
    return FRAMES.read_records(_page(_found(body), settings))


def brought(body: bytes, *, asked: Cursor, settings: Settings, now: datetime) -> Batch:
    """Return the page in ``body`` and where to go on from. Raises TemporaryFailure for one that is unreadable."""
    try:
        found = _found(body)
        page = _page(found, settings) if found.get("records") else None
    except Undecodable:
        raise TemporaryFailure("justice_office.page_unreadable", field="data.records") from None
    if not isinstance(more := found.get("has_more"), bool) or (more and page is None):
        raise TemporaryFailure("justice_office.page_unreadable", field="data.has_more")
    if page is None:
        unmoved = Cursor(at=asked.rests or asked.at)
        return Batch(records=(), cursor=unmoved.write(), answer=body)
    last = _last(page)
    if last is None:
        raise TemporaryFailure("justice_office.page_unreadable", field="data.records[].update_time")
    at, number = last
    if more:
        after = Cursor(at=at, after=number).write()
        return Batch(records=tuple(FRAMES.read_records(page)), cursor=after, answer=body, more=True)
    # A clock that runs ahead at the office must not carry the cursor past what is yet to come.
    rest = min(max(at, asked.rests or at), now)
    return Batch(records=tuple(FRAMES.read_records(page)), cursor=Cursor(at=rest).write(), answer=body)


def _found(body: bytes) -> dict[str, Any]:
    document = json_guard.loads(body)
    found = document.get("data") if isinstance(document, dict) else None
    if not isinstance(found, dict):
        raise Undecodable("justice_office.not_a_batch", field="data")
    return found


def _page(found: dict[str, Any], settings: Settings) -> BatchFrame:
    return FRAMES.batch_of(found, max_records=max(settings.page_size, settings.max_records))


def _last(page: BatchFrame) -> tuple[datetime, str] | None:
    for item in reversed(page.items):
        number = item.get("record_no") if isinstance(item, dict) else None
        if isinstance(number, str) and number and (at := _time(item.get("update_time"))):
            return at, number
    return None


def _time(value: Any) -> datetime | None:
    try:
        return moment(value, "datetime") if isinstance(value, str) else None
    except IdentifierFault:
        return None
