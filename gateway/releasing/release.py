"""Release a verified ruling: the one place from which a ruling's file goes anywhere.

VERIFIED ─► whom to? ─┬─ nobody can be reached: it stays where it is, and says so
                      └─► the file, byte for byte, to whoever applied, and to whoever has what it replaces
                          notice to whoever referred the case ─ a task to serve it on each applicant
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection

from gateway.lifecycle import Case, Confirmation, ruling_after
from gateway.releasing import notices
from gateway.releasing.certificates import GivingOut
from gateway.releasing.looking import (
    Application,
    Row,
    application_of,
    confirmation_of,
    file_of,
    papers,
    ruling_of,
)
from gateway.releasing.speaking import DECIDING, Speaking
from gateway.rules import Rules
from gateway.store import rulings
from gateway.store.arrivals import CaseFile, DueDelivery
from gateway.store.cipher import Cipher
from gateway.store.times import millis

STALE = 3_600_000  # milliseconds since a verification after which nothing is released by it

log = structlog.get_logger("fengqiao.rulings")


@dataclass(slots=True, kw_only=True)
class Release:
    """Let verified rulings go."""

    cipher: Cipher
    rules: Rules
    speaking: Speaking
    now: Callable[[], datetime]

    def let_go(self, connection: Connection, file: CaseFile, message_id: str) -> set[str] | None:
        """Release a ruling that is still VERIFIED; return the partners with something due, None where it must stay."""
        row = rulings.one(connection, message_id)
        if row is not None and row["paper"] == "certificate":
            giving = GivingOut(cipher=self.cipher, rules=self.rules, speaking=self.speaking, now=self.now)
            return giving.let_go(connection, file, row)
        here = confirmation_of(Case.from_dict(file.snapshot), row["number"]) if row else None
        after = ruling_after(row["state"], "released") if row else None
        if row is None or here is None or after is None or here.state == "OBJECTED":
            return set()
        application = application_of(connection, self.cipher, Case.from_dict(file.snapshot), here.number)
        if application is None:
            self._stays(connection, row, "rulings.release.no_application")
            return None
        due = self._due(connection, file, row)
        if isinstance(due, str):
            self._stays(connection, row, due)
            return None
        judged_at = max(row["verified_at"] or 0, row["decided_at"] or 0)  # a person takes the time that it takes
        if millis(self.now()) - judged_at > STALE:
            return self._verify_again(connection, file, row)
        rulings.change(connection, message_id, state=after, code=row["code"], released_at=millis(self.now()))
        woken = self._announce(connection, file, row, here, application)
        woken |= rulings.deliver(connection, file, row, due, millis(self.now()))
        woken |= self._ask_to_serve(connection, file, row, here, application)
        log.info("ruling.released", message_id=message_id, case_id=file.id, count=len(due))
        return woken

    def _due(self, connection: Connection, case: CaseFile, row: Row) -> list[DueDelivery] | str:
        """Return who gets the file, or the code of why nobody can: only the applicant is ever addressed."""
        kept, message = ruling_of(connection, self.cipher, row["message_id"])
        file = file_of(message.data, papers(connection, row["message_id"]))
        if file is None or file["state"] != "kept" or file["sha256"] != row["sha256"]:
            return "rulings.release.other_file"  # what goes out is what was verified, and nothing else
        routing = self.rules.release(case, message, number=row["number"], sender_partner=kept["partner"])
        if routing.fault:
            return routing.fault
        due = [
            self.speaking.delivery(each.partner, why=each.why, independent=False)
            for each in routing.due
            if each.why != "copy" or self.speaking.carries(each.partner, message)
        ]
        there = {each.partner for each in due}
        earlier = [each["message_id"] for each in rulings.of_case(connection, case.id) if _replaced(each, row)]
        more = [name for name in rulings.holders(connection, earlier) if name not in there]
        holders = [name for name in more if self.speaking.carries(name, message)]
        return due + [self.speaking.delivery(name, why="copy", independent=False) for name in holders]

    def _stays(self, connection: Connection, row: Row, code: str) -> None:
        if row["code"] != code:
            rulings.change(connection, row["message_id"], code=code)
            log.error("ruling.not_released", message_id=row["message_id"], case_id=row["case_id"], code=code)

    def _verify_again(self, connection: Connection, file: CaseFile, row: Row) -> set[str]:
        """Let what was verified too long ago pass every check again: somebody may have withdrawn a seal since."""
        rulings.change(connection, row["message_id"], state=ruling_after(row["state"], "reopened"), code=None)
        told = notices.notice(row, "reopened", now=self.now(), step=file.step, addressee=None)
        log.info("ruling.reopened", message_id=row["message_id"], case_id=file.id)
        return self.speaking.say(connection, file, told, ())

    def _announce(
        self, connection: Connection, file: CaseFile, row: Row, here: Confirmation, application: Application
    ) -> set[str]:
        """Say in the case that it is released, and to whom it is to be served; whoever referred the case is told."""
        names: Any = [party.name for party in application.parties]
        told = notices.notice(
            row, "released", now=self.now(), step=file.step, addressee=file.origin, addressees=names,
            confirmation_number=here.court_number, decided_by=row["decided_by"], reason=row["decided_reason"],
        )  # fmt: skip
        origin = None if file.origin in {here.applicant, here.court} else file.origin_partner
        return self.speaking.say(connection, file, told, self.speaking.due([origin], told, why="copy"))

    def _ask_to_serve(
        self, connection: Connection, file: CaseFile, row: Row, here: Confirmation, application: Application
    ) -> set[str]:
        """Give whoever applied a task for each applicant, after the file in the order of the case."""
        partner, woken = self.speaking.partner_of(here.applicant), set[str]()
        for place, party in enumerate(application.parties[: notices.MOST_ADDRESSEES]):
            electronic = bool(party.service_address) and party.name in application.consenting
            task = notices.service_task(
                row, party, place, now=self.now(), court=here.court, unit=here.applicant, electronic=electronic
            )
            due = [self.speaking.delivery(partner, why="addressed", independent=False)] if partner else []
            woken |= self.speaking.say(connection, file, task, due)
        return woken


def _replaced(earlier: Row, row: Row) -> bool:
    """Say whether whoever has an earlier file must get this one, too."""
    if earlier["message_id"] == row["message_id"] or earlier["number"] != row["number"]:
        return False
    return row["result"] in DECIDING or earlier["result"] not in DECIDING
