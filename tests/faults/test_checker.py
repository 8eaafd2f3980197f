"""The checker finds each kind of trouble in a doctored account, and nothing in an honest one."""

from __future__ import annotations

import ast
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from tests.faults import checker
from tests.faults.checker import Evidence, check

ONE, TWO, BAD = "MK-a1-1", "MK-a1-2", "MK-a1-3"
Doctored = dict[str, Any]


def honest() -> Doctored:
    """Two messages of one case that were taken and arrived, and one that was refused."""
    return {
        "journal": [
            _sent(ONE, 1.0), _told(ONE, 1.1, "accepted"),
            _sent(TWO, 2.0, documents=["d1"]), _told(TWO, 2.1, "received"),
            _sent(BAD, 3.0, due=[], bad="no time"), _told(BAD, 3.1, "refused"),
        ],
        "received": {"court": [_held("m-1", ONE), _held("m-2", TWO, ["d1"])], "village": []},
        "wire": [_crossed("m-1", ONE, 1.2, 1.3), _crossed("m-1", ONE, 1.5, 1.6), _crossed("m-2", TWO, 2.2, 2.3)],
        "status": {"waiting": [], "records": {"accepted": 2, "refused": 1}, "deliveries": {"delivered": 2}},
        "excused": [],
    }  # fmt: skip


def found(doctored: Doctored) -> list[tuple[str, str]]:
    return [(trouble.kind, trouble.mark) for trouble in check(Evidence(**doctored))]


def test_an_honest_account_has_no_trouble() -> None:
    assert found(honest()) == []


def test_a_message_that_was_taken_and_did_not_arrive_is_lost() -> None:
    account = honest()
    account["received"]["court"].pop()
    assert found(account) == [("lost", TWO)]


def test_a_message_that_never_was_taken_may_be_anywhere() -> None:
    account = honest()
    account["journal"].append(_sent("MK-a1-4", 4.0))
    assert found(account) == [("unanswered", "MK-a1-4")]


def test_two_effects_of_one_record_are_doubled() -> None:
    account = honest()
    account["received"]["court"][0]["effects"] = 2
    assert found(account) == [("doubled", ONE)]


def test_the_same_message_under_another_id_is_doubled_and_has_changed_its_id() -> None:
    account = honest()
    account["received"]["court"].append(_held("m-9", ONE))
    assert found(account) == [("doubled", ONE), ("changed_id", ONE)]


def test_a_resend_under_another_id_that_never_took_effect_has_changed_its_id() -> None:
    account = honest()
    account["wire"].append(_crossed("m-9", TWO, 2.5, 2.6))
    assert found(account) == [("changed_id", TWO)]


def test_a_later_step_that_took_effect_first_is_out_of_order() -> None:
    account = honest()
    account["received"]["court"].reverse()
    assert found(account) == [("out_of_order", TWO)]


def test_messages_that_were_sent_side_by_side_have_no_order() -> None:
    account = honest()
    account["received"]["court"].reverse()
    account["journal"][2]["at"] = 1.05  # sent before the sender of the first was told
    assert found(account) == []


def test_a_refused_record_that_arrived_is_found() -> None:
    account = honest()
    account["received"]["court"].append(_held("m-3", BAD))
    assert found(account) == [("refused_arrived", BAD)]


def test_a_bad_record_that_was_accepted_is_found() -> None:
    account = honest()
    account["journal"][-1]["fate"] = "accepted"
    assert found(account) == [("wrongly_accepted", BAD)]


def test_a_good_record_that_was_refused_is_found() -> None:
    account = honest()
    account["journal"][3]["fate"] = "refused"
    assert ("wrongly_refused", TWO) in found(account)


def test_two_fates_of_one_record_contradict_each_other() -> None:
    account = honest()
    account["journal"].append(_told(ONE, 5.0, "refused"))
    assert found(account) == [("contradicted", ONE)]


def test_what_nobody_sent_is_astray() -> None:
    account = honest()
    account["received"]["village"].append(_held("m-8", "MK-ff-1"))
    assert found(account) == [("astray", "MK-ff-1")]


def test_what_arrived_where_it_was_not_due_is_astray() -> None:
    account = honest()
    account["received"]["village"].append(_held("m-1", ONE))
    assert found(account) == [("astray", ONE)]


