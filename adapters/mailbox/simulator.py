"""A pretend village without a platform: it opens its mailbox, takes what lies in it, and says so; it fails on demand.

    python -m adapters.mailbox.simulator --port 9013 --gateway-url http://127.0.0.1:8480 --partner village …

It shares no code with the adapter: the signature (Standard Webhooks) is written here a second time, from the README.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import uvicorn
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse

DOOR = "/messages"
REST = 0.5  # seconds after a poll that failed


class Simulator:
    """One pretend village. Faults: ``refuse``, ``silent`` (takes and says nothing), ``twice``, ``slow``, ``down``."""

    def __init__(
        self,
        *,
        gateway_url: str | None,
        partner: str,
        keys: Mapping[str, str] | None = None,
        settings: Mapping[str, Any] | None = None,  # noqa: ARG002  # every simulator takes them
    ) -> None:
        self.gateway_url = gateway_url or ""
        self.partner = partner
        self._secret = (keys or self.make_keys())["webhook"]
        self.held: dict[str, dict[str, Any]] = {}
        self.acts: list[str] = []  # ids it acted on, each time it did
        self.fault: dict[str, Any] = {}
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        self._following: asyncio.Task[None] | None = None
        self.app = FastAPI(openapi_url=None)
        self.app.include_router(self._controls())

    @staticmethod
    def make_keys() -> dict[str, str]:
        """Return a fresh test key by the name a partner row gives its secret."""
        return {"webhook": "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()}

    @staticmethod
    def partner_settings() -> dict[str, Any]:
        """Return the adapter settings of a partner row that fits this village."""
        return {"receipt_minutes": 10}

    def wrap(
        self, records: Sequence[Mapping[str, Any]], *, now: datetime | None = None, nonce: str | None = None
    ) -> dict[str, Any]:
        """Return the signed request that carries messages."""
        said = [{**each["fields"], "id": each["id"], "type": each["kind"]} for each in records]
        value: Any = said[0] if len(said) == 1 else {"messages": said}
        body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        headers = {"content-type": "application/json", **self.signed(body, now=now, number=nonce)}
        return {"method": "POST", "path": DOOR, "query": "", "headers": headers, "body": body}

    async def collect(self, *, wait: int = 0, limit: int = 20) -> int:
        """Open the mailbox once, take what is in it and answer for it; return how many messages there were."""
        async with httpx.AsyncClient(base_url=self.gateway_url, trust_env=False, timeout=wait + 30) as client:
            answer = await self._get(client, "/v1/mailbox?" + urlencode({"wait": wait, "limit": limit}))
            messages: list[dict[str, Any]] = answer.json()["messages"]
            receipts = [await self._taken(client, each) for each in messages]
            fault = self._due() if receipts else None
            if fault == "slow":
                await asyncio.sleep(self.fault.get("seconds", 1))
            if receipts and fault != "silent":
                said = [self._refused(each) if fault == "refuse" else each for each in receipts]
                for _ in range(2 if fault == "twice" else 1):
                    await self._say(client, said)
        return len(messages)

    async def follow(self) -> None:
        """Open the mailbox again and again."""
        while True:
            try:
                if self.fault.get("fault") == "down":
                    await asyncio.sleep(REST)
                else:
                    await self.collect(wait=20)
            except (httpx.HTTPError, KeyError, ValueError):
                await asyncio.sleep(REST)

    async def _get(self, client: httpx.AsyncClient, target: str) -> httpx.Response:
        return (await client.get(target, headers=self.signed(target.encode()))).raise_for_status()

    async def _say(self, client: httpx.AsyncClient, receipts: Sequence[Mapping[str, Any]]) -> None:
        body = json.dumps({"receipts": receipts}, ensure_ascii=False).encode()
        headers = {"content-type": "application/json", **self.signed(body)}
        (await client.post("/v1/mailbox/receipts", content=body, headers=headers)).raise_for_status()

    async def _taken(self, client: httpx.AsyncClient, item: Mapping[str, Any]) -> dict[str, Any]:
        number, message = item["id"], item["message"]
        if number in self.held:
            self.held[number]["times"] += 1
        else:
            papers = [await self._fetched(client, each) for each in item["documents"]]
            self.held[number] = {
                "id": number, "kind": message["type"], "case": f"CUN-{len(self.held) + 1:04d}", "fields": message,
                "attachments": papers, "received_at": datetime.now(UTC).isoformat(), "times": 1,
            }  # fmt: skip
            self.acts.append(number)
        return {"id": number, "result": "received", "case": self.held[number]["case"]}

    async def _fetched(self, client: httpx.AsyncClient, paper: Mapping[str, Any]) -> dict[str, Any]:
        content = (await self._get(client, paper["href"])).content
        digest = hashlib.sha256(content).hexdigest()
        if digest != paper["sha256"]:  # what a bad wire brings: nothing is said, and it comes again
            raise ValueError("not the document that was announced")
        return {"name": paper["name"], "sha256": digest, "size": len(content)}

    def _refused(self, receipt: Mapping[str, Any]) -> dict[str, Any]:
        return {"id": receipt["id"], "result": "refused", "reason": str(self.fault.get("reason", "不属于本村"))}

    def _due(self) -> str | None:
        left = self.fault.get("times")
        if left == 0:
            return None
        if left is not None:
            self.fault["times"] = left - 1
        return self.fault.get("fault")

    def signed(self, covered: bytes, *, now: datetime | None = None, number: str | None = None) -> dict[str, str]:
        """Return the headers of a request whose body, or else whose path and query, is ``covered``."""
        stamp = str(int((now or self.now()).timestamp()))
        name = number or f"msg_{secrets.token_hex(12)}"
        key = base64.b64decode(self._secret.removeprefix("whsec_"))
        signature = base64.b64encode(hmac.digest(key, f"{name}.{stamp}.".encode() + covered, "sha256")).decode()
        return {
            "x-partner": self.partner, "webhook-id": name, "webhook-timestamp": stamp,
            "webhook-signature": f"v1,{signature}",
        }  # fmt: skip

    def _controls(self) -> APIRouter:
        router = APIRouter(prefix="/_sim")
        router.add_api_route("/push", self._push, methods=["POST"])
        router.add_api_route("/collect", self._collect, methods=["POST"])
        router.add_api_route("/follow", self._follow, methods=["POST"])
        router.add_api_route("/faults", self._order_fault, methods=["POST"])
        router.add_api_route("/received", self._received, methods=["GET"])
        router.add_api_route("/state", self._state, methods=["GET"])
        router.add_api_route("/health", self._state, methods=["GET"])
        router.add_api_route("/reset", self._reset, methods=["POST"])
        return router

    async def _push(self, request: Request) -> JSONResponse:
        order = await request.json()
        answers = []
        async with httpx.AsyncClient(base_url=self.gateway_url, trust_env=False, timeout=30) as client:
            for _ in range(order.get("times", 1)):
                sent = self.wrap([{"id": f"XJ{secrets.token_hex(8)}", **each} for each in order["records"]])
                answer = await client.post("/v1/messages", headers=sent["headers"], content=sent["body"])
                answers.append({"status": answer.status_code, "body": answer.text})
        return JSONResponse({**answers[-1], "answers": answers})

    async def _collect(self, request: Request) -> JSONResponse:
        order = json.loads(await request.body() or b"{}")
        found = await self.collect(wait=order.get("wait", 0), limit=order.get("limit", 20))
        return JSONResponse({"messages": found})

    async def _follow(self) -> JSONResponse:
        if self._following is None or self._following.done():
            self._following = asyncio.create_task(self.follow(), name="following")
        return JSONResponse({"follows": True})

    async def _order_fault(self, request: Request) -> JSONResponse:
        self.fault = await request.json()
        return JSONResponse(self.fault)

    async def _received(self) -> JSONResponse:
        return JSONResponse([{**kept, "effects": self.acts.count(number)} for number, kept in self.held.items()])

    async def _state(self) -> JSONResponse:
        follows = self._following is not None and not self._following.done()
        return JSONResponse({"messages": len(self.held), "fault": self.fault, "follows": follows})

    async def _reset(self) -> JSONResponse:
        if self._following is not None:
            self._following.cancel()
            with suppress(asyncio.CancelledError):
                await self._following
        self.held.clear()
        self.acts.clear()
        self.fault = {}
        return JSONResponse({"ok": True})


def main() -> None:
    """Run one pretend village on the loopback interface; it opens its mailbox all the time."""
    parser = argparse.ArgumentParser(description="Pretend village")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--gateway-url")
    parser.add_argument("--partner", required=True)
    parser.add_argument("--keys-file", type=Path, required=True, help="JSON: secret name -> value")
    given = parser.parse_args()
    keys = json.loads(given.keys_file.read_text(encoding="utf-8"))
    simulator = Simulator(gateway_url=given.gateway_url, partner=given.partner, keys=keys)
    asyncio.run(_run(simulator, given.port))


async def _run(simulator: Simulator, port: int) -> None:
    following = asyncio.create_task(simulator.follow(), name="following")
    config = uvicorn.Config(simulator.app, host="127.0.0.1", port=port, log_level="warning", access_log=False)
    await uvicorn.Server(config).serve()
    following.cancel()


if __name__ == "__main__":
    main()
