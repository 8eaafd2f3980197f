"""One gateway with its three partners, on one database: its processes are started again as soon as they end."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import os
import random
import secrets
import socket
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import psycopg
import yaml

from gateway.bootstrap import shipped_simulator
from gateway.demo.cast import CAST, COURT, TOWNSHIP, VILLAGE
from tests.faults.detour import Detour
from tests.faults.senders import Journal, Sender
from tests.faults.steps.nursery import Nursery
from tests.faults.steps.orders import Orders
from tests.faults.stories import Arrivals
from tests.faults.wire import Watch

ACTORS = tuple(actor for actor in CAST if actor.name in (COURT, VILLAGE, TOWNSHIP))
WITHIN = 90.0  # seconds until something that has to happen counts as not happening
LOOK = 0.03  # seconds between two looks
LEASE = 3.0  # seconds: how long what a killed worker held is waited for


@dataclass(slots=True, kw_only=True)
class Ground:
    """What stands, and the way to each part of it. ``database``, ``redis``: where they are, for the processes."""

    name: str
    database: str
    redis: str | None
    folder: Path
    nursery: Nursery
    session: aiohttp.ClientSession
    journal: Journal
    orders: Orders
    door: int
    bug: str | None = None
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    watch: Watch = field(default_factory=Watch)
    detours: dict[str, Detour] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)
    keys: dict[str, dict[str, str]] = field(default_factory=dict, repr=False)
    senders: dict[str, Sender] = field(default_factory=dict)
    pids: dict[str, int] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict, repr=False)
    standing: bool = True
    starting: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def kind(self) -> str:
        """Return the kind of database."""
        return "sqlite" if self.redis is None else "postgresql"

    @property
    def roles(self) -> dict[str, tuple[str, ...]]:
        """Return the commands of the gateway's processes, by role."""
        serve = ("serve", "--port", str(self.door))
        return {"door": serve} if self.redis is None else {"door": serve, "worker": ("worker",), "clock": ("clock",)}

    @property
    def mended(self) -> Path:
        """Return where an administrator adds a code."""
        return self.folder / "config" / "codes" / "court_platform.dispute_type.yaml"

    @property
    def carrier(self) -> str:
        """Return the role that delivers."""
        return "door" if self.redis is None else "worker"

    async def start(self, role: str) -> None:
        """Start a process of the gateway, and start it again whenever it ends."""
        self.pids[role] = await self.nursery.start(
            role, self.roles[role], environment=self.environment, log=self.folder / "logs" / role,
            orders=self.orders_folder, bug=self.bug, ended=lambda: self._begin(self.start(role)),
        )  # fmt: skip

    async def start_partner(self, name: str, adapter: str) -> None:
        """Start a simulator, and start it again should somebody else have had its port."""
        command = ("--port", str(self.ports[name]), "--gateway-url", "http://127.0.0.1:9", "--partner", name,
                   "--keys-file", str(self.folder / "keys" / name))  # fmt: skip
        self.pids[name] = await self.nursery.start(
            name, command, environment=self.environment, log=self.folder / "logs" / name,
            module=f"adapters.{adapter}.simulator", ended=lambda: self._begin(self.start_partner(name, adapter)),
        )  # fmt: skip

    def _begin(self, start: Coroutine[Any, Any, None]) -> None:
        if not self.standing:
            return start.close()
        task = asyncio.get_running_loop().create_task(start)
        self.starting.add(task)
        return task.add_done_callback(self.starting.discard)

    @property
    def orders_folder(self) -> Path:
        """Return where the orders of the processes are."""
        return self.folder / "orders"

    async def asked(self, url: str, body: Any = None, **headers: str) -> Any:
        """Return what an address answers as JSON. Raises aiohttp.ClientError, TimeoutError, OSError."""
        patience = aiohttp.ClientTimeout(total=20, connect=2)
        method = "GET" if body is None else "POST"
        async with self.session.request(method, url, json=body, headers=headers, timeout=patience) as answer:
            answer.raise_for_status()
            return await answer.json()

    async def administration(self, path: str, body: Any = None) -> Any:
        """Ask the door's administration. Raises aiohttp.ClientError, TimeoutError, OSError."""
        return await self.asked(
            f"http://127.0.0.1:{self.door}/admin/{path}", body, authorization=f"Bearer {self.token}"
        )

    async def partner(self, name: str, path: str, body: Any = None) -> Any:
        """Talk to a simulator's controls, by the straight way."""
        return await self.asked(f"http://127.0.0.1:{self.ports[name]}/_sim/{path}", body)

    async def until(self, happened: Callable[[], Awaitable[Any]], what: str) -> Any:
        """Wait for something that has to happen, whoever is being started meanwhile; return what it was."""
        give_up = time.monotonic() + WITHIN
        while True:
            with suppress(aiohttp.ClientError, TimeoutError, OSError):
                if found := await happened():
                    return found
            if time.monotonic() > give_up:
                raise TimeoutError(f"{self.name}: not within {WITHIN:.0f} s: {what}\n{self._said()}")
            await asyncio.sleep(LOOK)

    async def operate(self, path: str, body: Any = None) -> Any:
        """Do something as an operator, who tries again until it was done."""
        return await self.until(lambda: self.administration(path, {} if body is None else body), path)

    async def calm(self) -> None:
        """Wait until nothing is on its way; what is held or parked may wait for what comes."""

        async def nothing_goes() -> bool:
            counts = await self.administration("counts")
            return not (counts["waiting"] or set(counts["deliveries"]) - {"delivered", "withdrawn"})

        await self.until(nothing_goes, "nothing is on its way")

    async def quiet(self) -> dict[str, Any]:
        """Wait until nothing is due, parked, held or dead; meanwhile an operator tries again what is dead."""
        await self.until(self._is_quiet, "nothing is due any more")
        counts: dict[str, Any] = await self.until(lambda: self.administration("counts"), "the door answers")
        return counts

    def rows(self, statement: str) -> list[Any]:
        """Execute a statement in the database, past the gateway, and return the rows it gives."""
        if self.redis is not None:
            with psycopg.connect(self.database) as connection:
                cursor = connection.execute(statement)
                return cursor.fetchall() if cursor.description else []
        with closing(sqlite3.connect(self.database.removeprefix("sqlite:///"), timeout=30)) as file, file:
            return file.execute(statement).fetchall()

    async def healed(self) -> None:
        """Have every partner behave, nobody die, and the configuration be what it was."""
        self.orders.disarm()
        if self.mended.exists():
            self.mended.unlink()
            await self.operate("reload")
        for actor in ACTORS:
            await self.partner(actor.name, "faults", {"fault": None})

    async def _is_quiet(self) -> bool:
        counts = await self.administration("counts")
        if counts["deliveries"].get("dead"):
            for dead in await self.administration("deliveries?status=dead"):
                await self.administration(f"deliveries/{dead['id']}/replay", {})
        records, deliveries = counts["records"], counts["deliveries"]
        waits = counts["waiting"] or records.get("parked") or records.get("held")
        return not (waits or set(deliveries) - {"delivered", "withdrawn"})

    def _said(self) -> str:
        logs = [(self.folder / "logs" / role).read_text(errors="replace")[-2500:] for role in self.roles]
        return "\n".join(logs)

    def configure(self) -> None:
        """Write what an administrator would."""
        hosts = [f"127.0.0.1:{port}" for port in self.ports.values()]
        for actor in ACTORS:
            simulator = shipped_simulator(actor.adapter)
            keys: dict[str, str] = simulator.make_keys()
            self.keys[actor.name] = keys
            self._write(f"keys/{actor.name}", json.dumps(keys))
            for name, value in keys.items():
                self._write(f"config/secrets/{actor.name}/{name}", value)
            row = {
                "partner": actor.name, "adapter": actor.adapter, "organisations": [actor.organisation],
                "base_url": f"http://127.0.0.1:{self.detours[actor.name].port}",
                "settings": {**simulator.partner_settings(), "reconciles": False},  # the comparison is another story
                "secrets": {name: f"file:secrets/{actor.name}/{name}" for name in keys},
                "timeouts": {"connect": 2, "answer": 5}, "attachment_hosts": hosts,
                "breaker": {"failures": 3, "first_wait": 0.3, "longest_wait": 1},
                "quota": {"per_second": 1000, "per_day": 1_000_000},
                "canonical_door": {"bearer_sha256": [hashlib.sha256(self.token.encode()).hexdigest()]},
            }  # fmt: skip
            self._write(f"config/partners/{actor.name}.yaml", yaml.safe_dump(row, allow_unicode=True))
        organisations = [
            {"id": actor.organisation, "name": actor.organisation_name, "kind": actor.kind, "level": actor.level,
             "partner": actor.name, "codes": {name: code for name, code in actor.codes.items() if name in self.ports}}
            for actor in ACTORS
        ]  # fmt: skip
        self._write("config/organisations.yaml", yaml.safe_dump({"organisations": organisations}, allow_unicode=True))
        copies = [{"types": ["litigation"], "when_sender_partner": COURT, "to": VILLAGE}]
        self._write("config/routes.yaml", yaml.safe_dump({"copies": copies}))

    async def mend(self, code: str) -> None:
        """Add an entry to the court's table of disputes, as an administrator does."""
        table = {"table": "court_platform.dispute_type", "extends": True,
                 "entries": [{"partner": code, "canonical": "neighbours", "title": "示例"}]}  # fmt: skip
        self._write(str(self.mended.relative_to(self.folder)), yaml.safe_dump(table, allow_unicode=True))
        await self.operate("reload")

    def _write(self, path: str, text: str) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        file.chmod(0o600)


