"""Does every row have its document? Rows and shelf are walked side by side in the order of digests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import merge

from sqlalchemy import Connection

from gateway.errors import NotFound, StoreUnavailable
from gateway.store.documents.documents import Documents
from gateway.store.documents.orphans import GRACE, digests, on_shelf

NAMED = 100


@dataclass(slots=True, kw_only=True)
class Census:
    """What was found, in documents. ``missing`` and ``damaged`` name the first hundred."""

    referenced: int = 0
    missing_count: int = 0
    damaged_count: int = 0
    orphans: int = 0  # older than the grace, without a row
    aside: int = 0
    missing: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)


def count(
    connection: Connection, documents: Documents, *, now: datetime, contents: bool, grace: timedelta = GRACE
) -> Census:
    """Compare every row with the shelf. ``contents``: read every document too. Raises StoreUnavailable."""
    census = Census(aside=sum(1 for _ in on_shelf(documents, aside=True)))
    for name, row, kept, modified in _side_by_side(connection, documents):
        if not row:
            census.orphans += modified is not None and modified < now - grace
            continue
        census.referenced += 1
        if not kept and not documents.exists(name):  # asked again: it may have come while we walked
            census.missing_count += 1
            census.missing += [name] if len(census.missing) < NAMED else []
        elif contents and not _is_whole(documents, name):
            census.damaged_count += 1
            census.damaged += [name] if len(census.damaged) < NAMED else []
    return census


def _side_by_side(connection: Connection, documents: Documents) -> Iterator[tuple[str, bool, bool, datetime | None]]:
    """Yield each digest once: whether a row refers to it, whether it is kept, and since when."""
    rows = ((name, True, False, None) for name in digests(connection))
    kept = ((item.name, False, True, item.modified) for item in on_shelf(documents))
    last: tuple[str, bool, bool, datetime | None] | None = None
    for each in merge(rows, kept, key=lambda found: found[0]):
        if last is not None and last[0] == each[0]:
            last = (each[0], True, True, last[3] or each[3])
            continue
        if last is not None:
            yield last
        last = each
    if last is not None:
        yield last


def _is_whole(documents: Documents, name: str) -> bool:
    try:
        for _ in documents.stream(name):
            pass
    except NotFound:
        return False
    except StoreUnavailable as failure:
        if failure.code != "store.damaged":
            raise
        return False
    return True
