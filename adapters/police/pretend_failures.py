"""What a pretend police system does wrong on demand, down to dropping the TCP connection under a call.

slow {seconds}      answers late                       reset          drops the connection before acting
error_500           a SOAP fault of its container      answer_lost    acts, then drops the connection
too_many {…}        its code for busy, with seconds    refuse {…}     a business refusal
down                503, its maintenance page
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, Response

RESET = struct.pack("ii", 1, 0)  # SO_LINGER of nought: closing sends RST
FAULT = (
    '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><soap:Fault>'
    "<faultcode>soap:Server</faultcode><faultstring>java.lang.NullPointerException</faultstring>"
    "</soap:Fault></soap:Body></soap:Envelope>"
)
Answer = Callable[..., Response]


class FaultyApp(FastAPI):
    """An application whose endpoints, its controls apart, misbehave as ``fault`` says: ``{"fault", "times"?, …}``."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(openapi_url=None)
        self._answer = answer
        self.fault: dict[str, Any] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer, or do what the fault says."""
        own = scope["type"] == "http" and not scope["path"].startswith("/_sim/")
        name = self._due() if own else None
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
        match name:
            case "too_many":
                return self._answer("-8", "系统忙，请稍后再试", wait=str(self.fault.get("retry_after", 1)))
            case "refuse":
                return self._answer("-1", str(self.fault.get("reason", "业务校验不通过")))
            case "error_500":
                return Response(FAULT, 500, media_type="text/xml")
            case "down":
                return Response("<h1>系统维护中</h1>", 503, media_type="text/html")
        return None


async def _swallow(message: Any) -> None:
    """Take a part of an answer that nobody will see."""


async def _drop(receive: Any) -> None:
    transport = receive.__self__.transport  # uvicorn's: ASGI has no way to the connection
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    transport.abort()
