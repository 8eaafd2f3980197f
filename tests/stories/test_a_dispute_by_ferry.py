"""Police whose network takes no connection entrust a dispute by files, and are told its end by files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import postgres, postgres_url
from tests.stories.water import Water, crossing, record

__all__ = ["postgres", "postgres_url"]
pytestmark = pytest.mark.live
AGREEMENT = {
    "kind": "written", "number": "(2026)示人调字第31号", "reached_at": "2026-05-25T10:30:00+08:00",
    "effective_at": "2026-05-25T10:40:00+08:00", "effective_basis": "all_signed_and_sealed",
    "terms": "一、马䶮于6月1日前清除杂物；二、沙吾提·艾山不再主张其他。",
}  # fmt: skip


@pytest.fixture(params=["sqlite", "postgresql"])
def water(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Water]:
    """Both sides of the gates, the gateway over each database."""
    database = request.getfixturevalue("postgres_url") if request.param == "postgresql" else None
    with crossing(tmp_path, database=database) as opened:
        yield opened


def test_police_entrust_a_dispute_by_ferry_and_learn_by_ferry_that_it_is_settled(water: Water) -> None:
    police = water.police
    police.tell("faults", fault="lose", way="from_police", numbers=[2], times=1)
    assert police.push(record("referral"), record("hazard"), record("major_notice")) == [1, 2, 3]

    receipt = police.answer_to("PCS01-2026-0001")
    assert receipt["code"] == "1"
    case_id = str(receipt["wgajbh"])

    # The gate has lost the second package: the third waits until the second was asked for and has come.
    answers = [police.answer_to(each)["about"] for each in ("PCS01-2026-0004", "PCS01-2026-0002")]
    assert [each["about"] for each in police.ask("answers")] == ["PCS01-2026-0001", *answers]

    police.kill()
    water.say("acceptance", case_id, time="2026-05-18T15:00:00+08:00", accepted_at="2026-05-18T14:55:00+08:00")
    [handed] = water.ask("deliveries?partner=pcs")
    assert handed["status"] in ("pending", "handed"), "nothing is delivered before its receipt has come as a file"
    police.start()
    accepted = police.holds("JF0102")
    assert (accepted["fields"]["jwbh"], accepted["effects"]) == ("JW2026051800017", 1)
    assert water.fate("acceptance") == "delivered"

    # The gate spoils the package with the result, and it is asked for again.
    police.tell("faults", fault="truncate", way="to_police", times=1, numbers=[5])
    water.say("success", case_id, time="2026-05-25T11:00:00+08:00", agreement=AGREEMENT)
    settled = police.holds("JF0105")
    assert settled["effects"] == 1
    assert AGREEMENT["terms"] in settled["fields"].values()
    assert water.fate("success") == "delivered"
    assert police.ask("state")["sent"] == 5, "the numbers of the killed system go on: three records, two answers"


def test_case_22_a_gate_that_loses_file_17_of_20_is_asked_for_it_and_all_twenty_arrive_in_order(water: Water) -> None:
    police = water.police
    police.tell("faults", fault="lose", way="from_police", numbers=[17], times=1)
    ids = [f"PCS01-YH-{number:02d}" for number in range(1, 21)]
    assert police.push(*(record("hazard", id=each) for each in ids)) == list(range(1, 21))
    police.answer_to(ids[-1])
    answers = police.ask("answers")
    assert [(each["about"], each["code"]) for each in answers] == [(each, "1") for each in ids], "in order, each once"
    kept = [each["record_id"] for each in water.ask("records?partner=pcs&limit=100")]
    assert sorted(kept) == ids
