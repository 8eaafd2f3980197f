"""One accepted message, one step of its case: what the books say of the case after it."""

from __future__ import annotations

from gateway.canonical.messages import Message
from gateway.store import cases, rows
from gateway.store.arrivals import CaseAfter, CaseFile
from gateway.store.books import Books, Row

GATEWAY = "gateway"  # what the gateway says itself comes from no partner


def advance(books: Books, row: Row, message: Message, after: CaseAfter, case: CaseFile | str) -> CaseFile:
    """Enter a step, and the names of the case that its message brings; ``row`` says which partner it came from."""
    file = rows.case_file(books.now, row, message, after, case) if isinstance(case, str) else case
    books.files[file.id] = file
    file.step += 1
    file.changed = True
    if file.holder != after.holder:
        file.holder, file.holder_since = after.holder, books.now
    file.holder_until, file.clock = after.holder_until, after.clock
    file.state, file.snapshot = after.state, after.snapshot
    file.closed_at = (file.closed_at or books.now) if after.closed else None
    if after.opens_leg:
        file.leg_opened_by = message.id
    if row["partner"] != GATEWAY:
        file.parties.add(row["partner"])
    books.legs[file.id], books.confirmations[file.id] = after.legs, after.confirmations
    books.advanced.add(file.id)
    identity = cases.identity_of(message)
    for reference, kind in cases.references_of(row["partner"], identity) if identity else ():
        books.name_case(reference, kind, file.id)
    return file