@asynccontextmanager
async def standing(
    folder: Path, nursery: Nursery, *, name: str, database: str, redis: str | None = None, bug: str | None = None
) -> AsyncIterator[Ground]:
    """Set everything up in an empty folder, and take it down again."""
    async with AsyncExitStack() as stack:
        for each in ("logs", "data"):
            (folder / each).mkdir(parents=True, exist_ok=True)
        session = await stack.enter_async_context(
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0, force_close=True), trust_env=False)
        )
        journal = Journal(folder / "journal.jsonl")
        stack.callback(journal.close)
        ground = Ground(
            name=name, database=database, redis=redis, folder=folder, nursery=nursery, session=session,
            journal=journal, orders=Orders(folder / "orders"), door=quiet_port(), bug=bug,
        )  # fmt: skip
        await _partners(ground, stack)
        stack.callback(_end, ground)
        for role in ground.roles:
            await ground.start(role)
        await ground.until(lambda: ground.administration("counts"), "the door answers")
        yield ground


def quiet_port() -> int:
    """Return a port that nobody listens on, below those that outgoing connections get."""
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def _end(ground: Ground) -> None:
    ground.standing = False
    for pid in ground.pids.values():
        ground.nursery.kill(pid)


async def _partners(ground: Ground, stack: AsyncExitStack) -> None:
    for actor in ACTORS:
        ground.ports[actor.name] = quiet_port()
        ground.detours[actor.name] = Detour(
            ground.ports[actor.name], observe=lambda name=actor.name: ground.watch.connection(name)
        )
        await ground.detours[actor.name].start()
        stack.push_async_callback(ground.detours[actor.name].stop)
    ground.configure()
    ground.environment = {**os.environ, **_environment(ground)}
    for actor in ACTORS:
        await ground.start_partner(actor.name, actor.adapter)
        ground.senders[actor.name] = Sender(
            name=actor.name, doors=[f"http://127.0.0.1:{ground.door}"], journal=ground.journal,
            session=ground.session, dice=random.Random(actor.name),
            simulator=shipped_simulator(actor.adapter)(
                gateway_url=None, partner=actor.name, keys=ground.keys[actor.name]
            ),
        )  # fmt: skip
    for actor in ACTORS:
        await ground.until(lambda name=actor.name: ground.partner(name, "health"), f"{actor.name} answers")  # type: ignore[misc]


def _environment(ground: Ground) -> dict[str, str]:
    environment = {
        "FENGQIAO_DATA_DIR": str(ground.folder / "data"),
        "FENGQIAO_CONFIG_DIR": str(ground.folder / "config"),
        "FENGQIAO_DATABASE_URL": ground.database,
        "FENGQIAO_KEY": "steps:" + base64.b64encode(secrets.token_bytes(32)).decode(),
        "FENGQIAO_ADMIN_TOKEN": ground.token,
        "FENGQIAO_REDELIVERY_BASE_SECONDS": "0.3",
        "FENGQIAO_REDELIVERY_CAP_SECONDS": "1",
        "FENGQIAO_LEASE_SECONDS": str(LEASE),
        "FENGQIAO_SPOOL_ABOVE": "8KiB",
        "FENGQIAO_MIN_FREE": "1MiB",
    }
    return environment if ground.redis is None else {**environment, "FENGQIAO_REDIS_URL": ground.redis}


def arrivals(ground: Ground) -> Arrivals:
    """Return who tells what has arrived; there is one for a ground."""
    return Arrivals(ground.watch)
