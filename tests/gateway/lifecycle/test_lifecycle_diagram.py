"""The drawings of the two machines."""

from __future__ import annotations

from gateway.lifecycle import diagram
from gateway.texts import catalogue


def test_the_drawing_of_a_leg_shows_every_way_out_of_a_fresh_one() -> None:
    lines = diagram("leg").splitlines()
    assert lines[0] == "stateDiagram-v2"
    assert [line.strip() for line in lines if line.strip().startswith("DISPATCHED -->")] == [
        "DISPATCHED --> ACCEPTED: acceptance",
        "DISPATCHED --> DECLINED: non-acceptance",
        "DISPATCHED --> UNANSWERED: silence for the whole period",
    ]
    assert "    [*] --> DISPATCHED: referral, escalation" in lines
    assert "    SETTLED --> [*]" in lines


def test_the_drawing_of_a_case_speaks_chinese_too() -> None:
    drawing = diagram("case", "zh")
    assert '    state "DISPATCHED 已委派待接收" as DISPATCHED' in drawing
    assert "    [*] --> DISPATCHED: 委派" in drawing
    assert "    [*] --> TO_LITIGATION: 转诉讼" in drawing
    assert "    FILED --> [*]" in drawing
    assert "lifecycle." not in drawing


def test_every_name_and_sentence_of_the_procedure_exists_in_both_languages() -> None:
    entries = [entry for code, entry in catalogue().items() if code.startswith("lifecycle.")]
    assert len(entries) > 45
    assert all(entry.zh and entry.en and entry.zh != entry.en for entry in entries)


def test_the_drawing_of_a_review_ends_where_a_ruling_came_back_or_nothing_more_will() -> None:
    drawing = diagram("confirmation", "zh")
    assert '    state "RETURNED_ONLINE 已回传待验签" as RETURNED_ONLINE' in drawing
    assert "    [*] --> SUBMITTED: 司法确认申请、调解书申请" in drawing
    assert [line.strip() for line in drawing.splitlines() if line.endswith("--> [*]")] == [
        "NOT_ACCEPTED --> [*]", "REVOKED --> [*]", "TERMINATED --> [*]", "WITHDRAWN --> [*]",
    ]  # fmt: skip
    assert "lifecycle." not in drawing
