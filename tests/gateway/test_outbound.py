"""The right half over real HTTP: what becomes of a delivery when the partner fails, doubts remain, or a bug strikes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest

from adapters.mediation_center.adapter import MediationCenter
from gateway.bootstrap import Gateway, shipped_adapters, shipped_simulator
from gateway.contract import Exchange, Receipt, Record, Request
from gateway.demo import cast
from gateway.demo.cast import COURT, VILLAGE, Calendar
from gateway.settings import load_settings
from gateway.store import shown
from tests.contract.wires import served
from tests.gateway.conftest import Door, write_configuration


class Forgetful(MediationCenter):
    """A centre that would act twice on a record sent twice."""

    recognises_resends: ClassVar[bool] = False


class Asked(Forgetful):
    """The same, but it can be asked what it has."""

    has: ClassVar[list[str]] = []
    asked: ClassVar[list[str]] = []

    def confirm(self, record: Record) -> Exchange[Receipt | None]:
        yield Request(method="GET", path="/_sim/health")
        Asked.asked.append(record.id)
        return Receipt(case_id="EV-ASKED", already_received=True) if record.id in Asked.has else None


class Village:
    """The village's pretend system, and the gateway that delivers to it."""

    def __init__(self, door: Door, url: str, control: httpx.AsyncClient) -> None:
        self.door, self.gateway, self.url, self.control = door, door.gateway, url, control

    async def refer(self, case: str = "AJ-1") -> str:
        answer = await self.door.send(COURT, cast.referral(Calendar(), case))
        return str(httpx.Response(200, content=answer.body).json()["data"]["wgajbh"])

    async def fault(self, name: str | None, **parameters: Any) -> None:
        answer = await self.control.post("/_sim/faults", json={"fault": name, **parameters})
        assert answer.status_code == 200

    async def received(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.control.get("/_sim/received")).json()
        return found

    def delivery(self) -> dict[str, Any]:
        with self.gateway.store.engine.connect() as connection:
            (found,) = shown.deliveries(connection, partner=VILLAGE)
        return found

    def tries(self, case: str) -> list[dict[str, Any]]:
        with self.gateway.store.engine.connect() as connection:
            tries: list[dict[str, Any]] = shown.trace(connection, case)["steps"][0]["deliveries"][0]["tries"]
        return tries

    async def until(self, *statuses: str, code: str | None = None) -> dict[str, Any]:
        for _ in range(400):
            found = self.delivery()
            if found["status"] in statuses and (code is None or found["code"] == code):
                return found
            await asyncio.sleep(0.05)
        raise AssertionError(self.delivery())


Make = Callable[..., Any]


@pytest.fixture
def simulator_url(tmp_path: Path) -> Iterator[Callable[[dict[str, str]], str]]:
    with pytest.MonkeyPatch.context():
        contexts: list[Any] = []

        def serve(keys: dict[str, str]) -> str:
            simulator = shipped_simulator("mediation_center")(gateway_url=None, partner=VILLAGE, keys=keys)
            context = served(simulator.app)
            contexts.append(context)
            url: str = context.__enter__()
            return url

        yield serve
        for context in contexts:
            context.__exit__(None, None, None)


@pytest.fixture
async def make_village(tmp_path: Path, simulator_url: Callable[[dict[str, str]], str]) -> AsyncIterator[Make]:
    """Make a gateway whose village listens; the adapter class and the partner row may be changed."""
    started: list[tuple[Gateway, httpx.AsyncClient]] = []

    async def make(adapter: type[MediationCenter] = MediationCenter, **row: Any) -> Village:
        folder = tmp_path / "config"
        keys = write_configuration(folder)
        url = simulator_url(keys[VILLAGE])
        keys_again = write_configuration(folder, **{VILLAGE: {"base_url": url, **row}})
        for name, value in keys[VILLAGE].items():
            (folder / "secrets" / f"{VILLAGE}.{name}").write_text(value)
        settings = load_settings(
            data_dir=tmp_path, config_dir=folder, redelivery_base_seconds=0.05, redelivery_cap_seconds=0.2
        )
        gateway = Gateway(settings, {**shipped_adapters(), "mediation_center": adapter})
        await gateway.start()
        control = httpx.AsyncClient(base_url=url, trust_env=False)
        started.append((gateway, control))
        return Village(Door(gateway, {**keys_again, VILLAGE: keys[VILLAGE]}), url, control)

    yield make
    for gateway, control in started:
        await control.aclose()
        await gateway.stop()


async def test_a_delivery_is_closed_with_the_partners_receipt(make_village: Make) -> None:
    village = await make_village()
    case = await village.refer()
    await village.until("delivered")
    (held,) = await village.received()
    assert held["times"] == 1
    with village.gateway.store.engine.connect() as connection:
        names = {row["value"] for row in shown.trace(connection, case)["references"] if row["partner"] == VILLAGE}
    assert names == {held["case"]}, "the centre's own id of the case is learnt"


async def test_a_partner_that_is_down_gets_it_when_it_is_back(make_village: Make) -> None:
    village = await make_village()
    await village.fault("down")
    case = await village.refer()
    for _ in range(200):
        if village.delivery()["attempts"] >= 2:
            break
        await asyncio.sleep(0.02)
    await village.fault(None)
    await village.until("delivered")
    outcomes = [attempt["outcome"] for attempt in village.tries(case)]
    assert outcomes[-1] == "delivered"
    assert set(outcomes[:-1]) == {"temporary"}


