"""A pretend police station's system: takes SOAP calls, makes them, and fails on demand.

    python -m adapters.police.simulator --port 9004 --gateway-url http://127.0.0.1:8480 \\
        --partner pcs --keys-file keys.json

    POST /services/dispute       one signed call from the gateway
    /_sim/…                      the controls: push, faults, received, state, reset, health

With ``--ferry FOLDER`` its records travel as files in that folder instead: simulator_ferry.py.

It shares no code with the adapter: it was written from the README.
"""

from __future__ import annotations

import argparse
import json
import secrets
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from adapters.police.pretend_failures import FaultyApp
from adapters.police.pretend_far_side import FarSide
from adapters.police.pretend_station import Station, read_call, signature, write_answer, write_call, write_document
from adapters.police.simulator_ferry import FerrySimulator

DOOR = "/services/dispute"
WINDOW = 300  # seconds


class Simulator:
    """One pretend police station."""

    def __init__(
        self,
        *,
        gateway_url: str | None,
        partner: str,
        keys: Mapping[str, str] | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        self.door = f"{gateway_url or ''}/partners/{partner}{DOOR}"
        self._key = (keys or self.make_keys())["sign_key"]
        self.station = Station()
        self.app = FaultyApp(_answer)
        self.app.add_api_route((settings or {}).get("path", DOOR), self._take, methods=["POST"])
        self.app.include_router(self._controls())

    @staticmethod
    def make_keys() -> dict[str, str]:
        """Return fresh test keys by the names a partner row gives its secrets."""
        return {"sign_key": secrets.token_urlsafe(24)}

    @staticmethod
    def partner_settings() -> dict[str, Any]:
        """Return the adapter settings of a partner row that fits this simulator."""
        return {}

    by_ferry = FerrySimulator  # the same station, where nobody can call it

    def wrap(
        self,
        records: Sequence[Mapping[str, Any]],
        *,
        now: datetime | None = None,
        nonce: str | None = None,  # noqa: ARG002  # every simulator takes one; this dialect has none
    ) -> dict[str, Any]:
        """Return the signed call that carries one record. Raises ValueError for more."""
        if len(records) != 1:
            raise ValueError("one record for each call")
        body = write_call(records[0]["kind"], write_document(records[0]))
        stamp = str(int((now or datetime.now(UTC)).timestamp() * 1000))
        headers = {
            "content-type": "text/xml; charset=GB18030",
            "x-ga-time": stamp,
            "x-ga-sign": signature(self._key, body, stamp),
        }
        return {"method": "POST", "path": DOOR, "query": "", "headers": headers, "body": body}

    async def _take(self, request: Request) -> Response:
        body, stamp = await request.body(), request.headers.get("x-ga-time", "")
        fresh = stamp.isascii() and stamp.isdigit() and abs(time.time() - int(stamp) / 1000) <= WINDOW
        if not fresh or request.headers.get("x-ga-sign") != signature(self._key, body, stamp):
            return _answer("-2", "签名验证失败")
        try:
            kept, known = self.station.take(*read_call(body))
        except ValueError as error:
            return _answer("-3", str(error))
        said = {"bwbh": kept["id"], "hzbh": f"HZ{kept['id'][-8:]}", "ajbh": kept["case"]}
        return _answer("3" if known else "1", "报文已接收" if known else "成功", **said)

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
        answers = []
        async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
            for record in order["records"]:
                named = {"id": f"PCS{secrets.token_hex(8)}", **record}
                for _ in range(order.get("times", 1)):
                    call = self.wrap([named])
                    answer = await client.post(self.door, headers=call["headers"], content=call["body"])
                    answers.append({"status": answer.status_code, "body": answer.content.decode("gb18030")})
        return JSONResponse({**answers[-1], "answers": answers})

    async def _order_fault(self, request: Request) -> JSONResponse:
        self.app.fault = await request.json()
        return JSONResponse(self.app.fault)

    async def _received(self) -> JSONResponse:
        held, acts = self.station.held, self.station.acts
        return JSONResponse([{**kept, "effects": acts.count(number)} for number, kept in held.items()])

    async def _state(self) -> JSONResponse:
        return JSONResponse({"records": len(self.station.held), "fault": self.app.fault})

    async def _reset(self) -> JSONResponse:
        self.station.forget()
        self.app.fault = {}
        return JSONResponse({"ok": True})


def _answer(code: str, message: str, *, wait: str | None = None, **said: str | None) -> Response:
    """Answer with HTTP 200, whatever the code inside says."""
    body = write_answer(code, message, ddms=wait, **said)
    return Response(body, 200, media_type="text/xml; charset=GB18030")


def main() -> None:
    """Run one pretend police station on the loopback interface."""
    given = _options().parse_args()
    keys = json.loads(given.keys_file.read_text(encoding="utf-8"))
    simulator: Simulator | FerrySimulator
    if given.ferry:
        waits = {"delay": given.delay, "settle": given.settle, "again": given.again}
        simulator = FerrySimulator(folder=given.ferry, keys=keys, **waits)
        simulator.start()
    else:
        simulator = Simulator(gateway_url=given.gateway_url, partner=given.partner, keys=keys)
    uvicorn.run(simulator.app, host="127.0.0.1", port=given.port, log_level="warning", access_log=False)


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Pretend police station")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--gateway-url")
    parser.add_argument("--partner", required=True)
    parser.add_argument("--keys-file", type=Path, required=True, help="JSON: secret name -> value")
    parser.add_argument("--ferry", type=Path, metavar="FOLDER", help="exchange files there, and call nobody")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds that a file takes through a gate")
    parser.add_argument(
        "--settle", type=float, default=FarSide.settle, help="seconds until a spoilt file counts as missing"
    )
    parser.add_argument(
        "--again", type=float, default=FarSide.again, help="seconds until what is missing is asked for again"
    )
    return parser


if __name__ == "__main__":
    main()
