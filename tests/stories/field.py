"""Every kind of system around one gateway, in this process: real doors, and simulators behind real HTTP on loopback."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import yaml
from sqlalchemy import select

from gateway.api import create_app
from gateway.bootstrap import Gateway, shipped_adapters, shipped_simulator
from gateway.canonical.identifiers import BEIJING, uuid7
from gateway.demo.cast import COURT, IN_CENTRES, IN_COURT, TOWNSHIP, VILLAGE, Calendar
from gateway.settings import load_settings
from gateway.store import shown
from gateway.store.books import open_content
from gateway.store.tables import message
from tests.contract.wires import served

STATION, PEACE, INDUSTRY, HALL, OFFICE = "station", "peace", "industry", "hall", "office"
NAMES = ("许书宁", "冉明溪")
WITHIN = 60.0  # seconds until something that has to happen counts as not happening
# Name ─► adapter, organisation, kind, level.
SYSTEMS: Mapping[str, tuple[str, str, str, str]] = {
    COURT: ("court_platform", "org-tribunal", "tribunal", "county"),
    VILLAGE: ("mediation_center", "org-village", "mediation_center", "village"),
    TOWNSHIP: ("mediation_center", "org-township", "mediation_center", "township"),
    STATION: ("police", "org-station", "police_station", "township"),
    OFFICE: ("justice_office", "org-office", "justice_office", "township"),
    PEACE: ("mailbox", "org-peace", "peace_office", "county"),
    INDUSTRY: ("mailbox", "org-industry", "industry_mediation", "county"),
    HALL: ("mailbox", "org-court", "court", "county"),
}
_CODES = {COURT: IN_COURT, VILLAGE: IN_CENTRES, TOWNSHIP: IN_CENTRES}


@dataclass(kw_only=True)
class Field:
    """What a story does in the field, and asks of it."""

    gateway: Gateway
    simulators: Mapping[str, Any]
    urls: Mapping[str, str]
    client: httpx.AsyncClient
    calendar: Calendar = field(default_factory=Calendar)
    now: datetime = field(default_factory=lambda: datetime.now(BEIJING).replace(microsecond=0))

    def at(self, **ago: float) -> str:
        """Return a moment before now, as a message writes it."""
        return (self.now - timedelta(**ago)).isoformat()

    async def push(self, partner: str, record: Mapping[str, Any], **given: Any) -> str:
        """Send a record through the partner's own door, signed as its system signs; return what it is answered."""
        wrapped = self.simulators[partner].wrap([record], **given)
        answer = await self.client.request(
            wrapped["method"], f"/partners/{partner}{wrapped['path']}", params=wrapped.get("query") or None,
            headers=wrapped["headers"], content=wrapped["body"],
        )  # fmt: skip
        return answer.content.decode("gb18030" if b"GB18030" in answer.content[:80] else "utf-8")

    async def say(
        self, partner: str, kind: str, *, to: str | None = None, time: str | None = None, **data: Any
    ) -> dict[str, Any]:
        """Say something in the common language; return what became of it: fate, code, text, case."""
        said = {
            "id": uuid7(), "type": f"fengqiao.{kind}", "source": f"/partners/{partner}",
            "time": time or self.at(minutes=5), "sender": SYSTEMS[partner][1], "data": data,
            **({"addressee": to} if to else {}),
        }  # fmt: skip
        headers = {"x-partner": partner, "authorization": f"Bearer token-of-{partner}"}
        answer = await self.client.post("/v1/messages", json=said, headers=headers)
        told = answer.json()
        return dict(told["results"][0]) if "results" in told else {"fate": "refused", **told}

    async def received(self, partner: str, kind: str | None = None) -> list[dict[str, Any]]:
        """Return what a listening system holds from the gateway, once nothing is due at it any more."""
        await self.quiet()
        async with httpx.AsyncClient(trust_env=False) as asking:
            held: list[dict[str, Any]] = (await asking.get(f"{self.urls[partner]}/_sim/received")).json()
        return [each for each in held if kind in (None, each["kind"])]

    async def quiet(self) -> None:
        """Wait until nothing is on its way to a system that listens, or it is left to a person."""
        for _ in range(round(WITHIN / 0.02)):
            under_way = [
                each
                for name in self.urls
                for each in self.deliveries(name)
                if each["status"] in {"pending", "in_doubt"}
            ]
            if not [each for each in under_way if not each.get("blocked")]:
                return
            await asyncio.sleep(0.02)
        raise AssertionError(under_way)

    def deliveries(self, partner: str) -> list[dict[str, Any]]:
        with self.gateway.store.engine.connect() as connection:
            return shown.deliveries(connection, partner=partner)

    def cases(self) -> list[dict[str, Any]]:
        with self.gateway.store.engine.connect() as connection:
            return shown.cases(connection)

    def trace(self, case: str) -> dict[str, Any]:
        with self.gateway.store.engine.connect() as connection:
            return dict(shown.trace(connection, case))

    def kept(self, kind: str) -> dict[str, Any]:
        """Return the newest message of a type as the gateway keeps it, in the common language."""
        newest = select(message).where(message.c.type == kind).order_by(message.c.received_at.desc()).limit(1)
        with self.gateway.store.engine.connect() as connection:
            row = connection.execute(newest).one()
        said: dict[str, Any] = open_content(
            self.gateway.store.cipher.open(row.content_sealed, context=row.id.encode())
        )["message"]
        return said

    async def follow(self, profile: str) -> None:
        """Have the jurisdiction follow a policy profile."""
        written = yaml.safe_dump({"default": profile})
        (self.gateway.settings.config_folder / "profiles.yaml").write_text(written, encoding="utf-8")
        await self.gateway.reload()


