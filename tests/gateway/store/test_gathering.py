from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine

from gateway.store.writer import Writer


def keep(_: Connection, items: list[str]) -> list[int | Exception]:
    return [len(item) for item in items]


@pytest.fixture
def writer(engine: Engine) -> Iterator[Writer[str, int]]:
    with Writer(engine, batch=keep) as writer:
        yield writer


async def test_what_a_loop_hands_in_round_after_round_is_one_group(writer: Writer[str, int]) -> None:
    async def late(rounds: int) -> int:
        for _ in range(rounds):
            await asyncio.sleep(0)
        return await writer.submitted("word")

    assert await asyncio.gather(*(late(rounds) for rounds in range(20))) == [4] * 20
    assert writer.statistics.groups == 1


async def test_nobody_waits_for_a_loop_that_never_rests(
    writer: Writer[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.store.gathering.AT_MOST", 0.0)
    told = await asyncio.gather(writer.submitted("one"), writer.submitted("three"))
    assert list(told) == [3, 5]


async def test_a_thread_waits_for_no_loop(writer: Writer[str, int]) -> None:
    gathering = writer.submitted("word")
    from_thread = writer.submit("words")
    assert from_thread.result(60) == 5  # the loop stands still meanwhile
    assert await gathering == 4


def test_a_loop_that_was_closed_while_it_gathered_keeps_nobody_waiting(writer: Writer[str, int]) -> None:
    closed = asyncio.new_event_loop()
    closed.run_until_complete(_hand_in(writer))
    closed.close()
    assert asyncio.run(_written(writer)) == 5


def test_what_was_gathered_is_written_when_the_writer_closes(engine: Engine) -> None:
    loop = asyncio.new_event_loop()
    with Writer(engine, batch=keep) as writer:
        loop.run_until_complete(_hand_in(writer))
    loop.close()
    assert writer.statistics.items == 1


async def _hand_in(writer: Writer[str, int]) -> None:
    writer.submitted("word")


async def _written(writer: Writer[str, int]) -> int:
    return await writer.submitted("words")
