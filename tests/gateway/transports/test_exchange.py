"""Driving an adapter's exchange over a transport."""

from __future__ import annotations

import asyncio

import pytest

from gateway.contract import Exchange, Request, Response
from gateway.errors import AnswerLost, NeverReached, PermanentFailure
from gateway.transports.exchange import Call, run


class Scripted:
    """A transport that answers from a list."""

    def __init__(self, *answers: Response | Exception) -> None:
        self._answers = list(answers)
        self.sent: list[str] = []

    async def send(self, request: Request) -> Response:
        self.sent.append(request.path)
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def aclose(self) -> None:
        pass


def _login_then_submit(log: list[str]) -> Exchange[str]:
    try:
        token = yield Request(method="POST", path="/login")
        answer = yield Request(method="POST", path=f"/submit/{token.body.decode()}")
        if answer.status != 200:
            raise PermanentFailure
        return answer.body.decode()
    finally:
        log.append("closed")


async def test_an_exchange_is_sent_every_answer_and_its_value_comes_back():
    transport = Scripted(Response(status=200, body=b"t1"), Response(status=200, body=b"receipt"))
    calls: list[Call] = []
    assert await run(_login_then_submit([]), transport, on_attempt=calls.append) == "receipt"
    assert transport.sent == ["/login", "/submit/t1"]
    assert [(call.request.path, call.response.status, call.failure) for call in calls] == [
        ("/login", 200, None),
        ("/submit/t1", 200, None),
    ]


async def test_what_the_exchange_raises_comes_through():
    transport = Scripted(Response(status=200, body=b"t1"), Response(status=400))
    with pytest.raises(PermanentFailure):
        await run(_login_then_submit([]), transport)


@pytest.mark.parametrize("failure", [NeverReached(), AnswerLost()])
async def test_a_transport_failure_closes_the_exchange_instead_of_entering_it(failure):
    log: list[str] = []
    calls: list[Call] = []
    transport = Scripted(Response(status=200, body=b"t1"), failure)
    with pytest.raises(type(failure)):
        await run(_login_then_submit(log), transport, on_attempt=calls.append)
    assert log == ["closed"]
    assert calls[-1].failure is failure
    assert calls[-1].response is None


async def test_an_exchange_without_a_request_ends_at_once():
    def nothing() -> Exchange[int]:
        return 7
        yield  # pragma: no cover

    assert await run(nothing(), Scripted()) == 7


async def test_a_cancelled_exchange_is_closed():
    log: list[str] = []

    class Silent(Scripted):
        async def send(self, request: Request) -> Response:
            await asyncio.sleep(60)
            raise AssertionError

    running = asyncio.create_task(run(_login_then_submit(log), Silent()))
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert log == ["closed"]
