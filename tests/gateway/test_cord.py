"""The cord between the serving process and its carrier."""

from __future__ import annotations

import asyncio
import socket

from gateway.cord import Cord, Said


class End:
    """One end of a cord, and what it has heard."""

    def __init__(self) -> None:
        self.heard: list[Said] = []
        self.parted = asyncio.Event()
        self.cord = Cord(self._hear, self.parted.set)
        self._more = asyncio.Event()

    async def until_heard(self, count: int) -> list[Said]:
        async with asyncio.timeout(30):
            while len(self.heard) < count:
                self._more.clear()
                await self._more.wait()
        return self.heard

    def _hear(self, said: Said) -> None:
        self.heard.append(said)
        self._more.set()


async def tied() -> tuple[End, End]:
    ends = End(), End()
    for end, sock in zip(ends, socket.socketpair(), strict=True):
        await end.cord.tie(sock)
    return ends


async def test_partners_called_in_one_round_of_the_loop_are_named_once() -> None:
    ours, theirs = await tied()
    for partner in ("village", "court", "village"):
        ours.cord.call([partner])
    ours.cord.call([])
    assert await theirs.until_heard(1) == [{"partners": ["court", "village"]}]
    ours.cord.call(["court"])
    assert (await theirs.until_heard(2))[1] == {"partners": ["court"]}
    ours.cord.cut()
    theirs.cord.cut()


async def test_what_is_longer_than_a_socket_takes_at_once_is_heard_whole_and_in_order() -> None:
    ours, theirs = await tied()
    long = [["family", "sample", [["partner", "村" * 1000]], float(number)] for number in range(1000)]
    ours.cord.say(counted=long)
    ours.cord.say(word="carries")
    assert await theirs.until_heard(2) == [{"counted": long}, {"word": "carries"}]
    ours.cord.cut()
    theirs.cord.cut()


async def test_whoever_does_not_read_gets_the_names_of_partners_once_it_does() -> None:
    ours, theirs = await tied()
    assert theirs.cord._transport is not None
    theirs.cord._transport.pause_reading()  # type: ignore[attr-defined]
    for _ in range(1000):
        ours.cord.say(counted=["x" * 1000])
    assert ours.cord._full
    for number in range(500):
        ours.cord.call([f"partner-{number % 3}"])
        await asyncio.sleep(0)
    theirs.cord._transport.resume_reading()  # type: ignore[attr-defined]
    heard = await theirs.until_heard(1001)
    assert heard[1000] == {"partners": ["partner-0", "partner-1", "partner-2"]}
    ours.cord.cut()
    theirs.cord.cut()


async def test_the_end_of_one_is_noticed_at_the_other_and_nobody_is_spoken_to() -> None:
    ours, theirs = await tied()
    theirs.cord.cut()
    async with asyncio.timeout(30):
        await ours.parted.wait()
    ours.cord.say(word="stop")
    ours.cord.call(["village"])
    await asyncio.sleep(0)
    assert theirs.heard == []
