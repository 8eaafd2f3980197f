"""How every campaign ends: scenes that leave nothing to luck, one for each promise that only a certain moment proves.

    longer than a lease       what is under way for long is renewed; whoever claims it all the same sends it twice
    killed as it answered     what was acknowledged a moment ago is on disk, or it is gone
    due when nobody looks     after every lane has ended and Redis has forgotten: only the sweep finds it

Each scene waits for the state that it needs, however slow the machine is; one that does not come about is told.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import yaml

from gateway.demo.cast import COURT, VILLAGE, Calendar
from tests.faults import words
from tests.faults.cast import ADAPTER, subscribers
from tests.faults.senders import Letter, Sender
from tests.faults.stage import LEASE, Stage, answering
from tests.faults.stories import Arrivals

PLAYED = "played"
WITHIN = 240.0  # seconds until a state that has to come about counts as one that does not
PATIENT = {"connect": 2, "answer": 20}  # seconds that the partner is waited for in the end
SLOW = LEASE + 3  # seconds that the partner takes: many turns of its lane, on a slow machine, too
SEVERAL = 4
AT_ONCE = 1.0  # seconds after its answer in which a door has to be killed; the bug hesitates for longer
ROUNDS = 4
COMES_AGAIN = (6, 12, 24)  # seconds after which a busy partner wants to be asked again: longer on a slow machine
STILL = 1.0  # seconds in which a lane that has ended does not begin anew
_LANE = """
    SELECT (SELECT count(*) FROM lane WHERE partner = %(partner)s AND holder IS NOT NULL),
           count(*) FILTER (WHERE lease IS NULL AND due_at > extract(epoch FROM clock_timestamp()) * 1000),
           count(*)
    FROM delivery WHERE partner = %(partner)s AND status IN ('pending', 'in_doubt')
