"""The pretend village: it says that it has a message only once it holds the documents that the message names."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from adapters.mailbox.simulator import Simulator

PAPER = "调解协议书".encode()
LISTED = {
    "messages": [
        {
            "id": "m-1", "message": {"type": "fengqiao.success"},
            "documents": [{"name": "协议.pdf", "sha256": hashlib.sha256(PAPER).hexdigest(), "href": "/paper"}],
        }
    ]
}  # fmt: skip


class Door(BaseHTTPRequestHandler):
    papers: list[bytes]  # what is answered to one fetch after another
    receipts: list[Any]

    def do_GET(self) -> None:
        self._answer(json.dumps(LISTED).encode() if self.path.startswith("/v1/mailbox") else self.papers.pop(0))

    def do_POST(self) -> None:
        self.receipts.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self._answer(b"{}")

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def door() -> Iterator[ThreadingHTTPServer]:
    Door.papers, Door.receipts = [], []
    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


async def test_a_document_that_is_not_the_one_announced_is_fetched_again_before_anything_is_said(
    door: ThreadingHTTPServer,
) -> None:
    village = Simulator(gateway_url=f"http://127.0.0.1:{door.server_port}", partner="village")
    Door.papers = [b"the answer to another question", PAPER]
    with pytest.raises(ValueError, match="not the document"):
        await village.collect()
    assert not village.held
    assert not Door.receipts
    assert await village.collect() == 1
    assert [each["sha256"] for each in village.held["m-1"]["attachments"]] == [hashlib.sha256(PAPER).hexdigest()]
    assert [each["id"] for said in Door.receipts for each in said["receipts"]] == ["m-1"]
