"""What a pretend office lists of its own records: in the order of their last change, a page at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def page_after(entered: Sequence[Mapping[str, Any]], asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return the page after ``begin`` and ``after_no``; without the second, from ``begin`` on, including it."""
    begin, after, size = asked.get("begin") or "", asked.get("after_no"), int(asked["page_size"])
    ordered = sorted(entered, key=_place)
    if after is None:
        left = [record for record in ordered if record["update_time"] >= begin]
    else:
        left = [record for record in ordered if _place(record) > (begin, after)]
    return {"records": left[:size], "has_more": len(left) > size}


def _place(record: Mapping[str, Any]) -> tuple[str, str]:
    return str(record["update_time"]), str(record["record_no"])
