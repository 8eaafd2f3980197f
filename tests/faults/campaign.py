"""A campaign: load and faults at the same time, then quiet, then the comparison of what was told with what arrived."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from tests.faults.checker import KINDS, Evidence, Trouble, check
from tests.faults.ending import PLAYED, Ending
from tests.faults.plan import Plan, make_plan
from tests.faults.senders import Journal, Sender
from tests.faults.stage import Cast, Stage, standing
from tests.faults.stories import Arrivals, Stories
from tests.faults.strikes import Strikes

QUIET_WITHIN = 600.0  # seconds until nothing may be due any more, while something still moves
STILL = 120.0  # seconds without any change, after which whoever still waits will wait for ever: a receipt has 60
LOOK_EVERY = 1.0  # seconds
ROOM, ROOM_PER_FAULT = 256, 1  # megabytes: documents are kept to the end, half a megabyte for a fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What campaign to run.

    ``every``: seconds between faults, on average; ``kinds``: of faults, ``scenes``: of the ending, None for all.
    """

    seed: int
    faults: int = 60
    every: float = 1.6
    at_once: int = 12
    cast: Cast = field(default_factory=Cast)
    kinds: tuple[str, ...] | None = None
    scenes: tuple[str, ...] | None = None
    quiet_within: float = QUIET_WITHIN


