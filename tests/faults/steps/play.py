"""One telling of a scene: a case of its own, and the words of everyone who takes part in it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from gateway.canonical.identifiers import uuid7
from gateway.demo.cast import COURT, VILLAGE, Calendar
from tests.faults import words
from tests.faults.senders import PATIENCE, Letter
from tests.faults.steps.ground import ACTORS, Ground
from tests.faults.stories import Arrivals
from tests.faults.words import Record

ADAPTER = {actor.name: actor.adapter for actor in ACTORS}
PAUSE = 0.1  # seconds until a sender who was not told sends again
AGREED = "2026-03-02T10:00:00+08:00"
REFERRAL: dict[str, Any] = {
    "variant": "delegated", "level": "village", "dispute": {"type": "neighbours"},
    "parties": [{"role": "applicant", "kind": "natural_person", "name": "许书宁"},
                {"role": "respondent", "kind": "natural_person", "name": "冉明溪"}],
    "consents": [{"party": name, "given": True, "at": AGREED, "method": "written"} for name in ("许书宁", "冉明溪")],
}  # fmt: skip
FATES = {"ACCEPTED": "accepted", "RECEIVED": "received", "REFUSED": "refused"}


@dataclass(slots=True, kw_only=True)
class Play:
    """A telling. ``number`` is in the name of its case and in every mark, so that a trouble says where it arose."""

    ground: Ground
    arrivals: Arrivals
    number: int
    calendar: Calendar = field(default_factory=Calendar)
    marks: int = 0
    centre: words.Centre | None = None
    uploaded: dict[str, Any] = field(default_factory=dict)

    @property
    def case(self) -> str:
        """Return the court's name of the case."""
        return f"AJ-{self.number:05d}"

    @property
    def dice(self) -> random.Random:
        """Return what chooses the contents of documents: other ones in every telling."""
        return random.Random(f"{self.ground.name}/{self.number}/{self.marks}")

    @property
    def village(self) -> words.Centre:
        """Return what the village says of the case."""
        assert self.centre is not None
        return self.centre

    def letter(
        self, name: str, record: Record, due: Sequence[str], *, bad: str | None = None, documents: Sequence[str] = (),
        waits: bool = False,
    ) -> Letter:  # fmt: skip
        """Return a marked message; ``waits``: for one that is sent after it, so that the order is another one."""
        self.marks += 1
        mark = f"MK-{self.number:x}-{self.marks}"
        record = words.marked(record, ADAPTER[name], mark)
        case = f"{self.case} waits" if waits else self.case
        return Letter(mark=mark, case=case, record=record, due=due, bad=bad, documents=documents)

    async def say(
        self, name: str, record: Record, due: Sequence[str] = (COURT,), *, bad: str | None = None,
        documents: Sequence[str] = (), waits: bool = False,
    ) -> Letter:  # fmt: skip
        """Send one message until told; return it."""
        letter = self.letter(name, record, due, bad=bad, documents=documents, waits=waits)
        await self.send(name, letter)
        return letter

    async def send(self, name: str, letter: Letter) -> str:
        """Send a message until told; return its fate."""
        return await asyncio.wait_for(self.ground.senders[name].send(letter), 90)

    async def say_together(self, letters: Sequence[Letter]) -> None:
        """Have the village send several records in one request, until told of every one."""
        sender, told = self.ground.senders[VILLAGE], set[str]()
        for letter in letters:
            sender.journal.note("sent", letter.mark, case=letter.case, sender=VILLAGE, due=list(letter.due),
                                bad=letter.bad, documents=list(letter.documents))  # fmt: skip
        while len(told) < len(letters):
            for letter, result in zip(letters, await self._asked(letters), strict=False):
                if (fate := FATES.get(result.get("status", ""))) is not None:
                    sender.journal.note("told", letter.mark, fate=fate, said=str(result)[:300])
                    told.add(letter.mark)
            await asyncio.sleep(PAUSE if len(told) < len(letters) else 0)

    async def _asked(self, letters: Sequence[Letter]) -> list[dict[str, Any]]:
        request = self.ground.senders[VILLAGE].simulator.wrap([letter.record for letter in letters])
        said = await self.posted(f"/partners/{VILLAGE}{request['path']}", request["body"], request["headers"])
        results: list[dict[str, Any]] = said.get("results", [])
        return results

    async def posted(self, path: str, body: bytes, headers: dict[str, str]) -> dict[str, Any]:
        """Send a request once; return the answer, or nothing when there was none."""
        with suppress(aiohttp.ClientError, TimeoutError, OSError, ValueError):
            url = f"http://127.0.0.1:{self.ground.door}{path}"
            async with self.ground.session.post(url, data=body, headers=headers, timeout=PATIENCE) as answer:
                said: dict[str, Any] = json.loads(await answer.text())
                return said
        return {}

    async def opened(self) -> None:
        """Have the court refer the case and the village take it."""
        letter = await self.say(COURT, words.referral(self.calendar, self.case), (VILLAGE,))
        await self.known(letter)

    async def known(self, referral: Letter) -> None:
        """Wait until the village has the case; from now on it speaks of it by its own id."""
        event = await asyncio.wait_for(self.arrivals.event(VILLAGE, referral.mark), 90)
        self.centre = words.Centre(self.calendar, VILLAGE, event)

    async def reminds(self, number: int) -> Letter:
        """Have the court remind the village."""
        return await self.say(COURT, words.supervision(self.calendar, self.case, number), (VILLAGE,))

    async def fault(self, name: str, fault: str, **parameters: Any) -> None:
        """Order a partner to fail."""
        await self.ground.partner(name, "faults", {"fault": fault, **parameters})

    async def arrived(self, name: str, letter: Letter) -> None:
        """Wait until a partner has answered that it has a message."""
        await asyncio.wait_for(self.arrivals.answer(name, letter.mark), 90)

    def paper(self, size: int) -> tuple[Record, str, bytes]:
        """Return an attachment with its content inside, its digest, and the content: in a folder that is not there."""
        dice = self.dice
        file, digest = words.paper(dice, size)
        while (self.ground.folder / "data" / "documents" / digest[:2]).exists():
            file, digest = words.paper(dice, size)
        return file, digest, base64.b64decode(file["content_base64"])

    def announced(self, size: int) -> tuple[Record, str, bytes]:
        """Return an attachment at an address of the village where nothing need be yet, its digest and its content."""
        file, digest, content = self.paper(size)
        address = f"http://127.0.0.1:{self.ground.ports[VILLAGE]}/files/{hashlib.sha256(content).hexdigest()[:32]}"
        del file["content_base64"]
        return {**file, "url": address}, digest, content

    async def published(self, content: bytes) -> None:
        """Put a document where it was announced."""
        body = {"content_base64": base64.b64encode(content).decode(), "media_type": "application/pdf"}
        await self.ground.partner(VILLAGE, "files", body)

    async def uploads(self, content: bytes) -> dict[str, Any]:
        """Have the court upload a document at the door for the common language; return its ticket."""

        async def kept() -> dict[str, Any]:
            ticket = await self.posted("/v1/documents", content, {**self._bearer, "content-type": "application/pdf"})
            return ticket if "sha256" in ticket else {}

        ticket: dict[str, Any] = await self.ground.until(kept, "a ticket")
        return ticket

    async def refers_with(self, ticket: dict[str, Any]) -> None:
        """Have the court refer the case in the common language, with a document that is here."""
        paper = {"partner_id": "D-1", "kind": "complaint", "name": "起诉状.pdf", **ticket}
        data = {**REFERRAL, "case": {"partner_id": self.case}, "documents": [paper]}
        message = {
            "specversion": "1.0", "id": uuid7(), "source": "/partners/court", "datacontenttype": "application/json",
            "time": AGREED, "schemaversion": "1.0", "sender": "org-tribunal", "addressee": "org-village",
            "sensitivity": "personal", "type": "fengqiao.referral",
        }  # fmt: skip
        self.marks += 1
        mark = f"MK-{self.number:x}-{self.marks}"
        body = json.dumps({**message, "data": {**data, "note": f"第{mark}号"}}).encode()
        journal = self.ground.journal
        journal.note("sent", mark, case=self.case, sender=COURT, due=[VILLAGE], bad=None, documents=[ticket["sha256"]])

        async def told() -> str | None:
            headers = {**self._bearer, "content-type": "application/json"}
            results = (await self.posted("/v1/messages", body, headers)).get("results")
            return results[0]["fate"] if results else None

        journal.note("told", mark, fate=await self.ground.until(told, "the court is told"), said="")

    @property
    def _bearer(self) -> dict[str, str]:
        return {"x-partner": COURT, "authorization": f"Bearer {self.ground.token}"}
