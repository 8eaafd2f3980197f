"""Look at the cases whose periods end: call them to mind, say what has run out, each once, and let it take effect.

    cases that ring today ─► lock ─► which clock runs? ─► nobody has it yet: look again tomorrow
                                          │
                                          ├─► nothing to say now: set the next day
                                          └─► say it: one row of reminder, message, deliveries, the case after it

Each case is one short transaction. The row of ``reminder`` has a unique key, so what two processes want to say at the
same moment, after a restart or with two clocks, is said once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import structlog
from sqlalchemy import Connection, Engine

from gateway.canonical.identifiers import BEIJING, uuid7
from gateway.canonical.messages import Message
from gateway.configuration import Revision
from gateway.errors import NotFound
from gateway.lifecycle import Case
from gateway.lifecycle.calls import spoken
from gateway.lifecycle.clocks import Call, Clock
from gateway.posts import Post
from gateway.rules import Rules, clock_row, held_until
from gateway.store import cases, clock_calls
from gateway.store.arrivals import CaseFile, DueDelivery, Judgement
from gateway.store.books import pack_content
from gateway.store.cipher import Cipher
from gateway.store.journal import Journal
from gateway.store.writer import Writer
from gateway.telemetry import Telemetry

log = structlog.get_logger("fengqiao.clock")
PAGE = 100
NOBODY_TOLD = "clock.nobody_told"
_COURTS = frozenset({"court", "tribunal"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What came of one look at a case: what was said of which clock, and who has something due because of it."""

    clock: str
    call: Call
    code: str | None
    due: frozenset[str] = frozenset()