"""


class NotPlayedError(Exception):
    """The state that a scene needs did not come about."""


@dataclass(slots=True, kw_only=True)
class Ending:
    """Plays the scenes, when everything else is over and quiet. ``done``: what became of each."""

    stage: Stage
    seed: int
    senders: Mapping[str, Sender]
    arrivals: Arrivals
    scenes: Sequence[str] | None = None  # None: all of them
    done: dict[str, str] = field(default_factory=dict)
    _calendar: Calendar = field(default_factory=Calendar)
    _letters: int = 0

    async def play(self) -> None:
        """Play all scenes, each after the other. Never raises: what could not be played is told in ``done``."""
        for scene in (self._longer_than_a_lease, self._killed_as_it_answered, self._due_when_nobody_looks):
            name = scene.__name__.strip("_").replace("_", " ")
            if self.scenes is not None and name not in self.scenes:
                continue
            try:
                await scene()
            except (NotPlayedError, aiohttp.ClientError, OSError, RuntimeError, TimeoutError) as error:
                self.done[name] = f"not played: {error}"[:1500]
            else:
                self.done[name] = PLAYED
            with suppress(aiohttp.ClientError, OSError, TimeoutError):
                await self._order(None)

    @property
    def letters(self) -> int:
        """Return how many cases the scenes have begun."""
        return self._letters

    async def _longer_than_a_lease(self) -> None:
        await self._have_patience()
        await self._order("slow", seconds=SLOW)
        letters, since = [self._referral() for _ in range(SEVERAL)], time.monotonic()
        await asyncio.gather(*(self._say(letter) for letter in letters))
        arriving = asyncio.gather(*(self._arrived(letter) for letter in letters))
        doubled = asyncio.create_task(self._on_two_connections(since))
        await asyncio.wait({arriving, doubled}, return_when=asyncio.FIRST_COMPLETED)
        if doubled.done():  # the checker will see it, too: what will never arrive need not be waited for
            arriving.cancel()
            await asyncio.gather(arriving, return_exceptions=True)
            return
        doubled.cancel()
        await arriving

    async def _on_two_connections(self, since: float) -> None:
        """Wait until a message is under way to the partner twice; what began before ``since`` does not count."""
        while True:
            crossings = self.stage.watch.crossings
            under_way = Counter(
                each.id for each in crossings
                if each.receiver == VILLAGE and each.ended is None and each.began >= since
            )  # fmt: skip
            if max(under_way.values(), default=0) > 1:
                return
            await asyncio.sleep(0.1)

    async def _have_patience(self) -> None:
        """Have the partner waited for, by whoever carries; each process says so when it goes by the new revision."""
        file = self.stage.folder / "config" / "partners" / f"{VILLAGE}.yaml"
        row = yaml.safe_load(file.read_text(encoding="utf-8"))
        file.write_text(yaml.safe_dump({**row, "timeouts": PATIENT}, allow_unicode=True), encoding="utf-8")
        revision = (await self.stage.administration("reload", {}))["revision"]
        workers = [role.name for role in self.stage.roles if role.name.startswith("worker")]
        logs = {name: self.stage.company.members[name].log for name in workers}
        give_up = time.monotonic() + WITHIN
        while logs:
            said = {name: log.read_text(encoding="utf-8", errors="replace") for name, log in logs.items()}
            logs = {name: log for name, log in logs.items() if revision not in said[name]}
            if logs and time.monotonic() > give_up:
                last = "; ".join(f"{name} said last: {said[name][-300:]}" for name in logs)
                raise NotPlayedError(f"not everybody goes by the new configuration. {last}")
            await asyncio.sleep(0.2)

    async def _killed_as_it_answered(self) -> None:
        """Kill each door right after it has acknowledged; once more where this process was too slow to do it."""
        doors = [role for role in self.stage.roles if role.port is not None]
        for role in doors:
            for _ in range(ROUNDS):
                await self._say(self._referral(), door=f"http://127.0.0.1:{role.port}")
                told_at = time.monotonic()
                await asyncio.to_thread(self.stage.company.members[role.name].kill)
                soon = time.monotonic() - told_at < AT_ONCE
                await answering(self.stage, role.name, f"http://127.0.0.1:{role.port}/readyz")
                if soon:
                    break
            else:
                raise NotPlayedError(f"{role.name} was never killed in time")

    async def _due_when_nobody_looks(self) -> None:
        for seconds in COMES_AGAIN:
            await self._order("too_many", retry_after=seconds)
            await self._say(self._referral())
            if await self._everyone_gone():
                await asyncio.to_thread(self.stage.redis.flush)
                if await self._everyone_gone() and not await asyncio.to_thread(self._woken):
                    return
        raise NotPlayedError("there was always a lane that had not ended when something came due")

    async def _everyone_gone(self) -> bool:
        """Wait until nobody drains the partner's lane for a while; say whether that was before anything came due."""
        give_up, gone_since = time.monotonic() + WITHIN, None
        while time.monotonic() < give_up:
            held, later, all_of_them = await asyncio.to_thread(self._lane)
            if all_of_them and held == 0 and later == all_of_them:
                gone_since = gone_since or time.monotonic()
                if time.monotonic() - gone_since >= STILL:
                    return True
            elif all_of_them and held == 0 and later < all_of_them and gone_since:
                return False
            else:
                gone_since = None
            await asyncio.sleep(0.1)
        raise NotPlayedError("the lane does not end")

    def _lane(self) -> tuple[int, int, int]:
        """Return whether somebody drains the lane, how many of its deliveries are due later, and how many there are."""
        ((held, later, all_of_them),) = self.stage.postgres.rows(_LANE, {"partner": VILLAGE})
        return held, later, all_of_them

    def _woken(self) -> bool:
        """Say whether a wake-up still waits in Redis."""
        with self.stage.redis.client() as client:
            return bool(client.keys("rq:queue:*"))

    async def _order(self, fault: str | None, **facts: Any) -> None:
        await self.stage.partner(VILLAGE, "faults", {"fault": fault, **facts})

    async def _say(self, letter: Letter, *, door: str | None = None) -> None:
        await _in_time(self.senders[COURT].once(letter, door=door), f"{letter.mark} told")

    async def _arrived(self, letter: Letter) -> None:
        await _in_time(self.arrivals.event(VILLAGE, letter.mark), f"{letter.mark} arrived")

    def _referral(self) -> Letter:
        self._letters += 1
        case, mark = f"AJ-{self.seed:x}-E{self._letters:02d}", f"MK-{self.seed:x}e{self._letters:05x}-1"
        record = words.marked(words.referral(self._calendar, case), ADAPTER[COURT], mark)
        due = (VILLAGE, *subscribers("referral", COURT, self.senders))
        return Letter(mark=mark, case=case, record=record, due=due)


async def _in_time(doing: Awaitable[Any], what: str) -> None:
    try:
        async with asyncio.timeout(WITHIN):
            await doing
    except TimeoutError:
        raise NotPlayedError(f"not within {WITHIN:.0f} s: {what}") from None
