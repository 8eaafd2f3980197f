"""A pretend justice office: takes records as a real one does, pushes batches to the gateway, and fails on demand.

    python -m adapters.justice_office.simulator --port 9004 --gateway-url http://127.0.0.1:8000 \
        --partner office-township --keys-file keys.json

    POST /api/exchange/records     one signed record from the gateway
    POST /api/exchange/pull    its own records, page by page, for a gateway that polls
    GET  /files/{id}             a file that it announced by its address
    /_sim/…                      the controls: push, faults, files, received, state, reset, health

It shares no code with the adapter: the signature is written here a second time, from the README.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from adapters.justice_office.pretend_failures import DroppableFastAPI, Failures, no
from adapters.justice_office.pretend_office import BEIJING, Book, Objection
from adapters.justice_office.pretend_page import page_after
from adapters.justice_office.pretend_signature import sign_of

RECORDS_PATH = "/api/exchange/records"
PULL_PATH = "/api/exchange/pull"
DOOR = "/records"
WINDOW = 300  # seconds
SECRET_NAME = "app_secret"  # noqa: S105  # the name of a secret


class Simulator:
    """One pretend office."""

    def __init__(
        self,
        *,
        gateway_url: str | None,
        partner: str,
        keys: Mapping[str, str] | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        self.gateway_url = gateway_url
        self.partner = partner
        self.settings = {**self.partner_settings(), **(settings or {})}
        keys = self.make_keys() if keys is None else keys
        self.secret = keys[SECRET_NAME]
        self.book = Book()
        self.failures = Failures()
        self.files: dict[str, tuple[bytes, str]] = {}
        self.entered: dict[str, dict[str, Any]] = {}  # its own records, for a gateway that polls
        self.pushed = self.refused = self.asked = 0
        self.app = self._application()

    @staticmethod
    def make_keys() -> dict[str, str]:
        """Return a fresh secret under the name that a partner row has to give it."""
        return {SECRET_NAME: secrets.token_urlsafe(32)}

    @staticmethod
    def partner_settings() -> dict[str, Any]:
        """Return the adapter settings of a partner row that fits this simulator."""
        return {"app_id": "fengqiao", "path": RECORDS_PATH, "pull_path": PULL_PATH, "signing": {"algorithm": "sm3"}}

    def wrap(
        self, records: Sequence[Mapping[str, Any]], *, now: datetime | None = None, nonce: str | None = None
    ) -> dict[str, Any]:
        """Return the signed request that carries ``records``."""
        frames = [_frame(record) for record in records]
        number = hashlib.sha256(json.dumps(frames, sort_keys=True).encode()).hexdigest()[:16]
        batch = {"batch_no": f"PC-{number}", "records": frames}  # sent again, it has the same number
        body = json.dumps(batch, ensure_ascii=False, separators=(",", ":")).encode()
        return self.signed(DOOR, body, "application/json", now=now, nonce=nonce)

    def signed(
        self, path: str, body: bytes, media_type: str, *, now: datetime | None = None, nonce: str | None = None
    ) -> dict[str, Any]:
        """Return a request of this office's, with the headers that prove it."""
        nonce = nonce or secrets.token_hex(12)
        stamp, org = str(int((now or datetime.now(UTC)).timestamp())), str(self.settings.get("org_code", ""))
        app_id = self.settings["app_id"]
        sign = sign_of(
            self.settings.get("signing", {}), self.secret,
            app_id=app_id, body=body, nonce=nonce, org=org, path=path, stamp=stamp,
        )  # fmt: skip
        headers = {"content-type": media_type, "x-app-id": app_id, "x-timestamp": stamp, "x-nonce": nonce,
                   "x-sign": sign}  # fmt: skip
        if org:
            headers["x-org-code"] = org
        return {"method": "POST", "path": path, "query": "", "headers": headers, "body": body}

    def _application(self) -> FastAPI:
        app = DroppableFastAPI(title="Simulated justice office 模拟司法所", docs_url=None, redoc_url=None)
        app.add_api_route(RECORDS_PATH, self._record, methods=["POST"])
        app.add_api_route(PULL_PATH, self._pull, methods=["POST"])
        app.add_api_route("/files/{file_id}", self._file, methods=["GET"])
        app.add_api_route("/_sim/push", self._push, methods=["POST"])
        app.add_api_route("/_sim/faults", self._order_fault, methods=["POST"])
        app.add_api_route("/_sim/enter", self._enter, methods=["POST"])
        app.add_api_route("/_sim/files", self._keep_file, methods=["POST"])
        app.add_api_route("/_sim/received", self._received, methods=["GET"])
        app.add_api_route("/_sim/state", self._state, methods=["GET"])
        app.add_api_route("/_sim/reset", self._reset, methods=["POST"])
        app.add_api_route("/_sim/health", self._health, methods=["GET"])
        return app

    # the office's own endpoints

    async def _record(self, request: Request) -> Response:
        return await self.failures.around(request, self._take)

    async def _pull(self, request: Request) -> Response:
        return await self.failures.around(request, self._list)

    async def _file(self, request: Request) -> Response:
        return await self.failures.around(request, self._serve)

    async def _take(self, request: Request) -> Response:
        body = await request.body()
        problem = self._signature_problem(request, body)
        if problem:
            return no("4001", problem)
        try:
            kept, again = self.book.take(json.loads(body), datetime.now(UTC))
        except Objection as objection:
            self.refused += 1
            return no(objection.code, objection.message, field_path=objection.field_path)
        except (ValueError, AttributeError):
            return no("4000", "报文不是有效的JSON对象", 400)
        answer = {"record_no": kept.id, "mediation_no": kept.case, "receipt_no": kept.receipt_no, "duplicate": again}
        return JSONResponse({"code": 1001 if again else 0, "msg": "重复报送" if again else "成功", "data": answer})

    async def _list(self, request: Request) -> Response:
        body = await request.body()
        problem = self._signature_problem(request, body)
        if problem:
            return no("4001", problem)
        self.asked += 1
        try:
            page = page_after(list(self.entered.values()), json.loads(body))
        except (ValueError, KeyError, TypeError):
            return no("4000", "查询条件格式不正确", 400)
        return JSONResponse({"code": 0, "msg": "成功", "data": page})

    async def _serve(self, request: Request) -> Response:
        kept = self.files.get(request.path_params["file_id"])
        return Response(kept[0], media_type=kept[1]) if kept else no("FILE_NOT_FOUND", "文件不存在", 404)

    def _signature_problem(self, request: Request, body: bytes) -> str | None:
        headers = request.headers
        app_id, nonce, stamp = headers.get("x-app-id", ""), headers.get("x-nonce", ""), headers.get("x-timestamp", "")
        if not (app_id and nonce and stamp.isascii() and stamp.isdigit()):
            return "缺少签名"
        if abs(datetime.now(UTC).timestamp() - int(stamp) / 1000) > WINDOW:
            return "时间戳超出允许范围"
        expected = sign_of(
            self.settings.get("signing", {}), self.secret, app_id=app_id, body=body, nonce=nonce,
            org=headers.get("x-org-code", ""), path=request.url.path, stamp=stamp,
        )  # fmt: skip
        return None if hmac.compare_digest(expected.encode(), headers.get("x-sign", "").encode()) else "签名不正确"

    # the controls

    async def _push(self, request: Request) -> Response:
        wish = await request.json()
        own_address = str(request.base_url)
        records = [self._announced(record, own_address) for record in wish["records"]]
        door, times = wish.get("door"), int(wish.get("times", 1))
        async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
            answers = [await self._send(client, records, door) for _ in range(times)]
        return JSONResponse({**answers[-1], "answers": answers, "records": [record["id"] for record in records]})

    async def _send(
        self, client: httpx.AsyncClient, records: Sequence[Mapping[str, Any]], door: str | None
    ) -> dict[str, Any]:
        wrapped = self.wrap(records)
        url = f"{self.gateway_url}{door or f'/partners/{self.partner}{DOOR}'}"
        self.pushed += 1
        try:
            answer = await client.post(url, content=wrapped["body"], headers=wrapped["headers"])
        except httpx.HTTPError as error:
            return {"status": None, "body": type(error).__name__}
        try:
            return {"status": answer.status_code, "body": answer.json()}
        except ValueError:
            return {"status": answer.status_code, "body": answer.text}

    def _announced(self, record: Mapping[str, Any], own_address: str) -> dict[str, Any]:
        """Return a record with an id, its files marked ``by_url`` kept here and announced by their address."""
        files = []
        for file in record.get("attachments") or []:
            files.append(dict(file))
            if files[-1].pop("by_url", False):
                content = base64.b64decode(files[-1].pop("content_base64"))
                files[-1]["url"] = self._keep(content, file.get("media_type"), own_address)
        return {**record, "id": record.get("id") or f"R{secrets.token_hex(12)}", "attachments": files}

    def _keep(self, content: bytes, media_type: str | None, own_address: str) -> str:
        file_id = hashlib.sha256(content).hexdigest()[:32]
        self.files[file_id] = (content, media_type or "application/octet-stream")
        return f"{own_address}files/{file_id}"

    async def _keep_file(self, request: Request) -> Response:
        wish = await request.json()
        content = base64.b64decode(wish["content_base64"])
        return JSONResponse({"url": self._keep(content, wish.get("media_type"), str(request.base_url))})

    async def _enter(self, request: Request) -> Response:
        """Enter records of the office's own, as of a time, or of now; one entered again is changed."""
        wish = await request.json()
        own_address = str(request.base_url)
        now = datetime.now(BEIJING).strftime("%Y-%m-%d %H:%M:%S")
        for record in (self._announced(each, own_address) for each in wish["records"]):
            self.entered[record["id"]] = {**_frame(record), "update_time": wish.get("update_time") or now}
        return JSONResponse({"entered": len(self.entered)})

    async def _order_fault(self, request: Request) -> Response:
        try:
            self.failures.order(await request.json())
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400)
        return JSONResponse(asdict(self.failures))

    async def _received(self) -> Response:
        records, acts = self.book.records.values(), self.book.acts
        return JSONResponse([{**asdict(kept), "effects": acts.count(kept.id)} for kept in records])

    async def _state(self) -> Response:
        counts = {"taken": len(self.book.records), "refused": self.refused, "pushed": self.pushed, "asked": self.asked}
        state = {"partner": self.partner, "fault": asdict(self.failures), "cases": self.book.cases, **counts}
        return JSONResponse(state)

    async def _reset(self) -> Response:
        self.book, self.failures = Book(), Failures()
        self.files.clear()
        self.entered.clear()
        self.pushed = self.refused = self.asked = 0
        return JSONResponse({"reset": True})

    async def _health(self) -> Response:
        return JSONResponse({"healthy": True, "partner": self.partner})


