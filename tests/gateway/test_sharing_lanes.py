"""Several workers share the lanes: no call is lost, and what a partner's row says holds for all of them together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from gateway import crew
from gateway.demo.cast import TOWNSHIP, VILLAGE
from gateway.queue import EmbeddedLanes
from gateway.rq_lanes import AWAKE, RqLanes
from gateway.store import shown
from gateway.store.tables import lane
from tests.gateway.province import Province, province, until
from tests.servers import PostgresServer, postgres, postgres_url, redis_server, redis_url

__all__ = ["postgres", "postgres_url", "redis_server", "redis_url"]
Make = Callable[..., Any]


@pytest.fixture
async def make_province(tmp_path: Path, postgres_url: str, redis_url: str) -> AsyncIterator[Make]:
    """Make a province; it ends with the test."""
    async with AsyncExitStack() as ends:

        async def make(**given: Any) -> Province:
            return await ends.enter_async_context(province(tmp_path, postgres_url, redis_url, **given))

        yield make


def holders(made: Province) -> list[str]:
    with made.door.gateway.store.engine.connect() as connection:
        return list(connection.execute(select(lane.c.holder).where(lane.c.holder.is_not(None))).scalars())


def test_a_call_just_before_the_mark_runs_out_is_found_by_the_lane_that_ends(redis_url: str) -> None:
    lanes = RqLanes(redis_url)
    assert lanes.enqueue([VILLAGE]) == 1
    assert not lanes.left(VILLAGE) or not lanes.left(VILLAGE), "the lane has looked, and looked again"
    assert lanes.enqueue([VILLAGE]) == 1
    assert lanes.enqueue([VILLAGE]) == 0, "it is awake: no second job"
    lanes.redis.delete(AWAKE + VILLAGE)  # as it runs out by itself
    assert lanes.left(VILLAGE), "somebody called and was given no job"
    assert not lanes.left(VILLAGE)
    assert lanes.enqueue([VILLAGE]) == 1
    lanes.redis.close()


async def test_a_bell_rung_in_the_moment_a_lane_ends_makes_it_look_again(
    make_province: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: Province = await make_province()
    (only,) = made.crews
    looks, rung = 0, []
    left, real = only.lanes.left, made.workers[0].drain

    async def drain(*given: Any) -> Any:
        nonlocal looks
        looks += 1
        return await real(*given)

    def ringing(partner: str) -> bool:
        called = left(partner)
        if not rung:
            rung.append(only.drain(partner))  # another job, after the lane's last look
        return called

    monkeypatch.setattr(made.workers[0], "drain", drain)
    monkeypatch.setattr(only.lanes, "left", ringing)
    await made.drain()
    await until(lambda: not only._lanes)
    assert rung == ["rung"]
    assert looks == 2


async def test_an_embedded_lane_that_is_called_in_its_last_look_looks_again() -> None:
    looks: list[str] = []

    async def drain(partner: str, bell: asyncio.Event) -> datetime | None:
        bell.clear()
        looks.append(partner)
        if len(looks) == 1:
            lanes.wake([partner])  # committed after the look, and before it is known to be the last
        return None

    lanes = EmbeddedLanes(drain, now=lambda: datetime.now(UTC))
    lanes.follow([VILLAGE])
    await until(lambda: len(looks) == 2)
    await lanes.stop()


@pytest.mark.fault
async def test_a_slot_is_free_again_after_an_outage_of_the_store(
    make_province: Make, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crew, "LINGER", 60.0)  # the lane is held, with nothing under way
    made: Province = await make_province(workers=2, lease_seconds=600)
    await made.refer("AJ-1")
    await made.drain(by=made.crews[0])
    await made.until_delivered(1)
    assert holders(made) == [made.workers[0].name]
    await asyncio.to_thread(postgres.restart, immediate=True)
    monkeypatch.setattr(made.crews[1], "_shift", made.crews[0]._shift)
    await until(lambda: not made.crews[0]._lanes)
    assert holders(made) == [], "nobody waits for the slot's lease to end"
    await made.refer_when_taken("AJ-2")
    await made.drain(by=made.crews[1])
    await made.until_delivered(2)


async def test_the_pace_of_a_partner_is_counted_over_all_processes(make_province: Make) -> None:
    clock = [datetime.now(UTC)]
    row = {"pace": 40, "workers": 3, "concurrency": 24}
    made: Province = await make_province(workers=3, rows={VILLAGE: row}, now=lambda: clock[0])
    await made.refer(*(f"AJ-{n}" for n in range(11)))
    for allowed in (4, 8, 11):
        await made.drain()
        await made.until_delivered(allowed)
        await made.drain()
        assert made.gates[VILLAGE].arrived == allowed, (
            "no more than a tenth of a second's worth while the clock stands still"
        )
        clock[0] += timedelta(seconds=0.1)


@pytest.mark.parametrize(("concurrency", "workers"), [(2, 4), (5, 3)])
async def test_the_concurrency_of_a_partner_holds_over_all_processes(
    make_province: Make, concurrency: int, workers: int
) -> None:
    row = {"concurrency": concurrency, "workers": workers}
    made: Province = await make_province(workers=workers, rows={VILLAGE: row})
    gate = made.gates[VILLAGE]
    gate.shut = True
    await made.refer(*(f"AJ-{n}" for n in range(3 * concurrency)))
    for _ in range(3):
        await made.drain()
    await until(lambda: gate.under_way == concurrency, lambda: gate.under_way)
    await made.drain()
    gate.shut = False
    for _ in range(20):
        await made.drain()
        if made.statuses().count("delivered") == 3 * concurrency:
            break
        await asyncio.sleep(0.2)
    await made.until_delivered(3 * concurrency)
    assert gate.most == concurrency, "all of it is used, and never more"


async def test_one_slow_partner_takes_the_only_lane_and_the_others_lose_nothing(make_province: Make) -> None:
    row = {"concurrency": 4, "timeouts": {"connect": 5, "answer": 600}}
    made: Province = await make_province(rows={VILLAGE: row}, worker_lanes=1)
    slow, quick = made.gates[VILLAGE], made.gates[TOWNSHIP]
    slow.shut = True
    await made.refer(*(f"AJ-SLOW-{n}" for n in range(20)))
    await made.drain(VILLAGE)
    await until(lambda: slow.under_way == 4)
    for number in range(1, 4):
        await made.refer(*(f"AJ-{number}-{n}" for n in range(5)), to=TOWNSHIP)
        await made.drain(TOWNSHIP)
        await made.until_delivered(5 * number, TOWNSHIP)
    assert made.statuses(VILLAGE) == ["pending"] * 20, "the slow one has not answered once"
    assert (slow.arrived, quick.arrived) == (4, 15)
    slow.shut = False
    await made.until_delivered(4)


async def test_a_partner_that_is_away_is_tried_by_one_delivery_at_a_time(make_province: Make) -> None:
    # All steps together stay well within the five minutes that the partner's own clock, the real one, lets us in for.
    clock, later = [datetime.now(UTC)], timedelta(seconds=21)
    row = {"workers": 3, "concurrency": 12, "breaker": {"failures": 3, "first_wait": 20, "longest_wait": 20}}
    made: Province = await make_province(workers=3, rows={VILLAGE: row}, now=lambda: clock[0], lease_seconds=3600)
    gate = made.gates[VILLAGE]
    gate.broken = True
    await made.refer(*(f"AJ-{n}" for n in range(12)))
    await made.drain()
    await until(lambda: [each["state"] for each in breakers_of(made)] == ["open"])
    await until(lambda: not any(each._lanes for each in made.crews))
    for _ in range(2):
        before, gate.most, gate.shut = gate.arrived, 0, True
        clock[0] += later
        await made.drain()
        await until(lambda before=before: gate.arrived == before + 1)
        clock[0] += later  # longer than the wait, while the one that tries it is under way
        await made.drain()
        await made.drain()
        assert [each["state"] for each in breakers_of(made)] == ["probing"]
        assert (gate.arrived, gate.most) == (before + 1, 1)
        gate.shut = False
        await until(lambda: [each["state"] for each in breakers_of(made)] == ["open"])
    gate.broken = False
    clock[0] += later
    for _ in range(100):
        await made.drain()
        if made.statuses().count("delivered") == 12:
            break
        clock[0] += timedelta(seconds=1)
        await asyncio.sleep(0.1)
    await made.until_delivered(12)
    assert breakers_of(made) == []


def breakers_of(made: Province) -> list[dict[str, Any]]:
    with made.door.gateway.store.engine.connect() as connection:
        return shown.breakers(connection)
