"""The pretend court platform's own endpoints and what it remembers: tokens, files, and each message it took, once.

POST /oauth/token · POST /api/files · POST /api/records · GET /api/records/{id} · GET /files/{id}?pj=ticket
GET /api/holdings?rq=day&ym=page
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from starlette.datastructures import UploadFile

from adapters.court_platform.simulator_faults import place_of
from adapters.court_platform.simulator_holdings import page_of
from adapters.court_platform.simulator_rules import objection
from adapters.court_platform.simulator_signature import Keyring, form_text


@dataclass(frozen=True, kw_only=True)
class KeptFile:
    """A file the court holds: uploaded by the gateway, or announced to it."""

    name: str
    media_type: str
    content: bytes = field(repr=False)
    ticket: str = field(default_factory=lambda: secrets.token_hex(8))

    def summary(self) -> dict[str, Any]:
        """Return what the control endpoint shows of it."""
        return {"name": self.name, "sha256": hashlib.sha256(self.content).hexdigest(), "size": len(self.content)}


@dataclass(kw_only=True)
class Court:
    """Everything the court remembers."""

    keyring: Keyring
    clock: Callable[[], datetime]
    token_seconds: int
    file_limit: int
    tokens: dict[str, datetime] = field(default_factory=dict)
    files: dict[str, KeptFile] = field(default_factory=dict)
    received: dict[str, dict[str, Any]] = field(default_factory=dict)
    acts: list[str] = field(default_factory=list)  # numbers of the messages it acted on, each time it did
    calls: dict[str, int] = field(default_factory=dict)

    def take(self, frame: Mapping[str, Any]) -> JSONResponse:
        """Check a submitted message and keep it, or recognise it. The answer to a resend is the first one."""
        number, kind, fields = frame.get("xxbh"), frame.get("ywlx"), frame.get("ywsj")
        if not isinstance(number, str) or not isinstance(kind, str) or not isinstance(fields, dict):
            return answer(4, "报文缺少 xxbh、ywlx 或 ywsj")
        references = frame.get("clxx") or []
        missing = [item.get("clbh") for item in references if item.get("clbh") not in self.files]
        if missing:
            return answer(8, "材料编号不存在")
        attachments = [self.files[item["clbh"]].summary() for item in references]
        contents = json.dumps([kind, fields, attachments], sort_keys=True)
        if number in self.received:
            return self._again(number, contents)
        problem = objection(kind, fields)
        if problem:
            return answer(4, problem[1], {"zd": problem[0]})
        case = (fields.get("ajxx") or {}).get("ajbh")
        self.received[number] = {
            "id": number, "kind": kind, "case": case, "fields": fields, "attachments": attachments,
            "received_at": self.clock().isoformat(), "times": 1, "_contents": contents, "_frame": dict(frame),
            "_receipt": {"xxbh": number, "ajbh": case, "lsh": f"LS{len(self.received) + 1:08d}"},
        }  # fmt: skip
        self.acts.append(number)
        return answer(0, "成功", self.received[number]["_receipt"])

    def _again(self, number: str, contents: str) -> JSONResponse:
        kept = self.received[number]
        kept["times"] += 1
        if kept["_contents"] != contents:
            return answer(4, "消息编号重复而内容不同", {"zd": "xxbh"})
        return answer(1, "该消息已接收", kept["_receipt"])

    def good_token(self, header: str) -> bool:
        """Tell whether an ``Authorization`` header carries a token that has not expired."""
        expires = self.tokens.get(header.removeprefix("Bearer "))
        return expires is not None and self.clock() < expires


def answer(code: int, message: str, data: Mapping[str, Any] | None = None) -> JSONResponse:
    """Answer in the court's dialect; business errors come in HTTP 200."""
    return JSONResponse({"code": code, "msg": message, "data": data})


