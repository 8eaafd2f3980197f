"""The main job, as its users see it: over HTTP between real processes, with curl and the command line."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gateway.bootstrap import shipped_simulator
from gateway.demo import cast
from gateway.demo.cast import COURT, TOWNSHIP, VILLAGE
from tests.stage import Stage, on_stage

pytestmark = pytest.mark.live


def fengqiao(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line over the store of a stage."""
    environment = {
        **os.environ, "FENGQIAO_DATA_DIR": str(folder), "FENGQIAO_CONFIG_DIR": str(folder / "config"),
        "LANG": "C.UTF-8",
    }  # fmt: skip
    return subprocess.run(
        [sys.executable, "-m", "gateway", *arguments], env=environment, capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip


def curl(stage: Stage, actor: str, adapter: str, record: dict[str, Any]) -> dict[str, Any]:
    """Send a correctly signed record with curl, as the partner's own software would."""
    simulator = shipped_simulator(adapter)(gateway_url=None, partner=actor, keys=stage.keys(actor))
    wrapped = simulator.wrap([record])
    body = stage.scenery.folder / "body.json"
    body.write_bytes(wrapped["body"])
    headers = [part for name, value in wrapped["headers"].items() for part in ("-H", f"{name}: {value}")]
    url = f"{stage.scenery.gateway_url}/partners/{actor}{wrapped['path']}"
    done = subprocess.run(
        ["curl", "-sS", "--noproxy", "*", "-X", "POST", *headers, "--data-binary", f"@{body}", url],
        capture_output=True, check=True, timeout=60,
    )  # fmt: skip
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_curl_gets_the_courts_own_acknowledgement_after_the_commit(tmp_path: Path) -> None:
    with on_stage(tmp_path) as stage:
        stage.scenery.fault(VILLAGE, "down")
        answer = curl(stage, COURT, "court_platform", cast.referral(stage.calendar, "AJ-CURL"))
        with closing(sqlite3.connect(f"file:{tmp_path / 'gateway.db'}?mode=ro", uri=True)) as other_process:
            kept = other_process.execute("SELECT fate, case_id FROM inbox").fetchall()
            due = other_process.execute("SELECT partner, status FROM delivery").fetchall()
        assert answer["code"] == 0
        assert kept == [("accepted", answer["data"]["wgajbh"])], "on disk before the answer"
        assert due[0][0] == VILLAGE
        stage.until(lambda: stage.trace("AJ-CURL")["steps"][0]["deliveries"][0]["attempts"] > 0, "an attempt")
        stage.scenery.fault(VILLAGE, None)
        stage.settled()
        held = stage.event(VILLAGE, "case.dispatch")
        assert held["effects"] == 1
        assert held["fields"]["fromOrgCode"] == cast.IN_CENTRES[COURT], "its own code of the tribunal"
        assert held["fields"]["disputeTypeCode"], "its own code of the dispute"
        assert held["fields"]["partyList"][1]["gender"] == "1", "0 is male there, 1 female"
        told = fengqiao(tmp_path, "trace", "AJ-CURL")
        assert told.returncode == 0, told.stderr
        assert "HTTP 200" in told.stdout
        assert "HTTP 503" in told.stdout
        again = curl(stage, COURT, "court_platform", cast.referral(stage.calendar, "AJ-CURL"))
        assert again["code"] != 0, "the same id, another time inside: other contents"


def test_the_account_of_the_demonstration_is_complete(tmp_path: Path) -> None:
    done = fengqiao(tmp_path, "demo", "--language", "zh")
    assert done.returncode == 0, done.stdout + done.stderr
    for expected in ("调解成功", "已立案", "升级", "HTTP 503", "示例乡综治中心", "统计"):
        assert expected in done.stdout
    english = fengqiao(tmp_path, "demo", "--language", "en")
    assert english.returncode == 0
    for expected in ("Transfer to litigation", "Filing", "nothing lost, nothing doubled"):
        assert expected in english.stdout


def test_an_unknown_code_is_held_and_goes_on_when_the_administrator_has_added_it(tmp_path: Path) -> None:
    with on_stage(tmp_path) as stage:
        record = cast.referral(stage.calendar, "AJ-HELD")
        record["fields"]["jfxx"]["jflx"] = "9977"
        answer = stage.scenery.push(COURT, record)["body"]
        assert answer["code"] == 0
        assert answer["data"]["zt"] == "已收", "received, not accepted"
        listed = json.loads(fengqiao(tmp_path, "messages", "--held", "--json").stdout)
        (held,) = listed if isinstance(listed, list) else listed["records"]
        assert held["code"] == "mapping.unknown_code"
        assert held["field"] == "jfxx.jflx"
        still = fengqiao(tmp_path, "replay", held["id"])
        assert still.returncode == 1, "the code is still missing: " + still.stdout + still.stderr
        table = tmp_path / "config" / "codes" / "court_platform.dispute_type.yaml"
        table.parent.mkdir(parents=True)
        table.write_text(
            "table: court_platform.dispute_type\nextends: true\n"
            'entries:\n  - {partner: "9977", canonical: neighbours, title: 相邻通行}\n',
            encoding="utf-8",
        )
        reloaded = fengqiao(tmp_path, "config", "reload")
        assert reloaded.returncode == 0, reloaded.stderr
        replayed = fengqiao(tmp_path, "replay", held["id"])
        assert replayed.returncode == 0, replayed.stdout + replayed.stderr
        assert stage.event(VILLAGE, "case.dispatch")["effects"] == 1
        again = stage.scenery.push(COURT, record)["body"]
        assert again["data"]["ywlsh"] == answer["data"]["ywlsh"], "the first receipt again"
        assert again["data"]["zt"] != "已收"


def test_a_wrong_check_digit_is_refused_by_the_partners_own_field_path(tmp_path: Path) -> None:
    with on_stage(tmp_path) as stage:
        record = cast.referral(stage.calendar, "AJ-DIGIT")
        record["fields"]["dsrlb"][1]["zjhm"] = "500242197906211020"
        answer = stage.scenery.push(COURT, record)["body"]
        assert answer["code"] != 0
        assert answer["data"]["zd"] == "dsrlb[1].zjhm"
        assert "500242197906211020" not in json.dumps(answer)
        assert "500242197906211020" not in stage.logs()
        corrected = cast.referral(stage.calendar, "AJ-DIGIT")
        assert stage.scenery.push(COURT, corrected)["body"]["code"] == 0, "a refused id may come again, corrected"


def test_a_second_case_goes_back_to_the_tribunal_and_to_litigation(tmp_path: Path) -> None:
    with on_stage(tmp_path) as stage:
        stage.refer("AJ-BACK")
        event = stage.event(VILLAGE, "case.dispatch")["case"]
        stage.report(VILLAGE, "case.accept", event, 1, **cast.accepted(stage.calendar))
        stage.report(VILLAGE, "case.return", event, 2, failReasonCode="3", failReason="一方不愿")
        stage.event(COURT, "ajth")
        assert stage.trace("AJ-BACK")["case"]["holder"] == "org-tribunal"
        stage.scenery.push(COURT, cast.litigation(stage.calendar, "AJ-BACK"))
        filed = cast.litigation(stage.calendar, "AJ-BACK", number="(2026)渝0242民初2106号")
        assert stage.scenery.push(COURT, filed)["body"]["code"] == 0
        case = stage.trace("AJ-BACK")["case"]
        assert (case["state"], case["holder"]) == ("FILED", "org-tribunal")
        assert stage.trace("(2026)渝0242民初2106号")["case"]["id"] == case["id"]
        late = stage.report(VILLAGE, "case.success", event, 3, **cast.settled(stage.calendar))["body"]
        assert late["results"][0]["status"] not in {"accepted", "received"}


def test_documents_travel_byte_for_byte(tmp_path: Path) -> None:
    with on_stage(tmp_path) as stage:
        stage.refer("AJ-PAPER")
        event = stage.event(VILLAGE, "case.dispatch")["case"]
        stage.report(VILLAGE, "case.accept", event, 1, **cast.accepted(stage.calendar))
        success = cast.from_centre(
            stage.calendar, VILLAGE, "case.success", event, serial=2, **cast.settled(stage.calendar)
        )
        inside = cast.agreement()[0]
        by_address = {**inside, "id": "FJ-28", "name": "签名页.txt", "by_url": True}
        stage.scenery.push(VILLAGE, {**success, "attachments": [inside, by_address]})
        held = stage.event(COURT, "tjcg")

        digest = hashlib.sha256(base64.b64decode(inside["content_base64"])).hexdigest()
        assert [paper["sha256"] for paper in held["attachments"]] == [digest, digest]


def test_everyone_sees_only_their_own_cases(tmp_path: Path) -> None:
    with on_stage(tmp_path) as stage:
        case = stage.refer("AJ-MINE")["body"]["data"]["wgajbh"]
        stage.event(VILLAGE, "case.dispatch")
        stranger = stage.scenery.push(
            TOWNSHIP,
            {
                "kind": "case.accept",
                "id": "T-1",
                "fields": {
                    "occurTime": stage.calendar.next(),
                    "fromOrgCode": cast.IN_CENTRES[TOWNSHIP],
                    "toOrgCode": cast.IN_CENTRES[COURT],
                    "gatewayCaseNo": case,
                    **cast.accepted(stage.calendar),
                },
            },
        )["body"]
        assert stranger["results"][0]["code"] == "auth.not_party"
        assert stage.trace(case)["case"]["state"] == "DISPATCHED"
