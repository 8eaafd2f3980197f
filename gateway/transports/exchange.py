"""Drive an adapter's exchange over a transport: send what it yields, hand it what comes back."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from gateway.contract import Exchange, Request, Response
from gateway.errors import GatewayError

Result = TypeVar("Result")


class Transport(Protocol):
    """Carries one request at a time to one partner, any number concurrently."""

    async def send(self, request: Request) -> Response:
        """Return the partner's response, whatever its status. Raises NeverReached or AnswerLost."""

    async def aclose(self) -> None:
        """Close every connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request of an exchange and what came of it: a response, or the failure that ended the exchange."""

    request: Request
    response: Response | None = None
    failure: GatewayError | None = field(default=None, repr=False)
    seconds: float


async def run(
    exchange: Exchange[Result], transport: Transport, *, on_attempt: Callable[[Call], None] | None = None
) -> Result:
    """Drive ``exchange`` to its end and return its value; tell ``on_attempt`` of every call.

    Raises what the exchange raises, and the transport's NeverReached or AnswerLost: those are never thrown into the
    exchange, which is closed instead, as it is when the caller is cancelled.
    """
    try:
        request = next(exchange)
        while True:
            request = exchange.send(await _call(request, transport, on_attempt))
    except StopIteration as end:
        result: Result = end.value
        return result
    finally:
        exchange.close()


async def _call(request: Request, transport: Transport, on_attempt: Callable[[Call], None] | None) -> Response:
    started = time.perf_counter()
    try:
        response = await transport.send(request)
    except GatewayError as failure:
        if on_attempt:
            on_attempt(Call(request=request, failure=failure, seconds=time.perf_counter() - started))
        raise
    if on_attempt:
        on_attempt(Call(request=request, response=response, seconds=time.perf_counter() - started))
    return response
