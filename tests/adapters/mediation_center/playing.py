"""Play a delivery by hand: without a network, or over a real connection to an application served on loopback."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import uvicorn

from adapters.mediation_center.adapter import MediationCenter
from gateway.contract import Receipt, Record, Request, Response

NOW = datetime(2026, 6, 1, 2, 0, tzinfo=UTC)
KEYS = {
    "webhook_secret": "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    "next_secret": "whsec_ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=",
}


def received(wrapped: Mapping[str, Any]) -> Request:
    """Turn what a simulator wrapped into the request a door would hand to the adapter."""
    return Request(**wrapped)


def begin(adapter: MediationCenter, record: Record) -> Request:
    """Return the first request of a delivery."""
    return next(adapter.deliver(record))


def answered(adapter: MediationCenter, record: Record, response: Response) -> Receipt:
    """Play a whole delivery with one answer."""
    exchange = adapter.deliver(record)
    next(exchange)
    try:
        exchange.send(response)
    except StopIteration as end:
        receipt = end.value
    assert isinstance(receipt, Receipt)
    return receipt


def over_http(adapter: MediationCenter, record: Record, base_url: str) -> Receipt:
    """Play a whole delivery over a real connection."""
    exchange = adapter.deliver(record)
    request = next(exchange)
    with httpx.Client(trust_env=False, timeout=10) as client:
        answer = client.request(
            request.method, base_url + request.path, content=request.body, headers=dict(request.headers)
        )
    headers = {name.lower(): value for name, value in answer.headers.items()}
    try:
        exchange.send(Response(status=answer.status_code, headers=headers, body=answer.content))
    except StopIteration as end:
        receipt = end.value
    assert isinstance(receipt, Receipt)
    return receipt


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """Serve an ASGI application on a free port of the loopback interface, in a thread of its own."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off"))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()