def _frame(record: Mapping[str, Any]) -> dict[str, Any]:
    """Write a record of the samples' form as it stands in a batch."""
    frame: dict[str, Any] = {"record_no": record["id"], "kind": record["kind"], "content": record.get("fields", {})}
    if record.get("version") is not None:
        frame["version"] = record["version"]
    if record.get("attachments"):
        frame["files"] = [_file_entry(file) for file in record["attachments"]]
    return frame


def _file_entry(file: Mapping[str, Any]) -> dict[str, Any]:
    names = {"id": "file_id", "name": "file_name", "kind": "file_type", "media_type": "content_type",
             "size": "file_size", "sha256": "file_sha256", "url": "file_url",
             "content_base64": "file_content"}  # fmt: skip
    return {theirs: file[ours] for ours, theirs in names.items() if file.get(ours) is not None}


def main() -> None:
    """Run one pretend office on the loopback interface."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--gateway-url", default=None)
    parser.add_argument("--partner", required=True)
    parser.add_argument("--keys-file", type=Path, required=True, help="JSON: secret name -> value; made when absent")
    given = parser.parse_args()
    if not given.keys_file.exists():
        given.keys_file.touch(mode=0o600)
        given.keys_file.write_text(json.dumps(Simulator.make_keys()))
    keys = json.loads(given.keys_file.read_text())
    simulator = Simulator(gateway_url=given.gateway_url, partner=given.partner, keys=keys)
    uvicorn.run(simulator.app, host="127.0.0.1", port=given.port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
