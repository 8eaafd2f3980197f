"""The chore of rulings: take up what came, verify what waits, release what passed, follow what became of the rest.

One process leads (``clockwork.py``). Verifying needs no transaction and runs in a thread; what it finds is written in
one, which asks first whether the ruling still waits for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import Connection, Engine

from gateway.canonical.identifiers import uuid7
from gateway.errors import ConfigurationFault
from gateway.lifecycle import Case, ruling_after
from gateway.releasing.looking import confirmation_of
from gateway.releasing.release import Release
from gateway.releasing.speaking import Speaking
from gateway.releasing.verify import Verified, Verifying
from gateway.store import certificates, rulings
from gateway.store.times import millis
from gateway.store.writer import Writer

if TYPE_CHECKING:  # a process that verifies nothing starts without the libraries of rulings
    from gateway.rulings.trust import Trust

log = structlog.get_logger("fengqiao.rulings")
PAGE = 50
PAUSE = timedelta(seconds=60)  # until what failed, or waits for somebody, is looked at again
SLACK = 600_000  # milliseconds since their receipt: of these every look asks
Pair = tuple[str, str]


@dataclass(slots=True, kw_only=True)
class Releasing:
    """Bring every ruling as far as it may go. ``trust``: the folder that says whom to believe, if any."""

    engine: Engine
    writer: Writer[Any, Any]
    speaking: Speaking
    verifying: Verifying
    release: Release
    wake: Callable[[frozenset[str]], None]
    now: Callable[[], datetime]
    trust: Callable[[], Path | None]
    _whole_at: datetime | None = None  # when to look for rulings of all times again
    _paused: dict[str, datetime] = field(default_factory=dict)
    _said: tuple[str | None, frozenset[str]] = (None, frozenset())  # why nothing can be verified, and what waits
    _one: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def set_off(self) -> None:
        """Do what there is to do."""
        await self.run_due()

    async def run_due(self) -> int:
        """Take up, verify, release and follow; return how many steps were taken."""
        async with self._one:
            self._paused = {name: until for name, until in self._paused.items() if until > self.now()}
            steps = await self._take_up()
            steps += await self._verify()
            steps += await self._each(self._read(partial(self._in, "VERIFIED")), self._release)
            return steps + await self._each(self._read(self._overtaken), self._follow)

    async def _take_up(self) -> int:
        """Take up what has no row yet; now and then of all times, for what was parked or held came long ago."""
        now, since = self.now(), millis(self.now()) - SLACK
        if self._whole_at is None or now >= self._whole_at:
            since = 0
        ways = [partial(each.arrived, since=since, limit=PAGE) for each in (rulings, certificates)]
        found = [await asyncio.to_thread(self._look, way) for way in ways]
        if since == 0 and all(len(each) < PAGE for each in found):
            self._whole_at = now + PAUSE
        arrived = [case_id for each in found for _, case_id, _ in each]
        new = dict.fromkeys(case_id for case_id in arrived if case_id not in self._paused)
        return sum([await self._done(case_id, partial(self._seen, case_id)) for case_id in new])

    def _seen(self, case_id: str, connection: Connection) -> set[str]:
        return self.speaking.locked(connection, case_id)[1]

    async def _verify(self) -> int:
        waiting = await asyncio.to_thread(self._look, partial(self._in, "AWAITING"))
        if not waiting:
            return 0
        trust = await self._trusted(frozenset(message_id for message_id, _ in waiting))
        return 0 if trust is None else await self._each_of(waiting, partial(self._verified, trust))

    async def _trusted(self, waiting: frozenset[str]) -> Trust | None:
        """Return whom to believe; without it nothing is verified, which the log and the row of each ruling say."""
        trust, code, where = await asyncio.to_thread(self._read_trust)
        if code is not None and (code, waiting) != self._said:
            count = await self.writer.ran(lambda connection: rulings.mark_waiting(connection, code))
            log.warning("rulings.not_verified", code=code, count=count, **where)
        self._said = (code, waiting)
        return trust

    def _read_trust(self) -> tuple[Trust | None, str | None, dict[str, Any]]:
        from gateway.rulings.trust.folder import read_trust  # noqa: PLC0415 - see above

        folder = self.trust()
        if folder is None:
            return None, "rulings.release.no_trust", {}
        try:
            return read_trust(folder), None, {}
        except ConfigurationFault as fault:
            where = {name: fault.facts.get(name) for name in ("file", "line", "field")}
            return None, "rulings.release.trust_faulty", where

    async def _verified(self, trust: Trust, message_id: str, case_id: str) -> bool:
        try:
            found = await asyncio.to_thread(self.verifying.look, message_id, trust)
        except Exception as error:
            self._failed(message_id, error)
            return False
        if not isinstance(found, Verified):
            await self._wait(message_id, found)
            return False
        return await self._done(message_id, lambda connection: self._enter(connection, case_id, found))

    def _enter(self, connection: Connection, case_id: str, found: Verified) -> set[str]:
        file, woken = self.speaking.locked(connection, case_id)
        return woken | self.verifying.enter(connection, file, found)

    async def _release(self, message_id: str, case_id: str) -> bool:
        return await self._done(message_id, lambda connection: self._let_go(connection, message_id, case_id))

    def _let_go(self, connection: Connection, message_id: str, case_id: str) -> set[str]:
        file, woken = self.speaking.locked(connection, case_id)
        gone = self.release.let_go(connection, file, message_id)
        if gone is None:
            self._paused[message_id] = self.now() + PAUSE
        return woken | (gone or set())

    async def _follow(self, message_id: str, case_id: str) -> bool:
        return await self._done(message_id, lambda connection: self._keep_up(connection, message_id, case_id))

    def _keep_up(self, connection: Connection, message_id: str, case_id: str) -> set[str]:
        """Let a ruling's row say what its application says."""
        file, woken = self.speaking.locked(connection, case_id)
        row = rulings.one(connection, message_id)
        here = confirmation_of(Case.from_dict(file.snapshot), row["number"]) if row else None
        if row is None or here is None:
            return woken
        if here.state == "REVOKED":
            return woken | self.speaking.end(connection, file, row, "revoked", None)
        current = (here.document, here.version) == (row["document_id"], row["version"])
        everybody = current and here.addressees and len(here.served) == len(here.addressees)
        if (here.state == "SERVED" or everybody) and ruling_after(row["state"], "served"):
            rulings.change(connection, message_id, state="SERVED")
        else:
            self._paused[message_id] = self.now() + PAUSE
        return woken

    async def _wait(self, message_id: str, code: str) -> None:
        """Say why a ruling cannot be verified yet, and look at it again later."""
        await self.writer.ran(lambda connection: rulings.change(connection, message_id, code=code))
        log.warning("ruling.waits", message_id=message_id, code=code)
        self._paused[message_id] = self.now() + PAUSE

    async def _done(self, name: str, work: Callable[[Connection], Iterable[str]]) -> bool:
        """Do one step in a transaction; a fault of ours leaves it undone for a while, and harms no neighbour."""
        try:
            self.wake(frozenset(await self.writer.ran(work)))
        except Exception as error:
            self._failed(name, error)
            return False
        return True

    def _failed(self, name: str, error: Exception) -> None:
        """Leave what failed alone for a while; the log has it under an id, without the words of the error."""
        log.error("ruling.fault", message_id=name, fault_id=uuid7(), code=getattr(error, "code", None), exc_info=error)
        self._paused[name] = self.now() + PAUSE

    async def _each(self, pairs: Awaitable[list[Pair]], step: Callable[[str, str], Awaitable[bool]]) -> int:
        return await self._each_of(await pairs, step)

    async def _each_of(self, pairs: list[Pair], step: Callable[[str, str], Awaitable[bool]]) -> int:
        return sum([await step(*pair) for pair in pairs if pair[0] not in self._paused])

    def _overtaken(self, connection: Connection) -> list[Pair]:
        return rulings.overtaken(connection, set(self._paused), PAGE)

    def _in(self, state: str, connection: Connection) -> list[Pair]:
        return rulings.in_state(connection, state, set(self._paused), PAGE)

    async def _read(self, find: Callable[[Connection], list[Pair]]) -> list[Pair]:
        return await asyncio.to_thread(self._look, find)

    def _look(self, find: Callable[[Connection], Any]) -> Any:
        with self.engine.connect() as connection:
            return find(connection)
