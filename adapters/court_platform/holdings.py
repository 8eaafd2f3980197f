"""The platform's list of what it received on a day, and the digest by which each entry is compared.

    GET /api/holdings?rq=2026-11-24&ym=1  ─►  data {"rq", "zs": entries in all, "zys": pages in all, "jl": [entry…]}
    entry {"xxbh", "ywlx", "zy": digest, "jssj": received at, "ajbh", "lsh"}

A list that is not whole is a failure, never a short list: what is missing from it would count as lost.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from adapters.court_platform.answers import Answer
from adapters.court_platform.wire import compared_frame
from gateway.canonical.identifiers import IdentifierFault, moment
from gateway.contract import Holding, Holdings, Record
from gateway.errors import TemporaryFailure, Untranslatable
from gateway.wire import json_guard

_MOST_PAGES = 10_000
_LONGEST_ID = 128


def digest_of(record: Record) -> str | None:
    """Return SHA-256 over the record's frame as canonical JSON without file ids, hexadecimal; None: it cannot be."""
    try:
        return hashlib.sha256(json_guard.dumps(compared_frame(record), sort_keys=True)).hexdigest()
    except Untranslatable:
        return None


def query_for(day: date, page: int) -> str:
    """Return the query that asks for one page, from 1."""
    return f"rq={day.isoformat()}&ym={page}"


@dataclass(slots=True, kw_only=True)
class Gathered:
    """The pages of one day's list that have come so far."""

    day: date
    pages: int = 0
    of: int | None = None  # pages in all, as the platform says
    stated: int = 0  # entries in all, as the platform says
    entries: dict[str, Holding] = field(default_factory=dict)

    @property
    def next_page(self) -> int:
        """Return the number of the page to ask for."""
        return self.pages + 1

    @property
    def complete(self) -> bool:
        """Say whether every page has come."""
        return self.of is not None and self.pages >= self.of

    def add(self, answer: Answer) -> None:
        """Take one page. Raises TemporaryFailure for one that is not of this list."""
        if answer.text("rq") != self.day.isoformat():
            raise _unusable(answer, "data.rq")
        self.of, self.stated = _count(answer, "zys"), _count(answer, "zs")
        listed = answer.data.get("jl")
        if not isinstance(listed, list):
            raise _unusable(answer, "data.jl")
        for place, entry in enumerate(listed):
            held = _holding(entry)
            if held is None:
                raise _unusable(answer, f"data.jl[{place}]")
            self.entries[held.id] = held
        self.pages += 1

    def holdings(self) -> Holdings:
        """Return the whole list. Raises TemporaryFailure when the platform counted more or less than came."""
        if len(self.entries) != self.stated:
            raise TemporaryFailure("court_platform.holdings_not_whole", came=len(self.entries), stated=self.stated)
        return Holdings(day=self.day, items=tuple(self.entries.values()))


def _holding(entry: object) -> Holding | None:
    if not isinstance(entry, Mapping) or (number := _name(entry.get("xxbh"))) is None:
        return None
    digest = entry.get("zy")
    try:
        received_at = moment(entry["jssj"], "datetime") if isinstance(entry.get("jssj"), str) else None
    except IdentifierFault:
        return None
    return Holding(
        id=number,
        kind=_name(entry.get("ywlx")),
        digest=digest.lower() if isinstance(digest, str) and digest else None,
        received_at=received_at,
        case_id=_name(entry.get("ajbh")),
        record_id=_name(entry.get("lsh")),
    )


def _name(value: Any) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= _LONGEST_ID and value.isprintable() else None


def _count(answer: Answer, name: str) -> int:
    value = answer.data.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0 or (name == "zys" and value > _MOST_PAGES):
        raise _unusable(answer, f"data.{name}")
    return value


def _unusable(answer: Answer, field_path: str) -> TemporaryFailure:
    return TemporaryFailure("court_platform.answer_unusable", answer=answer.code, field=field_path)
