"""Signed online by one party on day 1, by the other on day 6: the 30 days run from day 6, and day 36 is a holiday."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.stories.clocktower import OA, VILLAGE, Tower, tower

NAMES = ("许书宁", "冉明溪")
# Day 1 is 27 August, day 6 is 1 September, day 36 is 1 October; the first working day after the holiday is the 8th.
SIGNED = ("2026-08-27T10:00:00+08:00", "2026-09-01T15:00:00+08:00")
LAST = "2026-10-08"


def agreement() -> dict[str, Any]:
    signatures = [{"party": name, "at": at} for name, at in zip(NAMES, SIGNED, strict=True)]
    return {"kind": "online", "reached_at": SIGNED[0], "effective_at": SIGNED[0], "signatures": signatures,
            "terms": "一、拆除围墙，恢复通行；二、双方互不追究。"}  # fmt: skip


def apply(town: Tower) -> dict[str, Any]:
    """Have both parties apply through the mediator, with their authority."""
    now = town.clock.now().isoformat()
    return town.say(
        "confirmation_application", "org-court",
        application_number="QR-0001",
        applied_at=now,
        channel="mediator",
        applicants=[{"role": "applicant", "kind": "natural_person", "name": name} for name in NAMES],
        authorisations=[{"party": name, "given": True, "at": now} for name in NAMES],
        agreement=agreement(),
        presider={"name": "青石村人民调解委员会", "mediation": "peoples"},
        matters=["conduct"],
        declarations=["voluntary", "truthful"],
    )  # fmt: skip


def settled(town: Tower) -> None:
    town.refer()
    assert town.accept() == ("ACCEPTED", "0")
    town.clock.set("2026-09-01 16:00:00")
    assert town.say("success", "org-tribunal", agreement=agreement())["fate"] == "accepted"


def test_the_application_of_the_first_working_day_after_the_holiday_is_accepted(tmp_path: Path) -> None:
    with tower(tmp_path, "2026-08-25 09:00:00") as town:
        settled(town)
        kept = town.kept
        assert (kept["clock"], kept["clock_since"], kept["clock_until"]) == ("application", "2026-09-01", LAST)
        assert kept["holder_until"] is None, "the parties may apply, and nobody is overdue if they do not"
        assert town.ring("2026-10-05 08:00:00") == 1
        town.quiet()
        [reminder] = town.received(VILLAGE, "case.supervise")
        assert LAST in reminder["fields"]["superviseContent"]

        town.clock.set(f"{LAST} 17:00:00")
        assert apply(town)["fate"] == "accepted"
        assert len(town.received(OA, "sfqrsq")) == 1
        [confirmation] = town.ask(f"cases/{town.case}")["confirmations"]
        assert confirmation["effective_on"] == "2026-09-01"
        kept = town.kept
        assert (kept["holder"], kept["clock"], kept["holder_until"]) == ("org-court", "filing", "2026-10-12")


def test_the_application_of_the_day_after_that_is_late(tmp_path: Path) -> None:
    with tower(tmp_path, "2026-08-25 09:00:00") as town:
        settled(town)
        town.clock.set("2026-10-09 09:00:00")
        told = apply(town)
        assert (told["fate"], told["code"]) == ("refused", "lifecycle.applied_too_late")
        assert town.ring("2026-10-09 09:05:00") == 0, "what has passed is not called to mind"
