"""A party refuses mediation: the dispute goes to litigation without being referred, between real processes."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.demo import cast
from gateway.demo.cast import COURT
from tests.stage import on_stage
from tests.stories.test_the_main_job import fengqiao

pytestmark = pytest.mark.live
NUMBER = "(2026)渝0242民初2107号"


def test_a_dispute_that_nobody_mediates_is_taken_filed_and_told(tmp_path: Path) -> None:
    with on_stage(tmp_path) as stage:
        # A centre takes nothing about an event that it was never given, so here it subscribes to nothing.
        (tmp_path / "config" / "routes.yaml").write_text("copies: []\n", encoding="utf-8")
        assert fengqiao(tmp_path, "config", "reload").returncode == 0
        refused = {"zsyy": "1", "jsjg": None}
        transfer = cast.litigation(stage.calendar, "AJ-REFUSED")
        answer = stage.scenery.push(COURT, {**transfer, "fields": {**transfer["fields"], **refused}})["body"]
        assert (answer["code"], answer["data"]["zt"]) == (0, "已受理")
        assert stage.trace("AJ-REFUSED")["case"]["state"] == "TO_LITIGATION"
        filing = cast.litigation(stage.calendar, "AJ-REFUSED", number=NUMBER)
        assert stage.scenery.push(COURT, {**filing, "fields": {**filing["fields"], **refused}})["body"]["code"] == 0
        story = stage.trace(NUMBER)
        assert (story["case"]["state"], story["case"]["holder"], story["legs"]) == ("FILED", "org-tribunal", [])
        assert [step["deliveries"] for step in story["steps"]] == [[], []], "nobody else has a part in it"
        told = fengqiao(tmp_path, "--language", "zh", "trace", "AJ-REFUSED")
        assert told.returncode == 0, told.stderr
        for expected in ("已立案", "转诉讼中", NUMBER, "示例人民法庭"):
            assert expected in told.stdout
