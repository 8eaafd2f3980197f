"""The proof: the story is told once to see its steps, then once for every kill; at the end the checker compares.

grounds of one kind of database ─► record ─► kill, kill, kill … from one queue ─► check
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from tests.faults.checker import Evidence, Trouble, check
from tests.faults.steps.ground import ACTORS, Ground, arrivals, standing
from tests.faults.steps.listed import DATABASES, Kill, listed
from tests.faults.steps.nursery import Nursery, nursery
from tests.faults.steps.play import Play
from tests.faults.steps.scenes import SCENES, Scene
from tests.faults.stories import Arrivals
from tests.servers import PostgresServer, RedisServer, running_postgres, running_redis

GROUNDS = {"sqlite": 2, "postgresql": 4}  # at once: who waits for a lease needs no processor
TRIES = 3  # to come to a step; whether a call happens may hang on what falls into one commit
PLAYED_WITHIN = 240.0  # seconds
_NUMBER = re.compile(r"MK-([0-9a-f]+)-")
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """What several processes share."""

    postgres: PostgresServer
    redis: RedisServer


@dataclass(slots=True, kw_only=True)
class Proof:
    """What came of it, for one kind of database."""

    database: str
    recorded: dict[str, set[str]] = field(default_factory=dict)  # steps by scene
    kills: int = 0
    restarts: int = 0
    messages: int = 0
    crossings: int = 0
    seconds: float = 0.0
    never_come_to: list[Kill] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    troubles: list[tuple[str, Trouble]] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Say whether nothing is wrong."""
        return not (self.troubles or self.failed or self.never_come_to)

    @property
    def steps(self) -> set[str]:
        """Return every step that was come to."""
        return set().union(*self.recorded.values())

    def lines(self) -> Iterable[str]:
        """Return the report for people."""
        yield (
            f"{self.database}: {self.kills} kills, {self.messages} messages, {self.crossings} deliveries on the wire, "
            f"{len(self.troubles)} troubles, {len(self.failed)} failed, {len(self.never_come_to)} never come to, "
            f"{self.seconds:.0f} s"
        )
        yield from (f"  never come to: {kill}" for kill in self.never_come_to)
        yield from (f"  {failure}" for failure in self.failed)
        yield from (
            f"  {trouble.kind} {trouble.mark} {trouble.where} {dict(trouble.facts)}: {kill}"
            for kill, trouble in self.troubles
        )


async def prove(
    folder: Path, *, databases: Sequence[str] = DATABASES, kills: Mapping[str, Sequence[Kill]] | None = None,
    record: bool = True, bug: str | None = None, tell: Tell = lambda _: None,
) -> list[Proof]:  # fmt: skip
    """Tell the story on each database and kill at every step; ``kills``: only these. Returns what came of it.

    ``bug``: a deliberate one, in every process of the gateway.
    """
    async with nursery() as launcher, _servers(databases) as servers:
        proofs = [_Proving(database, kills, record=record, bug=bug, tell=tell) for database in databases]
        async with asyncio.TaskGroup() as grounds:  # one that fails ends the others before their servers
            for proving in proofs:
                for n in range(proving.grounds):
                    folder_of = folder / f"{proving.proof.database}-{n}"
                    grounds.create_task(proving.ground(folder_of, launcher, servers, n))
    return [proving.proof for proving in proofs]


@asynccontextmanager
async def _servers(databases: Sequence[str]) -> AsyncIterator[Servers | None]:
    async with AsyncExitStack() as stack:
        if "postgresql" not in databases:
            yield None
        else:
            postgres, redis = stack.enter_context(running_postgres()), stack.enter_context(running_redis())
            yield Servers(postgres=postgres, redis=redis)


