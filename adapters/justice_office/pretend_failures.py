"""What a pretend justice office does wrong on demand, down to dropping the TCP connection under a request.

slow {seconds}      answers late                       reset          drops the connection before acting
error_500           an error page of its web server    answer_lost    acts, then drops the connection
too_many {…}        429 with Retry-After               refuse {…}     a business refusal
down                503, its maintenance page
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

NAMES = ("slow", "error_500", "too_many", "reset", "answer_lost", "refuse", "down")
_CONNECTION = "justice_office.connection"
_RESET_AT_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER, 0 seconds: closing sends RST instead of FIN

Endpoint = Callable[[Request], Awaitable[Response]]


class DroppableFastAPI(FastAPI):
    """A FastAPI application whose endpoints can reach the TCP connection that they are asked over."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Remember uvicorn's transport: ``send`` is a method of its request cycle, and ASGI itself has no way to it."""
        if scope["type"] == "http":
            scope[_CONNECTION] = getattr(getattr(send, "__self__", None), "transport", None)
        await super().__call__(scope, receive, send)


@dataclass
class Failures:
    """Which fault is due, how many more times (None: until it is cleared), and its parameters."""

    name: str | None = None
    times: int | None = None
    params: Mapping[str, Any] = field(default_factory=dict)

    def order(self, wish: Mapping[str, Any]) -> None:
        """Take an order ``{"fault": name or null, "times": n or null, …}``. Raises ValueError for an unknown fault."""
        name = wish.get("fault")
        if name is not None and name not in NAMES:
            raise ValueError(f"no such fault: {name}")
        self.name, self.times = name, wish.get("times")
        self.params = {key: value for key, value in wish.items() if key not in ("fault", "times")}

    async def around(self, request: Request, endpoint: Endpoint) -> Response:
        """Answer ``request`` by ``endpoint``, with the fault that is due."""
        fault = self._due()
        if fault == "slow":
            await asyncio.sleep(float(self.params.get("seconds", 1)))
        elif fault in ("reset", "answer_lost"):
            if fault == "answer_lost":
                await endpoint(request)
            return await _drop(request)
        elif fault is not None:
            return self._instead(fault)
        return await endpoint(request)

    def _instead(self, fault: str) -> Response:
        match fault:
            case "too_many":
                return _too_many(self.params.get("retry_after", 1))
            case "refuse":
                return no("BUSINESS_REFUSED", str(self.params.get("reason", "本系统不予接收")))
            case "down":
                return HTMLResponse("<h1>系统维护中</h1>", 503)
            case _:
                return HTMLResponse("<h1>500 Internal Server Error</h1>", 500)

    def _due(self) -> str | None:
        name = self.name
        if name is not None and self.times is not None:
            self.times -= 1
            if self.times <= 0:
                self.name = None
        return name


def no(code: str, message: str, status: int = 200, field_path: str | None = None) -> Response:
    """Return a refusal in the office's own form."""
    answer = {"code": code, "msg": message, "data": {"field": field_path}}
    return JSONResponse(answer, status)


def _too_many(retry_after: Any) -> Response:
    answer = no("TOO_MANY_REQUESTS", "请求过于频繁，请稍后再试", 429)
    answer.headers["retry-after"] = str(retry_after)
    return answer


async def _drop(request: Request) -> Response:
    """Close the connection without an answer; the response returned here has nowhere to go."""
    transport = request.scope.get(_CONNECTION)
    if transport is None:
        raise ConnectionResetError("the simulated office dropped the connection")  # called in-process, without TCP
    with contextlib.suppress(OSError, AttributeError):
        raw = transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
    transport.abort()
    while (await request.receive())["type"] != "http.disconnect":
        pass
    return Response(status_code=499)