class Endpoints:
    """The court's own endpoints over what it remembers."""

    def __init__(self, court: Court) -> None:
        self._court = court

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter()
        router.add_api_route("/oauth/token", self.token, methods=["POST"])
        router.add_api_route("/api/files", self.upload, methods=["POST"])
        router.add_api_route("/api/records", self.submit, methods=["POST"])
        router.add_api_route("/api/records/{number}", self.ask, methods=["GET"])
        router.add_api_route("/api/holdings", self.holdings, methods=["GET"])
        router.add_api_route("/files/{number}", self.fetch, methods=["GET"])
        return router

    async def token(self, request: Request) -> Response:
        """Issue a token."""
        court = self._court
        refused = _unsigned(court, request, await request.body())
        if refused:
            return refused
        value = secrets.token_urlsafe(24)
        court.tokens[value] = court.clock() + timedelta(seconds=court.token_seconds)
        return answer(0, "成功", {"accessToken": value, "expiresIn": court.token_seconds})

    async def upload(self, request: Request) -> Response:
        """Keep a file and return its id."""
        values, content, media_type = await _form(request)
        refused = _unsigned(self._court, request, form_text(values)) or _untokened(self._court, request)
        if refused:
            return refused
        if not values.get("clmc") or "file" not in values or len(content) > self._court.file_limit:
            return answer(4, "材料名称或文件缺失，或文件超过大小上限")
        number = f"CL{len(self._court.files) + 1:08d}"
        self._court.files[number] = KeptFile(name=values["clmc"], media_type=media_type, content=content)
        return answer(0, "成功", {"clbh": number})

    async def submit(self, request: Request) -> Response:
        """Take one message."""
        body = await request.body()
        refused = _unsigned(self._court, request, body) or _untokened(self._court, request)
        if refused:
            return refused
        try:
            frame = json.loads(body)
        except ValueError:
            return answer(4, "不是合法的 JSON")
        return self._court.take(frame) if isinstance(frame, dict) else answer(4, "报文应为 JSON 对象")

    async def ask(self, request: Request, number: str) -> Response:
        """Say whether a message is here."""
        refused = _unsigned(self._court, request, b"") or _untokened(self._court, request)
        if refused:
            return refused
        kept = self._court.received.get(number)
        return answer(7, "查无此消息") if kept is None else answer(0, "成功", kept["_receipt"])

    async def holdings(self, request: Request, rq: str = "", ym: int = 1) -> Response:
        """List what was received on a day, a page at a time."""
        refused = _unsigned(self._court, request, b"") or _untokened(self._court, request)
        if refused:
            return refused
        return answer(0, "成功", page_of(self._court.received, rq, ym))

    async def fetch(self, number: str, pj: str = "") -> Response:
        """Serve a file that was announced, to whoever has its ticket."""
        _count(self._court, "fetch")
        kept = self._court.files.get(number)
        if kept is None or not secrets.compare_digest(kept.ticket, pj):
            return Response(status_code=404)
        return Response(kept.content, media_type=kept.media_type)


async def _form(request: Request) -> tuple[dict[str, str], bytes, str]:
    """Return the values of a form (a file's is its SHA-256), the file's bytes and its media type."""
    values, content, media_type = {}, b"", "application/octet-stream"
    async with request.form(max_part_size=64 * 1024 * 1024) as form:
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                content, media_type = await value.read(), value.content_type or media_type
                values[name] = hashlib.sha256(content).hexdigest()
            else:
                values[name] = value
    return values, content, media_type


def _unsigned(court: Court, request: Request, signed: bytes) -> JSONResponse | None:
    _count(court, place_of(request.method, request.url.path) or "other")
    reason = court.keyring.objection(
        request.method, request.url.path, request.url.query, signed, request.headers, now=court.clock()
    )
    return answer(401, reason) if reason else None


def _untokened(court: Court, request: Request) -> JSONResponse | None:
    good = court.good_token(request.headers.get("authorization", ""))
    return None if good else answer(3, "令牌无效或已过期")


def _count(court: Court, call: str) -> None:
    court.calls[call] = court.calls.get(call, 0) + 1
