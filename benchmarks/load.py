"""Push signed referrals at a door over kept-alive connections, each waiting for its answer, and print what it took.

sign all ─► start the clock ─► connections × (send ─► whole answer ─► next) ─► stop the clock ─► JSON on stdout
"""

from __future__ import annotations

import argparse
import asyncio
import os
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
import uvloop

from adapters.court_platform.signature import Signer
from benchmarks.setting import APP_ID, APP_SECRET, referral
from gateway.contract import Request

PATH = "/push"


def signed(case: str, now: datetime) -> Request:
    """Return the referral of one case, signed as the court platform does."""
    said = referral(case)
    body = orjson.dumps({"xxbh": said["id"], "ywlx": said["kind"], "ywsj": said["fields"]})
    request = Request(method="POST", path=PATH, headers={"content-type": "application/json"}, body=body)
    signer = Signer(app_id=APP_ID, algorithm="hmac-sm3", secret=APP_SECRET)
    return signer.signed(request, now=now, nonce=os.urandom(16).hex())


def on_the_wire(request: Request) -> bytes:
    """Return a request as it is sent to the gateway's door."""
    assert isinstance(request.body, bytes)
    lines = [f"POST /partners/court{PATH} HTTP/1.1", "host: 127.0.0.1", f"content-length: {len(request.body)}"]
    lines += [f"{name}: {value}" for name, value in request.headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + request.body


class Caller(asyncio.Protocol):
    """One connection: send, wait for the whole answer, check it, send the next."""

    def __init__(self, requests: Iterator[bytes], waits: list[float], done: asyncio.Future[None]) -> None:
        self._requests = requests
        self._waits = waits
        self._done = done
        self._received = b""
        self._sent_at = 0.0
        self._transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found or len(body) < _length(head):
            return
        self._waits.append(time.perf_counter() - self._sent_at)
        if not head.startswith(b"HTTP/1.1 200") or orjson.loads(body)["code"] != 0:
            self._end(RuntimeError(f"the door refused: {self._received[:600].decode(errors='replace')}"))
            return
        self._received = b""
        self._next()

    def connection_lost(self, error: Exception | None) -> None:
        self._end(error or RuntimeError("the door closed a connection"))

    def _next(self) -> None:
        request = next(self._requests, None)
        if request is None:
            self._end(None)
            return
        self._sent_at = time.perf_counter()
        self._transport.write(request)

    def _end(self, error: Exception | None) -> None:
        if not self._done.done():
            self._done.set_exception(error) if error else self._done.set_result(None)
        self._transport.close()


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise RuntimeError("an answer without its length")


async def push(port: int, requests: Iterable[bytes], connections: int) -> dict[str, float]:
    """Push every request; return seconds, requests per second, and the waits in milliseconds."""
    loop, queue = asyncio.get_running_loop(), iter(requests)
    waits: list[float] = []
    ends = [loop.create_future() for _ in range(connections)]
    started = time.perf_counter()
    for end in ends:
        await loop.create_connection(lambda end=end: Caller(queue, waits, end), "127.0.0.1", port)  # type: ignore[misc]
    await asyncio.gather(*ends)
    seconds = time.perf_counter() - started
    waits.sort()
    return {
        "seconds": seconds,
        "per_second": len(waits) / seconds,
        "p50": waits[len(waits) // 2] * 1000,
        "p99": waits[len(waits) * 99 // 100] * 1000,
    }


def main() -> None:
    """Sign, push, and print the figures as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--prefix", required=True, help="what the cases' numbers begin with: new for every run")
    parser.add_argument("--as-they-go", action="store_true", help="sign each when it is sent: a slower caller")
    given = parser.parse_args()
    now = datetime.now(UTC)
    prepared = (on_the_wire(signed(f"{given.prefix}-{n}", now)) for n in range(given.requests))
    requests = prepared if given.as_they_go else list(prepared)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(orjson.dumps(runner.run(push(given.port, requests, given.connections))).decode())


if __name__ == "__main__":
    main()
