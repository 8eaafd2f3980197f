"""Several processes' worth of gateway in this one: a door and workers over real PostgreSQL and Redis, no clock.

Nobody sweeps here, so a wake-up that is lost stays lost and shows.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select

from gateway.bootstrap import Gateway, Role, shipped_adapters, shipped_simulator
from gateway.crew import Crew
from gateway.demo import cast
from gateway.demo.cast import COURT, IN_COURT, TOWNSHIP, VILLAGE, Calendar
from gateway.settings import Settings, load_settings
from gateway.store.tables import delivery
from tests.contract.wires import served
from tests.gateway.conftest import Door, write_configuration

WITHIN = 240.0  # seconds until something that has to happen counts as not happening
KEY = "province:" + "A" * 43 + "="  # of no store but these


class Gate:
    """What a partner listens behind: counts what is under way at once, and answers nobody while it is shut."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self.shut = False
        self.broken = False
        self.arrived = self.under_way = self.most = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.arrived += 1
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            while self.shut:  # noqa: ASYNC110  # it is opened from another thread
                await asyncio.sleep(0.005)
            if self.broken:
                await send({"type": "http.response.start", "status": 503, "headers": []})
                await send({"type": "http.response.body", "body": b""})
            else:
                await self._app(scope, receive, send)
        finally:
            self.under_way -= 1


@dataclass(kw_only=True)
class Province:
    """What a test does in it, and asks of it. ``gates``: of the village and the township."""

    door: Door
    workers: list[Gateway]
    crews: list[Crew]
    gates: Mapping[str, Gate]
    calendar: Calendar = field(default_factory=Calendar)

    async def refer(self, *cases: str, to: str = VILLAGE) -> None:
        """Have the court refer cases to a centre."""
        for case in cases:
            answer = await self.door.send(COURT, self._referral(case, to))
            assert b'"code":0' in answer.body, answer.body

    async def refer_when_taken(self, case: str, to: str = VILLAGE) -> None:
        """Have the court send a referral again, as the answer asks, for as long as the store is not there."""
        record = self._referral(case, to)
        give_up = time.monotonic() + WITHIN
        while b'"code":0' not in (answer := await self.door.send(COURT, record)).body:
            assert b"store.unavailable" in answer.body, answer.body
            assert time.monotonic() < give_up, answer.body
            await asyncio.sleep(0.1)

    def _referral(self, case: str, to: str) -> dict[str, Any]:
        record = cast.referral(self.calendar, case)
        record["fields"] |= {"jsjg": IN_COURT[to], "tjcj": "1" if to == VILLAGE else "2"}
        return record

    async def drain(self, partner: str = VILLAGE, *, by: Crew | None = None) -> list[str]:
        """Have every worker, or one, begin a partner's lane, as a job of RQ does."""
        crews = self.crews if by is None else [by]
        return list(await asyncio.gather(*(asyncio.to_thread(crew.drain, partner) for crew in crews)))

    def statuses(self, partner: str = VILLAGE) -> list[str]:
        with self.door.gateway.store.engine.connect() as connection:
            return list(connection.execute(select(delivery.c.status).where(delivery.c.partner == partner)).scalars())

    async def until_delivered(self, count: int, partner: str = VILLAGE) -> None:
        await until(lambda: self.statuses(partner).count("delivered") == count, lambda: self.statuses(partner))


async def until(done: Callable[[], bool], shown: Callable[[], object] = lambda: None) -> None:
    """Wait for what has to happen."""
    give_up = time.monotonic() + WITHIN
    while not done():
        if time.monotonic() > give_up:
            raise AssertionError(shown())
        await asyncio.sleep(0.02)


def make_settings(folder: Path, store_url: str, redis_url: str, **given: Any) -> Settings:
    """Return the settings of every process of a province."""
    return load_settings(
        data_dir=folder, config_dir=folder / "config", database_url=store_url, redis_url=redis_url, key=KEY,
        redelivery_base_seconds=0.05, redelivery_cap_seconds=0.2, **given,
    )  # fmt: skip


@asynccontextmanager
async def province(
    folder: Path, store_url: str, redis_url: str, *, workers: int = 1, rows: Mapping[str, Any] | None = None,
    now: Any = None, **settings: Any,
) -> AsyncIterator[Province]:  # fmt: skip
    """Open a province; ``rows``: changes to partner rows."""
    keys = write_configuration(folder / "config")
    with ExitStack() as ends:
        gates = {
            name: Gate(shipped_simulator("mediation_center")(gateway_url=None, partner=name, keys=keys[name]).app)
            for name in (VILLAGE, TOWNSHIP)
        }
        urls = {name: ends.enter_context(served(gate)) for name, gate in gates.items()}
        again = write_configuration(
            folder / "config", **{name: {"base_url": url, **(rows or {}).get(name, {})} for name, url in urls.items()}
        )
        for name in gates:
            for secret, value in keys[name].items():
                (folder / "config" / "secrets" / f"{name}.{secret}").write_text(value)
        made = make_settings(folder, store_url, redis_url, **settings)
        roles: list[Role] = ["door", *["worker"] * workers]  # type: ignore[list-item]
        gateways = [Gateway(made, shipped_adapters(), role=role, now=now) for role in roles]
        for gateway in gateways:
            await gateway.start()
        loop = asyncio.get_running_loop()
        crews = [Crew(gateway, loop) for gateway in gateways[1:]]
        door = Door(gateways[0], {**again, **{name: keys[name] for name in gates}})
        try:
            yield Province(door=door, workers=gateways[1:], crews=crews, gates=gates)
        finally:
            for gate in gates.values():
                gate.shut = False
            for gateway in gateways:
                gateway.wind_up()
            for crew in crews:
                await asyncio.to_thread(crew.finish, 30.0)
            for gateway in gateways:
                await gateway.stop()
