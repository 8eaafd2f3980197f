"""A running gateway in this process, with pretend partners that sign but do not listen."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.bootstrap import Gateway, shipped_adapters, shipped_simulator
from gateway.contract import Request, Response
from gateway.demo.cast import CAST
from gateway.settings import load_settings

TOKEN = "canonical-token-of-the-tests"  # no secret
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


class Door:
    """A gateway, and what its partners send through its doors."""

    def __init__(self, gateway: Gateway, keys: Mapping[str, Mapping[str, str]]) -> None:
        self.gateway = gateway
        self.simulators = {
            actor.name: shipped_simulator(actor.adapter)(gateway_url=None, partner=actor.name, keys=keys[actor.name])
            for actor in CAST
        }

    def request(self, partner: str, *records: Mapping[str, Any], **given: Any) -> Request:
        """Return a correctly signed request of a partner."""
        return Request(**self.simulators[partner].wrap(list(records), **given))

    async def send(self, partner: str, *records: Mapping[str, Any], **given: Any) -> Response:
        """Send records as a partner; return the answer."""
        return await self.receive(partner, self.request(partner, *records, **given))

    async def receive(self, partner: str, request: Request) -> Response:
        """Hand a request to the left half."""
        return await self.gateway.inbound.receive(self.gateway.post(partner), request)


def write_configuration(folder: Path, **more: Any) -> dict[str, dict[str, str]]:
    """Write the configuration of the demonstration's cast (no addresses); return the partners' keys."""
    keys: dict[str, dict[str, str]] = {}
    for actor in CAST:
        simulator = shipped_simulator(actor.adapter)
        keys[actor.name] = simulator.make_keys()
        for name, value in {**keys[actor.name], "canonical": SECRET}.items():
            _write(folder / "secrets" / f"{actor.name}.{name}", value)
        row = {
            "partner": actor.name,
            "adapter": actor.adapter,
            "base_url": "http://127.0.0.1:9",
            "organisations": [actor.organisation],
            "settings": simulator.partner_settings(),
            "secrets": {name: f"file:secrets/{actor.name}.{name}" for name in (*keys[actor.name], "canonical")},
            "attachment_hosts": ["files.example"],
            "canonical_door": {
                "bearer_sha256": [hashlib.sha256(f"{TOKEN}-{actor.name}".encode()).hexdigest()],
                "webhook_secrets": ["canonical"],
            },
            **more.get(actor.name, {}),
        }
        _write(folder / "partners" / f"{actor.name}.yaml", yaml.safe_dump(row, allow_unicode=True))
    organisations = [
        {"id": actor.organisation, "name": actor.organisation_name, "kind": actor.kind, "level": actor.level,
         "partner": actor.name, "codes": dict(actor.codes)}
        for actor in CAST
    ]  # fmt: skip
    _write(folder / "organisations.yaml", yaml.safe_dump({"organisations": organisations}, allow_unicode=True))
    return keys


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    """A gateway that runs for one test, with an empty embedded store."""
    keys = write_configuration(tmp_path / "config")
    settings = load_settings(data_dir=tmp_path, config_dir=tmp_path / "config", redelivery_base_seconds=60)
    gateway = Gateway(settings, shipped_adapters())
    await gateway.start()
    yield Door(gateway, keys)
    await gateway.stop()


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