class _Proving:
    """The proof for one kind of database, on several grounds at once."""

    def __init__(
        self, database: str, kills: Mapping[str, Sequence[Kill]] | None, *, record: bool, bug: str | None, tell: Tell
    ) -> None:
        self.proof = Proof(database=database)
        self._bug = bug
        self._tell = tell
        self._scenes = [scene for scene in SCENES if scene.on in (None, database)]
        self._recording = deque(self._scenes if record else ())
        self._killing = deque(listed().kills(database) if kills is None else kills.get(database, ()))
        self._numbers = count(1)
        self._kill_of: dict[int, str] = {}

    @property
    def grounds(self) -> int:
        """Return on how many grounds to do it: no more than there is work for."""
        return max(1, min(GROUNDS[self.proof.database], len(self._killing)))

    async def ground(self, folder: Path, launcher: Nursery, servers: Servers | None, n: int) -> None:
        """Do what there is to do on one ground."""
        began = time.monotonic()
        name = f"{self.proof.database}-{n}"
        async with AsyncExitStack() as stack:
            shared = servers if self.proof.database == "postgresql" else None
            database, redis = _place(shared, stack, folder, n)
            ground = await stack.enter_async_context(
                standing(folder, launcher, name=name, database=database, redis=redis, bug=self._bug)
            )
            self._tell(f"{time.monotonic() - began:5.1f} s  {ground.name} stands")
            heard = arrivals(ground)
            while self._recording and n == 0:  # in their order, whoever kills meanwhile elsewhere
                await self._record(ground, heard, self._recording.popleft())
            while self._killing:
                await self._one(ground, heard, self._killing.popleft())
            try:
                await self._compare(ground)
            except Exception as error:
                self.proof.failed.append(f"{ground.name} does not come to rest: {error}"[:6000])
        self.proof.seconds = max(self.proof.seconds, time.monotonic() - began)

    async def _record(self, ground: Ground, heard: Arrivals, scene: Scene) -> None:
        play = self._play(ground, heard, f"recording {scene.name}")
        await ground.healed()
        await scene.prepare(play)
        await ground.calm()
        ground.orders.new_epoch()
        await scene.act(play)
        await ground.quiet()
        self.proof.recorded[scene.name] = ground.orders.noted()

    async def _one(self, ground: Ground, heard: Arrivals, kill: Kill) -> None:
        began = time.monotonic()
        try:
            async with asyncio.timeout(PLAYED_WITHIN):
                died = await self._killed(ground, heard, kill)
        except Exception as error:
            self.proof.failed.append(f"{kill}: {type(error).__name__}: {error}"[:6000])
            ground.orders.disarm()
            return
        self.proof.kills += died
        if not died:
            self.proof.never_come_to.append(kill)
        self._tell(f"{time.monotonic() - began:5.1f} s  {ground.name} {kill}")

    async def _killed(self, ground: Ground, heard: Arrivals, kill: Kill) -> bool:
        """Tell the scene with somebody dying in it; say whether anybody did."""
        scene = next(each for each in SCENES if each.name == kill.scene)
        for _ in range(TRIES):
            play = self._play(ground, heard, str(kill))
            await ground.healed()
            await scene.prepare(play)
            await ground.calm()
            ground.orders.arm(kill.step, after=kill.after)
            await scene.act(play)
            await ground.quiet()
            ground.orders.disarm()
            if ground.orders.died:
                return True
        return False

    async def _compare(self, ground: Ground) -> None:
        await ground.healed()
        status = await ground.quiet()
        received = {actor.name: await ground.partner(actor.name, "received") for actor in ACTORS}
        wire = [crossing.shown() for crossing in ground.watch.crossings]
        self.proof.messages += sum(event["event"] == "sent" for event in ground.journal.events)
        self.proof.crossings += len(wire)
        evidence = Evidence(journal=ground.journal.events, received=received, wire=wire, status=status)
        for trouble in check(evidence):
            found = _NUMBER.match(trouble.mark)
            self.proof.troubles.append((self._kill_of.get(int(found[1], 16), "?") if found else ground.name, trouble))

    def _play(self, ground: Ground, heard: Arrivals, what: str) -> Play:
        number = next(self._numbers)
        self._kill_of[number] = what
        return Play(ground=ground, arrivals=heard, number=number)


def _place(servers: Servers | None, stack: AsyncExitStack, folder: Path, n: int) -> tuple[str, str | None]:
    """Return the URLs of a fresh database, and of a Redis where the database is one for several processes."""
    if servers is None:
        return f"sqlite:///{folder}/data/store.db", None
    return stack.enter_context(servers.postgres.database()), f"redis://127.0.0.1:{servers.redis.port}/{n}"
