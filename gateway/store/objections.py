"""Why a record does not enter: its case is not the sender's to speak of, it waits no longer, or a fault of ours."""

from __future__ import annotations

import structlog

from gateway.canonical.cases import CaseIdentity
from gateway.canonical.identifiers import uuid7
from gateway.canonical.messages import Message, short_type
from gateway.errors import NotFound
from gateway.store import cases, inbox
from gateway.store.arrivals import Arrival, CaseFile, Objection
from gateway.store.asked import question_of
from gateway.store.books import Books, Row

log = structlog.get_logger("fengqiao.journal")


def object_to(books: Books, row: Row, objection: Objection, *, case_id: str | None = None) -> None:
    """Hold or refuse a record; nothing of a message stays with it."""
    books.change_inbox(
        row, fate=objection.fate, code=objection.code, facts=inbox.write_facts(objection.facts),
        field=objection.field, case_id=case_id, message_id=None, content_sealed=None, waits_for=None, case_value=None,
    )  # fmt: skip


def waits_no_longer(books: Books, arrival: Arrival) -> NotFound | None:
    """Object to the replay of a record that a later arrival has superseded since somebody asked for it."""
    for entry in arrival.entries:
        known = books.records.get(inbox.key_of(arrival.partner, entry))
        if entry.replays and (known is None or known["id"] != entry.replays):
            return NotFound("inbox.not_waiting", receipt=entry.replays)
    return None


def fault_of_ours(row: Row, error: Exception) -> Objection:
    """Log an exception under an id, and return the objection that holds the record it struck."""
    fault_id = uuid7()
    log.error(
        "record.fault", partner=row["partner"], kind=row["kind"], receipt_id=row["id"], fault_id=fault_id,
        exc_info=error,
    )  # fmt: skip
    return Objection(fate="held", code="gateway.fault", facts={"fault": fault_id})


def find_case(books: Books, partner: str, message: Message) -> CaseFile | Objection | None:
    """Find the case a message names. A partner may name one by our id or its number only if it is party to it.

    An answer that names none belongs to the case of what it answers, which was sent to its partner.
    """
    question = question_of(partner, message)
    asked = books.asked.get(question) if question else None
    if question and asked is None:
        return Objection(fate="refused", code="inbox.not_asked", facts={"message": question[1]})
    identity = cases.identity_of(message)
    if identity is None or (asked and not _names(identity)):
        return books.files.get(asked.case_id) if asked and asked.case_id else None
    by_partner = books.references.get((partner, identity.partner_id or ""))
    opens = short_type(message) == "referral"
    by_number = None if opens or not identity.number else books.references.get(("", identity.number))
    if by_number and partner not in books.files[by_number].parties:
        by_number = None  # case numbers can be guessed: to a stranger it is as if there were no such case
    case_id = by_partner or identity.gateway_id or by_number
    if case_id is None:
        return None
    file = books.files.get(case_id)
    if file is None or partner not in file.parties:
        return Objection(fate="refused", code="auth.not_party", facts={"partner": partner})
    if identity.gateway_id and identity.gateway_id != case_id:
        return Objection(fate="refused", code="inbox.two_cases", facts={"case": case_id})
    return file


def _names(identity: CaseIdentity) -> bool:
    return bool(identity.partner_id or identity.gateway_id or identity.number)
