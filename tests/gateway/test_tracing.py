"""W3C trace context: what is taken in, what is kept, and what the partners get of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.api import create_app
from gateway.bootstrap import Gateway, shipped_adapters
from gateway.demo import cast
from gateway.demo.cast import COURT, VILLAGE, Calendar
from gateway.settings import load_settings
from gateway.tracing import handed_on, taken_in, trace_of
from tests.contract.wires import served
from tests.gateway.conftest import Door, write_configuration

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
GIVEN = f"00-{TRACE}-{SPAN}-01"


class Overheard:
    """A pretend partner's application, and the headers of every delivery to it."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self.headers: list[Mapping[str, str]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and not scope["path"].startswith("/_sim"):
            self.headers.append({name.decode(): value.decode() for name, value in scope["headers"]})
        await self._app(scope, receive, send)


class Stage:
    """A gateway in this process whose village listens, and a client at its doors."""

    def __init__(self, door: Door, village: Overheard, client: httpx.AsyncClient) -> None:
        self.door, self.village, self.client = door, village, client

    async def refer(self, case: str, **headers: str) -> httpx.Response:
        request = self.door.request(COURT, cast.referral(Calendar(), case))
        given = {**request.headers, **headers}
        return await self.client.post(f"/partners/{COURT}{request.path}", content=request.body, headers=given)

    async def overheard(self, count: int = 1) -> Mapping[str, str]:
        for _ in range(400):
            if len(self.village.headers) >= count:
                return self.village.headers[count - 1]
            await asyncio.sleep(0.02)
        raise AssertionError("nothing came to the village")


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with on_stage(tmp_path) as stage:
        yield stage


class on_stage:  # noqa: N801  # reads as a word where it is entered
    """Enter a gateway with a listening village; more settings may be given."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self._folder, self._settings = folder, settings

    async def __aenter__(self) -> Stage:
        keys = write_configuration(self._folder / "config")
        self._gateway_keys = keys
        placeholder = Overheard(None)
        self._served = served(placeholder)
        url = self._served.__enter__()
        kept = {name: (self._folder / "config" / "secrets" / name).read_text() for name in self._names()}
        write_configuration(self._folder / "config", **{VILLAGE: {"base_url": url}})
        for name, value in kept.items():
            (self._folder / "config" / "secrets" / name).write_text(value)
        settings = load_settings(
            data_dir=self._folder, config_dir=self._folder / "config", redelivery_base_seconds=0.05,
            redelivery_cap_seconds=0.2, **self._settings,
        )  # fmt: skip
        self._gateway = Gateway(settings, shipped_adapters())
        await self._gateway.start()
        door = Door(self._gateway, keys)
        placeholder._app = door.simulators[VILLAGE].app
        transport = httpx.ASGITransport(app=create_app(self._gateway))
        self._client = httpx.AsyncClient(transport=transport, base_url="http://gateway")
        return Stage(door, placeholder, self._client)

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()
        await self._gateway.stop()
        self._served.__exit__(None, None, None)

    def _names(self) -> list[str]:
        return [file.name for file in (self._folder / "config" / "secrets").iterdir()]


@pytest.mark.parametrize(
    "given",
    [
        "", "x", GIVEN[:-1], GIVEN + "0", GIVEN + "-more", GIVEN.upper(), f"{GIVEN}, {GIVEN}", "ff" + GIVEN[2:],
        f"00-{'0' * 32}-{SPAN}-01", f"00-{TRACE}-{'0' * 16}-01", f"00-{TRACE[:-1]}g-{SPAN}-01",
        "00-" + "١" * 32 + GIVEN[35:],
    ],
)  # fmt: skip
def test_a_malformed_traceparent_is_ignored_and_a_new_trace_begins(given: str) -> None:
    trace = taken_in({"traceparent": given, "tracestate": "a=1"})
    assert trace.trace_id != TRACE
    assert len(trace.trace_id) == 32
    assert (trace.parent_id, trace.state) == (None, "")


def test_a_right_one_is_taken_with_its_state_also_of_a_later_version() -> None:
    trace = taken_in({"traceparent": f" {GIVEN} ", "tracestate": "vendor=x:1,a@b=2"})
    assert (trace.trace_id, trace.parent_id, trace.sampled, trace.state) == (TRACE, SPAN, True, "vendor=x:1,a@b=2")
    assert not taken_in({"traceparent": GIVEN[:-1] + "0"}).sampled
    assert taken_in({"traceparent": "01" + GIVEN[2:] + "-what-comes"}).trace_id == TRACE


@pytest.mark.parametrize("state", ["nothing", "A=1", "a=1,a=2", "a=" + "x" * 600, "a=\x7f", ",".join("a=1" * 40)])
def test_a_malformed_tracestate_is_dropped_and_the_trace_goes_on(state: str) -> None:
    trace = taken_in({"traceparent": GIVEN, "tracestate": state})
    assert (trace.trace_id, trace.state) == (TRACE, "")


def test_what_is_handed_on_is_a_right_traceparent_of_a_new_span() -> None:
    first, second = taken_in({"traceparent": handed_on(TRACE)}), taken_in({"traceparent": handed_on(TRACE)})
    assert first.trace_id == second.trace_id == TRACE
    assert first.parent_id != second.parent_id


def test_a_message_without_a_trace_has_its_own_id_for_one_at_every_attempt() -> None:
    message_id = "0182b9a0-0000-7000-8000-000000000001"
    assert trace_of(message_id, None) == message_id.replace("-", "")
    assert trace_of(message_id, TRACE) == TRACE


async def test_the_partner_gets_the_senders_trace_with_a_new_span_and_no_state(stage: Stage) -> None:
    assert (await stage.refer("AJ-1", traceparent=GIVEN, tracestate="court=inside")).status_code == 200
    got = await stage.overheard()
    handed = taken_in(got)
    assert handed.trace_id == TRACE
    assert handed.parent_id not in (None, SPAN)
    assert "tracestate" not in got


async def test_every_attempt_has_the_same_trace_and_a_span_of_its_own(stage: Stage) -> None:
    url = str(stage.door.gateway.post(VILLAGE).row.base_url)
    async with httpx.AsyncClient(base_url=url, trust_env=False) as control:
        await control.post("/_sim/faults", json={"fault": "down", "times": 1})
    await stage.refer("AJ-1")
    await stage.overheard(2)
    first, second = map(taken_in, stage.village.headers[:2])
    assert first.trace_id == second.trace_id
    assert first.parent_id != second.parent_id
