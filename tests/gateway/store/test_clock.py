"""The database's time: told closely, and not thrown off by an answer that took long."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from gateway.store import clock
from gateway.store.clock import StoreClock
from gateway.store.engine import open_engine


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    engine = open_engine(postgres_url)
    yield engine
    engine.dispose()


def test_it_tells_the_databases_time_whatever_the_machine_says(engine: Engine) -> None:
    with engine.connect() as connection:
        told = StoreClock(connection)
        at = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    assert abs(told.now() - at) < timedelta(seconds=5)
    assert told.now().tzinfo is UTC
    assert told.now() < told.now() + timedelta(microseconds=1)


def test_slow_answers_do_not_move_it(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    with engine.connect() as connection:
        told = StoreClock(connection)
        before = told._offset
        slow = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint FROM pg_sleep(0.2)"
        monkeypatch.setattr(clock, "_QUERY", text(slow))
        told.look(connection)
    assert told._offset == before


def test_a_clock_that_was_set_is_followed(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    with engine.connect() as connection:
        told = StoreClock(connection)
        ahead = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + 3600000000"
        monkeypatch.setattr(clock, "_QUERY", text(ahead))
        told.look(connection)
    assert abs(told.now() - datetime.now(UTC) - timedelta(hours=1)) < timedelta(seconds=30)
