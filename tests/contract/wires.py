"""Real HTTP for the contract: an application on a free loopback port, and a transport that talks to it."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import ssl
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal, Self

import httpx
import uvicorn

from gateway.contract import Adapter, Attachment, Confirming, Handed, Holdings, Receipt, Reconciling, Record
from gateway.transports.exchange import run
from gateway.transports.http import HttpTransport, Retries, Timeouts
from tests.contract.dialect import Dialect, Sample

PATIENCE = 20.0  # seconds that a server may take to start or to end


@contextmanager
def served(app: Any, *, lifespan: Literal["on", "off"] = "off") -> Iterator[str]:
    """Serve an application from a thread, give its address, and end it cleanly."""
    config = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan=lifespan, ws="none", timeout_graceful_shutdown=5
    )
    server = uvicorn.Server(config)
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="served", daemon=True)
    thread.start()
    try:
        _await_start(server, thread)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
        listening.close()
        assert not thread.is_alive(), "the server did not end"


def _await_start(server: uvicorn.Server, thread: threading.Thread) -> None:
    patience = time.monotonic() + PATIENCE
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        assert time.monotonic() < patience, "the server is still starting"
        time.sleep(0.005)


@dataclass(kw_only=True)
class Wire:
    """An adapter at one end, its simulator at the other, and real HTTP between them."""

    dialect: Dialect
    keys: Mapping[str, str]
    url: str
    adapter: Adapter
    control: httpx.AsyncClient
    tls: ssl.SSLContext = field(repr=False)
    papers: dict[str, bytes] = field(default_factory=dict)

    async def deliver(self, record: Record, *, answer: float = 20.0) -> Receipt | Handed:
        """Deliver a record once, over connections of its own; ``answer``: seconds to wait for the partner."""
        receipt: Receipt | Handed = await self._over(self.adapter.deliver(record), answer)
        return receipt

    async def confirm(self, record: Record) -> Receipt | None:
        """Ask the partner for a record's receipt."""
        assert isinstance(self.adapter, Confirming)
        receipt: Receipt | None = await self._over(self.adapter.confirm(record), 20.0)
        return receipt

    async def holdings(self, day: date) -> Holdings:
        """Ask the partner what it received from us on a day."""
        assert isinstance(self.adapter, Reconciling)
        held: Holdings = await self._over(self.adapter.holdings(day), 20.0)
        return held

    async def drive(self, exchange: Any) -> Any:
        """Drive an exchange of the test's own with the partner."""
        return await self._over(exchange, 20.0)

    async def fault(self, name: str | None, **parameters: Any) -> None:
        """Tell the simulator what to do wrong."""
        answer = await self.control.post("/_sim/faults", json={"fault": name, **parameters})
        answer.raise_for_status()

    async def received(self) -> list[dict[str, Any]]:
        """Return what the simulator took."""
        answer = await self.control.get("/_sim/received")
        taken: list[dict[str, Any]] = answer.raise_for_status().json()
        return taken

    def ready(self, sample: Sample) -> Record:
        """Return a sample's record as the gateway hands it to the adapter: papers kept, small ones filled in."""
        self.papers |= sample.papers
        attachments = (self._kept(each) for each in sample.record.attachments)
        return replace(sample.record, attachments=tuple(attachments))

    def attached(self, record: Record, content: bytes, like: Attachment) -> Record:
        """Return ``record`` with one attachment of these contents."""
        digest = hashlib.sha256(content).hexdigest()
        self.papers[digest] = content
        paper = replace(like, id=digest, sha256=digest, sm3=None, size=len(content), content=None, url=None)
        return replace(record, attachments=(self._kept(paper),))

    def _kept(self, paper: Attachment) -> Attachment:
        content = self.papers[paper.sha256 or ""]
        inline = len(content) <= self.adapter.inlines_up_to
        return replace(paper, content=content if inline else None)

    async def _over(self, exchange: Any, answer: float) -> Any:
        transport = HttpTransport(
            base_url=self.url,
            ssl_context=self.tls,
            timeouts=Timeouts(connect=5, answer=answer),
            documents=self._streamed,
            retries=Retries(pause=(0, 0)),
        )
        try:
            return await run(exchange, transport)
        finally:
            await transport.aclose()

    async def _streamed(self, digest: str) -> AsyncIterator[bytes]:
        content = self.papers[digest]
        for start in range(0, len(content), 65_536):
            await asyncio.sleep(0)
            yield content[start : start + 65_536]


class Pretenders:
    """One served simulator for each dialect that was asked for; starting one for every test would take minutes."""

    def __init__(self) -> None:
        self._ends = ExitStack()
        self._tls = ssl.create_default_context()  # nothing here speaks TLS, and making one takes longer than a test
        self._running: dict[str, tuple[str, dict[str, str]]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.close()

    @asynccontextmanager
    async def wire(self, dialect: Dialect) -> AsyncIterator[Wire]:
        """Lay a wire to the dialect's simulator, emptied."""
        url, keys = self._started(dialect)
        async with httpx.AsyncClient(base_url=url, verify=self._tls, trust_env=False, timeout=30) as control:
            (await control.post("/_sim/reset")).raise_for_status()
            adapter = dialect.speaking(keys)
            yield Wire(dialect=dialect, keys=keys, url=url, adapter=adapter, control=control, tls=self._tls)

    def _started(self, dialect: Dialect) -> tuple[str, dict[str, str]]:
        if dialect.name not in self._running:
            keys = dialect.simulator.make_keys()
            url = self._ends.enter_context(served(dialect.pretending(keys).app))
            self._running[dialect.name] = (url, keys)
        return self._running[dialect.name]
