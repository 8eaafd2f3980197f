"""The mailbox: handed out under a receipt that is due, acknowledged, refused, taken back; and waiting costs nothing."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import event

from gateway.api import create_app
from gateway.bootstrap import Gateway, shipped_adapters
from gateway.canonical.identifiers import uuid7
from gateway.demo.cast import COURT, TOWNSHIP, VILLAGE
from gateway.settings import load_settings
from gateway.store import shown
from gateway.wire import standard_webhooks
from tests.gateway.conftest import SECRET, TOKEN, write_configuration
from tests.gateway.lifecycle import lifecycle_messages as say
from tests.gateway.town import eventually

BOX = {"adapter": "mailbox", "base_url": None, "settings": {"receipt_minutes": 10}}


class Clock:
    """The real clock, moved by what a test says."""

    def __init__(self) -> None:
        self.moved = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.moved


class Office:
    """A village without a platform, and the court that refers cases to it; all they say goes through the doors."""

    def __init__(self, gateway: Gateway, clock: Clock, client: httpx.AsyncClient) -> None:
        self.gateway, self.clock, self.client = gateway, clock, client

    async def refer(self, case: str, **changes: Any) -> str:
        """Have the court refer a case to the village; return the gateway's id of it."""
        message = {**say.referral().model_dump(mode="json", exclude_none=True), "id": uuid7(), **changes}
        message["data"]["case"] = {"partner_id": case}
        message["data"].pop("related_cases", None)
        return str((await self.say(COURT, message))["case"])

    async def supervise(self, case: str, text: str) -> None:
        """Have the court remind the village of a case."""
        message = say.supervision(day=1).model_dump(mode="json", exclude_none=True)
        message |= {"id": uuid7(), "data": {**message["data"], "case": {"partner_id": case}, "missing": text}}
        await self.say(COURT, message)

    async def say(self, partner: str, message: dict[str, Any]) -> dict[str, Any]:
        answer = await self.client.post("/v1/messages", json=message, headers=bearer(partner))
        assert answer.status_code == 202, answer.text
        (result,) = answer.json()["results"]
        assert result["fate"] == "accepted", result
        return dict(result)

    async def poll(self, **query: Any) -> dict[str, Any]:
        answer = await self.client.get("/v1/mailbox", params=query, headers=bearer(VILLAGE))
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def receipt(self, *said: dict[str, Any]) -> httpx.Response:
        body = said[0] if len(said) == 1 else {"receipts": said}
        return await self.client.post("/v1/mailbox/receipts", json=body, headers=bearer(VILLAGE))

    def deliveries(self) -> list[dict[str, Any]]:
        with self.gateway.store.engine.connect() as connection:
            return shown.deliveries(connection, partner=VILLAGE)


def bearer(partner: str) -> dict[str, str]:
    return {"x-partner": partner, "authorization": f"Bearer {TOKEN}-{partner}"}


