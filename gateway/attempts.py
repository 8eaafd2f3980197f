"""What is kept of one try of a delivery: how long, how many exchanges, the last status, a digest of what was sent."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime

import orjson

from gateway.contract import Part, Request, Response
from gateway.errors import GatewayError, PermanentFailure
from gateway.store.outbox import Attempted, Claimed
from gateway.store.times import millis
from gateway.tracing import HEADER
from gateway.transports.exchange import Transport

Exchanging = Callable[[], AbstractContextManager[str]]  # around one request; gives its traceparent


class Observed:
    """A transport that notes what passed through it during one attempt."""

    def __init__(
        self, transport: Transport | None, now: Callable[[], datetime], exchanging: Exchanging | None = None
    ) -> None:
        self._transport = transport
        self._exchanging = exchanging
        self.started_at = millis(now())
        self._clock = time.monotonic()
        self.exchanges = 0
        self.http_status: int | None = None
        self.request_digest: str | None = None

    async def send(self, request: Request) -> Response:
        """Send, and note it. Raises PermanentFailure when the partner has no address."""
        if self._transport is None:
            raise PermanentFailure("delivery.no_address")
        self.note(request)
        if self._exchanging is None:
            response = await self._transport.send(request)
        else:
            with self._exchanging() as traceparent:
                response = await self._transport.send(_traced(request, traceparent))
        self.http_status = response.status
        return response

    def note(self, request: Request) -> None:
        """Note that a request goes out, and the digest of its body."""
        self.exchanges += 1
        self.http_status = None
        body = request.body if isinstance(request.body, bytes) else _form_text(request.body)
        self.request_digest = hashlib.sha256(body).hexdigest()

    async def aclose(self) -> None:
        """Leave the transport open: it is the partner's, not the attempt's."""

    @property
    def duration_ms(self) -> int:
        """Milliseconds since the attempt began."""
        return round((time.monotonic() - self._clock) * 1000)


def tried(claimed: Claimed, watch: Observed, outcome: str, error: GatewayError | None = None) -> Attempted:
    """Return the record of an attempt."""
    return Attempted(
        number=claimed.attempts + 1,
        started_at=watch.started_at,
        duration_ms=watch.duration_ms,
        outcome=outcome,
        http_status=watch.http_status,
        exchanges=watch.exchanges,
        request_digest=watch.request_digest,
        code=error.code if error else None,
        facts=kept_facts(error) if error else None,
    )


def _traced(request: Request, traceparent: str) -> Request:
    """Add the trace context after the adapter has signed: it is no part of what a partner's dialect says."""
    return replace(request, headers={**request.headers, HEADER: traceparent})


def _form_text(parts: tuple[Part, ...]) -> bytes:
    """Return what stands for a form that is streamed: its parts, a document by its own digest."""
    return orjson.dumps([[part.name, part.text, part.document and part.document.sha256] for part in parts])


def kept_facts(error: GatewayError) -> str | None:
    """Return the facts of an error as they are kept, or None when it has none."""
    return orjson.dumps(error.facts, default=str).decode() if error.facts else None
