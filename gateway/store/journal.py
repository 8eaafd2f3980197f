"""The journal: many arrivals, one commit. Every record in them gets its fate, every due delivery its row.

    for each arrival:  request ─► nonce spent? ─► for each record:  known? ─► decide ─► enter
    then:              take up what was parked for it ─► post

It knows no rules: ``decide`` is handed in (see ``Decide``). It runs in the writer's thread, inside its transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from gateway.canonical.identifiers import uuid7, uuid7_of
from gateway.canonical.messages import Message, parse
from gateway.contract import Outcome
from gateway.errors import NotAuthentic
from gateway.store import cases, inbox, rows
from gateway.store.advancing import advance
from gateway.store.arrivals import (
    Announced,
    Arrival,
    CaseFile,
    Decide,
    Entry,
    Judgement,
    Kept,
    Objection,
    Suspicion,
)
from gateway.store.asked import question_of
from gateway.store.books import Books, Row, open_content
from gateway.store.cipher import Cipher
from gateway.store.objections import fault_of_ours, find_case, object_to, waits_no_longer
from gateway.store.tables import delivery, document, message_document, nonce, request
from gateway.store.tables import inbox as inbox_table
from gateway.store.tables import message as message_table
from gateway.store.times import millis, moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A translated record on its way to a verdict."""

    row: Row
    message: Message
    documents: tuple[Announced, ...]


