"""A gateway with a court and a village that listen: real HTTP to simulators that can be told to spoil their books."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import ExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from gateway.bootstrap import Gateway, shipped_adapters, shipped_simulator
from gateway.demo import cast
from gateway.demo.cast import COURT, VILLAGE, Calendar
from gateway.reconciliation import day_of
from gateway.settings import load_settings
from gateway.store import shown
from tests.contract.wires import served
from tests.gateway.conftest import Door, write_configuration

LISTENING = {COURT: "court_platform", VILLAGE: "mediation_center"}


class Clock:
    """The clock of the comparisons: the real one, moved by what a test says. Signatures go by the real one."""

    def __init__(self) -> None:
        self.moved = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.moved


class Town:
    """What a test does in the town, and asks of it."""

    def __init__(self, door: Door, pretend: Mapping[str, Any], controls: Mapping[str, httpx.AsyncClient]) -> None:
        self.door, self.gateway, self.pretend, self.controls = door, door.gateway, pretend, controls
        self.clock = Clock()
        self.reconciler = replace(self.gateway.reconciler, now=self.clock.now)
        self.calendar = Calendar()

    @property
    def today(self) -> date:
        return day_of(self.clock.now())

    async def refer(self, case: str = "AJ-1") -> None:
        """Have the court refer a case to the village."""
        await self.door.send(COURT, cast.referral(self.calendar, case))

    async def accept(self, case: str = "AJ-1") -> None:
        """Have the village accept what was referred; the court is told."""
        fields = cast.accepted(self.calendar)
        [held] = [each for each in await self.received(VILLAGE) if each["kind"] == "case.dispatch"]
        record = cast.from_centre(self.calendar, VILLAGE, "case.accept", held["case"], serial=len(case), **fields)
        await self.door.send(VILLAGE, record)

    async def fault(self, partner: str, name: str | None, **parameters: Any) -> Any:
        answer = await self.controls[partner].post("/_sim/faults", json={"fault": name, **parameters})
        return answer.raise_for_status().json()

    async def received(self, partner: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.controls[partner].get("/_sim/received")).json()
        return found

    def deliveries(self, partner: str) -> list[dict[str, Any]]:
        with self.gateway.store.engine.connect() as connection:
            return shown.deliveries(connection, partner=partner)

    async def until(self, partner: str, *statuses: str, count: int = 1) -> list[dict[str, Any]]:
        """Wait until every one of ``count`` deliveries to a partner has one of these statuses."""
        return await eventually(
            lambda: self.deliveries(partner),
            lambda found: len(found) == count and all(each["status"] in statuses for each in found),
        )

    async def compare(self, partner: str, day: date | None = None, **given: Any) -> dict[str, Any]:
        return await self.reconciler.run(partner, day or self.today, **given)


async def eventually(look: Callable[[], Any], done: Callable[[Any], bool]) -> Any:
    """Look until it is as it has to become."""
    for _ in range(600):
        found = look()
        if done(found):
            return found
        await asyncio.sleep(0.02)
    raise AssertionError(found)


@asynccontextmanager
async def living_town(
    folder: Path, adapters: Mapping[str, Any] | None = None, *, rows: Mapping[str, Any] | None = None, **settings: Any
) -> AsyncIterator[Town]:
    """Open the town; ``adapters``, ``rows``: changes to the table and to partner rows, ``settings``: to settings."""
    config = folder / "config"
    keys = write_configuration(config)
    with ExitStack() as ends:
        pretend = {
            name: shipped_simulator(adapter)(gateway_url=None, partner=name, keys=keys[name])
            for name, adapter in LISTENING.items()
        }
        urls = {name: ends.enter_context(served(simulator.app)) for name, simulator in pretend.items()}
        given = {name: {"base_url": url, **dict((rows or {}).get(name, {}))} for name, url in urls.items()}
        write_configuration(config, **given)
        for name in LISTENING:
            for secret, value in keys[name].items():
                (config / "secrets" / f"{name}.{secret}").write_text(value)
        made = load_settings(
            data_dir=folder, config_dir=config, redelivery_base_seconds=0.05, redelivery_cap_seconds=0.2, **settings
        )
        gateway = Gateway(made, {**shipped_adapters(), **(adapters or {})})
        await gateway.start()
        controls = {name: httpx.AsyncClient(base_url=url, trust_env=False) for name, url in urls.items()}
        try:
            yield Town(Door(gateway, keys), pretend, controls)
        finally:
            for control in controls.values():
                await control.aclose()
            await gateway.stop()
