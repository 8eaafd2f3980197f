"""A pretend 12368 hotline: it sends work orders in signed JSON, and takes replies by an API key.

    python -m adapters.rest.systems.hotline.simulator --port 9011 --gateway-url … --partner hotline --keys-file …

It shares no code with the adapter: the signature is written here a second time, from the README.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC
from fastapi import Request, Response
from fastapi.responses import JSONResponse

from adapters.rest.systems.pretending import PretendSystem, run, settings_beside

APP = "hotline-12368"
CODES = {"taken": (200, 0), "known": (200, 1001), "refused": (200, 4102), "busy": (429, 2001), "forged": (401, 401)}


class Simulator(PretendSystem):
    """One pretend hotline."""

    @staticmethod
    def make_keys() -> dict[str, str]:
        """Return fresh test keys."""
        return {"sign_key": secrets.token_urlsafe(24), "api_key": secrets.token_urlsafe(24)}

    @staticmethod
    def partner_settings() -> dict[str, Any]:
        """Return the settings that lie beside this file."""
        return settings_beside("adapters.rest.systems.hotline")

    @staticmethod
    def paths() -> Sequence[str]:
        """Return where replies are taken."""
        return ("/api/v1/replies", "/api/v1/results")

    def wrap(
        self, records: Sequence[Mapping[str, Any]], *, now: datetime | None = None, nonce: str | None = None
    ) -> dict[str, Any]:
        """Return the signed request that carries work orders."""
        body = json.dumps(
            {"data": {"orders": [_order(each) for each in records]}}, ensure_ascii=False, separators=(",", ":")
        ).encode()
        stamp = str(int((now or datetime.now(UTC)).timestamp() * 1000))
        word = nonce or secrets.token_hex(12)
        signed = f"appId={APP}&body={body.decode()}&nonce={word}&timestamp={stamp}"
        headers = {
            "content-type": "application/json", "x-app-id": APP, "x-timestamp": stamp, "x-nonce": word,
            "x-sign": _hmac_sm3(self.keys["sign_key"], signed),
        }  # fmt: skip
        return {"method": "POST", "path": "/workorders", "query": "", "headers": headers, "body": body}

    async def opened(self, request: Request) -> dict[str, Any] | None:
        """Return what a reply says."""
        if not hmac.compare_digest(request.headers.get("x-api-key", ""), self.keys["api_key"]):
            return None
        said = await request.json()
        return {
            "id": said["replyId"], "kind": said["replyType"], "fields": said["content"],
            "attachments": [_file(each) for each in said["files"]],
        }  # fmt: skip

    def answer(self, what: str, *, said: str = "", **more: Any) -> Response:
        """Answer ``{code, msg, data}``."""
        status, code = CODES[what]
        data = None
        if "id" in more:
            data = {"replyId": more["id"], "caseNo": more["case"], "receiptNo": f"HZ-{more['id'][-8:]}"}
        return JSONResponse({"code": code, "msg": said or what, "data": data}, status)


def _order(record: Mapping[str, Any]) -> dict[str, Any]:
    order = {"orderNo": record["id"], "orderType": record["kind"], "content": record["fields"]}
    if record["kind"] == "unreadable":  # a work order without its content
        order = {"orderNo": record["id"], "orderType": record["fields"]["kind"]}
    if record.get("version"):
        order["revision"] = record["version"]
    files = [
        {
            "fileId": each["id"], "fileName": each["name"], "fileType": each["kind"], "mediaType": each["media_type"],
            "sha256": each["sha256"], "base64": each["content_base64"],
        }
        for each in record.get("attachments") or []
    ]  # fmt: skip
    return {**order, "files": files}


def _file(said: Mapping[str, Any]) -> dict[str, Any]:
    content = base64.b64decode(said["base64"])
    return {"name": said["fileName"], "sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}


def _hmac_sm3(key: str, text: str) -> str:
    mac = HMAC(key.encode(), hashes.SM3())
    mac.update(text.encode())
    return mac.finalize().hex()


if __name__ == "__main__":
    run(Simulator)
