"""The door's plain twin: a Starlette route that stores the bytes and answers after the commit; nothing else.

It has the server, the database settings and the group commit of the gateway. It authenticates nobody, reads nothing in
the body, encrypts nothing, and keeps one row for each request.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

import orjson
import uvicorn
import uvloop
from sqlalchemy import BigInteger, Column, Connection, LargeBinary, MetaData, String, Table, insert
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.canonical.identifiers import uuid7
from gateway.store.engine import open_engine, writing
from gateway.store.writer import Writer

TABLES = MetaData()
KEPT = Table(
    "kept",
    TABLES,
    Column("id", String(36), primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("received_at", BigInteger, nullable=False),
)
Item = tuple[str, bytes, int]


def keep(connection: Connection, items: Sequence[Item]) -> list[str | Exception]:
    """Store a group."""
    connection.execute(insert(KEPT), [{"id": key, "body": body, "received_at": at} for key, body, at in items])
    return [key for key, _, _ in items]


def create_app(file: Path) -> Starlette:
    """Return the application over an SQLite file of its own."""
    engine = open_engine(f"sqlite:///{file}")
    with writing(engine).begin() as connection:
        TABLES.create_all(connection)
    writer: Writer[Item, str] = Writer(engine, batch=keep)

    async def door(request: Request) -> Response:
        body = await request.body()
        kept = await writer.submitted((uuid7(), body, time.time_ns() // 1_000_000))
        answer = orjson.dumps({"code": 0, "msg": "", "data": {"ywlsh": kept}})
        return Response(answer, media_type="application/json")

    return Starlette(routes=[Route("/partners/{partner}/{path:path}", door, methods=["POST"])])


def main() -> None:
    """Serve until told to stop, as ``fengqiao serve`` does."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bare_door", description=__doc__)
    parser.add_argument("--file", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    given = parser.parse_args()
    config = uvicorn.Config(
        create_app(given.file), host="127.0.0.1", port=given.port, lifespan="off", http="httptools", ws="none",
        access_log=False, log_config=None, server_header=False, proxy_headers=False, timeout_graceful_shutdown=5,
    )  # fmt: skip
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(uvicorn.Server(config).serve())


if __name__ == "__main__":
    main()
