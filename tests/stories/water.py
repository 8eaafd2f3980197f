"""A gateway, a township with a mailbox, and across one-way gates a police system that only files reach."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

import adapters.police
from adapters import ADAPTERS
from adapters.police.simulator import Simulator
from gateway.api import create_app
from gateway.bootstrap import Gateway
from gateway.canonical.identifiers import uuid7
from gateway.settings import Settings
from tests.contract.wires import served
from tests.servers import free_port

SAMPLES = Path(adapters.police.__file__).parent / "samples"
TOKEN = "token-of-the-township"
PATIENCE = 90.0  # seconds until something that has to happen counts as not happening


@dataclass
class Police:
    """The police system, a process of its own that may be killed; it is asked over its controls."""

    folder: Path
    keys: Mapping[str, str]
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process over whatever its folder holds, and wait until it answers."""
        keys = self.folder / "keys.json"
        keys.write_text(json.dumps(self.keys), encoding="utf-8")
        command = [sys.executable, "-m", "adapters.police.simulator", "--port", str(self.port), "--partner", "pcs",
                   "--keys-file", str(keys), "--ferry", str(self.folder)]  # fmt: skip
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=dict(os.environ))
        until(self._answers)

    def kill(self) -> None:
        """Kill the process without warning."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(20)

    def ask(self, what: str) -> Any:
        """Ask for what it knows: ``received``, ``answers`` or ``state``."""
        return httpx.get(f"{self._url}/{what}", trust_env=False, timeout=30).raise_for_status().json()

    def tell(self, what: str, **order: Any) -> Any:
        """Tell it something: ``push`` or ``faults``."""
        return httpx.post(f"{self._url}/{what}", json=order, trust_env=False, timeout=30).raise_for_status().json()

    def push(self, *records: Mapping[str, Any]) -> list[int]:
        """Have it send records; return the numbers of their packages."""
        return [each["number"] for each in self.tell("push", records=list(records))["answers"]]

    def answer_to(self, record_id: str) -> dict[str, Any]:
        """Wait for the gateway's answer to a record, and return it."""
        found: dict[str, Any] = until(
            lambda: next((each for each in self.ask("answers") if each["about"] == record_id), None)
        )
        return found

    def holds(self, kind: str) -> dict[str, Any]:
        """Wait for a record of a kind from the gateway, and return it."""
        found: dict[str, Any] = until(
            lambda: next((each for each in self.ask("received") if each["kind"] == kind), None)
        )
        return found

    @property
    def _url(self) -> str:
        return f"http://127.0.0.1:{self.port}/_sim"

    def _answers(self) -> bool | None:
        assert self.process is not None
        assert self.process.poll() is None, (self.folder / "log").read_text(errors="replace")
        try:
            return bool(self.ask("health"))
        except httpx.TransportError:
            return None


@dataclass
class Water:
    """The gateway on this side, the police system on the other."""

    url: str
    admin_token: str
    police: Police
    folder: Path

    def ask(self, path: str) -> Any:
        """Ask the gateway's administration."""
        headers = {"authorization": f"Bearer {self.admin_token}"}
        answer = httpx.get(f"{self.url}/admin/{path}", headers=headers, trust_env=False, timeout=30)
        return answer.raise_for_status().json()

    def say(self, kind: str, case_id: str, **data: Any) -> str:
        """Say something of a case as the township, and return the message's id."""
        message = {
            "type": f"fengqiao.{kind}", "id": uuid7(), "source": "/partners/township", "sender": "org-township",
            "addressee": "org-police", "time": data.pop("time"), "data": {"case": {"gateway_id": case_id}, **data},
        }  # fmt: skip
        headers = {"authorization": f"Bearer {TOKEN}", "x-partner": "township"}
        answer = httpx.post(f"{self.url}/v1/messages", headers=headers, json=message, trust_env=False, timeout=30)
        assert answer.json()["results"][0]["fate"] == "accepted", answer.text
        return str(message["id"])

    def fate(self, kind: str) -> str:
        """Wait until the delivery of a type to the police has come to an end, and say which."""

        def ended() -> str | None:
            states = [each["status"] for each in self.ask("deliveries?partner=pcs") if each["type"] == kind]
            return next((state for state in states if state in ("delivered", "dead")), None)

        return str(until(ended))


def until(found: Callable[[], Any]) -> Any:
    """Wait until something is there."""
    patience = time.monotonic() + PATIENCE
    while time.monotonic() < patience:
        if (thing := found()) is not None:
            return thing
        time.sleep(0.1)
    return pytest.fail("it never came")


def record(name: str, **changes: Any) -> dict[str, Any]:
    """Return the record of a sample."""
    found: dict[str, Any] = json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))["record"]
    return {**found, **changes}


@contextmanager
def crossing(folder: Path, *, database: str | None = None, **ferry: Any) -> Iterator[Water]:
    """Set both sides up; ``ferry``: changes to the row's ``ferry``."""
    keys = Simulator.by_ferry.make_keys()
    police = Police(folder / "gate", keys)
    (folder / "gate").mkdir()
    _configure(folder / "config", police, ferry)
    settings = Settings(data_dir=folder / "data", config_dir=folder / "config", database_url=database)
    gateway = Gateway(settings, ADAPTERS)
    police.start()
    try:
        with served(create_app(gateway), lifespan="on") as url:
            yield Water(url, gateway.admin_token, police, folder)
    finally:
        police.kill()


def _configure(config: Path, police: Police, ferry: Mapping[str, Any]) -> None:
    codes = json.loads((SAMPLES / "directory.json").read_text(encoding="utf-8"))
    folders = {"incoming": str(police.folder / "from-police"), "outgoing": str(police.folder / "to-police")}
    station = {
        "partner": "pcs", "adapter": "police", "organisations": ["org-police"],
        "ferry": {**folders, "ours": "GW", "theirs": "PCS", "settle": 1, "again": 4, **ferry},
        "settings": Simulator.by_ferry.partner_settings(),
        "secrets": {name: f"file:{name}" for name in police.keys},
    }  # fmt: skip
    township = {
        "partner": "township", "adapter": "mailbox", "organisations": sorted(codes.keys() - {"org-police"}),
        "canonical_door": {"bearer_sha256": [hashlib.sha256(TOKEN.encode()).hexdigest()]},
    }  # fmt: skip
    organisations = [
        {"id": name, "name": name, "kind": "police_station" if name == "org-police" else "township",
         "codes": {"pcs": code}, "partner": "pcs" if name == "org-police" else "township"}
        for name, code in codes.items()
    ]  # fmt: skip
    files = {
        "partners/pcs.yaml": yaml.safe_dump(station),
        "partners/township.yaml": yaml.safe_dump(township),
        "organisations.yaml": yaml.safe_dump({"organisations": organisations}),
        **police.keys,
    }
    for path, written in files.items():
        (config / path).parent.mkdir(parents=True, exist_ok=True)
        (config / path).write_text(written, encoding="utf-8")
