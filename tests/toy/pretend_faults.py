"""What goes wrong at the pretend post office on demand, down to a dropped connection."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, Response

RESET = struct.pack("ii", 1, 0)  # SO_LINGER of nought: closing sends RST


class FaultyApp(FastAPI):
    """An application whose one endpoint ``faulty`` misbehaves as ``fault`` says: ``{"fault", "times"?, …}``."""

    def __init__(self, *, faulty: str, answer: Callable[..., Response]) -> None:
        super().__init__(openapi_url=None)
        self._faulty = faulty
        self._answer = answer
        self.fault: dict[str, Any] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer, or do what the fault says."""
        name = self._due() if scope["type"] == "http" and scope["path"] == self._faulty else None
        if name == "slow":
            await asyncio.sleep(self.fault.get("seconds", 1))
        if name == "answer_lost":
            await super().__call__(scope, receive, _swallow)
        if name in ("reset", "answer_lost"):
            return await _drop(receive)
        instead = self._instead(name)
        return await (instead(scope, receive, send) if instead else super().__call__(scope, receive, send))

    def _due(self) -> str | None:
        left = self.fault.get("times")
        if left == 0:
            return None
        if left is not None:
            self.fault["times"] = left - 1
        return self.fault.get("fault")

    def _instead(self, name: str | None) -> Response | None:
        if name == "too_many":
            answer = self._answer("later", 429)
            answer.headers["retry-after"] = str(self.fault.get("retry_after", 1))
            return answer
        if name == "refuse":
            return self._answer("refused", why=str(self.fault.get("reason", "")))
        return (
            Response("<h1>邮局暂停营业</h1>", 503 if name == "down" else 500) if name in ("down", "error_500") else None
        )


async def _swallow(message: Any) -> None:
    """Take a part of an answer that nobody will see."""


async def _drop(receive: Any) -> None:
    transport = receive.__self__.transport  # uvicorn's: ASGI has no way to the connection
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass
