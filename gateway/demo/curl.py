"""A unit without a platform: its clerk has curl and a token, opens the mailbox, answers, and sends what is to be said.

GET /v1/mailbox ─► take ─► POST /v1/mailbox/receipts (our own number of the case) ─► POST /v1/messages …

Where the machine has no curl, the same requests are made by Python. The token is handed to curl by its standard input:
what stands on a command line is seen by everybody on the machine.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from gateway.canonical.identifiers import uuid7
from gateway.errors import GatewayError

CURL = shutil.which("curl")
LONGEST = 60  # seconds of one request
WAIT = 10  # seconds that an empty mailbox is held open


@dataclass(slots=True, kw_only=True)
class Caller:
    """The clerk of one unit. ``within``: seconds until something that has to arrive counts as missing."""

    url: str
    partner: str
    organisation: str
    token: str = field(repr=False)
    within: float
    held: list[dict[str, Any]] = field(default_factory=list, repr=False)

    def say(self, kind: str, *, time: str, to: str | None = None, **data: Any) -> dict[str, Any]:
        """Send a message; return what became of it. Raises GatewayError where it is not accepted."""
        message = {
            "id": uuid7(), "type": f"fengqiao.{kind}", "source": f"/partners/{self.partner}", "time": time,
            "sender": self.organisation, **({"addressee": to} if to else {}), "data": data,
        }  # fmt: skip
        status, answer = self._request("/v1/messages", json.dumps(message, ensure_ascii=False).encode())
        told = answer["results"][0] if "results" in answer else answer
        if told.get("fate") != "accepted":
            said = told.get("code") or told.get("fate")
            raise GatewayError("demo.not_accepted", actor=self.partner, kind=kind, status=status, said=said)
        return {**told, "id": message["id"]}

    def hand_in(self, content: bytes, **about: Any) -> dict[str, Any]:
        """Hand a document in; return what a message says of it."""
        _, kept = self._request("/v1/documents", content, media_type="application/octet-stream")
        return {**about, "sha256": kept["sha256"], "size": kept["size"]}

    def fetch(self, href: str) -> bytes:
        """Fetch a document that a message in the mailbox names. Raises GatewayError where it is not to be had."""
        status, content = self._call(href)
        if status != 200:
            raise GatewayError("demo.not_taken", actor=self.partner, kind=href, status=status)
        return content

    def next(self, kind: str, case: str | None = None) -> dict[str, Any]:
        """Open the mailbox until a message of a kind lies in it; take everything, each under our number ``case``.

        Returns the item: ``message`` and ``documents``. Raises GatewayError where none comes in time.
        """
        give_up = time.monotonic() + self.within
        while True:
            for item in self.held:
                if item["message"]["type"] == f"fengqiao.{kind}":
                    self.held.remove(item)
                    return item
            if time.monotonic() > give_up:
                raise GatewayError("demo.waiting_for", actor=self.partner, kind=kind)
            self._open(case)

    def _open(self, case: str | None) -> None:
        _, answer = self._request(f"/v1/mailbox?wait={WAIT}")
        receipts = [
            {
                "id": item["id"],
                "result": "received",
                **({"case": case} if case and item["message"].get("subject") else {}),
            }
            for item in answer["messages"]
        ]
        if receipts:
            self._request("/v1/mailbox/receipts", json.dumps({"receipts": receipts}).encode())
            self.held += answer["messages"]

    def _request(
        self, path: str, body: bytes | None = None, *, media_type: str = "application/json"
    ) -> tuple[int, dict[str, Any]]:
        status, content = self._call(path, body, media_type)
        try:
            found: dict[str, Any] = json.loads(content)
        except ValueError:
            raise GatewayError("demo.not_taken", actor=self.partner, kind=path, status=status) from None
        return status, found

    def _call(self, path: str, body: bytes | None = None, media_type: str = "") -> tuple[int, bytes]:
        headers = {"x-partner": self.partner, "authorization": f"Bearer {self.token}"}
        if body is not None:
            headers["content-type"] = media_type
        return (_by_curl if CURL else _by_python)(self.url + path, headers, body)


def _by_curl(url: str, headers: dict[str, str], body: bytes | None) -> tuple[int, bytes]:
    with TemporaryDirectory(prefix="fengqiao-curl-") as folder:
        answer = Path(folder) / "answer"
        lines = [f'header = "{name}: {value}"' for name, value in headers.items()]
        command = [
            str(CURL), "--silent", "--show-error", "--noproxy", "*", "--max-time", str(LONGEST), "--config", "-",
            "--write-out", "%{http_code}", "--output", str(answer), url,
        ]  # fmt: skip
        if body is not None:
            sent = Path(folder) / "body"
            sent.write_bytes(body)
            command += ["--data-binary", f"@{sent}"]
        done = subprocess.run(command, input="\n".join(lines).encode(), capture_output=True, check=False)  # noqa: S603  # our own
        if done.returncode:
            raise GatewayError("demo.curl_failed", url=url.partition("?")[0], status=done.returncode)
        return int(done.stdout), answer.read_bytes() if answer.exists() else b""


def _by_python(url: str, headers: dict[str, str], body: bytes | None) -> tuple[int, bytes]:
    request = urllib.request.Request(url, data=body, headers=headers)  # noqa: S310  # http on loopback
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=LONGEST) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()
