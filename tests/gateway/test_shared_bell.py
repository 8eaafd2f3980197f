"""A bell between processes: whoever listens hears who was rung for, and what it may have missed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import pytest

from gateway.shared_bell import SharedBell
from tests.servers import RedisServer, free_port, redis_server, redis_url

__all__ = ["redis_server", "redis_url"]
pytestmark = pytest.mark.live


class Ear:
    """What was heard; None: anybody may have been rung for."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[set[str] | None] = asyncio.Queue()

    def hears(self, partners: Iterable[str] | None) -> None:
        self.heard.put_nowait(None if partners is None else set(partners))

    async def next(self) -> set[str] | None:
        async with asyncio.timeout(60):
            return await self.heard.get()


async def test_another_process_hears_who_was_rung_for(redis_url: str) -> None:
    here, there, ear = SharedBell(redis_url), SharedBell(redis_url), Ear()
    listening = asyncio.create_task(there.hear(ear.hears))
    assert await ear.next() is None, "while nobody listened, anybody may have been rung for"
    here.ring(["village", "court"])
    assert await ear.next() == {"village", "court"}
    here.ring(["village"])
    assert await ear.next() == {"village"}
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    await here.stop()


async def test_whoever_lost_redis_hears_of_everybody_once_it_is_back(redis_server: RedisServer) -> None:
    bell, ear = SharedBell(redis_server.url), Ear()
    listening = asyncio.create_task(bell.hear(ear.hears))
    assert await ear.next() is None
    await asyncio.to_thread(redis_server.restart)
    assert await ear.next() is None
    bell.ring(["village"])
    assert await ear.next() == {"village"}
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    await bell.stop()


async def test_ringing_without_redis_raises_nothing() -> None:
    bell = SharedBell(f"redis://127.0.0.1:{free_port()}/0")
    bell.ring(["village"])
    await bell.stop()