async def test_a_resend_goes_under_the_same_id_and_the_same_bytes(make_village: Make) -> None:
    village = await make_village()
    await village.fault("answer_lost", times=2)
    case = await village.refer()
    await village.until("delivered")
    (held,) = await village.received()
    assert held["times"] == 3
    tries = village.tries(case)
    assert [attempt["outcome"] for attempt in tries] == ["in_doubt", "in_doubt", "delivered"]
    assert len({attempt["request_digest"] for attempt in tries}) == 1


async def test_in_doubt_a_partner_that_can_be_asked_is_asked_before_anything_is_sent_again(make_village: Make) -> None:
    village = await make_village(Asked)
    Asked.has, Asked.asked = [], []
    await village.fault("answer_lost", times=1)
    await village.refer()
    for _ in range(200):
        if (await village.received()) != []:
            break
        await asyncio.sleep(0.01)
    Asked.has = [village.delivery()["message_id"]]
    await village.until("delivered")
    (held,) = await village.received()
    assert held["times"] == 1, "it had it: nothing was sent a second time"
    assert Asked.asked


async def test_in_doubt_a_partner_that_denies_it_gets_it_again(make_village: Make) -> None:
    village = await make_village(Asked)
    Asked.has, Asked.asked = [], []
    await village.fault("reset", times=1)
    await village.refer()
    await village.until("delivered")
    assert len(Asked.asked) == 1
    assert [held["times"] for held in await village.received()] == [1]


async def test_in_doubt_a_person_decides_where_the_row_says_so(make_village: Make) -> None:
    village = await make_village(Forgetful, in_doubt="wait")
    await village.fault("answer_lost", times=1)
    await village.refer()
    waiting = await village.until("in_doubt", code="delivery.in_doubt_waits")
    assert waiting["due_at"] is None
    await asyncio.sleep(0.5)
    assert [held["times"] for held in await village.received()] == [1], "nothing goes out while it waits"
    assert await village.gateway.operations.withdraw(waiting["id"], "the village confirmed it by telephone") == VILLAGE
    assert village.delivery()["status"] == "withdrawn"


async def test_in_doubt_it_is_sent_again_where_the_row_says_so(make_village: Make) -> None:
    village = await make_village(Forgetful, in_doubt="resend")
    await village.fault("answer_lost", times=1)
    await village.refer()
    await village.until("delivered")
    assert [held["times"] for held in await village.received()] == [2]


async def test_a_permanent_refusal_is_dead_at_once_with_its_reason(make_village: Make) -> None:
    village = await make_village()
    await village.fault("refuse", reason="区划不符")
    case = await village.refer()
    dead = await village.until("dead")
    assert dead["code"]
    assert len(village.tries(case)) == 1
    await village.fault(None)
    assert await village.gateway.operations.replay_delivery(dead["id"]) == VILLAGE
    await village.until("delivered")


async def test_a_deadline_that_passes_makes_it_dead_with_the_last_reason(make_village: Make) -> None:
    village = await make_village(deadline_days=0.5 / 86_400)
    await village.fault("down")
    await village.refer()
    dead = await village.until("dead")
    assert dead["code"] == "delivery.deadline_passed"
    assert dead["facts"]["last"]


async def test_a_bug_in_an_adapter_buries_the_delivery_with_a_fault_id_and_the_lane_goes_on(make_village: Make) -> None:
    class Broken(MediationCenter):
        def deliver(self, record: Record) -> Exchange[Receipt]:
            if record.fields["gatewayCaseNo"] == Broken.victim:
                raise ZeroDivisionError
            return super().deliver(record)

        victim: ClassVar[str] = ""

    village = await make_village(Broken)
    await village.fault("down")
    Broken.victim = await village.refer("AJ-1")
    await village.until("dead")
    await village.fault(None)
    other = await village.refer("AJ-2")
    for _ in range(200):
        if await village.received():
            break
        await asyncio.sleep(0.02)
    assert [held["fields"]["gatewayCaseNo"] for held in await village.received()] == [other]
    with village.gateway.store.engine.connect() as connection:
        (dead,) = shown.deliveries(connection, status="dead")
    assert dead["code"] == "gateway.fault"
    assert dead["facts"]["fault"]


async def test_a_slow_case_does_not_hold_back_the_others(make_village: Make) -> None:
    village = await make_village(timeouts={"connect": 2, "answer": 3})
    await village.fault("slow", seconds=1.5, times=1)
    first = await village.refer("AJ-1")
    await asyncio.sleep(0.2)
    second = await village.refer("AJ-2")
    for _ in range(100):
        if [held["fields"]["gatewayCaseNo"] for held in await village.received()] == [second]:
            break
        await asyncio.sleep(0.01)
    else:
        raise AssertionError("the second case waited for the first")
    for _ in range(100):
        if len(await village.received()) == 2:
            break
        await asyncio.sleep(0.05)
    assert [held["fields"]["gatewayCaseNo"] for held in await village.received()] == [second, first]
