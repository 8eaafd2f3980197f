"""A pretend post office: it takes letters as the real one would, posts letters to the gateway, and fails on demand.

    python -m tests.toy.simulator --port 9003 --gateway-url http://127.0.0.1:8480 --partner toy --keys-file keys.json

It shares no code with the adapter: the seal is written here a second time, from the README.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import secrets
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import httpx
import uvicorn
from cryptography.hazmat.primitives import hashes
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from tests.toy.pretend_faults import FaultyApp

DOOR = "/letters"
WINDOW = 300  # seconds


class Simulator:
    """One pretend post office."""

    def __init__(
        self,
        *,
        gateway_url: str | None,
        partner: str,
        keys: Mapping[str, str] | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        self.door = f"{gateway_url or ''}/partners/{partner}{DOOR}"
        self._token = (keys or self.make_keys())["token"]
        self.letters: dict[str, dict[str, Any]] = {}
        self.acts: list[str] = []  # numbers of the letters it acted on, each time it did
        self.app = FaultyApp(faulty=DOOR, answer=_answer)
        self.app.add_api_route(DOOR, self._take, methods=["POST"])
        self.app.include_router(self._controls())

    @staticmethod
    def make_keys() -> dict[str, str]:
        """Return fresh test keys by the names a partner row gives its secrets."""
        return {"token": secrets.token_urlsafe(24)}

    @staticmethod
    def partner_settings() -> dict[str, Any]:
        """Return the adapter settings of a partner row that fits this simulator."""
        return {}

    def wrap(
        self, records: Sequence[Mapping[str, Any]], *, now: datetime | None = None, nonce: str | None = None
    ) -> dict[str, Any]:
        """Return the sealed request that carries one record. Raises ValueError for more."""
        if len(records) != 1:
            raise ValueError("one letter at a time")
        body = _letter(records[0]).encode("gb18030")
        stamp = str(int((now or datetime.now(UTC)).timestamp()))
        headers = {"content-type": "application/xml", "x-time": stamp, "x-seal": self._seal(body, stamp)}
        return {"method": "POST", "path": DOOR, "query": "", "headers": headers, "body": body}

    def _seal(self, body: bytes, stamp: str) -> str:
        return _sm3(f"body={_sm3(body)}&time={stamp}&token={self._token}".encode())

    async def _take(self, request: Request) -> Response:
        body, stamp = await request.body(), request.headers.get("x-time", "")
        if request.headers.get("x-seal") != self._seal(body, stamp) or abs(time.time() - int(stamp)) > WINDOW:
            return _answer("refused", 401, why="印章不符")
        letter = ElementTree.fromstring(body.decode("gb18030").partition("?>")[2])  # noqa: S314  # the gateway's own
        number = letter.findtext("no", "")
        known = number in self.letters
        if known:
            self.letters[number]["times"] += 1
        else:
            self.letters[number] = self._kept(letter)
            self.acts.append(number)
        kept = self.letters[number]
        return _answer("known" if known else "taken", receipt=f"HZ-{number[-6:]}", case=kept["case"])

    def _kept(self, letter: ElementTree.Element) -> dict[str, Any]:
        contents = {entry.tag: entry.text for entry in letter.iterfind("content/*")}
        case = letter.findtext("content/ownCase") or f"AJ-{len(self.letters) + 1:04d}"
        return {
            "id": letter.findtext("no"), "kind": letter.findtext("kind"), "case": case, "fields": contents,
            "attachments": [_enclosure(item) for item in letter.iterfind("enclosure")],
            "received_at": datetime.now(UTC).isoformat(), "times": 1,
        }  # fmt: skip

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
                named = {"id": f"XJ{secrets.token_hex(8)}", **record}
                for _ in range(order.get("times", 1)):
                    letter = self.wrap([named])
                    answer = await client.post(self.door, headers=letter["headers"], content=letter["body"])
                    answers.append({"status": answer.status_code, "body": answer.text})
        return JSONResponse({**answers[-1], "answers": answers})

    async def _order_fault(self, request: Request) -> JSONResponse:
        self.app.fault = await request.json()
        return JSONResponse(self.app.fault)

    async def _received(self) -> JSONResponse:
        return JSONResponse([{**kept, "effects": self.acts.count(number)} for number, kept in self.letters.items()])

    async def _state(self) -> JSONResponse:
        return JSONResponse({"letters": len(self.letters), "fault": self.app.fault})

    async def _reset(self) -> JSONResponse:
        self.letters.clear()
        self.acts.clear()
        self.app.fault = {}
        return JSONResponse({"ok": True})


def _letter(record: Mapping[str, Any]) -> str:
    names = {"no": "id", "name": "name", "kind": "kind", "type": "media_type", "bytes": "content_base64"}
    enclosures = [{theirs: file[ours] for theirs, ours in names.items()} for file in record.get("attachments") or []]
    letter = {"no": record["id"], "kind": record["kind"], "content": record["fields"], "enclosure": enclosures}
    return '<?xml version="1.0" encoding="GB18030"?>' + _element("letter", letter)


def _element(name: str, value: Any) -> str:
    if isinstance(value, list):
        return "".join(_element(name, item) for item in value)
    inner = "".join(_element(*pair) for pair in value.items()) if isinstance(value, Mapping) else escape(str(value))
    return f"<{name}>{inner}</{name}>"


def _enclosure(item: ElementTree.Element) -> dict[str, Any]:
    content = base64.b64decode(item.findtext("bytes", ""))
    return {"name": item.findtext("name"), "sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}


def _answer(result: str, status: int = 200, **said: str) -> Response:
    return Response(_element("answer", {"result": result, **said}), status, media_type="application/xml")


def _sm3(value: bytes) -> str:
    sm3 = hashes.Hash(hashes.SM3())
    sm3.update(value)
    return sm3.finalize().hex()


def main() -> None:
    """Run one pretend post office on the loopback interface."""
    parser = argparse.ArgumentParser(description="Pretend post office")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--gateway-url")
    parser.add_argument("--partner", required=True)
    parser.add_argument("--keys-file", type=Path, required=True, help="JSON: secret name -> value")
    given = parser.parse_args()
    keys = json.loads(given.keys_file.read_text(encoding="utf-8"))
    simulator = Simulator(gateway_url=given.gateway_url, partner=given.partner, keys=keys)
    uvicorn.run(simulator.app, host="127.0.0.1", port=given.port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
