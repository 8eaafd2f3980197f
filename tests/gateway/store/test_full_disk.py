"""A disk without room: nothing is confirmed, readiness says so for as long as it lasts, and it ends by itself."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select

from gateway.errors import StoreUnavailable
from gateway.store.engine import migrate, open_engine
from gateway.store.tables import nonce
from gateway.store.writer import Writer


def write(connection: Connection) -> None:
    connection.execute(insert(nonce).values(partner="court", value=time.monotonic_ns(), expires_at=1))


@contextmanager
def no_room_in(file: Path) -> Iterator[None]:
    """Let no file of this process grow beyond the size that ``file`` has."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (file.stat().st_size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def until_ready(writer: Writer[str, str]) -> None:
    while not writer.ready:
        time.sleep(0.01)


@pytest.mark.fault
def test_a_store_without_room_is_not_ready_until_there_is_room(sqlite_url: str) -> None:
    engine = open_engine(sqlite_url)
    migrate(engine)
    log = Path(f"{engine.url.database}-wal")
    with engine.connect() as reader, Writer[str, str](engine, batch=lambda _, items: items) as writer:
        reader.execute(select(nonce)).all()  # whoever reads keeps the write-ahead log from starting anew
        writer.run(write).result(10)
        with no_room_in(log):
            with pytest.raises(StoreUnavailable):
                writer.run(write).result(10)
            assert not any(writer.ready or time.sleep(0.01) for _ in range(30))
        until_ready(writer)
        writer.run(write).result(10)
    engine.dispose()