def received(*messages: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"id": each["id"], "result": "received"} for each in messages]


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    write_configuration(tmp_path / "config", **{VILLAGE: BOX})
    settings = load_settings(data_dir=tmp_path, config_dir=tmp_path / "config")
    clock = Clock()
    gateway = Gateway(settings, shipped_adapters(), now=clock.now)
    await gateway.start()
    transport = httpx.ASGITransport(app=create_app(gateway), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway", timeout=60) as client:
        yield Office(gateway, clock, client)
    await gateway.stop()


async def test_a_message_is_handed_out_and_delivered_once_it_is_acknowledged(office: Office) -> None:
    case = await office.refer("AJ-1")
    [item] = (await office.poll())["messages"]
    message = item["message"]
    assert (message["type"], message["id"], message["subject"]) == ("fengqiao.referral", item["id"], case)
    assert message["data"]["case"]["gateway_id"] == case
    assert "AJ-1" not in json.dumps(message), "another partner's id of the case"
    [delivery] = office.deliveries()
    assert delivery["status"] == "handed"
    answer = await office.receipt(*received(item))
    assert answer.json() == {"results": [{"id": item["id"], "result": "delivered", "repeated": False}]}
    assert [each["status"] for each in office.deliveries()] == ["delivered"]
    assert (await office.poll())["messages"] == []
    again = await office.receipt(*received(item))
    assert again.json()["results"][0] == {"id": item["id"], "result": "delivered", "repeated": True}


async def test_what_was_handed_out_is_not_handed_out_twice_until_its_receipt_is_overdue(office: Office) -> None:
    await office.refer("AJ-1")
    [first] = (await office.poll())["messages"]
    assert (await office.poll())["messages"] == []
    office.clock.moved += timedelta(minutes=11)
    office.gateway.mailboxes.ring([VILLAGE])
    [again] = (await office.poll())["messages"]
    assert (again["id"], again["message"]) == (first["id"], first["message"])
    [delivery] = office.deliveries()
    assert (delivery["status"], delivery["attempts"]) == ("handed", 2)
    await office.receipt(*received(again))
    assert [each["status"] for each in office.deliveries()] == ["delivered"]


async def test_the_clock_takes_back_what_is_overdue_and_buries_what_nobody_fetches(office: Office) -> None:
    await office.refer("AJ-1")
    await office.poll()
    office.clock.moved += timedelta(minutes=11)
    await office.gateway.mailboxes.tend(office.gateway.collected)
    [delivery] = office.deliveries()
    assert (delivery["status"], delivery["code"]) == ("pending", "mailbox.receipt_overdue")
    office.clock.moved += timedelta(days=8)
    await office.gateway.mailboxes.tend(office.gateway.collected)
    [delivery] = office.deliveries()
    assert (delivery["status"], delivery["code"]) == ("dead", "mailbox.not_collected")


async def test_a_receipt_that_comes_after_the_message_was_taken_back_counts(office: Office) -> None:
    await office.refer("AJ-1")
    [item] = (await office.poll())["messages"]
    office.clock.moved += timedelta(minutes=11)
    await office.gateway.mailboxes.tend(office.gateway.collected)
    await office.receipt(*received(item))
    assert [each["status"] for each in office.deliveries()] == ["delivered"]
    assert (await office.poll())["messages"] == []


async def test_the_next_of_a_case_comes_only_after_the_one_before_is_acknowledged(office: Office) -> None:
    for case in ("AJ-1", "AJ-2"):
        await office.refer(case)
    await office.supervise("AJ-1", "请报告进展（一）")
    first = (await office.poll())["messages"]
    assert [each["message"]["type"] for each in first] == ["fengqiao.referral"] * 2, "one of each case"
    assert (await office.poll())["messages"] == []
    await office.receipt(*received(first[1]))
    assert (await office.poll())["messages"] == [], "the other case has nothing more"
    await office.receipt(*received(first[0]))
    [then] = (await office.poll())["messages"]
    assert then["message"]["data"]["missing"] == "请报告进展（一）"


async def test_a_cursor_acknowledges_everything_of_its_batch_that_was_not_refused(office: Office) -> None:
    for number in range(3):
        await office.refer(f"AJ-{number}")
    batch = await office.poll()
    refused = batch["messages"][1]
    await office.receipt({"id": refused["id"], "result": "refused", "reason": "不属于本村"})
    assert (await office.poll(after=batch["cursor"])) == {"messages": [], "cursor": None}
    statuses = {each["message_id"]: each["status"] for each in office.deliveries()}
    assert statuses.pop(refused["id"]) == "dead"
    assert set(statuses.values()) == {"delivered"}
    assert (await office.poll(after="no-such-cursor"))["messages"] == []


async def test_a_refusal_buries_with_its_reason_and_without_what_it_quotes(office: Office) -> None:
    await office.refer("AJ-1")
    [item] = (await office.poll())["messages"]
    name = item["message"]["data"]["parties"][0]["name"]
    answer = await office.receipt({"id": item["id"], "result": "refused", "reason": f"{name}不是本村人 13996000555"})
    assert answer.json()["results"][0]["result"] == "refused"
    [delivery] = office.deliveries()
    assert (delivery["status"], delivery["code"]) == ("dead", "mailbox.refused")
    assert delivery["facts"] == {"reason": "***不是本村人 ***"}
    answer = await office.receipt(*received(item))
    assert (answer.status_code, answer.json()["code"]) == (409, "mailbox.said_otherwise")


async def test_a_refused_message_can_be_handed_out_again_by_an_operator(office: Office) -> None:
    await office.refer("AJ-1")
    [item] = (await office.poll())["messages"]
    await office.receipt({"id": item["id"], "result": "refused", "reason": "看不懂"})
    await office.gateway.operations.replay_delivery(office.deliveries()[0]["id"])
    [again] = (await office.poll())["messages"]
    assert again["id"] == item["id"]
    await office.receipt(*received(again))
    assert [each["status"] for each in office.deliveries()] == ["delivered"]


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ({"id": "019e1c50-7a00-7000-8000-00000000beef", "result": "received"}, 404, "mailbox.not_handed"),
        ({"id": "x", "result": "perhaps"}, 400, "mailbox.receipt_form"),
        ({"id": "x", "result": "refused"}, 400, "mailbox.reason_missing"),
        ({"receipts": []}, 400, "mailbox.not_receipts"),
        ({"id": "x", "result": "received", "name": "x"}, 400, "mailbox.receipt_form"),
    ],
)
async def test_a_wrong_receipt_is_answered_with_a_problem(
    office: Office, said: dict[str, Any], status: int, code: str
) -> None:
    answer = await office.receipt(said)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_message_that_was_never_handed_out_cannot_be_acknowledged(office: Office) -> None:
    await office.refer("AJ-1")
    [delivery] = office.deliveries()
    answer = await office.receipt({"id": delivery["message_id"], "result": "received"})
    assert answer.json()["code"] == "mailbox.not_handed"
    assert office.deliveries()[0]["status"] == "pending"


