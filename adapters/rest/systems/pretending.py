"""What every pretend system of this folder does: take records once, push records, fail on demand, obey its controls."""

from __future__ import annotations

import argparse
import asyncio
import json
import secrets
import socket
import struct
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx
import uvicorn
import yaml
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse

RESET = struct.pack("ii", 1, 0)  # SO_LINGER of nought: closing sends RST


class FaultyApp(FastAPI):
    """An application whose endpoints, its controls apart, misbehave as ``fault`` says: ``{"fault", "times"?, …}``."""

    def __init__(self, system: PretendSystem) -> None:
        super().__init__(openapi_url=None)
        self._system = system
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
        if name == "too_many":
            answer = self._system.answer("busy")
            answer.headers["retry-after"] = str(self.fault.get("retry_after", 1))
            return answer
        if name == "refuse":
            return self._system.answer("refused", said=str(self.fault.get("reason", "")))
        page = {"down": 503, "error_500": 500}.get(name or "")
        return Response("<h1>系统维护中</h1>", page, media_type="text/html") if page else None


class PretendSystem(ABC):
    """One pretend system: what differs from one to the next is its proofs, its frames and its answers."""

    def __init__(
        self,
        *,
        gateway_url: str | None,
        partner: str,
        keys: Mapping[str, str] | None = None,
        settings: Mapping[str, Any] | None = None,  # noqa: ARG002  # every simulator takes them
    ) -> None:
        self.door = f"{gateway_url or ''}/partners/{partner}"
        self.keys = keys or self.make_keys()
        self.held: dict[str, dict[str, Any]] = {}
        self.acts: list[str] = []  # ids it acted on, each time it did
        self.app = FaultyApp(self)
        for path in self.paths():
            self.app.add_api_route(path, self._take, methods=["POST"])
        self.app.include_router(self._controls())

    @staticmethod
    @abstractmethod
    def make_keys() -> dict[str, str]:
        """Return fresh test keys by the names a partner row gives its secrets."""

    @staticmethod
    @abstractmethod
    def partner_settings() -> dict[str, Any]:
        """Return the adapter settings of a partner row that fits this system."""

    @staticmethod
    @abstractmethod
    def paths() -> Sequence[str]:
        """Return where records are taken."""

    @abstractmethod
    def wrap(
        self, records: Sequence[Mapping[str, Any]], *, now: datetime | None = None, nonce: str | None = None
    ) -> dict[str, Any]:
        """Return the signed request that carries records."""

    @abstractmethod
    async def opened(self, request: Request) -> dict[str, Any] | None:
        """Return what a request of the gateway says (id, kind, fields, attachments); None when it is not proved."""

    @abstractmethod
    def answer(self, what: str, *, said: str = "", **more: Any) -> Response:
        """Answer taken, known, refused, busy or forged."""

    async def _take(self, request: Request) -> Response:
        record = await self.opened(request)
        if record is None:
            return self.answer("forged")
        number = record["id"]
        known = number in self.held
        if known:
            self.held[number]["times"] += 1
        else:
            case = f"{self.door[-3:].upper()}-{len(self.held) + 1:04d}"
            received_at = datetime.now(UTC).isoformat()
            self.held[number] = {**record, "case": case, "times": 1, "received_at": received_at}
            self.acts.append(number)
        return self.answer("known" if known else "taken", id=number, case=self.held[number]["case"])

    def _controls(self) -> APIRouter:
        router = APIRouter(prefix="/_sim")
        router.add_api_route("/push", self._push, methods=["POST"])
        router.add_api_route("/faults", self._order_fault, methods=["POST"])
        router.add_api_route("/received", self._received, methods=["GET"])
        router.add_api_route("/state", self._state, methods=["GET"])
        router.add_api_route("/reset", self._reset, methods=["POST"])
        router.add_api_route("/health", self._state, methods=["GET"])
        return router

    async def _push(self, request: Request) -> JSONResponse:
        order = await request.json()
        named = [{"id": f"XJ{secrets.token_hex(8)}", "attachments": [], **record} for record in order["records"]]
        answers = []
        async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
            for _ in range(order.get("times", 1)):
                sent = self.wrap(named)
                url = self.door + sent["path"]
                answer = await client.request(sent["method"], url, headers=sent["headers"], content=sent["body"])
                answers.append({"status": answer.status_code, "body": answer.text})
        return JSONResponse({**answers[-1], "answers": answers})

    async def _order_fault(self, request: Request) -> JSONResponse:
        self.app.fault = await request.json()
        return JSONResponse(self.app.fault)

    async def _received(self) -> JSONResponse:
        return JSONResponse([{**kept, "effects": self.acts.count(number)} for number, kept in self.held.items()])

    async def _state(self) -> JSONResponse:
        return JSONResponse({"records": len(self.held), "fault": self.app.fault})

    async def _reset(self) -> JSONResponse:
        self.held.clear()
        self.acts.clear()
        self.app.fault = {}
        return JSONResponse({"ok": True})


@cache
def settings_beside(package: str) -> dict[str, Any]:
    """Return the settings that lie beside a simulator: what an administrator would copy into the row."""
    text = files(package).joinpath("settings.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def run(system: type[PretendSystem]) -> None:
    """Run one pretend system on the loopback interface."""
    parser = argparse.ArgumentParser(description=system.__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--gateway-url")
    parser.add_argument("--partner", required=True)
    parser.add_argument("--keys-file", type=Path, required=True, help="JSON: secret name -> value")
    given = parser.parse_args()
    keys = json.loads(given.keys_file.read_text(encoding="utf-8"))
    app = system(gateway_url=given.gateway_url, partner=given.partner, keys=keys).app
    uvicorn.run(app, host="127.0.0.1", port=given.port, log_level="warning", access_log=False)


async def _swallow(message: Any) -> None:
    """Take a part of an answer that nobody will see."""


async def _drop(receive: Any) -> None:
    transport = receive.__self__.transport  # uvicorn's: ASGI has no way to the connection
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass
