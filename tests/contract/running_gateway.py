"""The whole gateway over every dialect of the table at once, served on loopback, its logs at hand."""

from __future__ import annotations

import hashlib
import http.client
import io
import json
import logging
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import structlog
import yaml
from hypothesis import strategies as st

from gateway import logs
from gateway.api import create_app
from gateway.bootstrap import Gateway
from gateway.settings import Settings
from tests.contract.dialect import Dialect
from tests.contract.wires import served

TOKEN = "a-bearer-token-for-tests-only"
BODY_LIMIT = 256 * 1024
CANARY = "无人知晓的名字"
CANARY_NUMBER = "500242199001011238"
# Events that say: this was not foreseen.
FAULTS = ("record.fault", "request.fault", "delivery.fault", "gatewaykeeping.fault", "Traceback", "exception")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back through a door."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def kind(self) -> str:
        """Its media type."""
        return self.headers.get("content-type", "")


@dataclass(frozen=True, kw_only=True)
class RunningGateway:
    """A running gateway: its address, its logs, and the keys of each partner (called as its adapter is)."""

    url: str
    log: io.StringIO
    keys: Mapping[str, dict[str, str]]
    token: str

    def ask(self, method: str, target: str, *, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Answer:
        """Send one request, with headers as they are, and return the answer."""
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=30)
        try:
            connection.putrequest(method, target, skip_accept_encoding=True)
            for name, value in {"content-length": str(len(body)), **(headers or {})}.items():
                connection.putheader(name, value.encode("utf-8"))
            connection.endheaders(body)
            response = connection.getresponse()
            received = {name.lower(): value for name, value in response.getheaders()}
            return Answer(status=response.status, headers=received, body=response.read())
        finally:
            connection.close()

    def push(self, dialect: Dialect, records: Sequence[Mapping[str, Any]]) -> Answer:
        """Send records as the partner would, signed."""
        return self.send(dialect, dialect.pretending(self.keys[dialect.name]).wrap(records))

    def send(self, dialect: Dialect, wrapped: Mapping[str, Any]) -> Answer:
        """Send what a simulator wrapped to a partner's door."""
        target = f"/partners/{dialect.partner}{wrapped['path']}"
        return self.ask(wrapped["method"], target, headers=wrapped["headers"], body=wrapped["body"])

    def fate(self, partner: str, record: Mapping[str, Any]) -> str:
        """Return what became of the newest arrival of a record."""
        found = self.ask("GET", f"/admin/records?partner={partner}", headers={"authorization": f"Bearer {self.token}"})
        arrivals = json.loads(found.body)
        return str(next(each["fate"] for each in arrivals if each["record_id"] == record["id"]))

    def say(self, partner: str, body: bytes, **headers: str) -> Answer:
        """Send bytes to the door of the common language, with the partner's token."""
        known = {"x-partner": partner, "authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
        return self.ask("POST", "/v1/messages", headers={**known, **headers}, body=body)

    def shout(self, raw: bytes) -> bytes:
        """Send bytes over a connection of their own, HTTP or not, and return what comes back."""
        parts = urlsplit(self.url)
        with socket.create_connection((str(parts.hostname), parts.port or 0), timeout=30) as connection:
            with suppress(OSError):  # turned away before all was said
                connection.sendall(raw)
                connection.shutdown(socket.SHUT_WR)
            answer = b""
            while chunk := connection.recv(65_536):
                answer += chunk
        return answer

    def said(self) -> str:
        """Return everything logged since the last time this was asked."""
        text = self.log.getvalue()
        self.log.seek(0)
        self.log.truncate()
        return text


@contextmanager
def running(folder: Path, table: Sequence[Dialect]) -> Iterator[RunningGateway]:
    """Serve a gateway with one partner for each dialect, each of which has its simulator."""
    with ExitStack() as ends:
        log = ends.enter_context(_logged())
        keys = {dialect.name: dialect.simulator.make_keys() for dialect in table}
        urls = {each.name: ends.enter_context(served(each.pretending(keys[each.name]).app)) for each in table}
        _write(folder / "config", table, keys, urls)
        settings = Settings(data_dir=folder / "data", config_dir=folder / "config", body_limit=BODY_LIMIT)
        gateway = Gateway(settings, {dialect.adapter_name: dialect.adapter for dialect in table})
        url = ends.enter_context(served(create_app(gateway), lifespan="on"))
        yield RunningGateway(url=url, log=log, keys=keys, token=gateway.admin_token)


@contextmanager
def _logged() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    logs.configure(level="debug", json=True, stream=stream)
    try:
        yield stream
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.reset_defaults()


def _write(
    folder: Path, table: Sequence[Dialect], keys: Mapping[str, Mapping[str, str]], urls: Mapping[str, str]
) -> None:
    """Write a configuration folder: a row for each dialect, and the organisations that its samples speak of."""
    for dialect in table:
        _put(folder / f"partners/{dialect.partner}.yaml", yaml.safe_dump(_row(dialect, urls[dialect.name])))
        for name, value in keys[dialect.name].items():
            _put(folder / f"secrets/{dialect.name}.{name}", value)
        for path, text in dialect.own_files.items():
            _put(folder / path, text)
    _put(folder / "organisations.yaml", yaml.safe_dump({"organisations": list(_organisations(table))}))


def _put(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def _row(dialect: Dialect, url: str) -> dict[str, Any]:
    return {
        "partner": dialect.partner,
        "adapter": dialect.adapter_name,
        "base_url": None if dialect.collected else url,
        "organisations": _spoken_for(dialect),
        "settings": dialect.simulator.partner_settings(),
        "secrets": {name: f"file:secrets/{dialect.name}.{name}" for name in dialect.simulator.make_keys()},
        "attachment_hosts": sorted(_hosts(dialect)),
        "canonical_door": {
            "bearer_sha256": [hashlib.sha256(TOKEN.encode()).hexdigest()],
            "webhook_secrets": sorted(dialect.simulator.make_keys()) if dialect.canonical else [],
        },
    }


def _spoken_for(dialect: Dialect) -> list[str]:
    """Return the organisations that send what arrives in this dialect."""
    twins = [each.twin for each in dialect.samples if each.arrives and each.twin is not None]
    return sorted({twin["sender"] for twin in twins if twin.get("sender")})


def _hosts(dialect: Dialect) -> set[str]:
    listed = [paper.url for each in dialect.samples for paper in each.record.attachments if paper.url]
    return {str(urlsplit(url).hostname) for url in listed}


def _organisations(table: Sequence[Dialect]) -> Iterator[dict[str, Any]]:
    for name in sorted({name for dialect in table for name in dialect.directory.codes}):
        reached = next((dialect.partner for dialect in table if name in _spoken_for(dialect)), None)
        codes = {each.partner: each.directory.codes[name] for each in table if name in each.directory.codes}
        yield {"id": name, "name": name, "kind": "other", "codes": codes, **({"partner": reached} if reached else {})}


def header_values() -> st.SearchStrategy[str]:
    """Generate what may stand in a header, beyond what is sensible there."""
    letters = st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f")
    return st.text(letters, max_size=40).map(str.strip)


def require_quiet(gateway: RunningGateway, personal: set[str]) -> None:
    """Require that the gateway is ready, and that its logs since last asked hold no fault and nothing personal."""
    assert gateway.ask("GET", "/readyz").status == 200
    text = gateway.said()
    assert not [event for event in FAULTS if f'"{event}"' in text], text[-3000:]
    secrets = {value for keys in gateway.keys.values() for value in keys.values()}
    assert not [value for value in (CANARY, CANARY_NUMBER, TOKEN, *secrets, *personal) if value in text]
