"""No acceptance for three working days, over National Day with its exchanged days (在线调解规则 12)."""

from __future__ import annotations

from pathlib import Path

from tests.stories.clocktower import COURT, TOWNSHIP, VILLAGE, tower

# Referred on a Tuesday. The three working days are 30 September, 8 and 9 October: the holiday lasts from the 1st to the
# 7th, and the 10th, a Saturday, is worked.
REFERRED, REMINDED, LAST, OVER = "2026-09-29", "2026-10-08", "2026-10-09", "2026-10-10"


def test_the_case_goes_back_after_three_working_days_and_not_a_day_before(tmp_path: Path) -> None:
    with tower(tmp_path, f"{REFERRED} 09:00:00") as town:
        town.refer()
        kept = town.kept
        assert (kept["holder"], kept["clock"], kept["holder_until"]) == ("org-village", "acceptance", LAST)
        for day in ("2026-09-30", "2026-10-01", "2026-10-05", "2026-10-07"):
            assert town.ring(f"{day} 10:00:00") == 0, day

        assert town.ring(f"{REMINDED} 00:05:00") == 1, "two clocks, and one reminder"
        town.quiet()
        [reminder] = town.received(VILLAGE, "case.supervise")
        assert (reminder["fields"]["degreeCode"], reminder["fields"]["dueTime"]) == ("1", f"{LAST} 23:59:59")
        town.restart()
        assert town.ring(f"{LAST} 23:58:00") == 0, "in time until the end of the day; who starts anew repeats nothing"
        assert town.overdue() == []

        assert town.ring(f"{OVER} 00:01:00") == 1
        town.quiet()
        [refusal] = town.received(COURT, "byjs")
        assert LAST in refusal["fields"]["yysm"]
        kept = town.kept
        assert (kept["state"], kept["holder"], kept["holder_until"]) == ("READY", "org-tribunal", None)
        assert town.ring("2026-10-30 09:00:00") == 0, "nothing is said twice"
        assert len(town.received(COURT, "byjs")) == len(town.received(VILLAGE, "case.supervise")) == 1

        town.refer(to=TOWNSHIP)
        assert town.accept(by=TOWNSHIP) == ("ACCEPTED", "0")
        assert (town.kept["holder"], town.kept["clock"]) == ("org-township", "mediation")


def test_where_the_jurisdiction_urges_instead_the_unit_keeps_the_case_and_is_shown_as_overdue(tmp_path: Path) -> None:
    urging = "default: urging\nprofiles:\n  urging: {unanswered: urge, remind_workdays: 0}\n"
    with tower(tmp_path, f"{REFERRED} 09:00:00", profiles=urging) as town:
        town.refer()
        assert town.ring(f"{LAST} 12:00:00") == 0
        assert town.ring(f"{OVER} 08:00:00") == 1
        town.quiet()
        [order] = town.received(VILLAGE, "case.supervise")
        assert order["fields"]["degreeCode"] == "2"
        [copy] = town.received(COURT, "ajdb")
        assert copy["fields"]["dbsx"] == order["fields"]["superviseContent"]
        assert (town.kept["state"], town.kept["holder"]) == ("DISPATCHED", "org-village")
        assert town.overdue() == [town.case]
        assert town.ring("2026-11-10 08:00:00") == 0
        assert town.accept() == ("ACCEPTED", "0"), "late, but it has the case"
        assert town.overdue() == []