class Journal:
    """Keep groups of arrivals. ``park_days``: how long a record waits for its predecessor before it is held."""

    def __init__(self, *, cipher: Cipher, decide: Decide, park_days: float = 3, now: Callable[[], datetime]) -> None:
        self._cipher = cipher
        self._decide = decide
        self._park = timedelta(days=park_days)
        self._now = now

    def keep(self, connection: Connection, arrivals: Sequence[Arrival]) -> list[Kept | Exception]:
        """Decide and write a group; one result per arrival, in order."""
        books = Books(connection, arrivals, millis(self._now()))
        entered = []
        for arrival in arrivals:
            entered.append(self._enter(books, arrival))
            if books.parked or books.waits:  # before a later arrival steps ahead of what was parked for this one
                self.take_up_parked(books)
        self.take_up_parked(books)
        books.post()
        due = frozenset(row["partner"] for row in books.rows[delivery])
        due |= {row["partner"] for row in books.rows[document] if row["state"] == "awaited"}
        return [each if isinstance(each, Exception) else _kept(each, due, books.suspicions) for each in entered]

    def case_named(
        self, connection: Connection, references: Sequence[cases.Reference], files: Sequence[str]
    ) -> set[str]:
        """Take up what was parked for names that a receipt has just taught us. Returns partners with something due."""
        if not inbox.parked(connection, cases=(), values=references):
            return set()
        books = Books(connection, (), millis(self._now()))
        books.named.update(references)
        books.references.update(cases.find(connection, references))
        books.files.update(cases.load(connection, files))
        self.take_up_parked(books)
        books.post()
        return {row["partner"] for row in books.rows[delivery]}

    def take_up_orphans(self, connection: Connection) -> set[str]:
        """Take up what was parked for names that are known. Returns the partners with something due."""
        orphans = inbox.orphans(connection)
        return self.case_named(connection, list(orphans), list(orphans.values())) if orphans else set()

    def take_up_parked(self, books: Books) -> None:
        """Decide again what waited for the cases and names of this commit, until nothing moves any more."""
        while books.advanced or books.named:
            cases.lock_names(books.connection, books.named)
            moved_cases, moved_names = books.advanced, books.named
            books.advanced, books.named = set(), set()
            waiting = self._waiting(books, moved_cases, moved_names)
            for candidate in waiting:
                if candidate.row["fate"] == "parked":
                    self._judge(books, candidate)

    def _enter(self, books: Books, arrival: Arrival) -> list[tuple[Row, bool]] | Exception:
        if (gone := waits_no_longer(books, arrival)) is not None:
            return gone
        if arrival.nonce and (arrival.partner, arrival.nonce) in books.spent:
            return NotAuthentic("auth.replayed", partner=arrival.partner)
        if arrival.nonce and arrival.nonce_expires:
            books.spent.add((arrival.partner, arrival.nonce))
            expires = millis(arrival.nonce_expires)
            books.add(nonce, {"partner": arrival.partner, "value": arrival.nonce, "expires_at": expires})
        entered = [self._enter_record(books, arrival, n, entry) for n, entry in enumerate(arrival.entries)]
        looked_back = arrival.polled is not None and all(repeated for _, repeated in entered)
        if arrival.request is not None and not looked_back:
            books.add(request, rows.request_row(arrival))
        return entered

    def _enter_record(self, books: Books, arrival: Arrival, position: int, entry: Entry) -> tuple[Row, bool]:
        key = inbox.key_of(arrival.partner, entry)
        known = books.records.get(key)
        if known is None and arrival.polled:
            for refused in books.refused.get(key, ()):
                if refused["digest"] in entry.digests:
                    return refused, True
        if known is not None and known["fate"] == "accepted":
            return self._known(books, arrival, position, entry, known)
        if known is not None and known["digest"] in entry.digests and entry.message is None and not entry.replays:
            return known, True
        if known is not None and known["digest"] in entry.digests:
            row, before = known, known["fate"]
        else:
            if known is not None:
                object_to(books, known, Objection(fate="refused", code="inbox.superseded"), case_id=known["case_id"])
            row, before = self._new_row(books, arrival, position, entry), None
        self._judge_entry(books, arrival, row, entry)
        if row["fate"] != "refused":
            books.records[key] = row
        return row, row["fate"] == before

    def _known(self, books: Books, arrival: Arrival, position: int, entry: Entry, known: Row) -> tuple[Row, bool]:
        if known["digest"] in entry.digests:
            return known, True
        row = self._new_row(books, arrival, position, entry)
        facts = inbox.write_facts({"record": entry.record_id, "kind": entry.kind})
        books.change_inbox(row, fate="refused", code="inbox.conflicting", facts=facts, case_id=known["case_id"])
        return row, False

    def _new_row(self, books: Books, arrival: Arrival, position: int, entry: Entry) -> Row:
        row = rows.inbox_row(books.now, arrival, position, entry)
        books.add(inbox_table, row)
        return row

    def _judge_entry(self, books: Books, arrival: Arrival, row: Row, entry: Entry) -> None:
        books.change_inbox(row, revision=arrival.revision, decided_at=books.now)
        if entry.message is None:
            objection = entry.objection or Objection(fate="held", code="gateway.fault")
            object_to(books, row, objection)
            return
        row["_mapping"], row["_unmapped"] = entry.mapping, entry.unmapped
        row["_trace_id"] = arrival.trace_id
        books.change_inbox(row, message_id=entry.message.id, content_sealed=entry.content_sealed)
        self._judge(books, Candidate(row=row, message=entry.message, documents=entry.documents))

    def _judge(self, books: Books, candidate: Candidate) -> None:
        row, message = candidate.row, candidate.message
        found = find_case(books, row["partner"], message)
        if isinstance(found, Objection):
            object_to(books, row, found)
            return
        case_id = found.id if found else uuid7_of(millis(message.time), "case", message.id)
        judgement = self._judgement(books, candidate, found, case_id)
        if judgement.fate == "accepted":
            self._accept(books, candidate, judgement, found or case_id)
        elif judgement.fate == "parked":
            self._park_record(books, candidate, judgement, found)
        else:
            objection = Objection(fate=judgement.fate, code=judgement.code or "gateway.fault", facts=judgement.facts)
            object_to(books, row, objection, case_id=found.id if found else None)

    def _judgement(self, books: Books, candidate: Candidate, found: CaseFile | None, case_id: str) -> Judgement:
        """Ask the rules. A bug of theirs holds the record that it strikes, and harms no neighbour."""
        row, message = candidate.row, candidate.message
        question = question_of(row["partner"], message)
        try:
            return self._decide(
                found, message, case_id=case_id, partner=row["partner"], now=moment(books.now),
                corrects=inbox.corrected(books.records, row), asked=books.asked.get(question) if question else None,
            )  # fmt: skip
        except Exception as error:
            fault = fault_of_ours(row, error)
            return Judgement(fate=fault.fate, code=fault.code, facts=fault.facts)

    def _accept(self, books: Books, candidate: Candidate, judgement: Judgement, case: CaseFile | str) -> None:
        row, message = candidate.row, candidate.message
        file = advance(books, row, message, judgement.after, case) if judgement.after else None
        content = row["content_sealed"]
        books.change_inbox(
            row, fate="accepted", case_id=file.id if file else None, code=None, facts=None, field=None,
            waits_for=None, case_value=None, content_sealed=None, deadline_at=None, decided_at=books.now,
        )  # fmt: skip
        books.add(message_table, rows.message_row(row, message, content, file, judgement.after))
        if file and judgement.likeness:
            books.likenesses[file.id] = judgement.likeness
        self._add_documents(books, candidate)
        for due in judgement.due:
            books.add(delivery, rows.delivery_row(books.now, message, file, due))
            if file:
                file.parties.add(due.partner)

    def _park_record(self, books: Books, candidate: Candidate, judgement: Judgement, found: CaseFile | None) -> None:
        row, identity = candidate.row, cases.identity_of(candidate.message)
        if found is None:
            if identity is None or identity.partner_id is None:
                object_to(books, row, Objection(fate="refused", code="inbox.case_not_named"))
                return
            if self._named_meanwhile(books, candidate, (row["partner"], identity.partner_id)):
                self._judge(books, candidate)
                return
        books.change_inbox(
            row,
            fate="parked",
            code=judgement.code,
            facts=inbox.write_facts(judgement.facts),
            waits_for=",".join(judgement.waits_for),
            case_id=found.id if found else None,
            case_value=None if found or identity is None else identity.partner_id,
            deadline_at=row["deadline_at"] or row["received_at"] + int(self._park.total_seconds() * 1000),
        )
        if row.get("_new"):
            books.parked[row["id"]] = candidate

    def _named_meanwhile(self, books: Books, candidate: Candidate, name: cases.Reference) -> bool:
        """Say whether another process has just taught us the name of a case that seemed unknown."""
        if name in books.references:
            return False
        cases.lock_names(books.connection, [name])
        books.look_up([(candidate.row["partner"], candidate.message)])
        return name in books.references

    def _waiting(self, books: Books, moved_cases: set[str], moved_names: set[cases.Reference]) -> list[Candidate]:
        waiting = [
            each for each in books.parked.values()
            if each.row["case_id"] in moved_cases or (each.row["partner"], each.row["case_value"]) in moved_names
        ]  # fmt: skip
        # Nothing that was kept before can wait for the id of a case that this commit makes.
        kept_cases = {case_id for case_id in moved_cases if not books.files[case_id].new}
        stored = inbox.parked(books.connection, cases=kept_cases, values=moved_names)
        known = [books.inbox_changes.get(row["id"], row) for row in stored]
        opened = (self._open_parked(books, row) for row in known if row["fate"] == "parked")
        waiting += [each for each in opened if each is not None]
        books.look_up([(each.row["partner"], each.message) for each in waiting])
        return sorted(waiting, key=lambda each: (each.row["received_at"], each.row["id"]))

    def _open_parked(self, books: Books, row: Row) -> Candidate | None:
        """Open a parked record; one that cannot be opened is held, where its predecessor would else never enter."""
        try:
            content = open_content(self._cipher.open(row["content_sealed"], context=row["message_id"].encode()))
            documents = tuple(Announced(**each) for each in content["documents"])
            return Candidate(row=row, message=parse(content["message"]), documents=documents)
        except Exception as error:
            object_to(books, row, fault_of_ours(row, error), case_id=row["case_id"])
            return None

    def _add_documents(self, books: Books, candidate: Candidate) -> None:
        row, message = candidate.row, candidate.message
        for position, announced in enumerate(candidate.documents):
            document_id = uuid7()
            url = self._cipher.seal(announced.url.encode(), context=document_id.encode()) if announced.url else None
            books.add(document, rows.document_row(books.now, row["partner"], document_id, announced, url))
            books.add(message_document, {"message_id": message.id, "position": position, "document_id": document_id})


def _kept(entered: Sequence[tuple[Row, bool]], due: frozenset[str], suspicions: Sequence[Suspicion]) -> Kept:
    outcomes: list[Outcome] = [inbox.outcome(row, repeated=repeated) for row, repeated in entered]
    about = {row["case_id"] for row, repeated in entered if not repeated} if suspicions else ()
    found = tuple(each for each in suspicions if each.case_id in about or each.other_case_id in about)
    return Kept(outcomes=tuple(outcomes), due=due, suspicions=found)
