"""A backup that was taken under load is restored into an empty system, as the guides say; nothing is missing then.

load ─► backup, while it goes on ─► more is acknowledged and delivered ─► everything is lost
     ─► restore ─► compare with the partners ─► senders send again what they sent ─► the campaign's checker

What was acknowledged after the backup the restored gateway does not know. Its senders do: they send it again, under
the same ids, and what had arrived already must not take effect a second time.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gateway.reconciliation import day_of
from tests.faults.campaign import make_senders
from tests.faults.cast import MAIN
from tests.faults.checker import MARK, TAKEN, Evidence, check
from tests.faults.senders import Journal, Letter, Sender
from tests.faults.stage import Cast, Stage, running, standing
from tests.faults.stories import Arrivals, Stories

WITHIN = 600.0  # seconds until a state that has to come about counts as one that does not
BEFORE, AFTER, ARRIVED = 60, 30, 8  # messages told before the backup and after it, and arrived of the latter


class Restoring(ABC):
    """How one store is backed up while it serves, and restored where there is nothing."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.data = stage.folder / "data"
        self.kept = stage.folder / "backup"

    @abstractmethod
    def back_up(self) -> None: ...

    @abstractmethod
    def restore(self) -> None: ...

    def lose_everything(self) -> None:
        """Leave nothing of the data folder."""
        for entry in self.data.iterdir():
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()

    def fengqiao(self, *words: str) -> None:
        """Run a command as an operator does."""
        member = self.stage.company.members[self.stage.roles[0].name]
        run([sys.executable, "-m", "gateway", *words], env=dict(member.environment))


class Embedded(Restoring):
    """docs/operate.md."""

    def back_up(self) -> None:
        self.fengqiao("backup", str(self.kept))

    def restore(self) -> None:
        self.fengqiao("restore", str(self.kept))


class Postgres(Restoring):
    """docs/operate-production.md: the database, then the documents; back in the other order."""

    def back_up(self) -> None:
        self.kept.mkdir()
        pg_dump, url = self.stage.postgres.program("pg_dump"), self.stage.postgres.url()
        run([pg_dump, "--format=custom", f"--file={self.kept / 'gateway.dump'}", url])
        run(["cp", "-a", self.data / "documents", self.kept / "documents"])

    def lose_everything(self) -> None:
        super().lose_everything()
        self.stage.redis.flush()
        self.stage.postgres.execute('CREATE DATABASE "another"')
        detour = self.stage.detours["postgres"].port
        for role in self.stage.roles:
            member = self.stage.company.members[role.name]
            url = self.stage.postgres.url("another", port=detour)
            member.environment = {**member.environment, "FENGQIAO_DATABASE_URL": url}

    def restore(self) -> None:
        run(["cp", "-a", self.kept / "documents", self.data / "documents"])
        pg_restore, url = self.stage.postgres.program("pg_restore"), self.stage.postgres.url("another")
        run([pg_restore, "--exit-on-error", "--no-owner", f"--dbname={url}", self.kept / "gateway.dump"])
        self.fengqiao("migrate")
        self.fengqiao("doctor")


# Whoever keeps a list that can be compared plays.
STORES: dict[str, tuple[type[Restoring], Cast]] = {
    "embedded": (Embedded, Cast(doors=1, workers=0, clocks=0, embedded=True, parts=MAIN)),
    "postgresql": (Postgres, Cast(doors=2, workers=2, clocks=1, parts=MAIN)),
}


@pytest.mark.live
@pytest.mark.fault
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("store", sorted(STORES))
def test_after_a_restore_and_the_comparisons_everything_has_arrived_once_and_in_order(
    store: str, tmp_path: Path
) -> None:
    asyncio.run(_lost_and_restored(*STORES[store], tmp_path))


