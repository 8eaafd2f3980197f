"""Metrics for Prometheus: the page, who may read it, and a small listener for processes that have no doors.

The page is for whoever has the metrics' token or the administration's (``Authorization: Bearer …``), wherever they
call from: behind a proxy every caller comes from the loopback.
"""

from __future__ import annotations

import hmac
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from gateway.errors import GatewayError

PATH = "/metrics"
CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
PATIENCE = 10.0  # seconds that a caller has for its request


def page(registry: CollectorRegistry) -> bytes:
    """Return everything in the registry in Prometheus' text form. Blocks: it may ask the database."""
    return generate_latest(_Plain(registry))


def may_read(authorization: str | None, tokens: Collection[str]) -> bool:
    """Say whether an ``Authorization`` header shows one of the tokens."""
    scheme, _, shown = (authorization or "").partition(" ")
    given = shown.strip().encode()
    right = [hmac.compare_digest(given, token.encode()) for token in tokens if token]  # all of them: no early end
    return scheme.lower() == "bearer" and any(right)


@contextmanager
def serve_metrics(
    registry: CollectorRegistry, *, host: str, port: int, tokens: Collection[str]
) -> Iterator[tuple[str, int] | None]:
    """Answer ``GET /metrics`` from threads of their own while entered; gives the address. ``port`` 0: off.

    Raises GatewayError when the port is taken.
    """
    if not port:
        yield None
        return
    try:
        listener = _Listener((host, port), _answering(lambda: page(registry), tokens))
    except OSError as error:
        raise GatewayError("telemetry.port_taken", host=host, port=port, why=error.strerror) from None
    with listener:
        thread = threading.Thread(target=listener.serve_forever, name="metrics", daemon=True)
        thread.start()
        try:
            yield listener.server_address[0], listener.server_address[1]  # type: ignore[misc]  # IPv4 and IPv6 begin so
        finally:
            listener.shutdown()
            thread.join()


class _Plain:
    """The registry without the times at which children were made: a series for every series, and nobody asks."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def collect(self) -> Iterator[Any]:
        for family in self._registry.collect():
            family.samples = [sample for sample in family.samples if not sample.name.endswith("_created")]
            yield family


class _Listener(ThreadingHTTPServer):
    daemon_threads = True


def _answering(make: Callable[[], bytes], tokens: Collection[str]) -> type[BaseHTTPRequestHandler]:
    class Answering(BaseHTTPRequestHandler):
        timeout = PATIENCE
        server_version, sys_version = "fengqiao", ""

        def do_GET(self) -> None:  # the name that http.server calls
            if self.path.partition("?")[0] != PATH:
                self._answer(404, b"")
            elif not may_read(self.headers.get("Authorization"), tokens):
                self._answer(401, b"")
            else:
                self._answer(200, make())

        def log_message(self, *_: Any) -> None:
            """Write nothing: a scrape every few seconds is no event."""

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            if status == 401:
                self.send_header("WWW-Authenticate", "Bearer")
            self.send_header("Content-Type", CONTENT_TYPE if status == 200 else "text/plain")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Answering
