"""A village hands a case up and says little: the township gets everything that the gateway keeps of it."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from gateway.demo import cast
from gateway.demo.cast import COURT, TOWNSHIP, VILLAGE
from tests.stage import Stage, on_stage

pytestmark = pytest.mark.live

COMPLAINT = "起诉状：请求拆除围墙，恢复通行。".encode()
WILLING = "双方同意升级的笔录。".encode()


def paper(name: str, kind: str, content: bytes) -> dict[str, Any]:
    """Return an attachment of a record."""
    return {"id": f"CL-{name}", "name": f"{name}.txt", "kind": kind, "media_type": "text/plain",
            "content_base64": base64.b64encode(content).decode()}  # fmt: skip


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def failed_in_the_village(stage: Stage, case: str) -> str:
    """Refer a case with its complaint, and let the village try in vain; return the village's id of it."""
    record = cast.referral(stage.calendar, case)
    record["fields"]["dsrlb"][0]["dsrbh"] = "DSR-7001"
    stage.scenery.push(COURT, {**record, "attachments": [paper("起诉状", "01", COMPLAINT)]})
    event: str = stage.event(VILLAGE, "case.dispatch")["case"]
    stage.report(VILLAGE, "case.accept", event, 1, **cast.accepted(stage.calendar))
    stage.report(VILLAGE, "case.assign", event, 2, **cast.assigned(stage.calendar))
    stage.report(VILLAGE, "case.progress", event, 3, stageCode="30", progressDesc="首次调解未达成一致。")
    return event


def bare(stage: Stage) -> dict[str, Any]:
    """Return the little that an escalation must say."""
    agree = {"agree": "1", "agreeTime": stage.calendar.millis, "agreeMode": "1"}
    names = ("许书宁", "冉明溪")
    return {"failReasonCode": "4", "levelCode": "2", "consentList": [{"partyName": name, **agree} for name in names]}


def test_a_bare_escalation_arrives_complete_and_is_taken(tmp_path: Path) -> None:
    with on_stage(tmp_path) as stage:
        event = failed_in_the_village(stage, "AJ-BARE")
        answer = stage.report(VILLAGE, "case.escalate", event, 4, to=TOWNSHIP, **bare(stage))["body"]
        assert answer["results"][0]["status"] == "ACCEPTED"
        held = stage.event(TOWNSHIP, "case.escalate")
        assert held["effects"] == 1
        fields = held["fields"]
        assert [party["partyName"] for party in fields["partyList"]] == ["许书宁", "冉明溪"]
        assert fields["partyList"][0]["idCardNo"] == "500242198503120012"
        assert (fields["disputeTypeCode"], fields["involveAmount"]) == ("0201", 480050)
        assert fields["eventDesc"] == "被申请人砌墙堵住共用通道。"
        assert [each["sha256"] for each in held["attachments"]] == [digest(COMPLAINT)]
        told = [line[17:] for line in fields["handleRecord"].splitlines()]
        court, village, _ = (actor.organisation_name for actor in cast.CAST)
        assert told == [
            f"{court} 委派 → {village}",
            f"{village} 接收：田秋禾",
            f"{village} 指定调解员：李沐言",
            f"{village} 进展：已组织调解；首次调解未达成一致。",
        ]
        stage.report(TOWNSHIP, "case.accept", held["case"], 1, **cast.accepted(stage.calendar))
        stage.until(lambda: stage.trace("AJ-BARE")["case"]["state"] == "ACCEPTED", "the township takes it")


def test_a_completed_escalation_shows_nobody_elses_ids_and_the_copy_stays_as_it_was_said(tmp_path: Path) -> None:
    with on_stage(tmp_path) as stage:
        event = failed_in_the_village(stage, "AJ-WHOSE")
        stage.report(VILLAGE, "case.escalate", event, 4, to=TOWNSHIP, **bare(stage))
        held = stage.event(TOWNSHIP, "case.escalate")
        shown = json.dumps([held["fields"], held["attachments"]], ensure_ascii=False)
        for foreign in ("AJ-WHOSE", "DSR-7001", "CL-起诉状", event):
            assert foreign not in shown
        copied = stage.event(COURT, "ajsj")
        assert not {"dsrlb", "jfxx", "bljl"} & set(copied["fields"]), "the court gets what was said"


def test_what_the_village_says_itself_stands_and_its_papers_come_first(tmp_path: Path) -> None:
    with on_stage(tmp_path) as stage:
        event = failed_in_the_village(stage, "AJ-SAID")
        said = {**bare(stage), "disputeTypeCode": "0201", "eventDesc": "通道已被完全堵死。"}
        said["partyList"] = [
            {"partyRole": "1", "partyKind": "0", "partyName": "许书宁", "phone": "13996000555"},
            {"partyRole": "2", "partyKind": "0", "partyName": "冉明溪"},
        ]
        record = cast.from_centre(stage.calendar, VILLAGE, "case.escalate", event, to=TOWNSHIP, serial=4, **said)
        stage.scenery.push(VILLAGE, {**record, "attachments": [paper("笔录", "08", WILLING)]})
        held = stage.event(TOWNSHIP, "case.escalate")
        first, second = held["fields"]["partyList"]
        assert (first["phone"], first["idCardNo"]) == ("13996000555", "500242198503120012")
        assert second["phone"] == "13996000122"
        assert (held["fields"]["eventDesc"], held["fields"]["involveAmount"]) == ("通道已被完全堵死。", 480050)
        assert [each["sha256"] for each in held["attachments"]] == [digest(WILLING), digest(COMPLAINT)]
