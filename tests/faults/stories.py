"""The cases of a campaign: many at once, each with steps in order, some of them mischievous, as real partners are."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.demo.cast import COURT, TOWNSHIP, VILLAGE, Calendar
from tests.faults import words
from tests.faults.cast import ADAPTER, HOTLINE, OFFICE, subscribers
from tests.faults.senders import Letter, Sender
from tests.faults.wire import Crossing, Watch

PAUSE = 1.0  # seconds between two steps, on average; often there is none
BESIDE = 0.15  # of the cases have something beside them
SIZES = (2_000, 40_000, 400_000)  # bytes of a document: beside the record, larger, spooled


class Arrivals:
    """What receivers have answered, for whoever cannot go on before."""

    def __init__(self, watch: Watch) -> None:
        self._answers: dict[tuple[str, str], asyncio.Future[dict[str, Any]]] = {}
        watch.answered = self._answered

    async def event(self, receiver: str, mark: str) -> str:
        """Wait until a centre has taken a message; return its own id of the case."""
        return str((await self.answer(receiver, mark))["eventId"])

    async def answer(self, receiver: str, mark: str) -> dict[str, Any]:
        """Wait until a receiver has taken a message; return what it said."""
        return await self._future(receiver, mark)

    def _future(self, receiver: str, mark: str) -> asyncio.Future[dict[str, Any]]:
        return self._answers.setdefault((receiver, mark), asyncio.get_running_loop().create_future())

    def _answered(self, crossing: Crossing) -> None:
        said = crossing.answer if isinstance(crossing.answer, dict) else {}
        future = self._future(crossing.receiver, crossing.mark)
        if (said.get("success") is True or said.get("code") in (0, 1)) and not future.done():
            future.set_result(said.get("data") or {})


@dataclass(slots=True, kw_only=True)
class Stories:
    """Plays cases until it is told to begin no more."""

    seed: int
    senders: Mapping[str, Sender]
    arrivals: Arrivals
    beginning: bool = True
    begun: int = 0
    ended: int = 0
    letters: int = 0
    playing: set[asyncio.Task[None]] = field(default_factory=set)

    async def play(self, *, at_once: int) -> None:
        """Play cases, ``at_once`` at the same time, until no more are to begin; then end those that have begun."""
        while self.beginning:
            while len(self.playing) < at_once:
                self.begun += 1
                task = asyncio.create_task(self._one(self.begun), name=f"case {self.begun}")
                self.playing.add(task)
            done, self.playing = await asyncio.wait(self.playing, return_when=asyncio.FIRST_COMPLETED)
            self._over(done)
        if self.playing:
            done, _ = await asyncio.wait(self.playing)
            self.playing = set()
            self._over(done)

    def _over(self, done: set[asyncio.Task[None]]) -> None:
        for task in done:
            task.result()
            self.ended += 1

    async def _one(self, number: int) -> None:
        await _Case(self, number).play()


class _Case:
    """One case and everyone who says something about it."""

    def __init__(self, stories: Stories, number: int) -> None:
        self._stories = stories
        self._dice = random.Random(f"{stories.seed}/{number}")
        self._number = number
        self._name = f"AJ-{stories.seed:x}-{number:05d}"
        self._prefix = f"MK-{stories.seed:x}{number:05x}"
        self._calendar = Calendar()
        self._marks = 0

    async def play(self) -> None:
        """Refer, accept, mediate, and end in one of four ways."""
        await self._mischief()
        await self._beside()
        referral = self._letter(COURT, words.referral(self._calendar, self._name), (VILLAGE,))
        await self._send(COURT, referral)
        if self._dice.random() < 0.2:
            await self._another_content(referral)
        event = await self._stories.arrivals.event(VILLAGE, referral.mark)
        village = words.Centre(self._calendar, VILLAGE, event)
        await self._say(VILLAGE, village.accepts())
        await self._say(VILLAGE, village.assigns())
        await asyncio.gather(self._mediate(village), self._remind())
        ending = self._dice.choice((self._succeed, self._return, self._escalate, self._succeed))
        await ending(village)

    async def _mediate(self, village: words.Centre) -> None:
        for number in range(1, self._dice.randint(1, 4) + 1):
            await self._say(VILLAGE, village.progresses(number))
        if self._dice.random() < 0.3:
            await self._say(VILLAGE, village.extends())

    async def _remind(self) -> None:
        for number in range(1, self._dice.randint(0, 3) + 1):
            await self._say(COURT, words.supervision(self._calendar, self._name, number), (VILLAGE,))

    async def _succeed(self, centre: words.Centre, name: str = VILLAGE) -> None:
        file, digest = words.paper(self._dice, self._dice.choice(SIZES))
        await self._say(name, {**centre.succeeds(), "attachments": [file]}, documents=(digest,))

    async def _return(self, village: words.Centre) -> None:
        letter = self._letter(VILLAGE, village.returns(), (COURT,))
        await self._send(VILLAGE, letter)
        await self._stories.arrivals.answer(COURT, letter.mark)
        await self._say(COURT, words.litigation(self._calendar, self._name), (VILLAGE,))

    async def _escalate(self, village: words.Centre) -> None:
        letter = self._letter(VILLAGE, village.escalates(), (TOWNSHIP, COURT))
        await self._send(VILLAGE, letter)
        event = await self._stories.arrivals.event(TOWNSHIP, letter.mark)
        township = words.Centre(self._calendar, TOWNSHIP, event)
        await self._say(TOWNSHIP, township.accepts())
        await self._say(TOWNSHIP, township.progresses(1))
        await self._succeed(township, TOWNSHIP)

    async def _mischief(self) -> None:
        """Send a record that must be refused, under a case of its own."""
        if self._dice.random() < 0.4:
            what = self._dice.choice((*words.BAD, "wrong signature"))
            record = words.referral(self._calendar, f"{self._name}-X")
            record = words.BAD[what](record) if what in words.BAD else record
            await self._send(COURT, self._letter(COURT, record, (), bad=what))

    async def _beside(self) -> None:
        """Now and then, have something said that is about no case of the court."""
        if self._dice.random() < BESIDE:
            record, case = words.renamed(self._calendar, f"MC-{self._name}"), f"{self._name}-M"
            await self._send(VILLAGE, self._letter(VILLAGE, record, (), case=case))
        if OFFICE in self._stories.senders and self._dice.random() < BESIDE:
            record, case = words.of_office(self._calendar, f"JG-{self._name}"), f"{self._name}-O"
            await self._send(OFFICE, self._letter(OFFICE, record, (), case=case))
        if HOTLINE in self._stories.senders and self._dice.random() < BESIDE:
            await self._call(f"{self._name}-R")

    async def _call(self, case: str) -> None:
        """Have the hotline entrust a case of its own to the village, and ask again."""
        said = [words.order(self._calendar, case, self._number), words.urge(self._calendar, case, 1)]
        for record in said:
            await self._send(HOTLINE, self._letter(HOTLINE, record, (VILLAGE,), case=case))

    async def _another_content(self, sent: Letter) -> None:
        record = {**sent.record, "fields": {**sent.record["fields"], "tjqx": 29}}
        await self._send(COURT, self._letter(COURT, record, (), bad="another content under an id that was accepted"))

    async def _say(self, name: str, record: Any, due: tuple[str, ...] = (COURT,), documents: Any = ()) -> None:
        await self._send(name, self._letter(name, record, due, documents=documents))

    def _letter(
        self, name: str, record: Any, due: tuple[str, ...], *, case: str | None = None, bad: str | None = None,
        documents: tuple[str, ...] = (),
    ) -> Letter:  # fmt: skip
        self._marks += 1
        mark = f"{self._prefix}-{self._marks}"
        record = words.marked(record, ADAPTER[name], mark)
        if bad is None:
            due += subscribers(words.TYPES[record["kind"]], name, self._stories.senders)
        return Letter(mark=mark, case=case or self._name, record=record, due=due, bad=bad, documents=documents)

    async def _send(self, name: str, letter: Letter) -> None:
        self._stories.letters += 1
        await asyncio.sleep(self._dice.expovariate(1 / PAUSE) if self._dice.random() < 0.6 else 0)
        await self._stories.senders[name].send(letter)
