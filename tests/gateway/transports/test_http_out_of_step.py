"""A connection on which something came unasked: it is never used again, for the next answer read there is another's."""

from __future__ import annotations

import asyncio

import pytest

from gateway.contract import Request

FIRST = Request(method="POST", path="/first", body=b"1")
SECOND = Request(method="POST", path="/second", body=b"2")


def _twice(*, pause: float | None, said: asyncio.Event):
    async def answer(connection):
        while True:
            target = (await connection.request()).split(b" ")[1]
            await connection.respond(target)
            if target == b"/first":
                if pause is not None:
                    await asyncio.sleep(pause)
                await connection.respond(target)
                said.set()

    return answer


@pytest.mark.parametrize("pause", [None, 0.05], ids=["in one go", "after the first was read"])
async def test_an_answer_that_comes_twice_is_not_the_answer_to_the_next_request(serve, connect, pause):
    said = asyncio.Event()
    server = await serve(_twice(pause=pause, said=said))
    transport = connect(server.url)
    assert (await transport.send(FIRST)).body == b"/first"
    await said.wait()
    assert (await transport.send(SECOND)).body == b"/second"
    assert server.connections == 2
