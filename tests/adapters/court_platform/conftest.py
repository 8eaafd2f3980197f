"""A court that is only pretended, a clock that stands still, and the adapter that speaks to it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from adapters.court_platform import CourtPlatform
from adapters.court_platform.simulator import Simulator
from gateway.contract import Attachment, Exchange, MemorySession, Partner, Record, Request, Response

KEYS = {"app_secret": "a-secret-for-tests-only"}
MESSAGE_ID = "01845a3e-7c00-7a11-8b21-0c1d2e3f4a00"
FIELDS = {
    "fssj": "2022-11-10 08:55:00",
    "ajxx": {"ajbh": "AJ50024220221108000317"},
    "jssj": "2022-11-10 08:54:12",
    "jsr": {"xm": "石安澜", "lxdh": "13608370245"},
}
CONTENT = "调解协议".encode() * 100


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = datetime(2022, 11, 9, 1, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **amount: float) -> None:
        self.now += timedelta(**amount)


@dataclass
class Bench:
    """One court, one gateway side, and everything that was said between them."""

    clock: Clock
    simulator: Simulator
    client: TestClient
    session: MemorySession
    documents: dict[str, bytes] = field(default_factory=dict)
    said: list[Request] = field(default_factory=list)

    def adapter(self, secret: str | None = None, **settings: Any) -> CourtPlatform:
        row = {**Simulator.partner_settings(), **settings}
        keys = {"app_secret": secret or KEYS["app_secret"]}
        partner = Partner(name="court", settings=row, secret=keys.__getitem__, session=self.session, now=self.clock)
        return CourtPlatform(partner)

    def attachment(self, content: bytes = CONTENT, name: str = "调解协议.pdf") -> Attachment:
        digest = hashlib.sha256(content).hexdigest()
        self.documents[digest] = content
        return Attachment(
            id=digest, name=name, kind="07", media_type="application/pdf", size=len(content), sha256=digest
        )

    def record(self, *attachments: Attachment, kind: str = "qrjs", **changes: Any) -> Record:
        return Record(kind=kind, id=MESSAGE_ID, fields={**FIELDS, **changes}, attachments=attachments)

    def run(self, exchange: Exchange[Any]) -> Any:
        """Carry an exchange to its end over the simulator's own endpoints."""
        try:
            request = next(exchange)
            while True:
                self.said.append(request)
                request = exchange.send(self._carried(request))
        except StopIteration as end:
            return end.value

    def paths(self) -> list[str]:
        return [request.path for request in self.said]

    def fault(self, **order: Any) -> None:
        assert self.client.post("/_sim/faults", json=order).status_code == 200

    def _carried(self, request: Request) -> Response:
        if isinstance(request.body, bytes):
            body: dict[str, Any] = {"content": request.body}
        else:
            texts = {part.name: part.text for part in request.body if part.document is None}
            files = {
                part.name: (part.document.name, self.documents[part.document.id], part.document.media_type)
                for part in request.body
                if part.document
            }
            body = {"data": texts, "files": files}
        answer = self.client.request(request.method, request.path, headers=dict(request.headers), **body)
        return Response(status=answer.status_code, headers=dict(answer.headers), body=answer.content)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make_bench(clock: Clock) -> Callable[..., Bench]:
    def make(**settings: Any) -> Bench:
        simulator = Simulator(gateway_url=None, partner="court", keys=KEYS, settings={**settings, "clock": clock})
        return Bench(
            clock=clock,
            simulator=simulator,
            client=TestClient(simulator.app, base_url="http://court.example"),
            session=MemorySession(clock),
        )

    return make


@pytest.fixture
def bench(make_bench: Callable[..., Bench]) -> Iterator[Bench]:
    made = make_bench()
    yield made
    made.client.close()


@pytest.fixture
def push(bench: Bench) -> Callable[..., Request]:
    """Return a function that makes the signed request with which the court pushes a record."""

    def make(now: datetime | None = None, nonce: str | None = None, **changes: Any) -> Request:
        record = {"kind": "ajdb", "id": "TJXX20221121000317", "fields": FIELDS, **changes}
        return Request(**bench.simulator.wrap([record], now=now, nonce=nonce))

    return make