@dataclass(slots=True, kw_only=True)
class Timekeeping:
    """Keep the periods of all cases."""

    engine: Engine
    writer: Writer[Any, Any]
    journal: Journal
    rules: Rules
    cipher: Cipher
    revision: Callable[[], Revision]
    post: Callable[[str], Post]
    wake: Callable[[frozenset[str]], None]
    now: Callable[[], datetime]
    telemetry: Telemetry = field(default_factory=Telemetry)
    _known: frozenset[int] = frozenset()  # years for which provisional days have been reckoned anew
    _started: bool = False
    _missed: int | None = None  # the year that the log has named

    async def set_off(self) -> None:
        """Look at what rings, but not in the rush of a start: answers of the meantime may be on their way."""
        if self._started:
            await self.run_due()
        self._started = True

    async def run_due(self) -> int:
        """Look at every case that rings today. Returns how many things were said."""
        today = self.now().astimezone(BEIJING).date()
        self._name_missing(today)
        years = self.revision().calendar.years
        said = 0 if years == self._known else await self._reckon_anew()
        self._known = years
        return said + await self._attend_due(today.isoformat())

    async def _attend_due(self, today: str) -> int:
        """Look at what rings, page by page: whatever was looked at rings on a later day, but for what failed."""
        said, failed = 0, set[str]()
        while page := await asyncio.to_thread(self._read, lambda read: clock_calls.due(read, today, failed, PAGE)):
            said += await self._look_at(page, failed)
        return said

    async def _reckon_anew(self) -> int:
        """Look at every case whose last day was not certain: a year has become known."""
        said, after = 0, ""
        while page := await asyncio.to_thread(self._read, partial(_uncertain, after)):
            said += await self._look_at(page, set())
            after = page[-1]
        return said

    def _read(self, find: Callable[[Connection], list[str]]) -> list[str]:
        with self.engine.connect() as connection:
            return find(connection)

    async def _look_at(self, page: list[str], failed: set[str]) -> int:
        return sum(await asyncio.gather(*(self._look(case_id, failed) for case_id in page)))

    async def _look(self, case_id: str, failed: set[str]) -> bool:
        """Look at one case; a bug of ours leaves it for the next time, and harms no neighbour."""
        try:
            said = await self.writer.ran(lambda connection: self._attend(connection, case_id))
        except Exception as error:
            log.exception("clock.fault", case_id=case_id, fault_id=uuid7(), code=getattr(error, "code", None))
            failed.add(case_id)
            return False
        if said is not None:
            level = log.info if said.code is None or said.call == "reminder" else log.warning
            level("clock.called", case_id=case_id, clock=said.clock, call=said.call, code=said.code)
            self.telemetry.called(said.clock, said.call, told=said.code is None)
            self.wake(said.due)
        return said is not None

    def _attend(self, connection: Connection, case_id: str) -> Said | None:
        file = cases.load(connection, [case_id]).get(case_id)
        if file is None or file.closed_at is not None:
            clock_calls.set_clock(connection, case_id, None, None)
            return None
        today = self.now().astimezone(BEIJING).date()
        case, clock, waits = self._clock(connection, file)
        call = clock.call_on(today) if clock and not waits else None
        if clock is None or call is None or call in clock_calls.said(connection, _run(case_id, clock)):
            rings_on = today + timedelta(days=1) if waits else clock.next_day(today) if clock else None
            row = clock_row(clock, rings_on=rings_on, uncertain=waits)
            clock_calls.set_clock(connection, case_id, row, held_until(case, clock))
            return None
        return self._say(connection, file, case, clock, call)

    def _clock(self, connection: Connection, file: CaseFile) -> tuple[Case, Clock | None, bool]:
        """Return the clock, and whether it waits for what began it to arrive: nobody answers what it has not got."""
        case, clock = self.rules.clock(file)
        partner = self.revision().directory.partner_of(clock.holder) if clock else None
        if clock is None or clock.begun_by is None or partner is None:
            return case, clock, False
        reached = clock_calls.reached(connection, clock.begun_by, partner)
        if not isinstance(reached, datetime):
            return case, clock, reached == clock_calls.UNDELIVERED
        case, clock = self.rules.clock(file, reached=reached.astimezone(BEIJING).date())
        return case, clock, False

    def _say(self, connection: Connection, file: CaseFile, case: Case, clock: Clock, call: Call) -> Said:
        holder, now = self.revision().directory.by_id(clock.holder), self.now()
        message = spoken(call, clock, case, to_court=holder is not None and holder.kind in _COURTS)
        judgement = self.rules.of_the_clock(file, message, clock, call, now=now)
        if judgement.fate == "held":  # the directory does not reach them: once somebody has mended it, it is said
            tomorrow = now.astimezone(BEIJING).date() + timedelta(days=1)
            row = clock_row(clock, rings_on=tomorrow)
            clock_calls.set_clock(connection, file.id, row, held_until(case, clock))
            return Said(clock=clock.kind, call=call, code=judgement.code)
        due = [each for each in judgement.due if self._takes(each, message)]
        code = judgement.code or (None if due else NOBODY_TOLD)
        takes_effect = judgement.after is not None and (bool(due) or call in {"silence", "expiry"})
        clock_calls.note(
            connection, _run(file.id, clock), call, organisation=clock.holder,
            message_id=message.id if takes_effect else None, code=code, now=now,
        )  # fmt: skip
        if not takes_effect:
            today = now.astimezone(BEIJING).date()
            row = clock_row(clock, rings_on=clock.next_day(today))
            clock_calls.set_clock(connection, file.id, row, held_until(case, clock))
            return Said(clock=clock.kind, call=call, code=code)
        partners = clock_calls.speak(
            connection, self.journal, file, message,
            Judgement(fate="accepted", after=judgement.after, due=due),
            content=self.cipher.seal(pack_content(message, {}, ()), context=message.id.encode()),
            revision=self.revision().id, now=now,
        )  # fmt: skip
        return Said(clock=clock.kind, call=call, code=code, due=frozenset(partners))

    def _takes(self, due: DueDelivery, message: Message) -> bool:
        """Say whether a partner has words for the message at all: what it could never get is due at nobody."""
        try:
            return self.post(due.partner).carries(message)
        except NotFound:
            return False

    def _name_missing(self, today: date) -> None:
        year = self.revision().calendar.missing(today)
        if year is not None and year != self._missed:
            log.warning("calendar.year_unknown", year=year, code="cli.doctor.calendar_missing")
        self._missed = year


def _uncertain(after: str, connection: Connection) -> list[str]:
    return clock_calls.provisional(connection, after, PAGE)


def _run(case_id: str, clock: Clock) -> clock_calls.Run:
    return clock_calls.Run(case_id, clock.kind, clock.number, clock.turn)