async def test_whoever_waits_is_told_at_once(office: Office) -> None:
    waiting = asyncio.create_task(office.poll(wait=50))
    await asyncio.sleep(0)
    await office.refer("AJ-1")
    async with asyncio.timeout(20):
        [item] = (await waiting)["messages"]
    assert item["message"]["type"] == "fengqiao.referral"


async def test_waiting_and_asking_often_cost_no_query_while_there_is_nothing_new(office: Office) -> None:
    await office.refer("AJ-1")
    await office.receipt(*received(*(await office.poll())["messages"]))
    assert (await office.poll())["messages"] == []
    asked: list[str] = []
    engine = office.gateway.store.engine

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "delivery" in statement and "certificate" not in statement:  # those are looked for by the clock
            asked.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        waiting = [asyncio.create_task(office.poll(wait=2)) for _ in range(3)]
        for _ in range(200):
            assert (await office.poll())["messages"] == []
        assert [(await each)["messages"] for each in waiting] == [[], [], []]
    finally:
        event.remove(engine, "before_cursor_execute", note)
    # The clock of the embedded gateway tends the mailboxes every 15 seconds; the 203 polls asked nothing.
    assert len([each for each in asked if "SELECT" in each.split(" ")[0]]) == 0


async def test_a_mailbox_is_looked_into_once_a_bell_was_lost(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.mailbox.SAFETY", 0.2)
    assert (await office.poll())["messages"] == []
    monkeypatch.setattr("gateway.mailbox.Mailboxes.ring", lambda self, partners: None)
    await office.refer("AJ-1")
    assert len((await office.poll(wait=30))["messages"]) == 1


async def test_only_its_owner_opens_a_mailbox(office: Office) -> None:
    await office.refer("AJ-1")
    strangers = [{}, {"x-partner": VILLAGE}, {"x-partner": VILLAGE, "authorization": "Bearer x"},
                 {**bearer(TOWNSHIP), "x-partner": VILLAGE}]  # fmt: skip
    for headers in strangers:
        answer = await office.client.get("/v1/mailbox", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
    answer = await office.client.get("/v1/mailbox", headers=bearer(TOWNSHIP))
    assert (answer.status_code, answer.json()["code"]) == (404, "mailbox.none")
    assert office.deliveries()[0]["status"] == "pending"


async def test_a_signature_covers_path_and_query_where_there_is_no_body(office: Office) -> None:
    await office.refer("AJ-1")

    def signed(target: str, body: bytes | None = None) -> dict[str, str]:
        covered = target.encode() if body is None else body
        return {**standard_webhooks.headers(SECRET, "p-1", datetime.now(UTC), covered), "x-partner": VILLAGE}

    target = "/v1/mailbox?limit=5"
    assert (await office.client.get("/v1/mailbox?limit=6", headers=signed(target))).status_code == 401
    assert (await office.client.get(target, headers=signed("", b""))).status_code == 401
    answer = await office.client.get(target, headers=signed(target))
    [item] = answer.json()["messages"]
    body = json.dumps({"id": item["id"], "result": "received"}).encode()
    said = await office.client.post("/v1/mailbox/receipts", content=body, headers=signed("", body))
    assert said.status_code == 200, said.text


async def test_a_document_is_fetched_by_its_ticket_and_by_nobody_else(office: Office) -> None:
    content = b"%PDF-1.7 complaint" * 5000
    uploaded = await office.client.post("/v1/documents", content=content, headers=bearer(COURT))
    ticket = uploaded.json()
    paper = {"partner_id": "CL-1", "kind": "complaint", "name": "起诉状.pdf", "media_type": "application/pdf",
             "sha256": ticket["sha256"], "size": ticket["size"]}  # fmt: skip
    message = say.referral().model_dump(mode="json", exclude_none=True)
    await office.refer("AJ-1", data={**message["data"], "documents": [paper]})
    [item] = (await office.poll())["messages"]
    [listed] = item["documents"]
    assert (listed["name"], listed["sha256"], listed["size"]) == ("起诉状.pdf", ticket["sha256"], len(content))
    got = await office.client.get(listed["href"], headers=bearer(VILLAGE))
    assert hashlib.sha256(got.content).hexdigest() == ticket["sha256"]
    for headers in (bearer(TOWNSHIP), bearer(COURT)):
        assert (await office.client.get(listed["href"], headers=headers)).status_code == 404
    guessed = f"/v1/mailbox/documents/{ticket['sha256']}.{'0' * 32}"
    assert (await office.client.get(guessed, headers=bearer(VILLAGE))).json()["code"] == "mailbox.ticket_unknown"
    assert (await office.client.get(listed["href"])).status_code == 401


async def test_a_receipt_teaches_the_villages_own_number_of_the_case(office: Office) -> None:
    case = await office.refer("AJ-1")
    [item] = (await office.poll())["messages"]
    await office.receipt({"id": item["id"], "result": "received", "case": "青石村-2026-7"})
    accepted = say.acceptance().model_dump(mode="json", exclude_none=True)
    accepted |= {"id": uuid7()}
    accepted["data"]["case"] = {"partner_id": "青石村-2026-7"}
    assert (await office.say(VILLAGE, accepted))["case"] == case


async def test_closing_answers_whoever_waits(office: Office) -> None:
    waiting = asyncio.create_task(office.poll(wait=50))
    await eventually(lambda: office.gateway.mailboxes.waiting, bool)
    office.gateway.mailboxes.close()
    async with asyncio.timeout(20):
        assert (await waiting)["messages"] == []
