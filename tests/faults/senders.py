"""Partners that send: signed, through any door, again with the same id until they are told, and keeping a journal."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from tests.faults.cast import first_result

PATIENCE = aiohttp.ClientTimeout(total=6, connect=2)
FORGED = "00000"  # behind a mark: what a forger made of a signed record, and nobody sent
_FATES = {
    "已受理": "accepted", "已收": "received", "退回": "refused",
    "ACCEPTED": "accepted", "RECEIVED": "received", "REFUSED": "refused",
}  # fmt: skip


class Journal:
    """What the senders were told, on disk as it happens; times are the monotonic clock's seconds."""

    def __init__(self, file: Path) -> None:
        self.events: list[dict[str, Any]] = []
        self.letters: list[tuple[Sender, Letter]] = []  # in the order in which they were first sent
        self._file = file.open("a", encoding="utf-8")

    def note(self, event: str, mark: str, **facts: Any) -> None:
        """Add an event."""
        entry = {"event": event, "mark": mark, "at": time.monotonic(), **facts}
        self.events.append(entry)
        self._file.write(json.dumps(entry, ensure_ascii=False) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Write no more."""
        self._file.close()


@dataclass(slots=True, kw_only=True)
class Letter:
    """One message: its record, to whom it is due, and what is wrong with it, if anything."""

    mark: str
    case: str
    record: Mapping[str, Any]
    due: Sequence[str]
    bad: str | None = None
    documents: Sequence[str] = ()


@dataclass(slots=True, kw_only=True)
class Sender:
    """One partner. ``simulator`` signs for it; ``doors`` are the gateway's addresses; ``understands`` reads answers."""

    name: str
    simulator: Any
    doors: Sequence[str]
    journal: Journal
    session: aiohttp.ClientSession
    dice: random.Random
    understands: Callable[[Any], str | None] = first_result
    tries: int = field(default=0)

    async def send(self, letter: Letter) -> str:
        """Send until told; return the fate. Sometimes the record is sent once more although it was told."""
        fate = await self.once(letter)
        if self.dice.random() < 0.1:
            await self._until_told(letter)
        return fate

    async def once(self, letter: Letter, *, door: str | None = None) -> str:
        """Send until told, and then no more; return the fate. ``door``: through this one only."""
        facts = {"case": letter.case, "sender": self.name, "record": letter.record["id"], "kind": letter.record["kind"]}
        self.journal.note(
            "sent", letter.mark, **facts, due=list(letter.due), bad=letter.bad, documents=list(letter.documents)
        )
        self.journal.letters.append((self, letter))
        return await self._until_told(letter, door)

    async def again(self, letter: Letter) -> str:
        """Send once more what was sent before, under the same id; return the fate."""
        return await self._until_told(letter)

    async def _until_told(self, letter: Letter, door: str | None = None) -> str:
        pause = 0.2
        while True:
            fate, said = await self._try(letter, door or self.dice.choice(self.doors))
            if fate is not None:
                self.journal.note("told", letter.mark, fate=fate, said=said)
                return fate
            self.journal.note("untold", letter.mark, said=said)
            await asyncio.sleep(pause * self.dice.uniform(0.5, 1.5))
            pause = min(2.0, pause * 1.6)

    async def _try(self, letter: Letter, door: str) -> tuple[str | None, str]:
        """Send once, signed afresh, through a door. Returns the fate, None for "send it again"."""
        self.tries += 1
        request = self.simulator.wrap([letter.record])
        body = request["body"]
        if letter.bad == "wrong signature":
            body = body.replace(letter.mark.encode(), f"{letter.mark}{FORGED}".encode())
        url = f"{door}/partners/{self.name}{request['path']}"
        try:
            async with self.session.post(url, data=body, headers=request["headers"], timeout=PATIENCE) as answer:
                status, said = answer.status, await answer.text()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return None, type(error).__name__
        return self._read(letter, status, said), f"{status} {said[:300]}"

    def _read(self, letter: Letter, status: int, said: str) -> str | None:
        """Understand an answer as its partner does."""
        answer: Any = said
        with suppress(ValueError):
            answer = json.loads(said)
        if status in (200, 207):
            return _FATES.get(self.understands(answer) or "")
        if status == 401:  # the door's clock may be wrong: a good record is signed and sent again
            return "refused" if letter.bad == "wrong signature" else None
        return "refused" if status in (400, 403, 404, 409, 413) else None
