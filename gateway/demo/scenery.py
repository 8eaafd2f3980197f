"""The scenery of the demonstration: an empty store, a configuration folder, and every system as its own process."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml

from gateway.errors import GatewayError

START_WITHIN = 120.0  # seconds: on a machine that has much else to do
STOP_WITHIN = 10.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """One pretend partner of the story.

    A unit without a ``platform`` speaks the common language, opens its mailbox, and has a token for both.
    """

    name: str
    adapter: str
    title: str
    title_en: str
    organisation: str
    organisation_name: str
    organisation_name_en: str
    kind: str
    level: str
    codes: Mapping[str, str]  # how each partner calls its organisation
    settings: Mapping[str, Any] = field(default_factory=dict)  # of its adapter, beside its simulator's
    row: Mapping[str, Any] = field(default_factory=dict)  # what its partner row says besides
    platform: bool = True  # else a unit with curl and a token, which needs no process
    ferry: bool = False  # its network takes no connection: only files reach it


@dataclass(slots=True)
class Scenery:
    """The processes of the demonstration, and the way to talk to them. Everything listens on loopback only."""

    folder: Path
    actors: Sequence[Actor]
    simulator: Callable[[str], Any]
    ports: dict[str, int] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _tokens: dict[str, str] = field(default_factory=dict, repr=False)
    _open: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        """Start every process and wait until each answers. Raises GatewayError naming the one that does not."""
        try:
            self._set_up()
        except BaseException:
            self._tear_down()
            raise
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self._tear_down()

    @property
    def gateway_url(self) -> str:
        """Return the gateway's address."""
        return f"http://127.0.0.1:{self.ports['gateway']}"

    @property
    def config(self) -> Path:
        """Return the folder of the gateway's configuration."""
        return self.folder / "config"

    def url(self, actor: str) -> str:
        """Return a simulator's address."""
        return f"http://127.0.0.1:{self.ports[actor]}"

    def push(self, actor: str, record: Mapping[str, Any], *, times: int = 1) -> Any:
        """Have a simulator send a record to the gateway; return what it was answered."""
        return call(f"{self.url(actor)}/_sim/push", {"records": [record], "times": times})

    def fault(self, actor: str, name: str | None, **parameters: Any) -> None:
        """Order a simulator to fail, or with None to behave."""
        call(f"{self.url(actor)}/_sim/faults", {"fault": name, **parameters})

    def received(self, actor: str) -> list[dict[str, Any]]:
        """Return what a simulator holds from the gateway."""
        found: list[dict[str, Any]] = call(f"{self.url(actor)}/_sim/received")
        return found

    def token_of(self, actor: str) -> str:
        """Return the token of a unit without a platform."""
        return self._tokens[actor]

    def administration(self, path: str) -> Any:
        """Ask the gateway's administration."""
        return call(f"{self.gateway_url}/admin/{path}", headers=self._administrator())

    def administration_post(self, path: str, body: Any = None) -> Any:
        """Tell the gateway's administration to do something."""
        return call(f"{self.gateway_url}/admin/{path}", {} if body is None else body, headers=self._administrator())

    def kill_gateway(self) -> None:
        """Kill the gateway without warning (SIGKILL)."""
        self.processes["gateway"].kill()
        self.processes["gateway"].wait(STOP_WITHIN)

    def start_gateway(self) -> None:
        """Start the gateway over whatever its store holds, and wait until it is ready."""
        environment = {
            **os.environ,
            "FENGQIAO_DATA_DIR": str(self.folder),
            "FENGQIAO_CONFIG_DIR": str(self.config),
            "FENGQIAO_PORT": str(self.ports["gateway"]),
            "FENGQIAO_REDELIVERY_BASE_SECONDS": "0.5",
            "FENGQIAO_REDELIVERY_CAP_SECONDS": "2",
            "FENGQIAO_LEASE_SECONDS": "30",
        }
        self._start("gateway", [sys.executable, "-m", "gateway", "serve"], environment)
        self._wait("gateway", f"{self.gateway_url}/readyz")

    def trust(self, court: str) -> None:
        """Have the gateway believe a pretend court's signatures, as an administrator does."""
        for name, content in call(f"{self.url(court)}/_sim/trust").items():
            file = self.config / "trust" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(base64.b64decode(content))

    def _administrator(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self._token()}"}

    def _token(self) -> str:
        return (self.folder / "admin-token").read_text().strip()

    def _set_up(self) -> None:
        (self.folder / "logs").mkdir(parents=True, exist_ok=True)
        for name in ("gateway", *(actor.name for actor in self._platforms)):
            self.ports[name] = _free_port()
        self._write_configuration()
        for actor in self._platforms:
            command = [
                sys.executable, "-m", f"adapters.{actor.adapter}.simulator", "--port", str(self.ports[actor.name]),
                "--gateway-url", self.gateway_url, "--partner", actor.name,
                "--keys-file", str(self._keys_file(actor)), *self._by_ferry(actor),
            ]  # fmt: skip
            self._start(actor.name, command, dict(os.environ))
        self.start_gateway()
        for actor in self._platforms:
            self._wait(actor.name, f"{self.url(actor.name)}/_sim/health")

    @property
    def _platforms(self) -> list[Actor]:
        return [actor for actor in self.actors if actor.platform]

    def _keys_file(self, actor: Actor) -> Path:
        return self.folder / "keys" / f"{actor.name}.json"

    def _write_configuration(self) -> None:
        """Write what an administrator would: a row per partner, the organisations, one subscription."""
        config = self.config
        for actor in self.actors:
            row = self._row(actor) if actor.platform else self._row_without_platform(actor)
            _write(config / "partners" / f"{actor.name}.yaml", row)
        organisations = [
            {"id": actor.organisation, "name": actor.organisation_name, "kind": actor.kind, "level": actor.level,
             "partner": actor.name, "codes": dict(actor.codes)}
            for actor in self.actors
        ]  # fmt: skip
        _write(config / "organisations.yaml", {"organisations": organisations})
        copies = [{"types": ["litigation"], "when_sender_partner": "court", "to": "village"}]
        _write(config / "routes.yaml", {"copies": copies})

    def _by_ferry(self, actor: Actor) -> list[str]:
        """Return what tells a simulator to exchange files; a package that is spoilt counts as lost after a second."""
        return ["--ferry", str(self._water(actor)), "--settle", "1", "--again", "2"] if actor.ferry else []

    def _water(self, actor: Actor) -> Path:
        return self.folder / "ferry" / actor.name

    def _row(self, actor: Actor) -> dict[str, Any]:
        """Return the row of a partner whose system is a process of its own, and write its keys for both ends."""
        simulator = self.simulator(actor.adapter)
        simulator = simulator.by_ferry if actor.ferry else simulator
        keys: dict[str, str] = simulator.make_keys()
        _write_secret(self._keys_file(actor), json.dumps(keys))
        for name, value in keys.items():
            _write_secret(self.config / "secrets" / actor.name / name, value)
        return {
            **self._about(actor),
            **self._reached(actor, simulator),
            "settings": {**simulator.partner_settings(), **actor.settings},
            "secrets": {name: f"file:secrets/{actor.name}/{name}" for name in keys},
            "timeouts": {"connect": 2, "answer": 5},
            **actor.row,
        }

    def _reached(self, actor: Actor, simulator: Any) -> dict[str, Any]:
        """Return how the gateway reaches a system: at its address, or by files."""
        if actor.ferry:
            return {"ferry": {**simulator.row_of(self._water(actor)), "settle": 1, "again": 2}}
        return {"base_url": self.url(actor.name), "attachment_hosts": [f"127.0.0.1:{self.ports[actor.name]}"]}

    def _row_without_platform(self, actor: Actor) -> dict[str, Any]:
        """Return the row of a unit that opens its mailbox with a token, of which the row has the digest."""
        token = self._tokens[actor.name] = secrets.token_urlsafe(24)
        digest = hashlib.sha256(token.encode()).hexdigest()
        return {**self._about(actor), "canonical_door": {"bearer_sha256": [digest]}, **actor.row}

    def _about(self, actor: Actor) -> dict[str, Any]:
        return {
            "partner": actor.name,
            "adapter": actor.adapter,
            "title": {"zh": actor.title, "en": actor.title_en},
            "organisations": [actor.organisation],
        }

    def _start(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        log = self._open.enter_context((self.folder / "logs" / f"{name}.log").open("ab"))
        self.processes[name] = subprocess.Popen(command, env=environment, stdout=log, stderr=log)  # noqa: S603  # our own

    def _wait(self, name: str, url: str) -> None:
        give_up = time.monotonic() + START_WITHIN
        while time.monotonic() < give_up and self.processes[name].poll() is None:
            try:
                call(url)
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise GatewayError("demo.not_started", process=name, log=str(self.folder / "logs" / f"{name}.log"))

    def _tear_down(self) -> None:
        for process in self.processes.values():
            if process.poll() is None:
                process.terminate()
        for process in self.processes.values():
            try:
                process.wait(STOP_WITHIN)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._open.close()


def call(url: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Any:
    """Call a process of the demonstration on loopback. Raises OSError when it does not answer, or with an error."""
    given = {"content-type": "application/json", **(headers or {})}
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=content, headers=given)  # noqa: S310  # http on loopback
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=60) as response:
        return json.loads(response.read())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _write(file: Path, content: Any) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")


def _write_secret(file: Path, value: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file.touch(mode=0o600)
    file.write_text(value, encoding="utf-8")
