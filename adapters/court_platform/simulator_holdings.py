"""The pretend court's list of what it received on a day, and how it can be told to spoil what it holds.

lose    forgets a message that it took        alter   changes a value in one        invent   has one that nobody sent
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

PAGE = 5  # entries; so few that every comparison turns pages
SPOILING = ("lose", "alter", "invent")
BEIJING = timezone(timedelta(hours=8))

Received = dict[str, dict[str, Any]]


def page_of(received: Received, day: str, number: int) -> dict[str, Any]:
    """Return one page, from 1, of what was received on a day (yyyy-MM-dd, Beijing)."""
    listed = [entry for entry in received.values() if _local(entry).strftime("%Y-%m-%d") == day]
    shown = listed[(number - 1) * PAGE : number * PAGE]
    return {"rq": day, "zs": len(listed), "zys": -(-len(listed) // PAGE), "jl": [_entry(each) for each in shown]}


def digest_of(frame: Mapping[str, Any]) -> str:
    """Return the digest of a message as it stands here: without file numbers, members sorted, no spaces, UTF-8."""
    papers = [{name: value for name, value in each.items() if name != "clbh"} for each in frame.get("clxx") or []]
    compared = {**frame, "clxx": papers} if papers else {key: value for key, value in frame.items() if key != "clxx"}
    text = json.dumps(compared, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def spoil(received: Received, acts: list[str], order: Mapping[str, Any], now: datetime) -> str | None:
    """Lose or alter the message that the order names by ``id`` (or the newest), or invent one; return its number."""
    if order["fault"] == "invent":
        return _invented(received, now)
    number = order.get("id") or next(reversed(received), None)
    if number not in received:
        return None
    if order["fault"] == "lose":
        del received[number]
        acts[:] = [each for each in acts if each != number]  # what it did is gone with it
    else:
        received[number]["fields"]["bz"] = "（此处已被改动）"
    return str(number)


def _invented(received: Received, now: datetime) -> str:
    number = f"XN{secrets.token_hex(8)}"
    frame: dict[str, Any] = {"xxbh": number, "ywlx": "tjjz", "ywsj": {}}
    received[number] = {
        "id": number, "kind": "tjjz", "case": None, "fields": frame["ywsj"], "attachments": [],
        "received_at": now.isoformat(), "times": 0, "_contents": "", "_frame": frame,
        "_receipt": {"xxbh": number, "ajbh": None, "lsh": f"LS{secrets.token_hex(4)}"},
    }  # fmt: skip
    return number


def _entry(kept: Mapping[str, Any]) -> dict[str, Any]:
    receipt = kept["_receipt"]
    return {
        "xxbh": kept["id"],
        "ywlx": kept["kind"],
        "zy": digest_of(kept["_frame"]),
        "jssj": _local(kept).strftime("%Y-%m-%d %H:%M:%S"),
        "ajbh": receipt["ajbh"],
        "lsh": receipt["lsh"],
    }


def _local(kept: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(kept["received_at"]).astimezone(BEIJING)