async def _lost_and_restored(how: type[Restoring], cast: Cast, folder: Path) -> None:
    async with standing(folder, cast) as stage:
        journal = Journal(folder / "journal.jsonl")
        restoring, began = how(stage), day_of(datetime.now(UTC))
        stories = Stories(seed=9, senders=make_senders(stage, journal, 9), arrivals=Arrivals(stage.watch))
        playing = asyncio.create_task(stories.play(at_once=8))
        await _until(lambda: len(_taken(journal)) >= BEFORE, "something to back up")
        await asyncio.to_thread(restoring.back_up)
        known = _taken(journal)
        await _until(
            lambda: len(fresh := _taken(journal) - known) >= AFTER and len(fresh & _crossed(stage)) >= ARRIVED,
            "something that the backup does not have",
        )
        await _everything_lost(stage, restoring, playing, stories)
        assert (_taken(journal) - known) & await _held(stage), "nothing had arrived that the backup does not have"
        await asyncio.to_thread(restoring.restore)
        await _started(stage)
        await _compared(stage, began)
        await _sent_again(journal.letters)
        status = await _quiet(stage)
        unsettled = [(row["partner"], row["state"], row["items"]) for row in await _compared(stage, began)]
        journal.close()
        assert all(state == "done" for _, state, _ in unsettled), unsettled
        assert not [each for _, _, items in unsettled for each in items if not each.get("settled_at")], unsettled
        evidence = Evidence(
            journal=journal.events, received=await _received(stage), status=status,
            wire=[crossing.shown() for crossing in stage.watch.crossings],
        )  # fmt: skip
        assert check(evidence) == []


async def _everything_lost(
    stage: Stage, restoring: Restoring, playing: asyncio.Task[None], stories: Stories
) -> None:  # fmt: skip
    """Kill the gateway in the middle of its work and take away all it had; the partners keep what they hold."""
    members = [stage.company.members[role.name] for role in stage.roles]
    for member in members:
        member.wanted = False
    await asyncio.gather(*(asyncio.to_thread(member.kill) for member in members))
    under_way = [playing, *stories.playing]
    for task in under_way:
        task.cancel()
    await asyncio.gather(*under_way, return_exceptions=True)
    await asyncio.to_thread(restoring.lose_everything)


async def _started(stage: Stage) -> None:
    for role in stage.roles:
        stage.company.members[role.name].start()
    await running(stage)


async def _compared(stage: Stage, since: date) -> list[dict[str, Any]]:
    """Compare every day since the backup with everybody."""
    days, day = [], since
    while day <= day_of(datetime.now(UTC)):
        days.append(day)
        day += timedelta(days=1)
    asked = [(part.name, each.isoformat()) for part in stage.parts for each in days]
    wishes = [{"partner": name, "day": each, "dry_run": False} for name, each in asked]
    return [await stage.administration("reconciliations", wish) for wish in wishes]


async def _sent_again(letters: Sequence[tuple[Sender, Letter]]) -> None:
    """Have everything sent again, each case in its order: known or not, the answer says the same as before."""
    cases: dict[str, list[tuple[Sender, Letter]]] = defaultdict(list)
    for sender, letter in letters:
        cases[letter.case].append((sender, letter))

    async def one_case(said: list[tuple[Sender, Letter]]) -> None:
        for sender, letter in said:
            await sender.again(letter)

    await asyncio.gather(*(one_case(said) for said in cases.values()))


async def _quiet(stage: Stage) -> dict[str, Any]:
    """Wait until nothing waits any more; return what the gateway says of itself."""
    give_up, status = time.monotonic() + WITHIN, {}
    while time.monotonic() < give_up:
        with suppress(aiohttp.ClientError, TimeoutError, OSError):
            status = await stage.administration("counts")
            if not status["waiting"] and not status["records"].get("parked"):
                break
        await asyncio.sleep(0.5)
    return status


async def _received(stage: Stage) -> dict[str, Any]:
    return {part.name: await stage.partner(part.name, "received") for part in stage.parts}


async def _held(stage: Stage) -> set[str]:
    """Return the marks of everything that some receiver holds."""
    return set(MARK.findall(json.dumps(await _received(stage), ensure_ascii=False)))


def _taken(journal: Journal) -> set[str]:
    return {event["mark"] for event in journal.events if event["event"] == "told" and event["fate"] in TAKEN}


def _crossed(stage: Stage) -> set[str]:
    return {crossing.mark for crossing in stage.watch.crossings if crossing.answer is not None}


async def _until(happened: Callable[[], bool], what: str) -> None:
    give_up = time.monotonic() + WITHIN
    while not happened():
        assert time.monotonic() < give_up, f"not within {WITHIN:.0f} s: {what}"
        await asyncio.sleep(0.05)


def run(command: Sequence[str | Path], **how: Any) -> None:
    """Run a command that has to succeed."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=WITHIN, check=False, **how)
    assert done.returncode == 0, (command, done.stdout, done.stderr)
