"""A pretend receiver for measurements: answers as a centre or a court platform does, and does nothing else.

A plain asyncio protocol rather than a simulator: it must never be what the lane waits for.
"""

from __future__ import annotations

import argparse
import asyncio
from typing import Any

import orjson
import uvloop

Answer = dict[str, Any]


class Receiver(asyncio.Protocol):
    """One connection. ``silent``: take what comes and never answer; ``delay``: seconds before each answer."""

    def __init__(self, *, silent: bool, delay: float = 0.0) -> None:
        self._silent = silent
        self._delay = delay
        self._received = b""
        self._transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if self._silent:
            return
        self._received += data
        while (request := self._whole()) is not None:
            if self._delay:
                asyncio.get_running_loop().call_later(self._delay, self._transport.write, _response(*request))
            else:
                self._transport.write(_response(*request))

    def _whole(self) -> tuple[bytes, bytes] | None:
        """Return path and body of the first whole request, and forget it."""
        head, found, rest = self._received.partition(b"\r\n\r\n")
        length = _length(head) if found else 0
        if not found or len(rest) < length:
            return None
        self._received = rest[length:]
        return head.split(b" ", 2)[1], rest[:length]


def _length(head: bytes) -> int:
    at = head.lower().find(b"content-length:")
    return int(head[at + 15 :].partition(b"\r\n")[0]) if at >= 0 else 0


def _response(path: bytes, body: bytes) -> bytes:
    content = orjson.dumps(_answer(path, orjson.loads(body) if body else {}))
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(content)}\r\n\r\n"
    return head.encode() + content


def _answer(path: bytes, said: Answer) -> Answer:
    if path == b"/oauth/token":
        return {"code": 0, "msg": "", "data": {"accessToken": "bench-token", "expiresIn": 7200}}
    if path == b"/api/records":
        said_of = {"xxbh": said["xxbh"], "ajbh": said["ywsj"]["ajxx"].get("ajbh"), "lsh": said["xxbh"]}
        return {"code": 0, "msg": "", "data": said_of}
    return {"success": True, "data": {"eventId": event_id(said["recordId"]), "receiptNo": said["recordId"]}}


def event_id(message_id: str) -> str:
    """Return the id that the pretend centre gives a case that came with a message."""
    return f"SJ-{message_id}"


async def serve(port: int, *, silent: bool, delay: float) -> None:
    """Answer until told to stop."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Receiver(silent=silent, delay=delay), "127.0.0.1", port)
    await server.serve_forever()


def main() -> None:
    """Run the receiver as a process of its own."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sink", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--silent", action="store_true")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each answer")
    given = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(given.port, silent=given.silent, delay=given.delay))


if __name__ == "__main__":
    main()