def verdict(answer: str) -> tuple[str, str]:
    """Return what an answer in a centre's dialect says of its one record: status and code."""
    (result,) = json.loads(answer)["results"]
    return result["status"], result["code"]


@asynccontextmanager
async def standing(
    folder: Path, *, rows: Mapping[str, Mapping[str, Any]] | None = None
) -> AsyncIterator[Field]:  # fmt: skip
    """Set the field up; ``rows``: changes to partner rows."""
    config = folder / "config"
    simulators: dict[str, Any] = {}
    urls: dict[str, str] = {}
    with ExitStack() as ends:
        for name, (adapter, organisation, _, _) in SYSTEMS.items():
            row = {
                "partner": name, "adapter": adapter, "organisations": [organisation],
                "canonical_door": {"bearer_sha256": [hashlib.sha256(f"token-of-{name}".encode()).hexdigest()]},
                **(rows or {}).get(name, {}),
            }  # fmt: skip
            if adapter != "mailbox":
                made = shipped_simulator(adapter)
                keys = made.make_keys()
                for secret, value in keys.items():
                    _write(config / "secrets" / f"{name}.{secret}", value)
                simulators[name] = made(gateway_url=None, partner=name, keys=keys)
                urls[name] = ends.enter_context(served(simulators[name].app))
                row |= {
                    "base_url": urls[name], "settings": {**made.partner_settings(), **row.get("settings", {})},
                    "secrets": {secret: f"file:secrets/{name}.{secret}" for secret in keys},
                }  # fmt: skip
            _write(config / "partners" / f"{name}.yaml", yaml.safe_dump(row, allow_unicode=True))
        _write(config / "organisations.yaml", yaml.safe_dump({"organisations": _organisations()}))
        settings = load_settings(
            data_dir=folder, config_dir=config, redelivery_base_seconds=0.05, redelivery_cap_seconds=0.2
        )
        gateway = Gateway(settings, shipped_adapters())
        await gateway.start()
        try:
            door = httpx.ASGITransport(create_app(gateway))
            async with httpx.AsyncClient(transport=door, base_url="http://gateway") as client:
                yield Field(gateway=gateway, simulators=simulators, urls=urls, client=client)
        finally:
            await gateway.stop()


def _organisations() -> list[dict[str, Any]]:
    return [
        {"id": organisation, "name": organisation, "kind": kind, "level": level, "partner": name,
         "codes": {partner: _CODES.get(partner, {}).get(name, organisation.upper()) for partner in SYSTEMS}}
        for name, (_, organisation, kind, level) in SYSTEMS.items()
    ]  # fmt: skip


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    file.chmod(0o600)
