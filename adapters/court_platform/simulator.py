"""A pretend court mediation platform: it pushes cases to the gateway, takes the answers, and misbehaves when told to.

    python -m adapters.court_platform.simulator --port 9001 --gateway-url http://127.0.0.1:8000 --partner court

It shares no code with the adapter. Its test keys are made at start; it has no place in production.
"""

from __future__ import annotations

import argparse
import base64
import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import uvicorn
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from adapters.court_platform.simulator_court import Court, Endpoints, KeptFile
from adapters.court_platform.simulator_faults import DisturbedApp, Fault
from adapters.court_platform.simulator_holdings import SPOILING, spoil
from adapters.court_platform.simulator_signature import Keyring

DOOR = "/push"
# The samples' files live at an address that does not exist; when pushed, the simulator serves invented ones itself.
SAMPLE_HOST = "files.court.example"


class Simulator:
    """One; ``settings``: app_id, sign_algorithm, token_seconds, file_limit (bytes), public_url, clock."""

    def __init__(
        self,
        *,
        gateway_url: str | None,
        partner: str,
        keys: Mapping[str, str] | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        settings = {**self.partner_settings(), **(settings or {})}
        keys = keys or self.make_keys()
        self._door = f"{(gateway_url or '').rstrip('/')}/partners/{partner}"
        self._clock = settings.get("clock") or (lambda: datetime.now(UTC))
        self._public_url = str(settings.get("public_url", f"http://{SAMPLE_HOST}"))
        self._keyring = Keyring(
            app_id=settings["app_id"], app_secret=keys["app_secret"], sm3=settings["sign_algorithm"] == "hmac-sm3"
        )
        self.court = Court(
            keyring=self._keyring,
            clock=self._clock,
            token_seconds=int(settings.get("token_seconds", 7200)),
            file_limit=int(settings.get("file_limit", 20 * 1024 * 1024)),
        )
        self.app = DisturbedApp(title="court platform simulator", openapi_url=None)
        self.app.include_router(Endpoints(self.court).router())
        self.app.include_router(_controls(self))

    @staticmethod
    def make_keys() -> dict[str, str]:
        """Return fresh test keys by the names a partner row gives its secrets."""
        return {"app_secret": secrets.token_urlsafe(32)}

    @staticmethod
    def partner_settings() -> dict[str, Any]:
        """Return the adapter settings of a partner row that fits this simulator."""
        return {"app_id": "fengqiao-gateway", "sign_algorithm": "hmac-sm3"}

    def wrap(
        self, records: Sequence[Mapping[str, Any]], *, now: datetime | None = None, nonce: str | None = None
    ) -> dict[str, Any]:
        """Return a signed request that carries one record as the samples hold it. Raises ValueError for more."""
        if len(records) != 1:
            raise ValueError("the court platform pushes one record per request")
        body = json.dumps(self._frame(records[0]), ensure_ascii=False).encode()
        signed = self._keyring.headers(
            "POST", DOOR, "", body, now=now or self._clock(), nonce=nonce or secrets.token_hex(16)
        )
        headers = {"content-type": "application/json; charset=utf-8", **signed}
        return {"method": "POST", "path": DOOR, "query": "", "headers": headers, "body": body}

    async def push(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """Send one record to the gateway, once, and return its answer."""
        request = self.wrap([record])
        async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
            try:
                response = await client.post(
                    self._door + request["path"], headers=request["headers"], content=request["body"]
                )
            except httpx.HTTPError as error:
                return {"status": None, "body": None, "error": type(error).__name__}
        return {"status": response.status_code, "body": _readable(response)}

    def serve_files_at(self, public_url: str, record: Mapping[str, Any]) -> dict[str, Any]:
        """Return ``record`` with every file that lives nowhere else served, and announced, by this simulator."""
        self._public_url = public_url.rstrip("/")
        listed = [self._served(item) for item in record.get("attachments") or []]
        return {"id": f"TJ{secrets.token_hex(8)}", **record, "attachments": listed}

    def forget(self) -> None:
        """Forget every token, file, message and fault."""
        court = self.court
        for memory in (court.tokens, court.files, court.received, court.acts, court.calls, self._keyring.seen):
            memory.clear()
        self.app.fault = None

    def spoil(self, order: Mapping[str, Any]) -> str | None:
        """Lose, alter or invent a message at once; return its number."""
        return spoil(self.court.received, self.court.acts, order, self._clock())

    def _served(self, item: Mapping[str, Any]) -> dict[str, Any]:
        if "content_base64" not in item and urlsplit(item.get("url", "")).hostname != SAMPLE_HOST:
            return dict(item)
        invented = f"示例材料 {item['id']}：{item['name']}\n".encode()
        content = base64.b64decode(item["content_base64"]) if "content_base64" in item else invented
        kept = self.court.files.setdefault(
            item["id"], KeptFile(name=item["name"], media_type=item.get("media_type", "text/plain"), content=content)
        )
        url = f"{self._public_url}/files/{item['id']}?pj={kept.ticket}"
        # A digest or size in the record stays, right or wrong: the gateway has to find out.
        return {**kept.summary(), **{k: v for k, v in item.items() if k != "content_base64"}, "url": url}

    def _frame(self, record: Mapping[str, Any]) -> dict[str, Any]:
        frame: dict[str, Any] = {"xxbh": record["id"], "ywlx": record["kind"], "ywsj": record["fields"]}
        if record.get("version") is not None:
            frame["bbh"] = record["version"]
        listed = [self._served(item) if "content_base64" in item else item for item in record.get("attachments") or []]
        if listed:
            frame["clxx"] = [_announced(item) for item in listed]
        return frame


def _announced(item: Mapping[str, Any]) -> dict[str, Any]:
    names = {"id": "clbh", "name": "clmc", "kind": "cllx", "media_type": "wjlx", "size": "wjdx", "sha256": "wjzy"}
    return {"url": item["url"], **{there: item[here] for here, there in names.items() if item.get(here) is not None}}


def _readable(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return response.text


def _controls(simulator: Simulator) -> APIRouter:
    router = APIRouter(prefix="/_sim")

    @router.post("/push")
    async def push(request: Request) -> dict[str, Any]:
        order = await request.json()
        answers = []
        for record in order["records"]:
            served = simulator.serve_files_at(str(request.base_url), record)
            answers += [await simulator.push(served) for _ in range(int(order.get("times", 1)))]
        return {**(answers[-1] if answers else {"status": None, "body": None}), "answers": answers}

    @router.post("/faults")
    async def faults(request: Request) -> JSONResponse:
        order = await request.json()
        if order.get("fault") in SPOILING:
            return JSONResponse({"fault": order["fault"], "id": simulator.spoil(order)})
        try:
            simulator.app.fault = Fault.of(order) if order.get("fault") else None
        except ValueError as error:
            return JSONResponse({"error": str(error)}, status_code=422)
        return JSONResponse({"fault": order.get("fault")})

    @router.get("/received")
    async def received() -> list[dict[str, Any]]:
        kept, acts = simulator.court.received.values(), simulator.court.acts
        shown = [{name: value for name, value in entry.items() if not name.startswith("_")} for entry in kept]
        return [{**entry, "effects": acts.count(entry["id"])} for entry in shown]

    @router.get("/state")
    async def state() -> dict[str, Any]:
        fault, court = simulator.app.fault, simulator.court
        return {
            "received": len(court.received),
            "files": len(court.files),
            "tokens": len(court.tokens),
            "calls": court.calls,
            "fault": fault.name if fault else None,
        }

    @router.post("/reset")
    async def reset() -> dict[str, bool]:
        simulator.forget()
        return {"ok": True}

    @router.get("/health")
    async def health() -> dict[str, bool]:
        return {"ok": True}

    return router


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one simulator on 127.0.0.1 until it is stopped."""
    parser = argparse.ArgumentParser(prog="adapters.court_platform.simulator", description="Pretend court platform")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--gateway-url", required=True)
    parser.add_argument("--partner", required=True)
    parser.add_argument("--keys-file", type=Path, help="JSON, secret name to value; made when it does not exist")
    options = parser.parse_args(arguments)
    simulator = Simulator(gateway_url=options.gateway_url, partner=options.partner, keys=_keys(options.keys_file))
    uvicorn.run(simulator.app, host="127.0.0.1", port=options.port, log_level="warning", access_log=False)


def _keys(path: Path | None) -> dict[str, str]:
    if path is not None and path.exists():
        keys: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
        return keys
    keys = Simulator.make_keys()
    if path is not None:
        path.touch(mode=0o600)
        path.write_text(json.dumps(keys), encoding="utf-8")
    return keys


if __name__ == "__main__":
    main()
