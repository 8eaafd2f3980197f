"""Suspected duplicates over HTTP: with the administration's token, without a name, decided once."""

from __future__ import annotations

import httpx

from gateway.demo.cast import COURT, Calendar
from gateway.demo.cast import referral as of_the_court
from tests.gateway.api.test_api import admin, client
from tests.gateway.conftest import Door

__all__ = ["client"]
PERSONAL = ("许书宁", "冉明溪", "500242198503120012", "13996000121", "青石村")
SAID = {"reason": "同一堵墙", "by": "王管理员"}


async def twins(door: Door) -> None:
    calendar = Calendar()
    for case in ("AJ-1", "AJ-2"):
        await door.send(COURT, of_the_court(calendar, case))


async def test_suspected_duplicates_need_the_token_and_name_nobody(client: httpx.AsyncClient, door: Door) -> None:
    await twins(door)
    assert (await client.get("/admin/duplicates")).status_code == 401
    answer = await client.get("/admin/duplicates", headers=admin(door))
    (found,) = answer.json()
    assert found["grounds"] == ["parties", "type", "place"]
    assert {case["state"] for case in found["cases"]} == {"DISPATCHED"}
    assert not [word for word in PERSONAL if word in answer.text]
    named = await client.get("/admin/duplicates?case=AJ-2", headers=admin(door))
    assert named.json() == answer.json()
    assert (await client.get("/admin/duplicates?case=AJ-9", headers=admin(door))).status_code == 404
    trace = await client.get("/admin/cases/AJ-1", headers=admin(door))
    assert [each["id"] for each in trace.json()["duplicates"]] == [found["id"]]


async def test_a_verdict_is_given_with_name_and_reason_and_the_last_one_counts(
    client: httpx.AsyncClient, door: Door
) -> None:
    await twins(door)
    ((found,), path) = (await client.get("/admin/duplicates", headers=admin(door))).json(), "/admin/duplicates"
    nameless = await client.post(f"{path}/{found['id']}/dismiss", json={"reason": "another"}, headers=admin(door))
    assert nameless.status_code == 422
    assert (await client.post(f"{path}/{found['id']}/dismiss", json=SAID)).status_code == 401
    unknown = await client.post(f"{path}/no-such/dismiss", json=SAID, headers=admin(door))
    assert (unknown.status_code, unknown.json()["code"]) == (404, "case.suspicion_unknown")
    for verb, changed in (("dismiss", True), ("dismiss", False), ("confirm", True)):
        done = await client.post(f"{path}/{found['id']}/{verb}", json=SAID, headers=admin(door))
        assert done.json()["changed"] is changed
    assert (await client.get(f"{path}?open_only=true", headers=admin(door))).json() == []
    (now,) = (await client.get(path, headers=admin(door))).json()
    assert (now["verdict"], now["decided_by"]) == ("confirmed", "王管理员")
