"""What a person does about a ruling: decide on one that could not be decided, or have it verified again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection, Engine

from gateway.errors import Conflicting, NotAuthorised, NotFound
from gateway.lifecycle import Case, RulingEvent, ruling_after
from gateway.releasing import notices
from gateway.releasing.looking import Row, confirmation_of
from gateway.releasing.speaking import Speaking
from gateway.releasing.verdicts import may_be_released
from gateway.store import rulings
from gateway.store.times import millis
from gateway.store.writer import Writer

log = structlog.get_logger("fengqiao.rulings")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deciding:
    """Enter a person's decision with name and reason."""

    engine: Engine
    writer: Writer[Any, Any]
    speaking: Speaking
    wake: Callable[[frozenset[str]], None]
    now: Callable[[], datetime]

    async def decide(self, ruling: str, *, release: bool, name: str, reason: str) -> dict[str, Any]:
        """Release or refuse a ruling that waits for a person, by its message's id or the court's.

        Raises NotFound, Conflicting, NotAuthorised.

        Only what is genuine beyond doubt may be released: a person reads what a machine could not, and vouches for no
        signature.
        """
        message_id, case_id = self._found(ruling)

        def enter(connection: Connection) -> set[str]:
            file, woken = self.speaking.locked(connection, case_id)
            row = _row(connection, message_id)
            event: RulingEvent = "decided_release" if release else "decided_refusal"
            if ruling_after(row["state"], event) is None:
                raise Conflicting("rulings.release.not_undecided", state=row["state"])
            if release and not may_be_released(rulings.read_checks(row["checks"])):
                raise NotAuthorised("rulings.release.not_genuine")
            decided = {"decided_by": name, "decided_reason": reason, "decided_at": millis(self.now())}
            code = "rulings.release.released_by_person" if release else "rulings.release.refused_by_person"
            outcome = "verified" if release else "quarantined"
            return woken | self._enter(connection, file, row, event, outcome, code=code, **decided)

        self.wake(frozenset(await self.writer.ran(enter)))
        state = "VERIFIED" if release else "QUARANTINED"
        log.info("ruling.decided", message_id=message_id, case_id=case_id, state=state)
        return self._told(message_id)

    async def reopen(self, ruling: str) -> dict[str, Any]:
        """Have a ruling verified again, by the trust of now. Raises NotFound, Conflicting."""
        message_id, case_id = self._found(ruling)

        def enter(connection: Connection) -> set[str]:
            file, woken = self.speaking.locked(connection, case_id)
            row = _row(connection, message_id)
            refused = row["decided_by"] and row["state"] == "QUARANTINED"
            if ruling_after(row["state"], "reopened") is None or refused:
                raise Conflicting("rulings.release.not_reopened", state=row["state"])
            return woken | self._enter(connection, file, row, "reopened", "reopened", code=None)

        self.wake(frozenset(await self.writer.ran(enter)))
        log.info("ruling.reopened", message_id=message_id, case_id=case_id)
        return self._told(message_id)

    def _enter(
        self, connection: Connection, file: Any, row: Row, event: RulingEvent, outcome: str, **values: Any
    ) -> set[str]:
        rulings.change(connection, row["message_id"], state=ruling_after(row["state"], event), **values)
        here = confirmation_of(Case.from_dict(file.snapshot), row["number"])
        court = here.court if here and outcome != "reopened" else None
        told = notices.notice(
            row, outcome, now=self.now(), step=file.step, addressee=court, decided_by=values.get("decided_by"),
            reason=values.get("decided_reason"), confirmation_number=here.court_number if here else None,
        )  # fmt: skip
        return self.speaking.say(connection, file, told, self.speaking.due([self.speaking.partner_of(court)], told))

    def _found(self, ruling: str) -> tuple[str, str]:
        with self.engine.connect() as connection:
            row = rulings.find(connection, ruling)
        if row is None:
            raise NotFound("rulings.release.unknown", ruling=ruling[:64])
        return row["message_id"], row["case_id"]

    def _told(self, message_id: str) -> dict[str, Any]:
        with self.engine.connect() as connection:
            row = _row(connection, message_id)
        return {"ruling": message_id, "state": row["state"], "code": row["code"], "decided_by": row["decided_by"]}


def _row(connection: Connection, message_id: str) -> Row:
    if (row := rulings.one(connection, message_id)) is None:
        raise NotFound("rulings.release.unknown", ruling=message_id[:64])
    return row
