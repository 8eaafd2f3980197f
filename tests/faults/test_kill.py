"""The serving process is killed in the middle; nothing that was acknowledged is lost, doubled or out of order."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from gateway.demo.cast import COURT, VILLAGE
from tests.stage import Stage, on_stage, supervision

CASES, REMINDERS = 50, 3


@pytest.mark.live
@pytest.mark.fault
def test_two_hundred_accepted_messages_survive_a_kill_in_the_middle_of_their_delivery(tmp_path: Path) -> None:
    with on_stage(tmp_path) as stage:
        stage.scenery.fault(VILLAGE, "slow", seconds=0.1)
        _accept_all(stage)
        stage.until(lambda: len(stage.scenery.received(VILLAGE)) >= 20, "some deliveries")
        stage.scenery.kill_gateway()
        arrived_before = len(stage.scenery.received(VILLAGE))
        assert arrived_before < CASES * (1 + REMINDERS), "the kill came too late to prove anything"
        stage.scenery.fault(VILLAGE, None)
        stage.scenery.start_gateway()
        stage.settled()
        _everything_arrived_once_and_in_order(stage)
        counts = stage.scenery.administration("counts")
        assert counts["deliveries"] == {"delivered": CASES * (1 + REMINDERS)}


@pytest.mark.live
@pytest.mark.fault
def test_an_answer_lost_after_processing_is_healed_by_a_resend_under_the_same_id(tmp_path: Path) -> None:
    with on_stage(tmp_path) as stage:
        stage.scenery.fault(VILLAGE, "answer_lost", times=2)
        stage.refer("AJ-LOST")
        stage.settled()
        (held,) = stage.scenery.received(VILLAGE)
        assert held["times"] == 3, "two lost answers, one resend that was recognised"
        (delivery,) = stage.trace("AJ-LOST")["steps"][0]["deliveries"]
        assert [attempt["outcome"] for attempt in delivery["tries"]] == ["in_doubt", "in_doubt", "delivered"]
        assert len({attempt["request_digest"] for attempt in delivery["tries"]}) == 1


@pytest.mark.live
@pytest.mark.fault
def test_a_partner_that_says_when_to_come_back_is_not_bothered_earlier(tmp_path: Path) -> None:
    with on_stage(tmp_path) as stage:
        stage.scenery.fault(VILLAGE, "too_many", times=1, retry_after=2)
        stage.refer("AJ-429")
        stage.settled()
        (delivery,) = stage.trace("AJ-429")["steps"][0]["deliveries"]
        first, second = delivery["tries"]
        assert (first["http_status"], first["outcome"], second["outcome"]) == (429, "temporary", "delivered")
        assert second["started_at"] > first["started_at"]
        assert delivery["due_at"] is None


@pytest.mark.live
@pytest.mark.fault
def test_a_business_refusal_is_dead_with_its_reason_and_lives_again_by_a_replay(tmp_path: Path) -> None:
    with on_stage(tmp_path) as stage:
        stage.scenery.fault(VILLAGE, "refuse", times=1, reason="区划不符")
        stage.refer("AJ-NO")
        stage.until(lambda: stage.scenery.administration("deliveries?status=dead") != [], "a dead delivery")
        (dead,) = stage.scenery.administration("deliveries?status=dead")
        assert dead["code"]
        stage.scenery.administration_post(f"deliveries/{dead['id']}/replay")
        stage.settled()
        assert stage.event(VILLAGE, "case.dispatch")["effects"] == 1


def _accept_all(stage: Stage) -> None:
    for number in range(CASES):
        case = f"AJ-KILL-{number:03d}"
        assert stage.refer(case)["body"]["code"] == 0
        for reminder in range(1, REMINDERS + 1):
            answer = stage.scenery.push(COURT, supervision(stage, case, reminder))
            assert answer["body"]["code"] == 0, answer


def _everything_arrived_once_and_in_order(stage: Stage) -> None:
    held = stage.scenery.received(VILLAGE)
    assert len(held) == len({each["id"] for each in held}) == CASES * (1 + REMINDERS)
    assert {each["effects"] for each in held} == {1}
    by_case: dict[str, list[str]] = defaultdict(list)
    for each in held:
        text = each["fields"].get("superviseContent") or each["fields"].get("missing") or each["kind"]
        by_case[each["case"]].append(f"{each['kind']}:{text}")
    assert len(by_case) == CASES
    for said in by_case.values():
        assert said[0].startswith("case.dispatch")
        assert said[1:] == sorted(said[1:]), "reminders are numbered in the order they were sent"
