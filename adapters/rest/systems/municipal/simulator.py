"""A pretend municipal platform in the manner of 易调: it pushes XML in GB18030, and takes signed forms of JSON.

    python -m adapters.rest.systems.municipal.simulator --port 9012 --gateway-url … --partner municipal --keys-file …

It shares no code with the adapter: both signatures are written here a second time, from the README.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, quote
from xml.sax.saxutils import escape

from cryptography.hazmat.primitives import hashes
from fastapi import Request, Response
from fastapi.responses import JSONResponse

from adapters.rest.systems.pretending import PretendSystem, run, settings_beside

APP = "YTPT"
# Ret: 0 taken, 1 refused, 2 too often, 3 sign or key wrong, 6 maintenance, 9 had it before. All in HTTP 200.
RETS = {"taken": 0, "known": 9, "refused": 1, "busy": 2, "forged": 3}


class Simulator(PretendSystem):
    """One pretend municipal platform."""

    @staticmethod
    def make_keys() -> dict[str, str]:
        """Return fresh test keys."""
        return {"push_key": secrets.token_urlsafe(24), "app_secret": secrets.token_urlsafe(24)}

    @staticmethod
    def partner_settings() -> dict[str, Any]:
        """Return the settings that lie beside this file."""
        return settings_beside("adapters.rest.systems.municipal")

    @staticmethod
    def paths() -> Sequence[str]:
        """Return where forms are taken."""
        return ("/OnlineMediate/MediationDispatch", "/OnlineMediate/MediationProgress")

    def wrap(
        self, records: Sequence[Mapping[str, Any]], *, now: datetime | None = None, nonce: str | None = None
    ) -> dict[str, Any]:
        """Return the signed request that pushes records."""
        items = "".join(_element("Item", _item(each)) for each in records)
        text = f'<?xml version="1.0" encoding="GB18030"?><Request><Items>{items}</Items></Request>'
        body = text.encode("gb18030")
        stamp = str(int((now or datetime.now(UTC)).timestamp()))
        word = nonce or secrets.token_hex(12)
        key = self.keys["push_key"]
        signed = f"{key}AppId={APP}&Digest={_sm3(body)}&Nonce={word}&TimeStamp={stamp}{key}"
        sign = hashlib.sha256(signed.encode()).hexdigest().upper()
        headers = {"content-type": "text/xml", "x-timestamp": stamp, "x-nonce": word, "x-sign": sign}
        return {"method": "POST", "path": "/push", "query": "", "headers": headers, "body": body}

    async def opened(self, request: Request) -> dict[str, Any] | None:
        """Return what a form says."""
        form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        pairs = [(name, form[name]) for name in sorted(form) if name != "Sign" and form[name] != ""]
        text = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)
        signed = f"{text}&key={self.keys['app_secret']}"
        if form.get("Sign") != hashlib.md5(signed.encode(), usedforsecurity=False).hexdigest().upper():
            return None
        said = json.loads(form["Data"])
        return {
            "id": form["SeqId"], "kind": form["BizType"], "fields": said["Record"],
            "attachments": [_file(each) for each in said["Files"]],
        }  # fmt: skip

    def answer(self, what: str, *, said: str = "", **more: Any) -> Response:
        """Answer ``{Ret, ErrCode, Msg, SeqId, Data}``."""
        frame: dict[str, Any] = {"Ret": RETS[what], "ErrCode": "" if what in ("taken", "known") else "E", "Msg": said}
        if "id" in more:
            data = {"CaseId": more["case"], "LogId": f"LOG-{more['id'][-8:]}"}
            frame |= {"SeqId": more["id"], "Data": data}
        return JSONResponse(frame)


def _item(record: Mapping[str, Any]) -> dict[str, Any]:
    names = {"FileId": "id", "Name": "name", "Type": "kind", "MediaType": "media_type", "Sha256": "sha256",
             "Content": "content_base64"}  # fmt: skip
    item: dict[str, Any] = {"Id": record["id"], "BizType": record["kind"]}
    if record.get("version"):
        item["Rev"] = record["version"]
    if record["kind"] == "unreadable":  # a record without its data
        return {**item, "BizType": record["fields"]["kind"]}
    files = [{theirs: each[ours] for theirs, ours in names.items()} for each in record.get("attachments") or []]
    return {**item, "Data": record["fields"], **({"Files": {"File": files}} if files else {})}


def _element(name: str, value: Any) -> str:
    if isinstance(value, list):
        return "".join(_element(name, each) for each in value)
    inner = "".join(_element(*pair) for pair in value.items()) if isinstance(value, Mapping) else escape(str(value))
    return f"<{name}>{inner}</{name}>"


def _file(said: Mapping[str, Any]) -> dict[str, Any]:
    content = base64.b64decode(said["Content"])
    return {"name": said["Name"], "sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}


def _sm3(value: bytes) -> str:
    sm3 = hashes.Hash(hashes.SM3())
    sm3.update(value)
    return sm3.finalize().hex()


if __name__ == "__main__":
    run(Simulator)
