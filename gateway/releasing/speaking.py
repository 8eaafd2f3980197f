"""Say something in a locked case as the gateway itself, and take up the files of rulings that it has not seen yet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection

from gateway.canonical.messages import Message
from gateway.canonical.messages.performance import CertificateData
from gateway.canonical.messages.ruling_data import RulingData
from gateway.configuration import Revision
from gateway.errors import GatewayError, NotFound
from gateway.lifecycle import Case, RulingEvent, ruling_after
from gateway.posts import Post
from gateway.releasing import notices
from gateway.releasing.looking import number_of, opened
from gateway.rules import Rules
from gateway.store import cases, certificates, clock_calls, rulings
from gateway.store.arrivals import CaseFile, DueDelivery, Judgement
from gateway.store.books import pack_content
from gateway.store.cipher import Cipher
from gateway.store.journal import Journal
from gateway.store.times import millis

Row = dict[str, Any]
NAME = 128  # characters of a name in the store
DECIDING = frozenset({"revoked", "changed"})  # results of a ruling on a ruling


@dataclass(slots=True, kw_only=True)
class Speaking:
    """What every step on a ruling does inside its transaction."""

    journal: Journal
    rules: Rules
    cipher: Cipher
    revision: Callable[[], Revision]
    post: Callable[[str], Post]
    now: Callable[[], datetime]

    def locked(self, connection: Connection, case_id: str) -> tuple[CaseFile, set[str]]:
        """Lock a case and take up the files that came since; return it, and the partners with something due."""
        file = cases.load(connection, [case_id])[case_id]
        woken: set[str] = set()
        for kept in rulings.of_case(connection, case_id, without_row=True):
            woken |= self._take_up(connection, file, kept)
        for kept in certificates.unseen(connection, case_id):
            self._take_up_certificate(connection, kept)
        return file, woken

    def say(self, connection: Connection, file: CaseFile, message: Message, due: Sequence[DueDelivery]) -> set[str]:
        """Enter a message of the gateway's own. Returns the partners with something due. Raises GatewayError."""
        judged = self.rules.of_the_gateway(file, message, now=self.now())
        if judged.after is None:
            raise GatewayError(judged.code, **judged.facts)
        return clock_calls.speak(
            connection, self.journal, file, message, Judgement(fate="accepted", after=judged.after, due=due),
            content=self.cipher.seal(pack_content(message, {}, ()), context=message.id.encode()),
            revision=self.revision().id, now=self.now(),
        )  # fmt: skip

    def due(self, partners: Iterable[str | None], message: Message, *, why: str = "addressed") -> list[DueDelivery]:
        """Return deliveries for those of the partners that have words for a message; each passes whatever waits."""
        carrying = [name for name in dict.fromkeys(partners) if name and self.carries(name, message)]
        return [self.delivery(name, why=why, independent=True) for name in carrying]

    def delivery(self, partner: str, *, why: str, independent: bool) -> DueDelivery:
        """Return a delivery at a partner, before whatever is not urgent."""
        days = self.revision().partners[partner].deadline_days
        return DueDelivery(
            partner=partner, why=why, independent=independent, priority=0 if independent else 1, deadline_days=days
        )

    def carries(self, partner: str, message: Message) -> bool:
        """Say whether a partner is there and has words for a message."""
        try:
            return self.post(partner).carries(message)
        except NotFound:
            return False

    def partner_of(self, organisation: str | None) -> str | None:
        """Return the partner that reaches an organisation."""
        return self.revision().directory.partner_of(organisation) if organisation else None

    def end(self, connection: Connection, file: CaseFile, row: Row, event: RulingEvent, by: str | None) -> set[str]:
        """Let a file count no more: withdraw what nobody has seen yet, and tell everybody who has it."""
        after = ruling_after(row["state"], event)
        if after is None:
            return set()
        now, messages = self.now(), [row["message_id"], *rulings.said(connection, notices.tasks_of(row))]
        woken = rulings.withdraw(connection, messages, "rulings.release.withdrawn", millis(now))
        holders = rulings.holders(connection, [row["message_id"]])  # after: a worker may just have taken one up
        ended = {"state": after, "code": None, "ended_at": millis(now), "replaced_by": by}
        rulings.change(connection, row["message_id"], **ended)
        if holders:
            told = notices.notice(row, event, now=now, step=file.step, addressee=None, replaced_by=by)
            woken |= self.say(connection, file, told, self.due(holders, told))
        return woken

    def _take_up_certificate(self, connection: Connection, kept: Row) -> None:
        """Give a certificate of performance its row; it is of no application, and replaces nothing."""
        said = cast(CertificateData, opened(self.cipher, kept).data)
        rulings.add(
            connection,
            {
                "message_id": kept["id"], "case_id": kept["case_id"], "paper": "certificate", "number": 0,
                "document_id": said.number[:NAME], "version": 1, "result": "performed", "state": "AWAITING",
                "received_at": kept["received_at"],
            },
        )  # fmt: skip

    def _take_up(self, connection: Connection, file: CaseFile, kept: Row) -> set[str]:
        """Give a ruling its row; what it takes the place of counts no more from here on."""
        case, said = Case.from_dict(file.snapshot), cast(RulingData, opened(self.cipher, kept).data)
        number = number_of(case, said)
        if number is None:
            raise GatewayError("rulings.release.no_application", case=file.id)
        before = rulings.of_case(connection, file.id)
        rulings.add(
            connection,
            {
                "message_id": kept["id"], "case_id": file.id, "number": number, "document_id": said.document_id,
                "version": said.version, "replaces": said.replaces, "result": said.result, "state": "AWAITING",
                "received_at": kept["received_at"],
            },
        )  # fmt: skip
        decides = said.result in DECIDING
        same = [row for row in before if row["number"] == number and (row["result"] in DECIDING) == decides]
        woken: set[str] = set()
        for row in same:
            woken |= self.end(connection, file, row, "superseded", said.document_id)
        return woken
