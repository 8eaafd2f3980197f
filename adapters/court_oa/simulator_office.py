"""The pretend OA's own endpoints and what it remembers: uploaded files, and each message it took, once.

POST /oa/files · POST /oa/messages · GET /oa/messages/{number}
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.datastructures import UploadFile

from adapters.court_oa.simulator_faults import answer
from adapters.court_oa.simulator_signature import Keyring, form_text
from adapters.court_oa.simulator_xml import content_of, read_frame

APPLICATIONS = ("sfqrsq", "tjssq")
KINDS = (*APPLICATIONS, "bzcl", "chsq", "sdhz", "yysq", "shzt", "cdws", "lxzms", "cxbg", "sdrw", "yqtz", "jgxx")


@dataclass(kw_only=True)
class Office:
    """Everything the OA remembers."""

    clock: Callable[[], datetime]
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    received: dict[str, dict[str, Any]] = field(default_factory=dict)
    acts: list[str] = field(default_factory=list)  # numbers of the messages it acted on, each time it did

    def take(self, body: bytes) -> Response:
        """Check a message and keep it, or recognise it. The answer to a resend is the first one."""
        try:
            frame = read_frame(body)
            materials = [self._material(each) for each in frame.pop("materials")]
        except ValueError as error:
            return answer("3001", str(error))
        except KeyError:
            return answer("3002", "材料编号不存在")
        number = frame["id"]
        known = number in self.received
        if known:
            self.received[number]["times"] += 1
            return self.receipt(number, "0001", "该报文已接收")
        if frame["kind"] not in KINDS:
            return answer("3001", "未知的报文类型", zd="bw.bwt.bwlx")
        kept = {"case": self._case(frame["fields"]), "received_at": self.clock().isoformat(), "times": 1}
        self.received[number] = {**frame, **kept, "attachments": materials, "slh": f"SL{len(self.received) + 1:06d}"}
        self.acts.append(number)
        return self.receipt(number, "0000", "成功")

    def receipt(self, number: str, code: str, message: str) -> Response:
        """Answer with the numbers that a message got here."""
        kept = self.received[number]
        return answer(code, message, bwbh=number, ajbh=kept["case"], slh=kept["slh"])

    def application(self, number: str | None) -> dict[str, Any]:
        """Return an application by the number of its message, or the newest. Raises ValueError where there is none."""
        found = [each for each in self.received.values() if each["kind"] in APPLICATIONS]
        wanted = [each for each in found if number in (None, each["id"])]
        if not wanted:
            raise ValueError("no such application")
        return wanted[-1]

    def _material(self, material: Mapping[str, str]) -> dict[str, Any]:
        content = content_of(material)
        if content is None:
            return dict(self.files[material["clbh"]])
        digest = hashlib.sha256(content).hexdigest()
        if material.get("sha256", digest) != digest:
            raise ValueError("材料摘要不符")
        return {"name": material["clmc"], "sha256": digest, "size": len(content)}

    def _case(self, fields: Mapping[str, Any]) -> str:
        said = fields.get("ajxx") or {}
        same = (
            each["case"] for each in self.received.values() if _gateway_case(each) == said.get("wgajbh") is not None
        )
        return said.get("oaajbh") or next(same, f"OA-{len(self.received) + 1:06d}")


def _gateway_case(kept: Mapping[str, Any]) -> str | None:
    return (kept["fields"].get("ajxx") or {}).get("wgajbh")


class Endpoints:
    """What the gateway calls."""

    def __init__(self, office: Office, keyring: Keyring) -> None:
        self._office = office
        self._keyring = keyring

    def router(self) -> APIRouter:
        """Return the OA's endpoints."""
        router = APIRouter(prefix="/oa")
        router.add_api_route("/files", self.upload, methods=["POST"])
        router.add_api_route("/messages", self.take, methods=["POST"])
        router.add_api_route("/messages/{number}", self.ask, methods=["GET"])
        return router

    async def upload(self, request: Request) -> Response:
        """Keep one file and give it a number."""
        values, content = await _form(request)
        if refused := self._unsigned(request, form_text(values)):
            return refused
        number = f"CL{len(self._office.files) + 1:06d}"
        digest = hashlib.sha256(content).hexdigest()
        self._office.files[number] = {"name": values.get("clmc"), "sha256": digest, "size": len(content)}
        return answer("0000", "成功", clbh=number)

    async def take(self, request: Request) -> Response:
        """Take one message."""
        body = await request.body()
        return self._unsigned(request, body) or self._office.take(body)

    async def ask(self, number: str, request: Request) -> Response:
        """Say whether a message was received, with its receipt."""
        if refused := self._unsigned(request, b""):
            return refused
        if number not in self._office.received:
            return answer("4004", "没有该报文")
        return self._office.receipt(number, "0000", "成功")

    def _unsigned(self, request: Request, signed: bytes) -> Response | None:
        target = (request.url.path, request.url.query)
        reason = self._keyring.objection(request.method, target, signed, request.headers, now=self._office.clock())
        return answer("2001", reason, 401) if reason else None


async def _form(request: Request) -> tuple[dict[str, str], bytes]:
    values, content = {}, b""
    async with request.form(max_part_size=64 * 1024 * 1024) as form:
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                content = await value.read()
                values[name] = hashlib.sha256(content).hexdigest()
            else:
                values[name] = value
    return values, content
