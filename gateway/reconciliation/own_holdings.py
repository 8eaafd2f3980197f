"""What we hold from a partner for one day, so that it can compare too.

The digest of a record that came in the common language is SHA-256 over its message as JSON: members sorted by name, no
spaces, UTF-8 unescaped. A record that came in a dialect of its own, or whose body has expired, is named by its id only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Connection, Engine

from gateway.canonical.identifiers import write_moment
from gateway.contract import Record, Request
from gateway.errors import GatewayError
from gateway.posts import Post
from gateway.reconciliation.days import bounds
from gateway.store import received
from gateway.store.cipher import Cipher
from gateway.store.documents import Documents
from gateway.store.times import moment
from gateway.wire import json_guard

Row = dict[str, Any]
PAGE = 500  # records
IN_COMMON = "canonical:"  # how the key ids of the door of the common language begin


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnHoldings:
    """Tell a partner what is kept of what it sent."""

    engine: Engine
    cipher: Cipher = field(repr=False)
    documents: Documents = field(repr=False)

    def page(self, door: Post, day: date, *, after: str = "") -> Row:
        """Return the next page of a day's list. ``door``: the partner's, for the common language."""
        since, until = bounds(day)
        with self.engine.connect() as connection:
            rows = received.records(connection, door.name, since=since, until=until, after=after, most=PAGE)
            total = received.count(connection, door.name, since=since, until=until)
            messages = self._messages(connection, door, rows)
        items = [_item(row, messages.get(row["request_id"], ())) for row in rows]
        return {
            "day": day.isoformat(),
            "total": total,
            "items": items,
            "next": rows[-1]["id"] if len(rows) == PAGE else None,
        }

    def _messages(self, connection: Connection, door: Post, rows: Sequence[Row]) -> dict[str, Sequence[Record]]:
        """Return the messages of the requests in the common language that brought these records."""
        wanted = {row["request_id"] for row in rows if (row["key_id"] or "").startswith(IN_COMMON)}
        found: dict[str, Sequence[Record]] = {}
        for kept in received.bodies(connection, wanted) if wanted else ():
            if (body := self._body(kept)) is not None:
                found[kept["id"]] = door.adapter.decode(Request(method="POST", path="/v1/messages", body=body))
        return found

    def _body(self, kept: Mapping[str, Any]) -> bytes | None:
        try:
            if kept["document"]:
                return self.documents.read(kept["document"])
            sealed = kept["body_sealed"]
            return None if sealed is None else self.cipher.open(sealed, context=kept["id"].encode())
        except GatewayError:  # it has expired: what is left is that we hold the record
            return None


def digest_of(message: Mapping[str, Any]) -> str:
    """Return the digest of a message as its sender wrote it, hexadecimal."""
    return hashlib.sha256(json_guard.dumps(message, sort_keys=True)).hexdigest()


def _item(row: Row, messages: Sequence[Record]) -> Row:
    place = row["position"]
    return {
        "id": row["record_id"],
        "version": row["version"] or None,
        "type": row["kind"],
        "fate": row["fate"],
        "receipt": row["id"],
        "receivedtime": write_moment(moment(row["received_at"]), "iso"),
        "digest": digest_of(messages[place].fields) if place < len(messages) else None,
    }
