"""Look at what is kept of a ruling: its message and file, and the application that the gateway itself carried."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

from sqlalchemy import Connection, select

from gateway.canonical.messages import Message, parse
from gateway.canonical.messages.confirmation import Ruling
from gateway.canonical.messages.ruling_data import RulingData
from gateway.canonical.parties import Party
from gateway.lifecycle import Case, Confirmation
from gateway.store.books import open_content
from gateway.store.cipher import Cipher
from gateway.store.tables import document, message
from gateway.store.tables import message_document as link

Row = dict[str, Any]
_APPLYING = ("confirmation_application", "statement_application")


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """What the gateway carried to the court: its message, who applies, and the digests of the agreement's files."""

    message_id: str
    parties: tuple[Party, ...] = field(repr=False)
    agreements: tuple[str, ...]
    consenting: frozenset[str] = field(repr=False)  # names that agreed to electronic service


def opened(cipher: Cipher, row: Row) -> Message:
    """Return a kept message. Raises what opening or reading it raises: then nobody goes by it."""
    return parse(open_content(cipher.open(row["content_sealed"], context=row["id"].encode()))["message"])


def ruling_of(connection: Connection, cipher: Cipher, message_id: str) -> tuple[Row, Ruling]:
    """Return the row and the message of a ruling."""
    row = dict(connection.execute(select(message).where(message.c.id == message_id)).mappings().one())
    return row, cast(Ruling, opened(cipher, row))


def confirmation_of(case: Case, number: int) -> Confirmation | None:
    """Return an application of a case by its number."""
    return next((each for each in case.confirmations if each.number == number), None)


def number_of(case: Case, said: RulingData) -> int | None:
    """Return the number of the application that a ruling answers: the court's own number decides, else the last one."""
    stem = said.confirmation_number.partition("号")[0]
    named = [each for each in case.confirmations if (each.court_number or "").partition("号")[0] == stem]
    return named[-1].number if named else case.confirmations[-1].number if case.confirmations else None


def application_of(connection: Connection, cipher: Cipher, case: Case, number: int) -> Application | None:
    """Return an application as it was carried, with what was supplied to it later; None where it is not kept."""
    here = confirmation_of(case, number)
    query = select(message).where(message.c.case_id == case.id, message.c.emptied_at.is_(None))
    kinds = (*_APPLYING, "confirmation_supplement")
    query = query.where(message.c.type.in_(kinds)).order_by(message.c.step)
    rows = [dict(row) for row in connection.execute(query).mappings()]
    first = next((row for row in rows if here and row["id"] == here.application), None)
    if first is None:
        return None
    said = cast(Any, opened(cipher, first)).data
    later = [row for row in rows if row["step"] > first["step"] and row["type"] not in _APPLYING]
    digests = [each for row in (first, *later) for each in _agreements(connection, cipher, row)]
    consents = getattr(said, "service_consents", ())
    return Application(
        message_id=first["id"], parties=said.applicants, agreements=tuple(dict.fromkeys(digests)),
        consenting=frozenset(each.party for each in consents if each.given),
    )  # fmt: skip


def papers(connection: Connection, message_id: str) -> list[Row]:
    """Return the documents that a message brought, in order: state, digests, size."""
    columns = (document.c.state, document.c.sha256, document.c.sm3, document.c.size, document.c.code)
    query = select(*columns).join(link, link.c.document_id == document.c.id).where(link.c.message_id == message_id)
    return [dict(row) for row in connection.execute(query.order_by(link.c.position)).mappings()]


def file_of(said: RulingData, brought: list[Row]) -> Row | None:
    """Return which of the documents is the ruling: the one of that kind or id; None where there is none."""
    named = list(zip(said.documents, brought, strict=False))
    ways = (
        [row for _, row in named if row["sm3"] == said.sm3],
        [row for paper, row in named if paper.kind == "ruling"],
        [row for paper, row in named if paper.partner_id == said.document_id],
        [row for _, row in named],
    )
    return next((found[0] for found in ways if found), None)


def _agreements(connection: Connection, cipher: Cipher, row: Row) -> list[str]:
    said = cast(Any, opened(cipher, row)).data
    named = zip(said.documents, papers(connection, row["id"]), strict=False)
    return [kept["sha256"] for paper, kept in named if paper.kind == "agreement" and kept["sha256"]]
