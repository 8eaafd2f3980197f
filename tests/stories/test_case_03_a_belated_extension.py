"""An extension arrives one hour after the period has ended, but every party consented before (在线调解规则 24)."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from gateway.canonical.identifiers import BEIJING
from tests.stories.clocktower import COURT, VILLAGE, tower


def extension(until: str, consented: str) -> dict[str, Any]:
    at = int(datetime.fromisoformat(consented).replace(tzinfo=BEIJING).timestamp() * 1000)
    consents = [{"partyName": name, "agree": "1", "agreeTime": at, "agreeMode": "1"} for name in ("许书宁", "冉明溪")]
    return {"extendTo": until, "extendReason": "等待测绘结果", "consentList": consents}


def test_an_extension_that_everybody_agreed_to_in_time_takes_the_mediation_up_again(tmp_path: Path) -> None:
    with tower(tmp_path, "2026-03-03 09:00:00") as town:
        town.refer()
        assert town.accept() == ("ACCEPTED", "0")
        kept = town.kept
        assert (kept["clock"], kept["clock_since"], kept["holder_until"]) == ("mediation", "2026-03-03", "2026-04-02")
        assert town.ring("2026-03-30 08:00:00") == 1
        assert town.ring("2026-04-02 23:59:00") == 0

        assert town.ring("2026-04-03 00:01:00") == 1, "the period is over"
        town.quiet()
        assert (town.kept["state"], town.kept["holder"]) == ("FAILED", "org-village")
        degrees = [each["fields"]["degreeCode"] for each in town.received(VILLAGE, "case.supervise")]
        assert degrees == ["1", "2"]
        assert town.overdue() == [town.case]

        town.clock.set("2026-04-03 01:00:00")
        late = extension("2026-05-20", "2026-04-03 00:30:00")
        assert town.unit_says("case.extend", "2026-04-03 00:50:00", **late) == (
            "REFUSED", "lifecycle.extension_after_expiry")  # fmt: skip
        in_time = extension("2026-05-20", "2026-04-02 17:00:00")
        assert town.unit_says("case.extend", "2026-04-03 00:55:00", **in_time) == ("ACCEPTED", "0")
        kept = town.kept
        assert (kept["state"], kept["clock"], kept["holder_until"]) == ("MEDIATING", "mediation", "2026-05-20")
        assert town.overdue() == []
        assert len(town.received(COURT, "tjyq")) == 1, "the court is told of the extension"

        assert town.ring("2026-05-14 08:00:00") == 0
        assert town.ring("2026-05-15 08:00:00") == 1, "the new end is called to mind"
        assert town.ring("2026-05-21 08:00:00") == 1
        town.quiet()
        assert town.kept["state"] == "FAILED"
        assert len(town.received(VILLAGE, "case.supervise")) == 4
