"""What can go wrong at the pretend OA on demand, down to a dropped connection: where messages are taken, or everywhere.

slow {seconds}   works late                         reset          drops the connection before anything is processed
error_500        a page instead of an answer        answer_lost    processes, then drops the connection
too_many {…}     429 with Retry-After               refuse {…}     a business refusal in HTTP 200, with ``reason``
business {code}  HTTP 200 with any business code    down           503, at every address
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Response

from adapters.court_oa.simulator_xml import answer_frame

NAMES = ("slow", "error_500", "too_many", "reset", "answer_lost", "refuse", "business", "down")
_LINGER_NOT = struct.pack("ii", 1, 0)  # close with RST instead of FIN


class DisturbedApp(FastAPI):
    """An application that misbehaves as ``fault`` says: ``{"fault", "times"?, …}``; its controls never do."""

    def __init__(self) -> None:
        super().__init__(title="court OA simulator", openapi_url=None)
        self.fault: dict[str, Any] = {}

    def order(self, wish: Mapping[str, Any]) -> None:
        """Take an order; ``null`` ends a fault. Raises ValueError for an unknown one."""
        if wish.get("fault") not in (None, *NAMES):
            raise ValueError(f"fault: {' | '.join(NAMES)}")
        self.fault = dict(wish)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer, or do what the fault says."""
        name = self._due(scope) if scope["type"] == "http" else None
        if name == "slow":
            await asyncio.sleep(float(self.fault.get("seconds", 1)))
        if name == "answer_lost":
            await super().__call__(scope, receive, _swallow)
        if name in ("reset", "answer_lost"):
            return await _drop(receive)
        instead = self._instead(name)
        return await (instead(scope, receive, send) if instead else super().__call__(scope, receive, send))

    def _due(self, scope: Any) -> str | None:
        name, left = self.fault.get("fault"), self.fault.get("times")
        submitting = (scope["method"], scope["path"]) == ("POST", "/oa/messages")
        if scope["path"].startswith("/_sim") or left == 0 or not (submitting or name == "down"):
            return None
        if left is not None:
            self.fault["times"] = left - 1
        return name

    def _instead(self, name: str | None) -> Response | None:
        if name == "too_many":
            return answer("1001", "请求过于频繁", 429, {"retry-after": str(self.fault.get("retry_after", 1))})
        if name == "refuse":
            return answer("3001", str(self.fault.get("reason", "业务校验不通过")))
        if name == "business":
            return answer(str(self.fault.get("code", "9999")), str(self.fault.get("reason", "")))
        page = {"down": 503, "error_500": 500}.get(name or "")
        return Response("<h1>系统维护中</h1>", page, media_type="text/html") if page else None


def answer(
    code: str, message: str, status: int = 200, headers: Mapping[str, str] | None = None, **said: str | None
) -> Response:
    """Return an answer in the OA's own form."""
    body = answer_frame({"dm": code, "ms": message, **said})
    return Response(body, status, dict(headers or {}), media_type="application/xml; charset=utf-8")


async def _swallow(message: Any) -> None:
    """Take a part of an answer that nobody will see."""


async def _drop(receive: Any) -> None:
    """Close the connection without an answer; ``receive`` is a method of uvicorn's holder of the transport."""
    transport = getattr(getattr(receive, "__self__", None), "transport", None)
    if transport is None:
        raise ConnectionResetError("the pretend OA dropped the connection")  # called in-process, without TCP
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
    transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass
