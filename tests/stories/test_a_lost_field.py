"""A field for which a partner has no place is reported by name, wherever somebody looks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gateway.demo.cast import COURT, VILLAGE
from tests.stage import on_stage
from tests.stories.test_the_main_job import fengqiao

pytestmark = pytest.mark.live

WITHOUT = "extends: mediation_center/referral\npartner: village\ndrop: [data.dispute.amount]\n"
LOST = {"path": "data.dispute.amount", "title": "纠纷 / 标的额"}


def test_a_field_without_a_place_at_the_partner_is_named(tmp_path: Path) -> None:
    with on_stage(tmp_path) as stage:
        override = tmp_path / "config" / "mappings" / "village_referral.yaml"
        override.parent.mkdir(parents=True, exist_ok=True)
        override.write_text(WITHOUT, encoding="utf-8")
        reloaded = fengqiao(tmp_path, "config", "reload")
        assert reloaded.returncode == 0, reloaded.stderr
        case = stage.refer("AJ-LOST")["body"]["data"]["wgajbh"]
        stage.event(VILLAGE, "case.dispatch")
        stage.settled()
        (delivery,) = stage.trace(case)["steps"][0]["deliveries"]
        assert (delivery["lost_fields"], delivery["lost_names"]) == (1, [LOST])
        listed = json.loads(fengqiao(tmp_path, "deliveries", "--json").stdout)["deliveries"]
        assert [each["lost_names"] for each in listed] == [[LOST]]
        for command in (("trace", case), ("deliveries",)):
            english, chinese = (fengqiao(tmp_path, "--language", name, *command).stdout for name in ("en", "zh"))
            assert "data.dispute.amount" in english
            assert "标的额" not in english
            assert "标的额 (data.dispute.amount)" in chinese
        assert "delivery.fields_lost" in stage.logs()
        assert "data.dispute.amount" in stage.logs()
        assert "4800.5" not in stage.logs(), "the name, never the value"


def test_what_is_carried_whole_names_nothing(tmp_path: Path) -> None:
    with on_stage(tmp_path) as stage:
        case = stage.refer("AJ-WHOLE")["body"]["data"]["wgajbh"]
        stage.event(VILLAGE, "case.dispatch")
        stage.settled()
        (delivery,) = stage.trace(case)["steps"][0]["deliveries"]
        assert (delivery["partner"], delivery["lost_fields"], delivery["lost_names"]) == (VILLAGE, 0, [])
        assert "delivery.fields_lost" not in stage.logs()
        assert COURT not in {each["partner"] for each in stage.trace(case)["steps"][0]["deliveries"]}
