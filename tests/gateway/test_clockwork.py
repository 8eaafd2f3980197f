"""Chores by the clock: a slow one delays neither the others nor the lead, and none is done twice at once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, select

from gateway import clockwork
from gateway.clockwork import Chore, Clockwork
from gateway.store.engine import migrate, open_engine
from gateway.store.tables import leader
from gateway.store.writer import Writer
from tests.gateway.province import until
from tests.servers import postgres, postgres_url

__all__ = ["postgres", "postgres_url"]


@pytest.fixture(autouse=True)
def _quick_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clockwork, "TICK", 0.02)


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    engine = open_engine(postgres_url)
    migrate(engine)
    yield engine
    engine.dispose()


@asynccontextmanager
async def ticking(engine: Engine, *chores: Chore, holder: str = "one") -> AsyncIterator[Clockwork]:
    clock = Clockwork(engine=engine, chores=chores, now=lambda: datetime.now(UTC), holder=holder)
    running = asyncio.create_task(clock.run())
    try:
        yield clock
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def beats(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(select(leader.c.beat_at)).scalar() or 0)


async def test_a_slow_chore_delays_neither_the_sweep_nor_the_lead(engine: Engine) -> None:
    slow, swept, begun = asyncio.Event(), [], []

    async def compare() -> None:
        begun.append(1)
        await slow.wait()

    async def sweep() -> None:
        swept.append(1)

    chores = (Chore(name="slow", every=0.0, do=compare), Chore(name="sweep", every=0.0, do=sweep))
    async with ticking(engine, *chores) as clock:
        await until(lambda: bool(begun))
        before, at = len(swept), beats(engine)
        await until(lambda: len(swept) >= before + 3 and beats(engine) > at)
        assert clock.leads
        assert len(begun) == 1, "it is not begun again while it is under way"
        slow.set()
        await until(lambda: len(begun) > 1)


async def test_a_chore_that_keeps_the_writer_busy_does_not_cost_the_lead(engine: Engine) -> None:
    at_work, done = threading.Event(), threading.Event()
    writer: Writer[str, str] = Writer(engine, batch=lambda _, items: items)

    async def prune() -> None:
        await writer.ran(lambda _: (at_work.set(), done.wait(60)))

    async with ticking(engine, Chore(name="prune", every=60.0, do=prune)):
        await until(at_work.is_set)
        at = beats(engine)
        await until(lambda: beats(engine) > at)
        assert not done.is_set()
        done.set()
    writer.close(30)


async def test_a_chore_that_fails_is_done_again_and_harms_no_other(engine: Engine) -> None:
    fails, other = [], []

    async def broken() -> None:
        fails.append(1)
        raise ZeroDivisionError

    async def well() -> None:
        other.append(1)

    async with ticking(engine, Chore(name="a", every=0.0, do=broken), Chore(name="b", every=0.0, do=well)):
        await until(lambda: len(fails) > 1 and len(other) > 1)


async def test_a_second_clock_takes_over_when_the_first_steps_down(engine: Engine) -> None:
    async with ticking(engine, holder="one") as first:
        await until(lambda: first.leads)
        async with ticking(engine, holder="two") as second:
            await until(lambda: beats(engine) > 0)
            assert not second.leads
            first.engine = engine
            await first.step_down()
            await until(lambda: first.leads != second.leads)
