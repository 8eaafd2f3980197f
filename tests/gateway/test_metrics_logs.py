"""A whole story logged at its most talkative: every line about a message can be followed, and none is personal."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gateway.bootstrap import shipped_simulator
from gateway.demo import cast, everybody
from gateway.demo.cast import COURT, VILLAGE, Calendar
from gateway.demo.everybody import OFFICE
from gateway.demo.play import play

pytestmark = pytest.mark.live
CALENDAR = Calendar()
EVERYTHING_SAID = (
    cast.referral(CALENDAR, "AJ"), cast.accepted(CALENDAR), cast.assigned(CALENDAR), cast.escalated(CALENDAR),
    cast.settled(CALENDAR), everybody.entrusted(CALENDAR, "JW"), everybody.taken_in(CALENDAR, "SFS"),
    {"name": everybody.NAMES},
)  # fmt: skip
PERSONAL_FIELDS = {
    "xm", "zjhm", "lxdh", "fsdd", "ssly", "ssqq", "acceptUserName", "acceptUserPhone", "mediatorName", "phone",
    "failReason", "mediateProcess", "partyName", "occurAddress", "name", "idNo", "certNo", "lxrxm", "jyaq",
    "party_name", "id_card_no", "phones", "occur_address", "facts",
}  # fmt: skip


def personal(said: Any, field: str = "") -> Iterator[str]:
    """Return what is personal in something said, wherever it stands."""
    if isinstance(said, dict):
        for name, each in said.items():
            yield from personal(each, name)
    elif isinstance(said, list | tuple):
        for each in said:
            yield from personal(each, field)
    elif field in PERSONAL_FIELDS and len(str(said)) > 1:
        yield str(said)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the demonstration is played."""
    return tmp_path_factory.mktemp("told")


@pytest.fixture(scope="module")
def lines(folder: Path) -> list[dict[str, Any]]:
    """Every log line of a gateway through the whole demonstration, with failures of every kind."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FENGQIAO_LOG_LEVEL", "debug")
        patch.setenv("FENGQIAO_LOG_JSON", "true")
        scenery, _ = play(folder, shipped_simulator, lambda *_, **__: None)
        try:
            wrong = cast.referral(CALENDAR, "AJ-WRONG")
            wrong["fields"]["dsrlb"][0]["zjhm"] = "500242197906211020"
            scenery.push(COURT, wrong)
            scenery.fault(VILLAGE, "refuse", reason="许书宁的材料不全")
            scenery.push(COURT, cast.referral(CALENDAR, "AJ-REFUSED"))
            while not scenery.administration("deliveries?status=dead"):
                pass
        finally:
            scenery.__exit__(None, None, None)
    text = (folder / "logs" / "gateway.log").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def test_nothing_personal_is_in_any_line(lines: list[dict[str, Any]]) -> None:
    words = {*personal(EVERYTHING_SAID), "500242197906211020"}
    assert len(words) > 15
    told = [json.dumps(line, ensure_ascii=False) for line in lines]
    assert not {word for word in words for line in told if word in line}


@pytest.fixture(scope="module")
def without_case(lines: list[dict[str, Any]], folder: Path) -> set[str]:
    """The messages that belong to no case: a warning, and what answers it."""
    assert lines
    with closing(sqlite3.connect(folder / "gateway.db")) as store:
        return {row[0] for row in store.execute("SELECT id FROM message WHERE case_id IS NULL")}


def test_every_line_about_a_message_names_its_case_its_partner_and_its_trace(
    lines: list[dict[str, Any]], without_case: set[str]
) -> None:
    about = [line for line in lines if line.get("message_id") and line["event"].startswith(("record.", "delivery."))]
    assert {line["event"] for line in about} >= {"record.kept", "delivery.delivered", "delivery.postponed",
                                                "delivery.dead"}  # fmt: skip
    for line in about:
        case = set() if line["message_id"] in without_case else {"case_id"}
        assert {"message_id", "partner", "trace_id"} | case <= line.keys(), line
    assert 0 < len(without_case) < 10


def test_a_message_can_be_followed_by_its_trace_from_the_door_to_the_partner(
    lines: list[dict[str, Any]], folder: Path
) -> None:
    kept = {line["trace_id"] for line in lines if line["event"] == "record.kept" and line.get("fate") == "accepted"}
    with closing(sqlite3.connect(folder / "gateway.db")) as store:  # what the gateway says itself came by no door
        own = store.execute("SELECT id FROM message WHERE partner = 'gateway'").fetchall()
    assert own
    kept |= {message_id.replace("-", "") for (message_id,) in own}
    delivered = {line["trace_id"] for line in lines if line["event"] == "delivery.delivered"}
    assert delivered
    assert delivered <= kept


def test_a_refused_record_can_be_followed_too(lines: list[dict[str, Any]]) -> None:
    refused = [line for line in lines if line["event"] == "record.kept" and line.get("fate") == "refused"]
    assert {line["partner"] for line in refused} == {COURT, OFFICE}, "a wrong number, and the ledger's damaged line"
    for line in refused:
        assert line["code"]
        assert line["receipt_id"]
        assert line["trace_id"] or line["partner"] == OFFICE, "what comes by no request begins no trace"
