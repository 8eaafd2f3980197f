"""A certificate of voluntary performance (自动履行证明书) goes the way of a ruling: proved first, then given out.

It shares the row, the chore, the evidence and a person's decision with rulings; what is its own stands here: what it is
held against, and to whom it goes. Nobody serves it, so it is over when it is given out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

import structlog
from sqlalchemy import Connection

from gateway.canonical.messages import Message
from gateway.canonical.messages.performance import CertificateData
from gateway.configuration import Revision
from gateway.lifecycle import ruling_after
from gateway.releasing import notices
from gateway.releasing.looking import opened, papers
from gateway.releasing.speaking import Speaking
from gateway.rules import Rules
from gateway.store import certificates, rulings
from gateway.store.arrivals import CaseFile, DueDelivery
from gateway.store.cipher import Cipher
from gateway.store.times import millis

if TYPE_CHECKING:  # a process that verifies nothing starts without the libraries of rulings
    from gateway.rulings.context import Expected

log = structlog.get_logger("fengqiao.rulings")
Row = dict[str, Any]
STALE = 3_600_000  # milliseconds since it was verified, or decided upon, after which nothing is given out by it


def certificate_of(said: CertificateData, brought: list[Row]) -> Row | None:
    """Return which of the documents is the certificate: the proof of performance among them, else the first."""
    place = _place(said)
    return brought[place] if place < len(brought) else None


def court_of(connection: Connection, row: Row | None) -> str | None:
    """Return the court that sent a certificate; None for the row of a ruling."""
    certified = row is not None and row["paper"] == "certificate"
    return certificates.message_of(connection, row["message_id"])["sender"] if row and certified else None


def held_against(
    connection: Connection, cipher: Cipher, kept: Row, said: CertificateData, revision: Revision
) -> Expected | str:
    """Return what the file is held against; or the code of why that is not known yet."""
    from gateway.rulings.context import Certified, Expected  # noqa: PLC0415 - see above

    court = revision.directory.by_id(kept["sender"]) if kept["sender"] else None
    if court is None:
        return "rulings.release.court_unknown"
    of_ruling, paper = said.basis == "ruling", said.documents[_place(said)]
    return Expected(
        court=court.name,
        parties=_parties(connection, cipher, kept["case_id"]),
        sha256=paper.sha256,
        sm3=paper.sm3,
        files=len(said.documents),
        certificate=Certified(
            number=said.number, performer=said.performer, counterpart=said.counterpart,
            basis_number=said.basis_number, of_ruling=of_ruling,
            rulings=tuple(certificates.court_numbers(connection, kept["case_id"])) if of_ruling else (),
        ),
    )  # fmt: skip


@dataclass(slots=True, kw_only=True)
class GivingOut:
    """Give verified certificates out."""

    cipher: Cipher
    rules: Rules
    speaking: Speaking
    now: Callable[[], datetime]

    def let_go(self, connection: Connection, case: CaseFile, row: Row) -> set[str] | None:
        """Give out a certificate that is still VERIFIED; return the partners to wake, None where it stays."""
        after = ruling_after(row["state"], "released")
        if after is None:
            return set()
        kept = certificates.message_of(connection, row["message_id"])
        message = opened(self.cipher, kept)
        due = self._due(connection, case, row, kept, message)
        if isinstance(due, str):
            self._stays(connection, row, due)
            return None
        now = millis(self.now())
        if now - max(row["verified_at"] or 0, row["decided_at"] or 0) > STALE:  # a seal may be withdrawn since
            rulings.change(connection, row["message_id"], state="AWAITING", code=None)
            return set()
        rulings.change(connection, row["message_id"], state=ruling_after(after, "served"), released_at=now)
        woken = rulings.deliver(connection, case, row, due, now)
        told = notices.notice(
            row, "released", now=self.now(), step=case.step, addressee=None, decided_by=row["decided_by"],
            reason=row["decided_reason"],
        )  # fmt: skip
        log.info("ruling.released", message_id=row["message_id"], case_id=case.id, count=len(due))
        return woken | self.speaking.say(connection, case, told, ())

    def _due(
        self, connection: Connection, case: CaseFile, row: Row, kept: Row, message: Message
    ) -> list[DueDelivery] | str:
        """Return who gets it, as the catalogue says; or the code of why nobody can."""
        file = certificate_of(cast(CertificateData, message.data), papers(connection, row["message_id"]))
        if file is None or file["state"] != "kept" or file["sha256"] != row["sha256"]:
            return "rulings.certified.other_file"  # what goes out is what was verified, and nothing else
        routing = self.rules.give_out(case, message, sender_partner=kept["partner"])
        if routing.fault:
            return routing.fault
        return [
            self.speaking.delivery(each.partner, why=each.why, independent=False)
            for each in routing.due
            if each.why != "copy" or self.speaking.carries(each.partner, message)
        ]

    def _stays(self, connection: Connection, row: Row, code: str) -> None:
        if row["code"] != code:
            rulings.change(connection, row["message_id"], code=code)
            log.error("ruling.not_released", message_id=row["message_id"], case_id=row["case_id"], code=code)


def _place(said: CertificateData) -> int:
    return next((place for place, paper in enumerate(said.documents) if paper.kind == "performance_proof"), 0)


def _parties(connection: Connection, cipher: Cipher, case_id: str) -> tuple[str, ...]:
    """Return the names of everybody whom the referral, the unit or the application named as a party."""
    found: list[str] = []
    for row in certificates.naming(connection, case_id):
        data: Any = opened(cipher, row).data
        found += [party.name for party in (*getattr(data, "parties", ()), *getattr(data, "applicants", ()))]
    return tuple(dict.fromkeys(found))