def test_a_document_that_did_not_come_along_is_lost() -> None:
    account = honest()
    account["received"]["court"][1]["attachments"] = []
    assert found(account) == [("document_lost", TWO)]


@pytest.mark.parametrize(
    ("status", "what"),
    [
        ({"waiting": [{"partner": "court", "deliveries": 3}]}, "court"),
        ({"records": {"parked": 1}}, "parked"),
        ({"records": {"held": 1}}, "held"),
        ({"deliveries": {"dead": 1}}, "dead"),
        ({"deliveries": {"in_doubt": 1}}, "in_doubt"),
        ({"deliveries": {"handed": 1}}, "handed"),
    ],
)
def test_whatever_still_waits_at_the_end_is_stuck(status: dict[str, Any], what: str) -> None:
    account = {**honest(), "status": {"waiting": [], "records": {}, "deliveries": {}, **status}}
    assert [(trouble.kind, trouble.where) for trouble in check(Evidence(**account))] == [("stuck", what)]


def test_a_gateway_that_does_not_say_what_waits_is_not_taken_to_be_done() -> None:
    assert found({**honest(), "status": {}}) == [("stuck", "")]
    assert found({**honest(), "status": {"waiting": [], "records": {}}}) == [("stuck", "")]


def test_a_refused_record_that_only_crossed_the_wire_is_found() -> None:
    account = honest()
    account["wire"].append(_crossed("m-3", BAD, 3.2, 3.3))
    assert found(account) == [("refused_arrived", BAD)]


def test_what_nobody_sent_is_astray_on_the_wire_already() -> None:
    account = honest()
    account["wire"].append(_crossed("m-8", f"{ONE}00000", 3.2, 3.3))
    assert found(account) == [("astray", f"{ONE}00000")]


def test_two_effects_are_doubled_though_nobody_was_told_of_the_message() -> None:
    account = honest()
    account["journal"].append(_sent("MK-a1-4", 4.0))
    account["received"]["court"].append({**_held("m-4", "MK-a1-4"), "effects": 2})
    assert found(account) == [("unanswered", "MK-a1-4"), ("doubled", "MK-a1-4")]


def test_order_counts_within_a_case_and_at_one_receiver_only() -> None:
    account = honest()
    account["received"]["court"].reverse()
    account["journal"][2]["case"] = "AJ-2"
    assert found(account) == []


def test_every_kind_of_trouble_is_proved_to_be_found() -> None:
    """Each kind stands in an expectation of this file: one that is added to the checker needs a test."""
    source = Path(__file__).read_text(encoding="utf-8")
    expected = {
        node.elts[0].value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Tuple) and node.elts and isinstance(node.elts[0], ast.Constant)
    }
    assert set(checker.KINDS) <= expected
    raised = {
        node.value
        for node in ast.walk(ast.parse(Path(checker.__file__).read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value in checker.KINDS
    }
    assert raised == set(checker.KINDS)


def test_one_delivery_in_two_hands_at_once_is_found_unless_a_frozen_process_explains_it() -> None:
    account = honest()
    account["wire"].append(_crossed("m-2", TWO, 2.25, 2.4))
    assert found(account) == [("twice_at_once", TWO)]
    assert found({**deepcopy(account), "excused": [(2.0, 2.3)]}) == []


def test_the_checker_imports_nothing_of_what_it_checks() -> None:
    tree = ast.parse(Path(checker.__file__).read_text(encoding="utf-8"))
    roots = {
        alias.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    }
    roots |= {node.module.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    assert not roots & {"gateway", "adapters", "mappings", "tests"}


def _sent(mark: str, at: float, **changed: Any) -> dict[str, Any]:
    facts = {"case": "AJ-1", "sender": "village", "due": ["court"], "bad": None, "documents": []}
    return {"event": "sent", "mark": mark, "at": at, **facts, **changed}


def _told(mark: str, at: float, fate: str) -> dict[str, Any]:
    return {"event": "told", "mark": mark, "at": at, "fate": fate}


def _held(number: str, mark: str, documents: list[str] | None = None) -> dict[str, Any]:
    papers = [{"sha256": digest} for digest in documents or []]
    return {"id": number, "fields": {"bz": f"第{mark}号"}, "attachments": papers, "effects": 1}


def _crossed(number: str, mark: str, began: float, ended: float) -> dict[str, Any]:
    return {"receiver": "court", "mark": mark, "id": number, "began": began, "ended": ended}
