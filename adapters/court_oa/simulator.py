"""A pretend court office system: it takes applications, plays the court's review, and misbehaves when told to.

    python -m adapters.court_oa.simulator --port 9004 --gateway-url http://127.0.0.1:8480 --partner court-oa \
        --keys-file keys.json

It shares no code with the adapter. Its test keys are made at start; it has no place in production.
"""

from __future__ import annotations

import argparse
import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import httpx
import uvicorn
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from adapters.court_oa.simulator_chancery import Chancery
from adapters.court_oa.simulator_faults import DisturbedApp
from adapters.court_oa.simulator_office import Endpoints, Office
from adapters.court_oa.simulator_review import Chamber
from adapters.court_oa.simulator_signature import Keyring
from adapters.court_oa.simulator_xml import answer_fields, write_frame

DOOR = "/messages"


class Simulator:
    """One; ``settings``: app_id, sign_algorithm, inline_up_to, clock."""

    def __init__(
        self,
        *,
        gateway_url: str | None,
        partner: str,
        keys: Mapping[str, str] | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        settings = {**self.partner_settings(), **(settings or {})}
        self._door = f"{(gateway_url or '').rstrip('/')}/partners/{partner}"
        self._clock = settings.get("clock") or (lambda: datetime.now(UTC))
        self._keyring = Keyring(
            app_id=settings["app_id"],
            keys=keys or self.make_keys(),
            algorithm=settings["sign_algorithm"],
        )
        self.office = Office(clock=self._clock)
        self.chancery = Chancery(clock=self._clock)
        self.chamber = Chamber(chancery=self.chancery, clock=self._clock)
        self.app = DisturbedApp()
        self.app.include_router(Endpoints(self.office, self._keyring).router())
        self.app.include_router(_controls(self))

    @staticmethod
    def make_keys() -> dict[str, str]:
        """Return fresh test keys by the names a partner row gives its secrets."""
        return {"app_secret": secrets.token_urlsafe(32)}

    @staticmethod
    def partner_settings() -> dict[str, Any]:
        """Return the adapter settings of a partner row that fits this simulator."""
        return {"app_id": "fengqiao-gateway", "sign_algorithm": "hmac-sm3", "inline_up_to": 65536}

    def wrap(
        self, records: Sequence[Mapping[str, Any]], *, now: datetime | None = None, nonce: str | None = None
    ) -> dict[str, Any]:
        """Return a signed request that carries one record as the samples hold it. Raises ValueError for more."""
        if len(records) != 1:
            raise ValueError("the OA sends one message per request")
        body = write_frame(records[0])
        signed = self._keyring.headers(
            "POST", DOOR, body, now=now or self._clock(), nonce=nonce or secrets.token_hex(16)
        )
        headers = {"content-type": "application/xml; charset=utf-8", **signed}
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

    def reviewed(self, order: Mapping[str, Any]) -> dict[str, Any]:
        """Return the record that the court's decision sends. Raises ValueError for an unknown one."""
        application = self.office.application(order.get("id"))
        return {"id": _number(), **self.chamber.decide(application, order)}

    def forget(self) -> None:
        """Forget every file, message, number and fault."""
        for memory in (self.office.files, self.office.received, self.office.acts, self._keyring.seen):
            memory.clear()
        self.chamber.numbers.clear()
        self.chamber.rulings.clear()
        self.app.fault = {}


def _controls(simulator: Simulator) -> APIRouter:
    router = APIRouter(prefix="/_sim")

    @router.post("/push")
    async def push(request: Request) -> dict[str, Any]:
        order = await request.json()
        named = [{"id": _number(), **record} for record in order["records"]]
        answers = [await simulator.push(record) for record in named for _ in range(int(order.get("times", 1)))]
        return {**(answers[-1] if answers else {"status": None, "body": None}), "answers": answers}

    @router.post("/review")
    async def review(request: Request) -> JSONResponse:
        try:
            record = simulator.reviewed(await request.json())
        except ValueError as error:
            return JSONResponse({"error": str(error)}, status_code=422)
        return JSONResponse({**await simulator.push(record), "record": record})

    @router.get("/trust")
    async def trust() -> dict[str, str]:
        return simulator.chancery.trust()

    @router.post("/faults")
    async def faults(request: Request) -> JSONResponse:
        try:
            simulator.app.order(await request.json())
        except ValueError as error:
            return JSONResponse({"error": str(error)}, status_code=422)
        return JSONResponse(simulator.app.fault)

    @router.get("/received")
    async def received() -> list[dict[str, Any]]:
        kept, acts = simulator.office.received.values(), simulator.office.acts
        return [{**entry, "effects": acts.count(entry["id"])} for entry in kept]

    @router.get("/state")
    async def state() -> dict[str, Any]:
        office = simulator.office
        return {
            "received": len(office.received), "files": len(office.files), "numbers": simulator.chamber.numbers,
            "fault": simulator.app.fault,
        }  # fmt: skip

    @router.post("/reset")
    async def reset() -> dict[str, bool]:
        simulator.forget()
        return {"ok": True}

    @router.get("/health")
    async def health() -> dict[str, bool]:
        return {"ok": True}

    return router


def _number() -> str:
    return f"OA{secrets.token_hex(8)}"


def _readable(response: httpx.Response) -> Any:
    try:
        return answer_fields(response.content)
    except ParseError:
        return response.text


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one simulator on 127.0.0.1 until it is stopped."""
    parser = argparse.ArgumentParser(prog="adapters.court_oa.simulator", description="Pretend court office system")
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
