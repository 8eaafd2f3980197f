"""A police station across one-way gates: files come, files go, and answers close deliveries much later."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.police.pretend_package import Letter, Post
from adapters.police.pretend_station import write_call, write_document
from tests.stories.water import Water, crossing, record, until

pytestmark = pytest.mark.live


@pytest.fixture
def water(tmp_path: Path) -> Iterator[Water]:
    """A gateway, and a police system that only files reach."""
    with crossing(tmp_path) as opened:
        yield opened


def accepted(water: Water) -> None:
    """Have the police entrust a case, and the township accept it."""
    water.police.push(record("referral"))
    case_id = water.police.answer_to("PCS01-2026-0001")["wgajbh"]
    water.say("acceptance", case_id, time="2026-05-18T15:00:00+08:00", accepted_at="2026-05-18T14:55:00+08:00")


def test_a_refusal_that_comes_as_a_file_leaves_the_delivery_to_a_person(water: Water) -> None:
    water.police.tell("faults", fault="refuse", reason="警务编号不存在")
    accepted(water)
    assert water.fate("acceptance") == "dead"
    assert water.police.ask("received") == []


def test_a_police_system_that_looks_at_nothing_is_waited_for(water: Water) -> None:
    water.police.push(record("referral"))
    case_id = water.police.answer_to("PCS01-2026-0001")["wgajbh"]
    water.police.tell("faults", fault="silent")
    water.say("acceptance", case_id, time="2026-05-18T15:00:00+08:00", accepted_at="2026-05-18T14:55:00+08:00")
    handed = until(lambda: next((x for x in water.ask("deliveries?partner=pcs") if x["status"] == "handed"), None))
    assert handed["type"] == "acceptance"
    water.police.tell("faults", fault=None)
    assert water.fate("acceptance") == "delivered"


def test_what_is_no_record_is_answered_and_what_follows_goes_on(water: Water) -> None:
    post = Post(ours="PCS", theirs="GW", key=water.police.keys["ferry_key"])
    hazard = write_call("JF0205", write_document(record("hazard")))
    for number, (about, contents) in enumerate((("PCS01-X", b"<html>"), ("PCS01-2026-0004", hazard)), start=1):
        letter = Letter(number=number, kind="record", about=about, contents=contents)
        (water.police.folder / "from-police" / post.name(number)).write_bytes(post.write(letter))
    answers = until(lambda: found if len(found := water.police.ask("answers")) >= 2 else None)
    assert [each["about"] for each in answers] == ["PCS01-X", "PCS01-2026-0004"]
    assert [each["code"] for each in answers] == ["-3", "1"]


def test_gates_that_spoil_every_tenth_file_lose_and_double_no_record(water: Water) -> None:
    numbers = [f"PCS01-2026-{number:04d}" for number in range(100, 140)]
    water.police.tell("faults", fault="mixed", share=0.03, seed=5)
    water.police.push(*(record("hazard", id=each) for each in numbers))
    answers = until(lambda: found if len(found := water.police.ask("answers")) >= len(numbers) else None)
    assert [each["about"] for each in answers] == numbers, "in order, each once"
    assert {each["code"] for each in answers} == {"1"}
    assert len({each["hzbh"] for each in answers}) == len(numbers)
