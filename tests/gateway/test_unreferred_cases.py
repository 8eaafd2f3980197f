"""Disputes that go to litigation without ever being referred, through the court platform's own door."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from gateway.cli import application
from gateway.demo import cast
from gateway.demo.cast import COURT, VILLAGE, Calendar
from gateway.store import shown
from gateway.store.tables import delivery, inbox, message
from tests.gateway.conftest import Door

NUMBER = "(2026)渝0242民初2107号"


def to_litigation(case: str = "AJ-1", *, reason: str = "1", number: str | None = None, **fields: Any) -> dict[str, Any]:
    """The court takes a dispute to litigation; nobody else is told."""
    said = cast.litigation(Calendar(), case, number=number)
    del said["fields"]["jsjg"]
    return {**said, "fields": {**said["fields"], "zsyy": reason, **fields}}


async def send(door: Door, partner: str, record: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((await door.send(partner, record)).body)
    return found


def trace(door: Door, case: str) -> dict[str, Any]:
    with door.gateway.store.engine.connect() as connection:
        case_id = shown.find_case(connection, case)
        assert case_id is not None
        return shown.trace(connection, case_id)


def rows(door: Door, table: Any) -> list[dict[str, Any]]:
    with door.gateway.store.engine.connect() as connection:
        return [dict(row) for row in connection.execute(select(table)).mappings()]


@pytest.mark.parametrize("reason", [{"reason": "1"}, {"reason": "3"}, {"reason": "9", "bz": "当事人已另行起诉"}])
async def test_a_transfer_of_a_case_that_was_never_referred_is_accepted_and_then_filed(
    door: Door, reason: dict[str, str]
) -> None:
    answer = await send(door, COURT, to_litigation(**reason))
    assert answer["code"] == 0
    assert answer["data"]["zt"] == "已受理"
    story = trace(door, "AJ-1")
    assert (story["case"]["state"], story["case"]["holder"]) == ("TO_LITIGATION", "org-tribunal")
    assert (story["case"]["origin"], story["case"]["closed_at"], story["legs"]) == ("org-tribunal", None, [])
    assert rows(door, delivery) == [], "nobody is addressed and nobody subscribed"
    assert (await send(door, COURT, to_litigation(number=NUMBER, **reason)))["code"] == 0
    story = trace(door, NUMBER)
    assert (story["case"]["state"], story["case"]["holder"]) == ("FILED", "org-tribunal")
    assert story["case"]["closed_at"] is not None
    transferred, filed = story["steps"]
    assert (transferred["leg"], filed["leg"]) == (None, None)
    assert (transferred["causation_id"], filed["causation_id"]) == (None, transferred["id"])


async def test_a_filing_that_is_reported_alone_is_accepted(door: Door) -> None:
    assert (await send(door, COURT, to_litigation(number=NUMBER)))["data"]["zt"] == "已受理"
    assert trace(door, NUMBER)["case"]["state"] == "FILED"


async def test_other_is_no_reason_unless_it_is_said_in_words(door: Door) -> None:
    answer = await send(door, COURT, to_litigation(reason="9"))
    assert answer["code"] != 0
    assert [row["code"] for row in rows(door, inbox)] == ["lifecycle.reason_missing"]
    assert "备注" in answer["msg"]


async def test_a_mediation_that_failed_waits_for_its_referral(door: Door) -> None:
    assert (await send(door, COURT, to_litigation(reason="2")))["data"]["zt"] == "已收"
    assert [(row["fate"], row["waits_for"]) for row in rows(door, inbox)] == [("parked", "referral")]


async def test_one_that_is_addressed_is_delivered_and_its_receiver_may_not_report_of_it(door: Door) -> None:
    assert (await send(door, COURT, to_litigation(jsjg=cast.IN_COURT[VILLAGE])))["code"] == 0
    assert [(row["partner"], row["why"]) for row in rows(door, delivery)] == [(VILLAGE, "addressed")]
    case = trace(door, "AJ-1")["case"]["id"]
    calendar = Calendar()
    said = cast.from_centre(calendar, VILLAGE, "case.accept", "EV", serial=1, **cast.accepted(calendar))
    said["fields"] = {**said["fields"], "eventId": None, "gatewayCaseNo": case}
    (result,) = (await send(door, VILLAGE, said))["results"]
    assert (result["status"], result["code"]) == ("REFUSED", "lifecycle.never_referred")
    assert "…" not in result["message"]


async def test_it_is_not_referred_afterwards(door: Door) -> None:
    await send(door, COURT, to_litigation())
    refused = await send(door, COURT, cast.referral(Calendar(), "AJ-1"))
    assert refused["code"] != 0
    assert trace(door, "AJ-1")["other_records"][0]["code"] == "lifecycle.wrong_state"


async def test_what_waited_for_a_referral_is_told_when_the_case_opens_without_one(door: Door) -> None:
    fields = {"fssj": Calendar().next(), "fsjg": cast.IN_COURT[COURT], "jsjg": cast.IN_COURT[VILLAGE],
              "ajxx": {"ajbh": "AJ-1"}, "dbcd": "1", "dbsx": "请报告进展"}  # fmt: skip
    assert (await send(door, COURT, {"kind": "ajdb", "id": "DB-1", "fields": fields}))["data"]["zt"] == "已收"
    await send(door, COURT, to_litigation())
    fates = {row["kind"]: (row["fate"], row["code"]) for row in rows(door, inbox)}
    assert fates == {"ajdb": ("refused", "lifecycle.wrong_state"), "ajzs": ("accepted", None)}


async def test_the_command_line_tells_its_story_without_a_leg(door: Door) -> None:
    await send(door, COURT, to_litigation())
    folder = door.gateway.settings.data_dir
    runner = CliRunner(env={"FENGQIAO_DATA_DIR": str(folder), "FENGQIAO_LANGUAGE": "zh"})
    told = runner.invoke(application(), ["trace", "AJ-1"], prog_name="fengqiao", catch_exceptions=False)
    assert told.exit_code == 0, told.output
    for expected in ("转诉讼中", "示例人民法庭", "national"):
        assert expected in told.stdout
    assert [row["leg"] for row in rows(door, message)] == [None]
