"""A small gateway without doors, for tests of the journal and the outbox: messages in, rows out."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Table, select

from gateway import configuration
from gateway.canonical.identifiers import uuid7
from gateway.canonical.messages import Message
from gateway.contract import Outcome, Request
from gateway.rules import Rules
from gateway.store import outbox
from gateway.store.arrivals import Announced, Arrival, Entry, Kept, Objection
from gateway.store.books import pack_content
from gateway.store.cipher import Cipher
from gateway.store.engine import writing
from gateway.store.journal import Journal
from gateway.store.outbox import Attempted, Claimed, Closing
from gateway.store.times import millis

COURT, VILLAGE, TOWNSHIP = "court", "centre-village", "centre-township"
ORGANISATIONS = {
    "org-tribunal": COURT, "org-village": VILLAGE, "org-township": TOWNSHIP, "org-industry": "centre-industry",
}  # fmt: skip
START = datetime(2026, 3, 20, 8, 0, tzinfo=UTC)


def a_revision() -> configuration.Revision:
    """Four partners, one organisation each."""
    files = {
        f"partners/{partner}.yaml": f"partner: {partner}\nadapter: test\norganisations: [{organisation}]\n"
        for organisation, partner in ORGANISATIONS.items()
    }
    rows = "".join(
        f"  - {{id: {organisation}, name: {organisation}, kind: other, partner: {partner}}}\n"
        for organisation, partner in ORGANISATIONS.items()
    )
    return configuration.from_files({**files, "organisations.yaml": f"organisations:\n{rows}"})


class Keeper:
    """The journal and the outbox over one store, with a clock that tests move."""

    def __init__(self, engine: Engine, cipher: Cipher) -> None:
        self.engine = engine
        self.cipher = cipher
        self.now = START
        revision = a_revision()
        self.journal = Journal(cipher=cipher, decide=Rules(lambda: revision), now=lambda: self.now)

    def keep(self, *arrivals: Arrival) -> list[Kept | Exception]:
        """Keep arrivals in one commit."""
        with writing(self.engine).begin() as connection:
            return self.journal.keep(connection, arrivals)

    def one(self, arrival: Arrival) -> Outcome:
        """Keep one record alone; return what its sender is told."""
        kept = self.keep(arrival)[0]
        assert isinstance(kept, Kept)
        return kept.outcomes[0]

    def arrival(self, partner: str, *entries: Entry, **given: Any) -> Arrival:
        """Return a request of a partner."""
        request = Request(method="POST", path="/push", body=b"{}")
        return Arrival(
            id=uuid7(), partner=partner, revision="sha256:test", received_at=self.now, entries=entries,
            request=request, body_sealed=b"sealed", path_sealed=b"sealed", headers_sealed=b"sealed", **given,
        )  # fmt: skip

    def entry(
        self, message: Message, *, record_id: str | None = None, contents: str = "",
        documents: Sequence[Announced] = (), **given: Any,
    ) -> Entry:  # fmt: skip
        """Return a translated record; ``contents`` makes it another record under the same id."""
        content = pack_content(message, {}, documents)
        return Entry(
            kind=given.pop("kind", message.type), record_id=record_id or message.id,
            digests=(hashlib.sha256(f"{record_id or message.id}{contents}".encode()).digest(),),
            message=message, content_sealed=self.cipher.seal(content, context=message.id.encode()),
            documents=tuple(documents), mapping="test", **given,
        )  # fmt: skip

    def objected(self, record_id: str, fate: Any, code: str) -> Entry:
        """Return a record that could not be translated."""
        digest = hashlib.sha256(record_id.encode()).digest()
        return Entry(kind="k", record_id=record_id, digests=(digest,), objection=Objection(fate=fate, code=code))

    def say(self, partner: str, message: Message, **given: Any) -> Outcome:
        """Have a partner say something; return what it is told."""
        return self.one(self.arrival(partner, self.entry(message, **given)))

    def claim(self, partner: str, limit: int = 10, lease: float = 60) -> list[Claimed]:
        """Claim what is due."""
        with writing(self.engine).begin() as connection:
            until = millis(self.now + timedelta(seconds=lease))
            return outbox.claim(connection, partner, limit=limit, now=millis(self.now), lease_until=until)

    def close(self, *closings: Closing) -> set[str]:
        """Close claimed deliveries; return the partners that have something due because of it."""

        with writing(self.engine).begin() as connection:
            return self.closed(connection, *closings)

    def closed(self, connection: Connection, *closings: Closing) -> set[str]:
        """Do as ``close`` in a transaction that is open."""
        names = outbox.close(connection, closings, millis(self.now))
        ids = [closing.claimed.case_id for closing in closings if closing.claimed.case_id]
        return self.journal.case_named(connection, names, ids) if names else set()

    def delivered(self, claimed: Claimed, case: str | None = None) -> Closing:
        """Return the closing of a delivery that went well."""
        now = millis(self.now)
        attempted = Attempted(
            number=claimed.attempts + 1, started_at=now, duration_ms=1, outcome="delivered", http_status=200
        )
        return Closing(claimed=claimed, status="delivered", delivered_at=now, partner_case_id=case, attempted=attempted)

    def rows(self, table: Table, **where: Any) -> list[dict[str, Any]]:
        """Return rows of a table."""
        query = select(table)
        for name, value in where.items():
            query = query.where(table.c[name] == value)
        with self.engine.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def later(self, **by: float) -> None:
        """Move the clock."""
        self.now += timedelta(**by)
