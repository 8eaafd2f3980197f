"""Real servers over loopback that misbehave exactly as a test tells them to."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest

from gateway.transports.http import HttpTransport, Retries, Timeouts

Answer = Callable[["Connection"], Awaitable[None]]


class Connection:
    """One accepted connection: reads requests, writes what the test wants, or breaks it off."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, requests: list[bytes]) -> None:
        self._reader = reader
        self.writer = writer
        self.requests = requests

    async def request(self) -> bytes:
        """Read one whole request, head and body. Raises IncompleteReadError at the end of the connection."""
        head = await self._reader.readuntil(b"\r\n\r\n")
        lower = head.lower()
        body = b""
        if b"content-length:" in lower:
            body = await self._reader.readexactly(int(lower.split(b"content-length:")[1].split(b"\r\n")[0]))
        elif b"transfer-encoding: chunked" in lower:
            while size := int(await self._reader.readuntil(b"\r\n"), 16):
                body += (await self._reader.readexactly(size + 2))[:-2]
            await self._reader.readexactly(2)
        self.requests.append(head + body)
        return head + body

    async def respond(self, body: bytes = b"{}", status: str = "200 OK", *headers: str) -> None:
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
        await self.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    async def write(self, raw: bytes) -> None:
        self.writer.write(raw)
        await self.writer.drain()

    def reset(self) -> None:
        """Break off with RST, not FIN."""
        self.writer.transport.abort()


class Server:
    """A listening socket, every request that came to it, and its address."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._tasks: set[asyncio.Task[Any]] = set()
        self.requests: list[bytes] = []
        self.connections = 0

    async def start(self, context: ssl.SSLContext | None) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=context)
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"{'https' if context else 'http'}://127.0.0.1:{self.port}"

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
                await self._answer(Connection(reader, writer, self.requests))
        finally:
            writer.close()
            with suppress(ConnectionError, ssl.SSLError):
                await writer.wait_closed()
            self._tasks.discard(task)

    async def close(self) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()


Serve = Callable[..., Awaitable[Server]]
Connect = Callable[..., HttpTransport]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Start a server that treats every connection as ``answer`` says."""
    servers: list[Server] = []

    async def start(answer: Answer, context: ssl.SSLContext | None = None) -> Server:
        server = Server(answer)
        await server.start(context)
        servers.append(server)
        return server

    yield start
    for server in servers:
        await server.close()


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """Make transports with short timeouts and no pause between quick retries."""
    transports: list[HttpTransport] = []

    def make(base_url: str, **given: Any) -> HttpTransport:
        given.setdefault("ssl_context", ssl.create_default_context())
        given.setdefault("timeouts", Timeouts(connect=2, answer=5, fetch=5))
        given.setdefault("retries", Retries(pause=(0, 0)))
        transports.append(HttpTransport(base_url=base_url, **given))
        return transports[-1]

    yield make
    for transport in transports:
        await transport.aclose()


@pytest.fixture
def tls() -> ssl.SSLContext:
    """What a transport is given where no TLS is spoken."""
    return ssl.create_default_context()


@pytest.fixture
def unused_port() -> int:
    """A port at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
