"""What was said in a case before a message that must be completed from it: one look for a whole claim."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Integer, RowMapping, bindparam, func, select

from gateway.store.among import among
from gateway.store.tables import document, message
from gateway.store.tables import message_document as link

Row = dict[str, Any]

COMPLETED = frozenset({"escalation"})  # types that go to a new holder, who knows nothing of the case yet
HANDING_ON = frozenset({"referral", "escalation"})  # types that say what the case is about
REMEMBERED = HANDING_ON | {"acceptance", "decline", "assignment", "progress", "extension", "return"}
MOST = 50  # of a type, the newest: whoever reports without end must not make the transaction endless


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """A message of the case as it is kept, with the documents it brought, by place in it."""

    id: str
    type: str
    sender: str | None
    addressee: str | None
    time: int
    sealed: bytes = field(repr=False)
    documents: tuple[Row, ...] = ()


def before(connection: Connection, claimed: Sequence[RowMapping]) -> dict[str, tuple[Earlier, ...]]:
    """Return what was said before each delivery that is due at a new holder, oldest first, by delivery.

    Rows need ``id``, ``type``, ``why``, ``case_id`` and ``step``. What a later step said is never among it, so that
    every try of a delivery says the same.
    """
    wanted = [row for row in claimed if row["type"] in COMPLETED and row["why"] == "addressed" and row["case_id"]]
    if not wanted:
        return {}
    asked = {"ids": sorted({row["case_id"] for row in wanted}), "types": sorted(REMEMBERED), "most": MOST}
    rows = connection.execute(_SAID, asked).mappings().all()
    papers = documents(connection, [row["id"] for row in rows if row["type"] in HANDING_ON])
    said: dict[str, list[tuple[int, Earlier]]] = {}
    for row in rows:
        one = _earlier(row, papers.get(row["id"], ()))
        said.setdefault(row["case_id"], []).append((row["step"], one))
    return {
        each["id"]: tuple(one for step, one in said.get(each["case_id"], ()) if step < each["step"]) for each in wanted
    }


def documents(connection: Connection, message_ids: Iterable[str]) -> dict[str, list[Row]]:
    """Return the documents of messages, by message and in their order there."""
    found: dict[str, list[Row]] = {}
    for row in connection.execute(_PAPERS, {"ids": list(message_ids)}).mappings():
        found.setdefault(row["message_id"], []).append(dict(row))
    return found


def _earlier(row: RowMapping, papers: Iterable[Row]) -> Earlier:
    return Earlier(
        id=row["id"],
        type=row["type"],
        sender=row["sender"],
        addressee=row["addressee"],
        time=row["time"],
        sealed=row["content_sealed"],
        documents=tuple(papers),
    )


_RANKED = (
    select(
        message.c.id,
        func.row_number().over(partition_by=[message.c.case_id, message.c.type], order_by=message.c.step.desc())
        .label("rank"),
    )
    .where(
        among(message.c.case_id, "ids"),
        among(message.c.type, "types"),
        message.c.emptied_at.is_(None),
    )
    .subquery("ranked")
)  # fmt: skip
_SAID = (
    select(
        message.c.id, message.c.type, message.c.case_id, message.c.step, message.c.sender, message.c.addressee,
        message.c.time, message.c.content_sealed,
    )
    .join(_RANKED, _RANKED.c.id == message.c.id)
    .where(_RANKED.c.rank <= bindparam("most", type_=Integer))
    .order_by(message.c.case_id, message.c.step)
)  # fmt: skip
_PAPERS = (
    select(link.c.message_id, document.c.sha256, document.c.sm3, document.c.size, document.c.media_type)
    .join(document, document.c.id == link.c.document_id)
    .where(among(link.c.message_id, "ids"))
    .order_by(link.c.message_id, link.c.position)
)
