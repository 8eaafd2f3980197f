"""The police and a mediation centre report the same quarrel: the gateway links the two cases, and merges nothing."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog

from gateway import inbound
from gateway.demo.cast import IN_CENTRES, TOWNSHIP, VILLAGE
from gateway.store import suspicions
from tests.stories.field import OFFICE, STATION, Field, standing

STATION_CODE = "ORG-STATION"
PERSONAL = ("许书宁", "冉明溪", "500242198503120012", "500242197906211029", "13996000121", "13996000122", "青石村")


@pytest.fixture
async def field(tmp_path: Path) -> AsyncIterator[Field]:
    async with standing(tmp_path) as opened:
        yield opened


def of_the_police(field: Field, **changed: Any) -> dict[str, Any]:
    """The station entrusts a quarrel between neighbours to the justice office; of one of them it has the name alone."""
    said_at = field.at(days=3)[:19].replace("T", " ")
    agreed = {"ty": "1", "tysj": said_at, "tyfs": "2"}
    fields = {
        "fssj": said_at, "fsdw": STATION_CODE, "jsdw": "ORG-OFFICE", "jwbh": "JW-17", "sabh": "受案17号", "wtfs": "3",
        "jflx": "0201", "fsdd": "示例县示例乡青石村3组", "jyaq": "双方因砌墙发生口角。",
        "dsrlb": [{"ssdw": "1", "dsrlx": "0", "xm": "冉明溪"},
                  {"ssdw": "2", "dsrlx": "0", "xm": "许书宁", "zjlx": "111", "zjhm": "500242198503120012"}],
        "yylb": [{"xm": name, **agreed} for name in ("冉明溪", "许书宁")],
        **changed,
    }  # fmt: skip
    return {"kind": "JF0101", "id": f"PCS-{fields['jwbh']}", "fields": fields}


def of_the_centre(field: Field, event: str = "SJ-5", **changed: Any) -> dict[str, Any]:
    """The village hands the same quarrel to the township, a day later and in its own words."""
    agreed = {"agree": "1", "agreeTime": int(field.now.timestamp() * 1000) - 3 * 86_400_000, "agreeMode": "1"}
    fields = {
        "occurTime": field.at(days=2)[:19].replace("T", " "), "fromOrgCode": IN_CENTRES[VILLAGE],
        "toOrgCode": IN_CENTRES[TOWNSHIP], "eventId": event, "dispatchType": "1", "disputeTypeCode": "0201",
        "occurAddress": "示例乡青石村３组", "eventDesc": "邻里因围墙争执。",
        "partyList": [
            {"partyRole": "1", "partyKind": "0", "partyName": "许书宁", "idCardType": "1",
             "idCardNo": "500242198503120012", "phone": "13996000121"},
            {"partyRole": "2", "partyKind": "0", "partyName": "冉明溪", "phone": "13996000122"},
        ],
        "consentList": [{"partyName": name, **agreed} for name in ("许书宁", "冉明溪")],
        **changed,
    }  # fmt: skip
    return {"kind": "case.dispatch", "id": f"V01-{event}", "fields": fields}


async def both(field: Field) -> None:
    answer = await field.push(STATION, of_the_police(field))
    assert "已受理" in answer, answer
    answer = await field.push(VILLAGE, of_the_centre(field))
    assert "ACCEPTED" in answer, answer


def suspected(field: Field) -> list[dict[str, Any]]:
    with field.gateway.store.engine.connect() as connection:
        return suspicions.suspected(connection)


async def ask(field: Field, path: str) -> httpx.Response:
    return await field.client.get(path, headers={"authorization": f"Bearer {field.gateway.admin_token}"})


async def test_the_same_quarrel_from_the_police_and_the_village_is_linked_reported_and_not_merged(
    field: Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbound, "log", structlog.get_logger())  # not one that is bound to what was configured before
    with structlog.testing.capture_logs() as logged:
        await both(field)
    cases = {case["id"]: case["state"] for case in field.cases()}
    assert list(cases.values()) == ["DISPATCHED", "DISPATCHED"], "two cases, as before"
    (found,) = (await ask(field, "/admin/duplicates?open_only=true")).json()
    assert {case["id"]: case["origin_partner"] for case in found["cases"]}.keys() == cases.keys()
    assert {case["origin_partner"] for case in found["cases"]} == {STATION, VILLAGE}
    assert found["grounds"] == ["parties", "type", "place"]
    assert re.search(r"^fengqiao_suspected_duplicates 1\.0$", (await ask(field, "/metrics")).text, re.MULTILINE)
    (line,) = [each for each in logged if each["event"] == "case.duplicate_suspected"]
    assert {line["case_id"], line["other_case_id"]} == cases.keys()
    everything = str(found) + str(line) + (await ask(field, "/admin/duplicates")).text
    assert not [word for word in PERSONAL if word in everything]


async def test_each_receiver_gets_its_own_record_and_goes_on_with_it_after_a_verdict(field: Field) -> None:
    await both(field)
    assert len(await field.received(OFFICE)) == 1
    (order,) = await field.received(TOWNSHIP, "case.dispatch")
    (found,) = suspected(field)
    path = f"/admin/duplicates/{found['id']}/confirm"
    token = {"authorization": f"Bearer {field.gateway.admin_token}"}
    said = {"reason": "同一堵墙的纠纷", "by": "王管理员"}
    assert (await field.client.post(path, json=said, headers=token)).json()["changed"] is True
    assert {case["state"] for case in field.cases()} == {"DISPATCHED"}
    taken = {
        "occurTime": field.at(days=1)[:19].replace("T", " "), "fromOrgCode": IN_CENTRES[TOWNSHIP],
        "toOrgCode": IN_CENTRES[VILLAGE], "eventId": order["case"], "acceptUserName": "田秋禾",
        "acceptTime": int(field.now.timestamp() * 1000) - 86_400_000,
    }  # fmt: skip
    answer = await field.push(TOWNSHIP, {"kind": "case.accept", "id": "T01-1", "fields": taken})
    assert "ACCEPTED" in answer, answer
    assert sorted(case["state"] for case in field.cases()) == ["ACCEPTED", "DISPATCHED"]


async def test_the_same_record_again_a_later_quarrel_and_another_neighbour_are_no_duplicates(field: Field) -> None:
    await both(field)
    await both(field)
    assert len(suspected(field)) == 1
    another = of_the_centre(field, "SJ-6")
    another["fields"]["partyList"][1]["partyName"] = "覃若兰"
    another["fields"]["consentList"][1]["partyName"] = "覃若兰"
    earlier = of_the_centre(field, "SJ-7", occurTime=field.at(days=200)[:19].replace("T", " "))
    for record in (another, earlier):
        answer = await field.push(VILLAGE, record)
        assert "ACCEPTED" in answer, answer
    assert len(field.cases()) == 4
    assert len(suspected(field)) == 1


async def test_a_jurisdiction_that_wants_no_comparison_gets_none(field: Field) -> None:
    (field.gateway.settings.config_folder / "profiles.yaml").write_text(
        "default: ours\nprofiles:\n  ours: {duplicate_days: 0}\n", encoding="utf-8"
    )
    await field.gateway.reload()
    await both(field)
    assert len(field.cases()) == 2
    assert suspected(field) == []
