"""What can go wrong at the pretend court platform on demand, down to a dropped connection.

fault          what happens                                             where, unless ``on`` says otherwise
slow           waits ``seconds``, then works                            submit
error_500      HTTP 500 with a page instead of an answer                submit
too_many       HTTP 429, ``Retry-After: retry_after``                   submit
reset          drops the connection before anything is processed        submit
answer_lost    processes, then drops the connection                     submit
refuse         a business refusal in HTTP 200, with ``reason``          submit
business       HTTP 200 with any ``code`` and ``msg`` (3: token, 6: maintenance)   submit
down           HTTP 503                                                 everywhere
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

NAMES = ("slow", "error_500", "too_many", "reset", "answer_lost", "refuse", "business", "down")
PLACES = ("token", "upload", "submit", "ask", "holdings", "fetch", "all")
_LINGER_NOT = struct.pack("ii", 1, 0)  # close with RST instead of FIN


@dataclass(kw_only=True)
class Fault:
    """One fault, how often it still happens (None: until it is cleared), and its parameters."""

    name: str
    times: int | None = None
    on: str = "submit"
    parameters: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, order: dict[str, Any]) -> Fault:
        """Read an order of the control endpoint. Raises ValueError for an unknown name or place."""
        rest = dict(order)
        name, times = rest.pop("fault"), rest.pop("times", None)
        on = rest.pop("on", "all" if name == "down" else "submit")
        if name not in NAMES or on not in PLACES:
            raise ValueError(f"fault: {' | '.join(NAMES)}; on: {' | '.join(PLACES)}")
        return cls(name=name, times=times, on=on, parameters=rest)


class DisturbedApp(FastAPI):
    """A FastAPI application whose own endpoints (never ``/_sim``) misbehave as ordered."""

    fault: Fault | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer, or do what the fault says; it stands before any middleware, where the connection can be reached."""
        fault = self._due(scope) if scope["type"] == "http" else None
        if fault is None:
            await super().__call__(scope, receive, send)
        elif fault.name == "slow":
            await asyncio.sleep(float(fault.parameters.get("seconds", 1)))
            await super().__call__(scope, receive, send)
        elif fault.name == "reset":
            await _drop(receive)
        elif fault.name == "answer_lost":
            await super().__call__(scope, receive, _swallow)
            await _drop(receive)
        else:
            await _answer(fault, send)

    def _due(self, scope: Any) -> Fault | None:
        fault, place = self.fault, place_of(scope["method"], scope["path"])
        if fault is None or place is None or fault.on not in (place, "all"):
            return None
        if fault.times is not None:
            fault.times -= 1
            if fault.times <= 0:
                self.fault = None
        return fault


def place_of(method: str, path: str) -> str | None:
    """Name the court's endpoint that a request is for; None for the simulator's controls."""
    if path.startswith("/_sim"):
        return None
    if path.startswith("/api/records"):
        return "submit" if method == "POST" else "ask"
    places = {"/oauth/token": "token", "/api/files": "upload", "/api/holdings": "holdings"}
    return places.get(path, "fetch")


async def _swallow(message: Message) -> None:
    """Take a part of an answer that nobody will see."""


async def _drop(receive: Receive) -> None:
    """Close the connection without an answer.

    uvicorn's ``receive`` is a method of the object that holds the transport. Without a transport (an application
    called in-process) the error that a client would see is raised instead.
    """
    transport = getattr(getattr(receive, "__self__", None), "transport", None)
    if transport is None:
        raise ConnectionResetError("the pretend court platform dropped the connection")
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
    transport.abort()
    # uvicorn would write a 500 for an application that returns unanswered before it has noticed the loss.
    while (await receive())["type"] != "http.disconnect":
        pass


async def _answer(fault: Fault, send: Send) -> None:
    headers: list[tuple[bytes, bytes]] = []
    status, frame = 200, None
    match fault.name:
        case "refuse":
            frame = {"code": 4, "msg": str(fault.parameters.get("reason", "业务校验不通过")), "data": None}
        case "business":
            frame = {"code": fault.parameters.get("code", 9), "msg": fault.parameters.get("msg", ""), "data": None}
        case "too_many":
            status, frame = 429, {"code": 2, "msg": "请求过于频繁", "data": None}
            headers = [(b"retry-after", str(fault.parameters.get("retry_after", 1)).encode())]
        case _:
            status = 503 if fault.name == "down" else 500
    body = b"<html>error</html>" if frame is None else json.dumps(frame, ensure_ascii=False).encode()
    kind = b"text/html" if frame is None else b"application/json"
    start = {"type": "http.response.start", "status": status, "headers": [*headers, (b"content-type", kind)]}
    await send(start)
    await send({"type": "http.response.body", "body": body})
