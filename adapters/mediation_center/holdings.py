"""The centre's list of what it received on a day, page by page: ids and times, no digests.

    POST /openapi/v1/holdings  {"day": "2026-11-24", "pageNo": 1}
    ─► data {"day", "total": records in all, "pages": pages in all,
             "records": [{"recordId", "type", "receivedTime", "eventId", "receiptNo"}]}

A list that is not whole is a failure, never a short list: what is missing from it would count as lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from gateway.canonical.identifiers import IdentifierFault, moment
from gateway.contract import Holding, Holdings
from gateway.errors import TemporaryFailure
from gateway.wire import json_guard

_MOST_PAGES = 10_000
_LONGEST_ID = 128


@dataclass(slots=True, kw_only=True)
class Gathered:
    """The pages of one day's list that have come so far."""

    day: date
    pages: int = 0
    of: int | None = None  # pages in all, as the centre says
    stated: int = 0  # records in all, as the centre says
    records: dict[str, Holding] = field(default_factory=dict)

    @property
    def question(self) -> bytes:
        """Return the body that asks for the next page."""
        return json_guard.dumps({"day": self.day.isoformat(), "pageNo": self.pages + 1})

    @property
    def complete(self) -> bool:
        """Say whether every page has come."""
        return self.of is not None and self.pages >= self.of

    def add(self, found: Mapping[str, Any]) -> None:
        """Take one page. Raises TemporaryFailure for one that is not of this list."""
        if found.get("day") != self.day.isoformat():
            raise _unusable("data.day")
        self.of, self.stated = _count(found, "pages"), _count(found, "total")
        listed = found.get("records")
        if not isinstance(listed, list):
            raise _unusable("data.records")
        for place, record in enumerate(listed):
            held = _holding(record)
            if held is None:
                raise _unusable(f"data.records[{place}]")
            self.records[held.id] = held
        self.pages += 1

    def holdings(self) -> Holdings:
        """Return the whole list. Raises TemporaryFailure when the centre counted more or less than came."""
        if len(self.records) != self.stated:
            raise TemporaryFailure("mediation_center.holdings_not_whole", came=len(self.records), stated=self.stated)
        return Holdings(day=self.day, items=tuple(self.records.values()))


def _holding(record: object) -> Holding | None:
    if not isinstance(record, Mapping) or (record_id := _name(record.get("recordId"))) is None:
        return None
    stated = record.get("receivedTime")
    try:
        received_at = moment(stated, "datetime") if isinstance(stated, str) else None
    except IdentifierFault:
        return None
    return Holding(
        id=record_id,
        kind=_name(record.get("type")),
        received_at=received_at,
        case_id=_name(record.get("eventId")),
        record_id=_name(record.get("receiptNo")),
    )


def _name(value: Any) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= _LONGEST_ID and value.isprintable() else None


def _count(found: Mapping[str, Any], name: str) -> int:
    value = found.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0 or (name == "pages" and value > _MOST_PAGES):
        raise _unusable(f"data.{name}")
    return value


def _unusable(field_path: str) -> TemporaryFailure:
    return TemporaryFailure("mediation_center.holdings_unreadable", field=field_path)
