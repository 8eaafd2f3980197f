"""A pretend mediation centre: takes records as a real one does, pushes batches to the gateway, and fails on demand.

    python -m adapters.mediation_center.simulator --port 9002 --gateway-url http://127.0.0.1:8000 \
        --partner centre-village --keys-file keys.json

    POST /openapi/v1/records     one signed record from the gateway
    POST /openapi/v1/holdings    what it received on a day, page by page
    GET  /files/{id}             a file that it announced by its address
    /_sim/…                      the controls: push, faults, files, received, state, reset, health

It shares no code with the adapter: the signature is written here a second time, from the text of Standard Webhooks.
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

from adapters.mediation_center.pretend_centre import Book, Objection
from adapters.mediation_center.pretend_failures import DroppableFastAPI, Failures, no
from adapters.mediation_center.pretend_holdings import SPOILING, page_of, spoil

RECORDS_PATH = "/openapi/v1/records"
HOLDINGS_PATH = "/openapi/v1/holdings"
DOOR = "/events"
WINDOW = 300  # seconds
SECRET_NAME = "webhook_secret"  # noqa: S105  # the name of a secret


class Simulator:
    """One pretend centre."""

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
        self.secrets = [keys[name] for name in self.settings["secret_names"]]
        self._clock = self.settings.get("clock") or (lambda: datetime.now(UTC))
        self.book = Book()
        self.failures = Failures()
        self.files: dict[str, tuple[bytes, str]] = {}
        self.pushed = self.refused = 0
        self.app = self._application()

    @staticmethod
    def make_keys() -> dict[str, str]:
        """Return a fresh secret under the name that a partner row has to give it."""
        return {SECRET_NAME: "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()}

    @staticmethod
    def partner_settings() -> dict[str, Any]:
        """Return the adapter settings of a partner row that fits this simulator."""
        return {"secret_names": [SECRET_NAME], "path": RECORDS_PATH}

    def wrap(
        self, records: Sequence[Mapping[str, Any]], *, now: datetime | None = None, nonce: str | None = None
    ) -> dict[str, Any]:
        """Return the signed request that carries ``records``; ``nonce`` becomes its webhook-id."""
        webhook_id = nonce or f"msg_{secrets.token_hex(12)}"
        batch = {"batchNo": f"PC-{webhook_id}", "records": [_frame(record) for record in records]}
        body = json.dumps(batch, ensure_ascii=False, separators=(",", ":")).encode()
        stamp = str(int((now or self._clock()).timestamp()))
        headers = {
            "content-type": "application/json",
            "webhook-id": webhook_id,
            "webhook-timestamp": stamp,
            "webhook-signature": _signature(self.secrets[0], webhook_id, stamp, body),
        }
        return {"method": "POST", "path": DOOR, "query": "", "headers": headers, "body": body}

    def _application(self) -> FastAPI:
        app = DroppableFastAPI(title="Simulated mediation centre 模拟矛调中心", docs_url=None, redoc_url=None)
        app.add_api_route(RECORDS_PATH, self._record, methods=["POST"])
        app.add_api_route(HOLDINGS_PATH, self._holdings, methods=["POST"])
        app.add_api_route("/files/{file_id}", self._file, methods=["GET"])
        app.add_api_route("/_sim/push", self._push, methods=["POST"])
        app.add_api_route("/_sim/faults", self._order_fault, methods=["POST"])
        app.add_api_route("/_sim/files", self._keep_file, methods=["POST"])
        app.add_api_route("/_sim/received", self._received, methods=["GET"])
        app.add_api_route("/_sim/state", self._state, methods=["GET"])
        app.add_api_route("/_sim/reset", self._reset, methods=["POST"])
        app.add_api_route("/_sim/health", self._health, methods=["GET"])
        return app

    # the centre's own endpoints

    async def _record(self, request: Request) -> Response:
        return await self.failures.around(request, self._take)

    async def _holdings(self, request: Request) -> Response:
        return await self.failures.around(request, self._list)

    async def _file(self, request: Request) -> Response:
        return await self.failures.around(request, self._serve)

    async def _take(self, request: Request) -> Response:
        body = await request.body()
        problem = self._signature_problem(request.headers, body)
        if problem:
            return no("SIGN_INVALID", problem, 401)
        try:
            kept, again = self.book.take(json.loads(body), self._clock())
        except Objection as objection:
            self.refused += 1
            return no(objection.code, objection.message, field_path=objection.field_path)
        except (ValueError, AttributeError):
            return no("PARAM_INVALID", "报文不是有效的JSON对象", 400)
        answer = {
            "recordId": kept.id, "eventId": kept.case, "receiptNo": kept.receipt_no, "duplicate": again,
        }  # fmt: skip
        code = "RECORD_EXISTS" if again else None
        return JSONResponse({"success": True, "data": answer, "errorCode": code, "errorMsg": None})

    async def _list(self, request: Request) -> Response:
        body = await request.body()
        problem = self._signature_problem(request.headers, body)
        if problem:
            return no("SIGN_INVALID", problem, 401)
        try:
            asked = json.loads(body)
            page = page_of(self.book, str(asked["day"]), int(asked["pageNo"]))
        except (ValueError, KeyError, TypeError):
            return no("PARAM_INVALID", "对账请求格式不正确", 400)
        return JSONResponse({"success": True, "data": page, "errorCode": None, "errorMsg": None})

    async def _serve(self, request: Request) -> Response:
        kept = self.files.get(request.path_params["file_id"])
        return Response(kept[0], media_type=kept[1]) if kept else no("FILE_NOT_FOUND", "文件不存在", 404)

    def _signature_problem(self, headers: Mapping[str, str], body: bytes) -> str | None:
        webhook_id, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        given = headers.get("webhook-signature", "").split()
        if not webhook_id or not stamp.isascii() or not stamp.isdigit() or not given:
            return "缺少签名"
        if abs(self._clock().timestamp() - int(stamp)) > WINDOW:
            return "时间戳超出允许范围"
        expected = [_signature(secret, webhook_id, stamp, body) for secret in self.secrets]
        if not any(hmac.compare_digest(one.encode(), other.encode()) for one in expected for other in given):
            return "签名不正确"
        return None

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

    async def _order_fault(self, request: Request) -> Response:
        order = await request.json()
        if order.get("fault") in SPOILING:
            return JSONResponse({"fault": order["fault"], "id": spoil(self.book, order, self._clock())})
        try:
            self.failures.order(order)
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400)
        return JSONResponse(asdict(self.failures))

    async def _received(self) -> Response:
        records, acts = self.book.records.values(), self.book.acts
        return JSONResponse([{**asdict(kept), "effects": acts.count(kept.id)} for kept in records])

    async def _state(self) -> Response:
        counts = {"taken": len(self.book.records), "refused": self.refused, "pushed": self.pushed}
        state = {"partner": self.partner, "fault": asdict(self.failures), "cases": self.book.cases, **counts}
        return JSONResponse(state)

    async def _reset(self) -> Response:
        self.book, self.failures = Book(), Failures()
        self.files.clear()
        self.pushed = self.refused = 0
        return JSONResponse({"reset": True})

    async def _health(self) -> Response:
        return JSONResponse({"healthy": True, "partner": self.partner})


def _frame(record: Mapping[str, Any]) -> dict[str, Any]:
    """Write a record of the samples' form as it stands in a batch."""
    frame: dict[str, Any] = {"recordId": record["id"], "type": record["kind"], "body": record.get("fields", {})}
    if record.get("version") is not None:
        frame["version"] = record["version"]
    if record.get("attachments"):
        frame["fileList"] = [_file_entry(file) for file in record["attachments"]]
    return frame


def _file_entry(file: Mapping[str, Any]) -> dict[str, Any]:
    names = {"id": "fileId", "name": "fileName", "kind": "fileType", "media_type": "contentType", "size": "fileSize",
             "sha256": "fileSha256", "content_base64": "fileContent", "url": "fileUrl"}  # fmt: skip
    return {theirs: file[ours] for ours, theirs in names.items() if file.get(ours) is not None}


def _signature(secret: str, webhook_id: str, stamp: str, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.new(key, webhook_id.encode() + b"." + stamp.encode() + b"." + body, hashlib.sha256)
    return "v1," + base64.b64encode(mac.digest()).decode()


def main() -> None:
    """Run one pretend centre on the loopback interface."""
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
