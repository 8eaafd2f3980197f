"""Everything a campaign needs to stand: servers, detours, configuration, simulators and the gateway's processes."""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from tests.faults.cast import PARTS, Part
from tests.faults.company import NOWHERE, Company, Role, roles
from tests.faults.configuring import configure
from tests.faults.detour import Detour, Observer
from tests.faults.disk import Disk
from tests.faults.wire import Watch
from tests.servers import PostgresServer, RedisServer, Server, free_port, running_postgres, running_redis

START_WITHIN = 300.0  # seconds
LEASE = 5.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """How many of each process, and which deliberate bug is in them; and who plays.

    ``embedded``: one door, without any server.
    """

    doors: int = 2
    workers: int = 3
    clocks: int = 2
    bug: str | None = None
    embedded: bool = False
    parts: tuple[Part, ...] = PARTS


@dataclass(slots=True, kw_only=True)
class Stage:
    """What stands, and the way to each part of it."""

    folder: Path
    company: Company
    servers: dict[str, Server]  # none where the store is embedded
    disk: Disk
    roles: list[Role]
    parts: tuple[Part, ...]
    session: aiohttp.ClientSession
    token: str = field(repr=False)
    watch: Watch = field(default_factory=Watch)
    detours: dict[str, Detour] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)
    keys: dict[str, Mapping[str, str]] = field(default_factory=dict, repr=False)

    @property
    def postgres(self) -> PostgresServer:
        """Return the database server."""
        server = self.servers["postgres"]
        assert isinstance(server, PostgresServer)
        return server

    @property
    def redis(self) -> RedisServer:
        """Return the Redis server."""
        server = self.servers["redis"]
        assert isinstance(server, RedisServer)
        return server

    @property
    def doors(self) -> list[str]:
        """Return the addresses of the doors."""
        return [f"http://127.0.0.1:{role.port}" for role in self.roles if role.port is not None]

    async def asked(self, url: str, body: Any = None, **headers: str) -> Any:
        """Return what an address answers as JSON. Raises aiohttp.ClientError, TimeoutError."""
        method = "GET" if body is None else "POST"
        patience = aiohttp.ClientTimeout(total=20, connect=2)
        async with self.session.request(method, url, json=body, headers=headers, timeout=patience) as answer:
            answer.raise_for_status()
            return await answer.json()

    async def administration(self, path: str, body: Any = None) -> Any:
        """Ask whichever door answers. Raises the last one's error."""
        error: Exception = RuntimeError("no doors")
        for door in self.doors:
            try:
                return await self.asked(f"{door}/admin/{path}", body, authorization=f"Bearer {self.token}")
            except (aiohttp.ClientError, TimeoutError, OSError) as failure:
                error = failure
        raise error

    async def partner(self, name: str, path: str, body: Any = None) -> Any:
        """Talk to a simulator's controls, by the straight way."""
        return await self.asked(f"http://127.0.0.1:{self.ports[name]}/_sim/{path}", body)


@asynccontextmanager
async def standing(folder: Path, cast: Cast, *, disk: int = 256) -> AsyncIterator[Stage]:
    """Set everything up in an empty folder, with a disk of so many megabytes, and take it down again."""
    async with AsyncExitStack() as stack:
        postgres = None if cast.embedded else stack.enter_context(running_postgres())
        redis = None if cast.embedded else stack.enter_context(running_redis())
        session = await stack.enter_async_context(
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0, force_close=True), trust_env=False)
        )
        for name in ("logs", "clocks", "keys", "config"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        company = Company(folder)
        stage = Stage(
            folder=folder, company=company, session=session,
            servers={} if postgres is None or redis is None else {"postgres": postgres, "redis": redis},
            disk=Disk(folder / "data", lambda: _ids(stage), size=f"{disk}m"),
            token=secrets.token_urlsafe(24), parts=cast.parts,
            roles=roles(doors=cast.doors, workers=cast.workers, clocks=cast.clocks),
        )  # fmt: skip
        stage.disk.mount()
        stack.callback(stage.disk.unmount)
        stack.push_async_callback(company.stop)
        await _detours(stage, stack)
        configure(stage)
        await _start(stage, cast)
        yield stage


async def _detours(stage: Stage, stack: AsyncExitStack) -> None:
    """Put a detour before every server and partner; one that collects has it on its own way, to the first door."""
    for name, server in stage.servers.items():
        stage.detours[name] = Detour(server.port)
    door = next(role.port for role in stage.roles if role.port is not None)
    for part in stage.parts:
        stage.ports[part.name] = free_port()
        stage.detours[part.name] = Detour(
            door if part.collects else stage.ports[part.name], observe=lambda part=part: _observer(stage, part)
        )
    for detour in stage.detours.values():
        await detour.start()
        stack.push_async_callback(detour.stop)


def _observer(stage: Stage, part: Part) -> Observer:
    if part.number is None:
        return stage.watch.collecting(part.name)
    return stage.watch.connection(part.name, part.number, part.text)


def _environment(stage: Stage) -> dict[str, str]:
    key = "campaign:" + base64.b64encode(secrets.token_bytes(32)).decode()
    servers = {} if not stage.servers else {
        "FENGQIAO_DATABASE_URL": stage.postgres.url(port=stage.detours["postgres"].port),
        "FENGQIAO_REDIS_URL": f"redis://127.0.0.1:{stage.detours['redis'].port}/0",
    }  # fmt: skip
    return {
        **servers,
        "FENGQIAO_DATA_DIR": str(stage.folder / "data"),
        "FENGQIAO_CONFIG_DIR": str(stage.folder / "config"),
        "FENGQIAO_KEY": key,
        "FENGQIAO_ADMIN_TOKEN": stage.token,
        "FENGQIAO_REDELIVERY_BASE_SECONDS": "0.5",
        "FENGQIAO_REDELIVERY_CAP_SECONDS": "3",
        "FENGQIAO_LEASE_SECONDS": str(LEASE),
        "FENGQIAO_MIN_FREE": "1MiB",  # the data folder is a small one
    }


async def _start(stage: Stage, cast: Cast) -> None:
    for part in stage.parts:
        gateway = f"http://127.0.0.1:{stage.detours[part.name].port}" if part.collects else NOWHERE
        stage.company.simulator(
            part.name, part.simulator.__module__, port=stage.ports[part.name],
            keys=stage.folder / "keys" / part.name, gateway=gateway,
        )  # fmt: skip
    environment = _environment(stage)
    for role in stage.roles:
        stage.company.gateway(role, environment, bug=cast.bug)
    for part in stage.parts:
        await answering(stage, part.name, f"http://127.0.0.1:{stage.ports[part.name]}/_sim/health")
    await running(stage)
    stage.company.supervise()


async def running(stage: Stage) -> None:
    """Wait until every door is ready."""
    for role in stage.roles:
        if role.port is not None:
            await answering(stage, role.name, f"http://127.0.0.1:{role.port}/readyz")


async def answering(stage: Stage, name: str, url: str) -> None:
    """Wait until a process answers. Raises RuntimeError with its log when it has ended, or does not in time."""
    give_up = asyncio.get_running_loop().time() + START_WITHIN
    while asyncio.get_running_loop().time() < give_up:
        try:
            await stage.asked(url)
        except (aiohttp.ClientError, TimeoutError, OSError):
            await asyncio.sleep(0.1)
        else:
            return
    raise RuntimeError(f"{name} does not answer\n" + stage.company.members[name].log.read_text()[-4000:])


def _ids(stage: Stage) -> list[int]:
    members = (stage.company.members.get(role.name) for role in stage.roles)
    return [member.process.pid for member in members if member is not None and member.process is not None]
