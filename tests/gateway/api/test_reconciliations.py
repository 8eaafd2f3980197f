"""Comparisons over HTTP: partners ask what we hold from them, administrators what was found."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from gateway.demo.cast import COURT, VILLAGE, Calendar
from gateway.demo.cast import referral as of_the_court
from gateway.reconciliation import day_of, own_holdings
from gateway.wire import standard_webhooks
from tests.gateway.api.test_api import admin, bearer, client, referral
from tests.gateway.conftest import SECRET, Door

__all__ = ["client"]
DAYS = timedelta(days=1)


def today(door: Door) -> str:
    return day_of(door.gateway.now()).isoformat()


async def held(client: httpx.AsyncClient, partner: str, **question: Any) -> dict[str, Any]:
    answer = await client.post("/v1/holdings", json=question, headers=bearer(partner))
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


async def test_a_partner_learns_what_we_hold_from_it_with_a_digest_it_can_compare(
    client: httpx.AsyncClient, door: Door
) -> None:
    sent = several(3)
    await client.post("/v1/messages", json={"messages": sent}, headers=bearer(COURT))
    page = await held(client, COURT, day=today(door))
    assert (page["total"], page["next"]) == (3, None)
    digests = {each["id"]: canonical_digest(each) for each in sent}
    assert {each["id"]: each["digest"] for each in page["items"]} == digests
    assert {each["fate"] for each in page["items"]} == {"accepted"}


async def test_what_came_in_another_dialect_is_named_without_a_digest_and_what_was_refused_is_not(
    client: httpx.AsyncClient, door: Door
) -> None:
    taken, refused = of_the_court(Calendar(), "AJ-1"), of_the_court(Calendar(), "AJ-2")
    refused["fields"]["dsrlb"][0]["zjhm"] = "500242198503120013"
    for record in (taken, refused):
        await door.send(COURT, record)
    page = await held(client, COURT, day=today(door))
    assert [(each["id"], each["digest"]) for each in page["items"]] == [(taken["id"], None)]


async def test_a_partner_sees_nothing_of_another_one_and_nothing_of_another_day(
    client: httpx.AsyncClient, door: Door
) -> None:
    await client.post("/v1/messages", json=referral(), headers=bearer(COURT))
    assert (await held(client, VILLAGE, day=today(door)))["items"] == []
    assert (await held(client, COURT, day="2020-02-29"))["items"] == []


async def test_a_long_list_comes_in_pages(
    client: httpx.AsyncClient, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_holdings, "PAGE", 2)
    sent = several(5)
    await client.post("/v1/messages", json={"messages": sent}, headers=bearer(COURT))
    found, after = [], ""
    while after is not None:
        page = await held(client, COURT, day=today(door), after=after)
        found += [each["id"] for each in page["items"]]
        after = page["next"]
    assert found == [each["id"] for each in sent]


async def test_the_list_is_given_to_whoever_proves_to_be_the_partner(client: httpx.AsyncClient, door: Door) -> None:
    body = json.dumps({"day": today(door)}).encode()
    signed = standard_webhooks.headers(SECRET, "msg_1", datetime.now(UTC), body)
    good = await client.post("/v1/holdings", content=body, headers={**signed, "x-partner": COURT})
    assert good.status_code == 200, good.text
    other_day = body.replace(b"-", b"- ", 1)
    refused = [
        await client.post("/v1/holdings", content=other_day, headers={**signed, "x-partner": COURT}),
        await client.post("/v1/holdings", content=body, headers={"x-partner": COURT}),
        await client.post("/v1/holdings", content=body, headers={**bearer(COURT), "x-partner": VILLAGE}),
        await client.post("/v1/holdings", content=body),
    ]
    assert [answer.status_code for answer in refused] == [401] * 4


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"day": "24.11.2026"}', b'{"day": "2026-11-24", "more": 1}'])
async def test_a_question_of_another_form_is_a_problem(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post("/v1/holdings", content=body, headers=bearer(COURT))
    assert (answer.status_code, answer.json()["code"]) == (400, "reconciliation.day_form")


async def test_an_administrator_compares_and_reads_what_was_found(client: httpx.AsyncClient, door: Door) -> None:
    day = today(door)
    wish = {"partner": COURT, "day": day}
    run = (await client.post("/admin/reconciliations", json=wish, headers=admin(door))).json()
    assert (run["state"], run["code"], set(run["texts"])) == ("failed", "transport.refused", {"zh", "en"})
    listed = (await client.get(f"/admin/reconciliations?day={day}", headers=admin(door))).json()
    assert [(each["partner"], each["state"]) for each in listed] == [(COURT, "failed")]


async def test_a_comparison_is_an_administrators_to_ask_for(client: httpx.AsyncClient, door: Door) -> None:
    wish = {"partner": "nobody", "day": today(door)}
    assert (await client.post("/admin/reconciliations", json=wish)).status_code == 401
    assert (await client.get("/admin/reconciliations")).status_code == 401
    assert (await client.post("/admin/reconciliations", json=wish, headers=admin(door))).status_code == 404
    later = {"partner": COURT, "day": (datetime.now(UTC) + 3 * DAYS).date().isoformat()}
    answer = await client.post("/admin/reconciliations", json=later, headers=admin(door))
    assert (answer.status_code, answer.json()["code"]) == (409, "reconciliation.not_yet")


def several(count: int) -> list[dict[str, Any]]:
    """Return referrals of so many cases."""
    said = [referral() for _ in range(count)]
    for number, each in enumerate(said):
        each["data"]["case"] = {"partner_id": f"AJ-{number}"}
    return said


def canonical_digest(message: dict[str, Any]) -> str:
    """Return the digest as a partner computes it from the documentation."""
    text = json.dumps(message, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
