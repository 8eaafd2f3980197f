"""An office that only answers when it is asked: nothing it holds is lost or doubled, whatever becomes of the cursor."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.justice_office.adapter import JusticeOffice
from gateway.contract import POLLED, Partner, Request, Response, is_polled
from gateway.errors import TemporaryFailure, Undecodable
from gateway.texts import catalogue
from tests.adapters.justice_office.bureau import bureau, entry
from tests.gateway.town import eventually

NOW = datetime(2026, 11, 9, 4, 0, 0, tzinfo=UTC)


def office(**settings: Any) -> JusticeOffice:
    """Return an adapter whose clock stands still."""
    given = {"app_id": "fengqiao", "mode": "poll", **settings}
    return JusticeOffice(Partner(name="office", settings=given, secret=lambda name: "a-secret", now=lambda: NOW))


def answered(adapter: JusticeOffice, cursor: str | None, page: Any) -> tuple[dict[str, Any], Any]:
    """Return what was asked and the batch that came of the answer."""
    exchange = adapter.poll(cursor)
    asked = next(exchange)
    assert isinstance(asked.body, bytes)
    body = json.dumps({"code": 0, "msg": "成功", "data": page}, ensure_ascii=False).encode()
    with pytest.raises(StopIteration) as end:
        exchange.send(Response(status=200, headers={"content-type": "application/json"}, body=body))
    return json.loads(asked.body), end.value.value


def listed(number: int, update_time: str) -> dict[str, Any]:
    """Return an entry as the office lists it."""
    record = entry(number)
    return {"record_no": record["id"], "kind": record["kind"], "content": record["fields"], "update_time": update_time}


async def test_what_the_office_holds_arrives_once_page_by_page(tmp_path: Path) -> None:
    async with bureau(tmp_path, mode="poll", page_size=2) as there:
        await there.enter(1, 2, 3, 4, 5, update_time="2026-05-20 10:30:00")  # imported in one second
        await there.enter(6, 7, update_time="2026-05-21 10:30:00")
        found = await eventually(there.records, lambda found: len(found) == 7)
        assert {each["fate"] for each in found} == {"accepted"}
        rounds = await there.asked()
        await eventually_asked(there, rounds + 3)
        assert len(there.records()) == 7


async def test_what_is_entered_late_or_corrected_arrives_and_nothing_twice(tmp_path: Path) -> None:
    async with bureau(tmp_path, mode="poll", page_size=2, overlap=3600) as there:
        await there.enter(1, 2, update_time="2026-05-20 10:30:00")
        await eventually(there.records, lambda found: len(found) == 2)
        await there.enter(3, update_time="2026-05-20 09:45:00")  # behind the cursor, within the overlap
        await eventually(there.records, lambda found: len(found) == 3)
        await there.list_unit(org_name="青石村调委会", update_time="2026-05-20 10:40:00")
        await there.list_unit(org_name="青石村人民调解委员会", version="2", update_time="2026-05-20 10:50:00")
        found = await eventually(there.records, lambda found: "2" in {each["version"] for each in found})
        assert {each["fate"] for each in found} == {"accepted"}


async def test_a_lost_cursor_costs_a_second_look_and_no_record(tmp_path: Path) -> None:
    async with bureau(tmp_path, mode="poll", page_size=2) as there:
        await there.enter(1, 2, 3, update_time="2026-05-20 10:30:00")
        await eventually(there.records, lambda found: len(found) == 3)
        rounds = await there.asked()
        there.forget_the_cursor()
        await there.enter(4, update_time="2026-05-20 10:31:00")
        await eventually(there.records, lambda found: len(found) == 4)
        await eventually_asked(there, rounds + 4)
        assert len(there.records()) == 4


async def test_an_office_that_pushes_is_not_polled(tmp_path: Path) -> None:
    async with bureau(tmp_path, mode="push") as there:
        await there.enter(1)
        assert not is_polled(there.gateway.post("office").adapter)
        await there.gateway.chores.polling.set_off()
        assert await there.asked() == 0
        assert there.records() == []


def test_a_round_looks_back_and_its_pages_go_on_from_the_last_record() -> None:
    adapter = office(overlap=3600)
    asked, batch = answered(adapter, None, {"records": [listed(1, "2026-05-20 10:30:00")], "has_more": True})
    assert (asked["begin"], asked["after_no"]) == (None, None)
    assert batch.more
    asked, batch = answered(adapter, batch.cursor, {"records": [listed(2, "2026-05-20 10:30:00")], "has_more": False})
    assert (asked["begin"], asked["after_no"]) == ("2026-05-20 10:30:00", "XZ01-1")
    asked, batch = answered(adapter, batch.cursor, {"records": [], "has_more": False})
    assert (asked["begin"], asked["after_no"]) == ("2026-05-20 09:30:00", None)
    asked, _ = answered(adapter, batch.cursor, {"records": [], "has_more": False})
    assert asked["begin"] == "2026-05-20 09:30:00", "an empty round does not carry the cursor further back"


def test_a_clock_that_runs_ahead_does_not_carry_the_cursor_past_what_is_to_come() -> None:
    adapter = office(overlap=0)
    _, batch = answered(adapter, None, {"records": [listed(1, "2027-01-01 00:00:00")], "has_more": False})
    asked, _ = answered(adapter, batch.cursor, {"records": [], "has_more": False})
    assert asked["begin"] == "2026-11-09 12:00:00"


@pytest.mark.parametrize(
    "page",
    [
        {"records": [], "has_more": True},
        {"records": [{"record_no": "1", "kind": "x", "content": {}}], "has_more": True},
        {"records": "none", "has_more": False},
        {"records": []},
        [],
    ],
)
def test_a_page_that_cannot_be_gone_on_from_is_asked_for_again(page: Any) -> None:
    exchange = office().poll(None)
    next(exchange)
    body = json.dumps({"code": 0, "data": page}).encode()
    with pytest.raises(TemporaryFailure) as failure:
        exchange.send(Response(status=200, headers={"content-type": "application/json"}, body=body))
    assert failure.value.code in catalogue()


def test_what_was_fetched_is_read_again_as_it_was() -> None:
    adapter = office()
    broken = {
        "record_no": "XZ01-9",
        "kind": "register.intake",
        "content": "none",
        "update_time": "2026-05-20 10:30:00",
    }
    page = {"records": [listed(1, "2026-05-20 10:30:00"), broken], "has_more": False}
    _, batch = answered(adapter, None, page)
    assert tuple(adapter.decode(Request(method=POLLED, path="/", body=batch.answer))) == batch.records
    assert [record.kind for record in batch.records] == ["register.intake", "unreadable"]


def test_the_door_of_an_office_that_is_polled_is_closed() -> None:
    with pytest.raises(Undecodable) as refusal:
        office().decode(Request(method="POST", path="/records", body=b'{"records": [{}]}'))
    assert refusal.value.code == "justice_office.is_polled"


async def eventually_asked(there: Any, count: int) -> None:
    """Wait until the office was asked so often."""
    while await there.asked() < count:  # the test's own time limit ends it
        await there.gateway.chores.polling.set_off()
