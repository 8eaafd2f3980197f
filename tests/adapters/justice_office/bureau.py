"""A gateway with one justice office, whose system is pretended over real HTTP."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml
from sqlalchemy import text

from adapters import justice_office
from adapters.justice_office.simulator import Simulator
from gateway.bootstrap import Gateway, shipped_adapters
from gateway.settings import load_settings
from gateway.store import shown
from gateway.store.engine import writing
from tests.contract.wires import served

OFFICE = "office"
SAMPLES = Path(justice_office.__file__).parent / "samples"
ORGANISATIONS = {"org-office": "SFS-XZ01", "org-tribunal": "SFS-TY01", "org-village": "SFS-CW01"}


@dataclass(frozen=True, kw_only=True)
class Bureau:
    """The gateway, the office's simulator and its controls."""

    gateway: Gateway
    simulator: Simulator
    controls: httpx.AsyncClient
    folder: Path

    async def enter(self, *numbers: int, update_time: str | None = None, **changed: Any) -> None:
        """Let the office enter or change entries of its register."""
        wish = {"records": [entry(number, **changed) for number in numbers], "update_time": update_time}
        (await self.controls.post("/_sim/enter", json=wish)).raise_for_status()

    async def list_unit(self, *, version: str | None = None, update_time: str, **changed: Any) -> None:
        """Let the office enter a unit of its area, or correct it."""
        record = json.loads((SAMPLES / "organisation.json").read_text(encoding="utf-8"))["record"]
        fields = {**record["fields"], **changed}
        wish = {"records": [{"kind": record["kind"], "id": "JG-1", "version": version, "fields": fields}]}
        (await self.controls.post("/_sim/enter", json={**wish, "update_time": update_time})).raise_for_status()

    async def asked(self) -> int:
        """Return how often the office was asked for a page."""
        asked: int = (await self.controls.get("/_sim/state")).json()["asked"]
        return asked

    def records(self, fate: str | None = None) -> list[dict[str, Any]]:
        """Return what the gateway keeps of the office's records."""
        with self.gateway.store.engine.connect() as connection:
            return shown.records(connection, partner=OFFICE, fate=fate)

    def forget_the_cursor(self) -> None:
        """Lose the gateway's place in the office's list."""
        with writing(self.gateway.store.engine).begin() as connection:
            connection.execute(text("DELETE FROM poll"))


def entry(number: int, *, version: str | None = None, **changed: Any) -> dict[str, Any]:
    """Return an entry of the register in the samples' form."""
    record = json.loads((SAMPLES / "intake.json").read_text(encoding="utf-8"))["record"]
    fields = {**record["fields"], "mediation_no": f"XZ01-{number}", **changed}
    return {"kind": record["kind"], "id": f"XZ01-{number}", "version": version, "fields": fields}


@asynccontextmanager
async def bureau(folder: Path, **settings: Any) -> AsyncIterator[Bureau]:
    """Open a gateway for one office with these adapter settings."""
    keys = Simulator.make_keys()
    simulator = Simulator(gateway_url=None, partner=OFFICE, keys=keys, settings=settings)
    with served(simulator.app) as address:
        write_configuration(folder / "config", address, keys, {**Simulator.partner_settings(), **settings})
        gateway = Gateway(load_settings(data_dir=folder, config_dir=folder / "config"), shipped_adapters())
        await gateway.start()
        try:
            async with httpx.AsyncClient(base_url=address, trust_env=False, timeout=30) as controls:
                yield Bureau(gateway=gateway, simulator=simulator, controls=controls, folder=folder)
        finally:
            await gateway.stop()


def write_configuration(folder: Path, address: str, keys: dict[str, str], settings: dict[str, Any]) -> None:
    """Write the configuration of a gateway that knows one office."""
    row = {
        "partner": OFFICE, "adapter": "justice_office", "base_url": address, "organisations": ["org-office"],
        "settings": settings, "secrets": {name: f"file:secrets/{name}" for name in keys}, "poll_every": 0.2,
    }  # fmt: skip
    organisations = [
        {"id": name, "name": name, "kind": "justice_office", "level": "township", "codes": {OFFICE: code},
         **({"partner": OFFICE} if name == "org-office" else {})}
        for name, code in ORGANISATIONS.items()
    ]  # fmt: skip
    files = {f"secrets/{name}": value for name, value in keys.items()}
    files[f"partners/{OFFICE}.yaml"] = yaml.safe_dump(row, allow_unicode=True)
    files["organisations.yaml"] = yaml.safe_dump({"organisations": organisations}, allow_unicode=True)
    for name, text_of in files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text_of, encoding="utf-8")
        place.chmod(0o600)