@dataclass(slots=True, kw_only=True)
class Report:
    """What happened, and everything that is needed to look into it."""

    order: Order
    plan: Plan
    folder: Path
    troubles: list[Trouble]
    faults: Counter[str]
    failed_faults: list[dict[str, Any]]
    ending: dict[str, str]
    disk: str
    cases: int
    messages: int
    refused: int
    tries: int
    crossings: int
    restarts: int
    replayed: int
    received: dict[str, int]  # how many records each partner holds
    seconds: float
    status: dict[str, Any] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Say whether nothing is wrong, and everything was there to prove it."""
        return not self.troubles and set(self.ending.values()) == {PLAYED}

    def lines(self) -> Iterable[str]:
        """Return the report for people."""
        found = Counter(trouble.kind for trouble in self.troubles)
        yield f"seed {self.order.seed}  plan {self.plan.digest}  {self.seconds:.0f} s  disk: {self.disk}"
        yield f"faults {sum(self.faults.values())}: " + ", ".join(
            f"{n} {kind}" for kind, n in self.faults.most_common()
        )
        yield (
            f"messages {self.messages} in {self.cases} cases ({self.refused} refused, as they had to be), "
            f"{self.tries} requests, {self.crossings} deliveries on the wire, {self.restarts} processes started again, "
            f"{self.replayed} replays by the operator"
        )
        yield "received: " + ", ".join(f"{number} by {name}" for name, number in self.received.items())
        yield "ending: " + ", ".join(f"{scene} ({became})" for scene, became in self.ending.items())
        names = {"doubled": "doubled in effect", "out_of_order": "out of order"}
        yield ", ".join(f"{names.get(kind, kind.replace('_', ' '))} {found[kind]}" for kind in KINDS)
        for failed in self.failed_faults:
            yield f"  fault {failed['number']} {failed['kind']} at {failed['target']} failed: {failed['failed']}"
        for trouble in self.troubles[:40]:
            yield f"  {trouble.kind} {trouble.mark} {trouble.where} {trouble.case} {dict(trouble.facts)}"
        if self.troubles:
            kinds = f" --kinds {','.join(self.order.kinds)}" if self.order.kinds else ""
            yield f"again: fengqiao-faults --seed {self.order.seed} --faults {self.order.faults}{kinds}"
            yield f"journal, wire, faults, receivers and logs: {self.folder}"


async def run(order: Order, folder: Path, *, tell: Callable[[str], None] = lambda line: None) -> Report:
    """Run one campaign in an empty folder; what it leaves there is the evidence."""
    began = time.monotonic()
    async with standing(folder, order.cast, disk=ROOM + order.faults * ROOM_PER_FAULT) as stage:
        plan = make_plan(order.seed, faults=order.faults, every=order.every, kinds=order.kinds, targets=_targets(stage))
        tell(f"standing after {time.monotonic() - began:.0f} s; plan {plan.digest}: {plan.seconds:.0f} s")
        return await _Campaign(order, plan, stage, tell).run(began)


def make_senders(stage: Stage, journal: Journal, seed: int) -> dict[str, Sender]:
    """Return everyone who sends, by name."""
    return {
        part.name: Sender(
            name=part.name,
            simulator=part.simulator(gateway_url=None, partner=part.name, keys=stage.keys[part.name]),
            doors=stage.doors,
            journal=journal,
            session=stage.session,
            dice=random.Random(f"{seed}/{part.name}"),
            understands=part.understands,
        )
        for part in stage.parts
    }  # fmt: skip


def _targets(stage: Stage) -> dict[str, list[str]]:
    return {
        "process": [role.name for role in stage.roles],
        "partner": [part.name for part in stage.parts],
        "disk": ["disk"],
        "redis": ["redis"],
        "postgres": ["postgres"],
    }


class _Campaign:
    def __init__(self, order: Order, plan: Plan, stage: Stage, tell: Callable[[str], None]) -> None:
        self._order, self._plan, self._stage, self._tell = order, plan, stage, tell
        self._journal = Journal(stage.folder / "journal.jsonl")
        self._strikes = Strikes(stage)
        senders, arrivals = make_senders(stage, self._journal, order.seed), Arrivals(stage.watch)
        self._stories = Stories(seed=order.seed, senders=senders, arrivals=arrivals)
        self._ending = Ending(
            stage=stage, seed=order.seed, senders=senders, arrivals=arrivals, scenes=order.scenes
        )  # fmt: skip
        self._replayed = 0

    async def run(self, began: float) -> Report:
        """Let everything happen, then compare."""
        operator = asyncio.create_task(self._operate(), name="operator")
        playing = asyncio.create_task(self._stories.play(at_once=self._order.at_once), name="stories")
        try:
            await self._strike()
            self._stories.beginning = False
            await self._strikes.heal()
            self._tell(f"healed after {time.monotonic() - began:.0f} s; {self._stories.begun} cases begun")
            await self._quiet(playing)
            await _over(playing, *self._stories.playing)  # whoever still waits would disturb the ending
            self._tell(f"quiet after {time.monotonic() - began:.0f} s; the ending begins")
            await self._ending.play()
            status = await self._quiet(playing)
        finally:
            await _over(operator, playing, *self._stories.playing)
            self._journal.close()
        return await self._compared(status, began)

    async def _strike(self) -> None:
        began = time.monotonic()
        under_way = []
        for fault in self._plan.faults:
            await asyncio.sleep(max(0.0, began + fault.at - time.monotonic()))
            under_way.append(asyncio.create_task(self._strikes.strike(fault)))
            if fault.number % 50 == 0:
                self._tell(f"fault {fault.number}; {self._stories.ended} cases ended, {self._stories.letters} messages")
        await asyncio.gather(*under_way)

    async def _operate(self) -> None:
        """Try again what a partner refused, as an operator does once it has come to its senses."""
        while True:
            with suppress(aiohttp.ClientError, TimeoutError, OSError):
                for dead in await self._stage.administration("deliveries?status=dead&limit=1000"):
                    await self._stage.administration(f"deliveries/{dead['id']}/replay", {})
                    self._replayed += 1
            await asyncio.sleep(LOOK_EVERY)

    async def _quiet(self, playing: asyncio.Task[None]) -> dict[str, Any]:
        """Wait until the stories are told and nothing is due any more; return what the gateway says of itself."""
        give_up, status = time.monotonic() + self._order.quiet_within, {}
        moved, moved_at = "", 0.0
        while time.monotonic() < give_up:
            with suppress(aiohttp.ClientError, TimeoutError, OSError):
                status = await self._stage.administration("counts")
                if (now := self._moved(status)) != moved:
                    moved, moved_at = now, time.monotonic()
                if time.monotonic() - moved_at > STILL or (playing.done() and not _waits(status)):
                    break
            await asyncio.sleep(LOOK_EVERY)
        if playing.done() and not playing.cancelled():
            playing.result()
        return dict(status)

    def _moved(self, status: dict[str, Any]) -> str:
        return str((len(self._journal.events), len(self._stage.watch.crossings), status))

    async def _compared(self, status: dict[str, Any], began: float) -> Report:
        received = {part.name: await self._stage.partner(part.name, "received") for part in self._stage.parts}
        crossings = [crossing.shown() for crossing in self._stage.watch.crossings]
        evidence = Evidence(
            journal=self._journal.events, received=received, wire=crossings, status=status,
            excused=self._strikes.excused,
        )  # fmt: skip
        self._keep(received=received, wire=crossings, faults=self._strikes.done, status=status,
                   plan=[asdict(fault) for fault in self._plan.faults], excused=self._strikes.excused)  # fmt: skip
        sent = [event for event in self._journal.events if event["event"] == "sent"]
        done = self._strikes.done
        return Report(
            order=self._order, plan=self._plan, folder=self._stage.folder, troubles=check(evidence),
            faults=Counter(entry["kind"] for entry in done if "failed" not in entry),
            failed_faults=[entry for entry in done if "failed" in entry],
            ending=self._ending.done, disk=self._stage.disk.kind, cases=self._stories.begun + self._ending.letters,
            messages=len(sent), refused=sum(bool(event["bad"]) for event in sent),
            tries=sum(sender.tries for sender in self._stories.senders.values()), crossings=len(crossings),
            restarts=sum(member.starts - 1 for member in self._stage.company.members.values()),
            replayed=self._replayed, received={name: len(held) for name, held in received.items()},
            seconds=time.monotonic() - began, status=status,
        )  # fmt: skip

    def _keep(self, **evidence: Any) -> None:
        for name, what in evidence.items():
            file = self._stage.folder / f"{name}.json"
            file.write_text(json.dumps(what, ensure_ascii=False, default=str), encoding="utf-8")


def _waits(status: dict[str, Any]) -> bool:
    records, deliveries = status["records"], status["deliveries"]
    return bool(status["waiting"] or records.get("parked") or records.get("held") or deliveries.get("dead"))


async def _over(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
