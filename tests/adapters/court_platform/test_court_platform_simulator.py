"""The pretend court over real connections: its faults, its pushes, and the files it announces."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request as WebRequest
from starlette.responses import Response as WebResponse
from starlette.routing import Route

from adapters.court_platform import CourtPlatform
from adapters.court_platform.simulator import Simulator
from gateway.contract import MemorySession, Outcome, Partner, Record, Request, Response
from gateway.errors import PermanentFailure

KEYS = {"app_secret": "a-secret-for-tests-only"}
ID = "01845a3e-7c00-7a11-8b21-0c1d2e3f4a00"
FIELDS = {"fssj": "2022-11-10 08:55:00", "ajxx": {"ajbh": "AJ1"}, "jssj": "2022-11-10 08:54:12"}


@asynccontextmanager
async def serving(app: Any, loop: str = "asyncio") -> AsyncIterator[str]:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="critical", lifespan="off", loop=loop, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:  # noqa: ASYNC110  # uvicorn has a flag, not an event
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task
        listener.close()


def adapter() -> CourtPlatform:
    return CourtPlatform(
        Partner(name="court", settings=Simulator.partner_settings(), secret=KEYS.__getitem__, session=MemorySession())
    )


class Court:
    """A simulator with a client, and the token that submissions need."""

    def __init__(self, url: str) -> None:
        self.client = httpx.AsyncClient(base_url=url, trust_env=False, timeout=10)
        self.exchange_with = adapter()

    async def submit(self) -> httpx.Response:
        exchange = self.exchange_with.deliver(Record(kind="qrjs", id=ID, fields=FIELDS))
        request = next(exchange)
        while True:
            assert isinstance(request.body, bytes)
            answer = await self.client.request(
                request.method, request.path, headers=dict(request.headers), content=request.body
            )
            if request.path == "/api/records":
                exchange.close()
                return answer
            request = exchange.send(Response(status=answer.status_code, body=answer.content))

    async def fault(self, **order: Any) -> None:
        assert (await self.client.post("/_sim/faults", json=order)).status_code == 200

    async def received(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.client.get("/_sim/received")).json()
        return found


@asynccontextmanager
async def court(loop: str = "asyncio", gateway_url: str | None = None) -> AsyncIterator[Court]:
    simulator = Simulator(gateway_url=gateway_url, partner="court", keys=KEYS)
    async with serving(simulator.app, loop) as url:
        one = Court(url)
        async with one.client:
            yield one


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Run the simulator as its own process, as the demo does; it must end without a traceback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "adapters.court_platform.simulator", "--port", str(port),
               "--gateway-url", "http://127.0.0.1:1", "--partner", "court",
               "--keys-file", str(folder / "keys.json")]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        yield _healthy(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        output, _ = process.communicate(timeout=20)
    assert b"Traceback" not in output, output.decode()


def _healthy(url: str) -> str:
    for _ in range(300):
        try:
            httpx.get(f"{url}/_sim/health", trust_env=False)
            return url
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("the simulator did not start")


async def test_a_reset_drops_the_connection_before_anything_is_processed() -> None:
    async with court() as one:
        await one.fault(fault="reset", times=1)
        with pytest.raises(httpx.TransportError):
            await one.submit()
        assert await one.received() == []
        assert (await one.submit()).json()["code"] == 0


async def test_a_lost_answer_leaves_the_record_at_the_court() -> None:
    async with court() as one:
        await one.fault(fault="answer_lost", times=1)
        with pytest.raises(httpx.TransportError):
            await one.submit()
        [received] = await one.received()
        assert (received["times"], received["effects"]) == (1, 1)
        assert (await one.submit()).json()["code"] == 1
        [received] = await one.received()
        assert (received["times"], received["effects"]) == (2, 1)


@pytest.mark.live
@pytest.mark.parametrize("fault", ["reset", "answer_lost"])
def test_connections_are_dropped_on_uvloop_too(fault: str, tmp_path: Path) -> None:
    with running(tmp_path) as url:
        httpx.post(f"{url}/_sim/faults", json={"fault": fault, "times": 1, "on": "token"}, trust_env=False)
        with pytest.raises(httpx.TransportError):
            httpx.post(f"{url}/oauth/token", trust_env=False)
        assert httpx.post(f"{url}/oauth/token", trust_env=False).json()["code"] == 401


async def test_the_other_faults_answer_as_ordered_and_as_often() -> None:
    async with court() as one:
        await one.fault(fault="error_500", times=2)
        assert [(await one.submit()).status_code for _ in range(3)] == [500, 500, 200]
        await one.fault(fault="too_many", retry_after=3, times=1)
        answer = await one.submit()
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "3")
        await one.fault(fault="refuse", reason="案件已结案", times=1)
        answer = await one.submit()
        assert (answer.status_code, answer.json()["msg"]) == (200, "案件已结案")
        await one.fault(fault="down")
        assert (await one.client.post("/oauth/token")).status_code == 503
        assert (await one.client.get("/_sim/health")).status_code == 200
        await one.fault(fault=None)
        assert (await one.submit()).json()["code"] == 1


async def test_a_slow_court_still_works() -> None:
    async with court() as one:
        await one.fault(fault="slow", seconds=0.05, times=1)
        assert (await one.submit()).json()["code"] == 0


async def test_an_unknown_fault_is_refused() -> None:
    async with court() as one:
        assert (await one.client.post("/_sim/faults", json={"fault": "earthquake"})).status_code == 422


def door(seen: list[Request]) -> Starlette:
    """A gateway that authenticates, decodes and accepts, and nothing else."""
    one = adapter()

    async def receive(request: WebRequest) -> WebResponse:
        path = "/" + request.path_params["rest"]
        taken = Request(
            method="POST", path=path, query=request.url.query, headers=dict(request.headers), body=await request.body()
        )
        one.authenticate(taken)
        seen.append(taken)
        [record] = one.decode(taken)
        outcome = Outcome(kind=record.kind, record_id=record.id, fate="accepted", receipt_id="R1")
        answer = one.acknowledge(taken, [outcome])
        return WebResponse(answer.body, answer.status, headers=dict(answer.headers))

    return Starlette(routes=[Route("/partners/court/{rest:path}", receive, methods=["POST"])])


async def test_a_duplicate_push_is_the_same_record_under_a_fresh_signature() -> None:
    seen: list[Request] = []
    async with serving(door(seen)) as gateway_url, court(gateway_url=gateway_url) as one:
        order = {"records": [{"kind": "ajdb", "id": "TJXX1", "fields": {"fssj": "2022-11-09 09:00:00"}}], "times": 2}
        answer = (await one.client.post("/_sim/push", json=order)).json()
        assert answer["status"] == 200
        assert answer["body"]["data"] == {"xxbh": "TJXX1", "ywlsh": "R1", "zt": "已受理"}
        assert len(answer["answers"]) == 2
        assert seen[0].body == seen[1].body
        assert seen[0].headers["nonce"] != seen[1].headers["nonce"]


@pytest.mark.parametrize(
    "given", [{"content_base64": "6LW36K+J54q2"}, {"url": "https://files.court.example/files/CL1"}]
)
async def test_a_pushed_file_is_served_where_it_is_announced(given: dict[str, str]) -> None:
    seen: list[Request] = []
    async with serving(door(seen)) as gateway_url, court(gateway_url=gateway_url) as one:
        attachment = {"id": "CL1", "name": "起诉状.pdf", "kind": "01", "media_type": "application/pdf", **given}
        record = {"kind": "ajwp", "id": "TJXX1", "fields": {}, "attachments": [attachment]}
        await one.client.post("/_sim/push", json={"records": [record]})
        [announced] = adapter().decode(seen[0])[0].attachments
        assert announced.url is not None
        served = await one.client.get(announced.url)
        assert served.headers["content-type"] == "application/pdf"
        assert (len(served.content), served.status_code) == (announced.size, 200)
        assert (await one.client.get(announced.url.partition("?")[0])).status_code == 404


async def test_a_gateway_that_is_not_there_is_reported() -> None:
    async with court(gateway_url="http://127.0.0.1:1") as one:
        answer = await one.client.post("/_sim/push", json={"records": [{"kind": "ajdb", "id": "1", "fields": {}}]})
        assert answer.json()["status"] is None


def test_a_request_carries_exactly_one_record() -> None:
    record = {"kind": "ajdb", "id": "1", "fields": {}}
    with pytest.raises(ValueError, match="one record"):
        Simulator(gateway_url=None, partner="court").wrap([record, record])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"nonce": None}, "缺少"),
        ({"appid": "another"}, "appId"),
        ({"sign": "0" * 64}, "签名"),
    ],
)
def test_the_court_checks_our_signature(bench: Any, changes: dict[str, Any], said: str) -> None:
    exchange = bench.adapter().deliver(bench.record())
    request = next(exchange)
    headers = {name: value for name, value in {**request.headers, **changes}.items() if value is not None}
    answer = bench.client.post("/oauth/token", headers=headers, content=request.body).json()
    assert answer["code"] == 401
    assert said in answer["msg"]


@pytest.mark.parametrize(("seconds", "code"), [(300, 0), (-300, 0), (301, 401), (-360, 401)])
def test_the_court_has_a_window_of_its_own(bench: Any, clock: Any, seconds: int, code: int) -> None:
    request = next(bench.adapter().deliver(bench.record()))
    clock.forward(seconds=seconds)
    answer = bench.client.post("/oauth/token", headers=dict(request.headers), content=request.body).json()
    assert answer["code"] == code


def test_the_court_takes_a_nonce_once(bench: Any) -> None:
    request = next(bench.adapter().deliver(bench.record()))
    codes = [
        bench.client.post("/oauth/token", headers=dict(request.headers), content=request.body).json()["code"]
        for _ in range(2)
    ]
    assert codes == [0, 401]


@pytest.mark.parametrize(
    ("kind", "changes", "field"),
    [
        ("qrjs", {"fssj": "2022/11/10"}, "fssj"),
        ("ajwp", {}, "ywlx"),
        ("zdtjy", {"tjylb": []}, "tjylb"),
        ("zdtjy", {"tjylb": [{"xm": "石安澜", "rylb": "8"}, {"xm": "杨世芳"}]}, "tjylb[1].rylb"),
        ("ajth", {"yy": "不想调了"}, "yy"),
        ("tjyq", {"yqz": "2022-12-25", "dsryj": [{"xm": "田明秀", "sfty": "是"}]}, "dsryj[0].sfty"),
    ],
)
def test_the_court_refuses_by_its_own_words(bench: Any, kind: str, changes: dict[str, Any], field: str) -> None:
    record = bench.record(kind=kind, **changes)
    with pytest.raises(PermanentFailure) as caught:
        bench.run(bench.adapter().deliver(record))
    assert caught.value.facts["field"] == field


def test_the_same_number_with_other_contents_is_refused_by_the_court(bench: Any) -> None:
    bench.run(bench.adapter().deliver(bench.record()))
    with pytest.raises(PermanentFailure):
        bench.run(bench.adapter().deliver(bench.record(bz="改过了")))


@pytest.mark.live
def test_the_process_makes_its_keys_and_starts_quietly(tmp_path: Path) -> None:
    with running(tmp_path) as url:
        assert httpx.get(f"{url}/_sim/state", trust_env=False).json()["received"] == 0
    keys = tmp_path / "keys.json"
    assert set(json.loads(keys.read_text())) == {"app_secret"}
    assert keys.stat().st_mode & 0o077 == 0
