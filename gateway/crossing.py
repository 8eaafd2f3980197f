"""One end of a ferry: everything crosses complete, in order and once, whatever the gate loses, repeats or spoils.

    send     number, keep (one commit) ─► package ─► outgoing folder
    call     statuses ─► what the other end misses goes again, what it has is forgotten
             packages ─► the next one? taken in, then expected no more ─► the one after it …
                            known: removed │ later: it waits │ spoilt: set aside, as good as missing
             status   ─► what is expected, what is missing, how far was sent

A gap shows itself by a later number, or by the other end's word of how far it has sent. A status that is lost is said
again as long as something is missing or not yet confirmed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection

from gateway.contract import Request, Response
from gateway.errors import PermanentFailure, TemporaryFailure
from gateway.store import ferry
from gateway.store.cipher import Cipher
from gateway.store.ferry import Loaded, Reached
from gateway.transports.ferry.folders import Folder, Stamp
from gateway.transports.ferry.package import MISSING, OVERHEAD, Damaged, Ends, Package, Status, read_status, unpack

log = structlog.get_logger("fengqiao.ferry")
KEY = "idempotency-key"  # the header that names the record which a request carries
Ran = Callable[[Callable[[Connection], Any]], Awaitable[Any]]
Take = Callable[[Package], Awaitable[None]]  # takes a package in, and notes in the same commit that it came


@dataclass(slots=True, kw_only=True)
class Crossing:
    """The end of one partner; a transport as well, for what is delivered to it.

    ``settle``: seconds for which a file that cannot be read stays as it is before it is no longer being written, by
    our clock alone. ``again``: seconds after which a status is repeated.
    """

    partner: str
    ends: Ends
    incoming: Folder
    outgoing: Folder
    ran: Ran
    cipher: Cipher
    now: Callable[[], datetime]
    settle: float = 60.0
    again: float = 600.0
    _told: Status | None = field(default=None, init=False)
    _told_at: float = field(default=0.0, init=False)
    _repeated: bool = field(default=False, init=False)
    _sound: frozenset[str] = field(default=frozenset(), init=False)  # files that wait for an earlier one
    _spoilt: dict[str, tuple[Stamp, float]] = field(default_factory=dict, init=False)  # as it is, and since when

    async def send(self, request: Request) -> Response:
        """Send what a request carries across, and say that it was taken over (202).

        Raises PermanentFailure for what no package holds, TemporaryFailure where the folder cannot be written.
        """
        about, body = request.headers.get(KEY, ""), request.body
        if not about or not isinstance(body, bytes):
            raise PermanentFailure("ferry.not_a_record")
        await self.hand_over("record", about, body)
        return Response(status=202)

    async def aclose(self) -> None:
        """Leave the folders as they are, and hold nothing open."""
        await self.incoming.aclose()
        await self.outgoing.aclose()

    async def hand_over(self, kind: str, about: str, contents: bytes) -> None:
        """Give contents a number and put them into the outgoing folder. Raises as ``send``."""
        await self.put(await self.ran(self.loading(kind, about, contents)))

    def loading(self, kind: str, about: str, contents: bytes) -> Callable[[Connection], Loaded]:
        """Return what numbers and keeps contents in a transaction. Raises PermanentFailure."""
        if len(contents) + OVERHEAD > self.ends.limit:
            raise PermanentFailure("ferry.too_large", size=len(contents), limit=self.ends.limit - OVERHEAD)
        sealed = self.cipher.seal(contents, context=self._context(kind, about))
        return lambda connection: ferry.load(connection, self.partner, kind=kind, about=about, contents_sealed=sealed)

    async def put(self, loaded: Loaded) -> None:
        """Write a package into the outgoing folder. Raises TemporaryFailure."""
        contents = self.cipher.open(loaded.contents_sealed, context=self._context(loaded.kind, loaded.about))
        package = Package(number=loaded.number, kind=loaded.kind, about=loaded.about, contents=contents)
        await self._written(self.ends.name(loaded.number), package)

    async def call(self, take: Take) -> int:
        """Look what has come, take in what is next, and say how it stands. Returns how many packages were taken in.

        Raises StoreUnavailable, TemporaryFailure.
        """
        try:
            names = await self.incoming.names()
            self._spoilt = {name: seen for name, seen in self._spoilt.items() if name in names}
            await self._listen([name for name in names if self.ends.is_status(name)])
            waiting = {number: name for name in names if (number := self.ends.number_of(name)) is not None}
            taken = await self._take_in(waiting, take)
            await self._tell(waiting)
        except OSError as error:
            raise TemporaryFailure("ferry.folder_unusable", partner=self.partner, errno=error.errno) from error
        return taken

    async def _listen(self, names: list[str]) -> None:
        for name in names:
            package = await self._opened(name)
            if package is None:
                continue
            try:
                status = read_status(package.contents)
            except Damaged:
                await self.incoming.set_aside(name)
                continue
            await self._answer(status)
            await self.incoming.remove(name)

    async def _answer(self, status: Status) -> None:
        def heard(connection: Connection) -> list[Loaded]:
            ferry.heard(connection, self.partner, expects=status.expects, sent=status.sent)
            return ferry.asked_for(connection, self.partner, status.missing)

        asked = await self.ran(heard)
        if asked:
            log.info("ferry.sent_again", partner=self.partner, count=len(asked))
        if gone := len(set(status.missing)) - len(asked):
            log.warning("ferry.cannot_send_again", partner=self.partner, count=gone)
        for each in asked:
            await self.put(each)

    async def _take_in(self, waiting: dict[int, str], take: Take) -> int:
        expects = (await self._reached()).expects
        for number in [each for each in waiting if each < expects]:
            await self.incoming.remove(waiting.pop(number))
            self._repeated = True  # perhaps the other end has not heard that we have it
        taken = 0
        while (name := waiting.get(expects)) is not None:
            package = await self._opened(name)
            if package is None:
                break
            if package.number == expects:
                await take(package)
                taken += 1
            await self.incoming.remove(name)
            del waiting[expects]
            expects += package.number == expects
        await self._look_at(waiting)
        return taken

    async def _look_at(self, waiting: dict[int, str]) -> None:
        """Find what is damaged among the packages that wait for an earlier one: they are asked for all at once."""
        self._sound &= frozenset(waiting.values())
        fresh = [name for name in waiting.values() if name not in self._sound]
        self._sound |= {name for name in fresh if await self._opened(name) is not None}

    async def _opened(self, name: str) -> Package | None:
        """Return a package; None for one that is gone, still being written, or damaged, and then set aside."""
        try:
            return unpack(await self.incoming.read(name, self.ends.limit), self.ends)
        except FileNotFoundError:
            return None
        except Damaged:
            if await self._is_settled(name):
                log.warning("ferry.damaged", partner=self.partner)
                await self.incoming.set_aside(name)
        return None

    async def _is_settled(self, name: str) -> bool:
        """Say whether a spoilt file has stayed as it is for long enough. Other machines' clocks are not asked."""
        now = self.now().timestamp()
        try:
            stamp = await self.incoming.stamp(name)
        except FileNotFoundError:
            return False
        seen, since = self._spoilt.get(name, (None, now))
        self._spoilt[name] = (stamp, since if seen == stamp else now)
        return now - self._spoilt[name][1] >= self.settle

    async def _tell(self, waiting: dict[int, str]) -> None:
        reached, unconfirmed = await self.ran(
            lambda connection: (ferry.reached(connection, self.partner), ferry.waits(connection, self.partner))
        )
        last = max(reached.theirs, max(waiting, default=0))
        here = set(await self.incoming.names()) if waiting else set()
        missing = [
            number for number in range(reached.expects, min(last, reached.expects + MISSING) + 1)
            if waiting.get(number) not in here
        ]  # fmt: skip
        status = Status(expects=reached.expects, missing=tuple(missing), sent=reached.sent)
        at = self.now().timestamp()
        overdue = at - self._told_at >= self.again and bool(missing or unconfirmed)
        if status == (self._told or Status(expects=1, missing=(), sent=0)) and not overdue and not self._repeated:
            return
        package = Package(number=0, kind="status", about="", contents=status.written())
        await self._written(self.ends.status_name(int(at * 1000)), package)
        self._told, self._told_at, self._repeated = status, at, False

    async def _reached(self) -> Reached:
        found: Reached = await self.ran(lambda connection: ferry.reached(connection, self.partner))
        return found

    async def _written(self, name: str, package: Package) -> None:
        try:
            await self.outgoing.put(name, package.pack(self.ends))
        except OSError as error:
            raise TemporaryFailure("ferry.folder_unusable", partner=self.partner, errno=error.errno) from error

    def _context(self, kind: str, about: str) -> bytes:
        return f"ferry\0{self.partner}\0{kind}\0{about}".encode()
