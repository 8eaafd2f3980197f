"""The floor: the same sockets and the same fsyncs, and nothing of the gateway between them.

POST ─► one row (group commit) ─► 202 ─► POST to the sink, 32 at once ─► the row is marked as delivered (group commit)

It has the gateway's server, database settings, group commit and transport. It proves nobody, reads and maps nothing
(two names in the bytes are replaced, by which the sink knows what was delivered), encrypts nothing and keeps no order.
"""

from __future__ import annotations

import argparse
import asyncio
import ssl
from collections import deque
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import uvicorn
import uvloop
from sqlalchemy import Boolean, Column, Connection, LargeBinary, MetaData, String, Table, bindparam, update
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway import contract
from gateway.canonical.identifiers import uuid7
from gateway.cli.serve import spare_the_collector
from gateway.store.bulk import change_rows, insert_rows
from gateway.store.engine import open_engine, writing
from gateway.store.writer import Writer
from gateway.transports.http.client import HttpTransport

TABLES = MetaData()
KEPT = Table(
    "kept",
    TABLES,
    Column("id", String(36), primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("delivered", Boolean, nullable=False),
)
DELIVERED = update(KEPT).where(KEPT.c.id == bindparam("b_id")).values(delivered=True)
CONCURRENCY = 32
Item = tuple[str, bytes]


def keep(connection: Connection, items: Sequence[Item]) -> list[Exception | None]:
    """Store a group."""
    insert_rows(connection, KEPT, [{"id": key, "body": body, "delivered": False} for key, body in items])
    return [None for _ in items]


class Floor:
    """One process: a door, a row for each record, and posts to the sink."""

    def __init__(self, file: Path, transport: HttpTransport) -> None:
        engine = open_engine(f"sqlite:///{file}")
        with writing(engine).begin() as connection:
            TABLES.create_all(connection)
        self._writer: Writer[Item, None] = Writer(engine, batch=keep)
        self._transport = transport
        self._due: deque[Item] = deque()
        self._done: list[str] = []
        self._rung = [asyncio.Event() for _ in range(2)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Keep the body of a POST and answer 202 after the commit; anything else only asks whether we are there."""
        if scope["method"] != "POST":
            return await Response()(scope, receive, send)
        item = uuid7(), await Request(scope, receive).body()
        await self._writer.submitted(item)
        self._due.append(item)
        self._rung[0].set()
        return await Response(b'{"ok": true}', 202)(scope, receive, send)

    async def carry(self) -> None:
        """Deliver what is kept, for ever."""
        await asyncio.gather(self._close(), *(self._post() for _ in range(CONCURRENCY)))

    async def _post(self) -> None:
        while True:
            while self._due:
                key, body = self._due.popleft()
                body = body.replace(b'"case_id"', b'"caseNumber"').replace(b'"trace"', b'"traceRef"')
                headers = {"content-type": "application/json"}
                answer = await self._transport.send(
                    contract.Request(method="POST", path="", headers=headers, body=body)
                )
                if answer.status == 200:
                    self._done.append(key)
                    self._rung[1].set()
            self._rung[0].clear()
            await self._rung[0].wait()

    async def _close(self) -> None:
        while True:
            await self._rung[1].wait()
            self._rung[1].clear()
            done, self._done = self._done, []
            await self._writer.ran(partial(change_rows, statement=DELIVERED, rows=[{"b_id": key} for key in done]))


async def _serve(file: Path, port: int, sink: str) -> None:
    transport = HttpTransport(base_url=sink, ssl_context=ssl.create_default_context(), connections=CONCURRENCY)
    floor = Floor(file, transport)
    config = uvicorn.Config(
        floor, host="127.0.0.1", port=port, lifespan="off", http="httptools", ws="none", access_log=False,
        log_config=None, server_header=False, proxy_headers=False, timeout_graceful_shutdown=5,
    )  # fmt: skip
    spare_the_collector()
    carrying = asyncio.create_task(floor.carry())
    try:
        await uvicorn.Server(config).serve()
    finally:
        carrying.cancel()
        await transport.aclose()


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rivals.floor", description=__doc__)
    parser.add_argument("--file", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--sink", required=True)
    given = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(given.file, given.port, given.sink))


if __name__ == "__main__":
    main()
