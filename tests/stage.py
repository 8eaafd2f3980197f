"""A stage for tests that need the whole thing: gateway and simulators as processes, and the words to direct them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from gateway.bootstrap import shipped_simulator
from gateway.demo import cast
from gateway.demo.cast import CAST, COURT, VILLAGE, Calendar
from gateway.demo.scenery import Scenery

WITHIN = 60.0  # seconds until something that has to happen counts as not happening


@contextmanager
def on_stage(folder: Path) -> Iterator[Stage]:
    """Start the gateway and the demonstration's three partners in an empty folder; stop them at the end."""
    with Scenery(folder=folder, actors=CAST, simulator=shipped_simulator) as scenery:
        yield Stage(scenery)


class Stage:
    """What a test says to the scenery, and asks of it."""

    def __init__(self, scenery: Scenery) -> None:
        self.scenery = scenery
        self.calendar = Calendar()

    def refer(self, case: str, **changes: Any) -> Any:
        """Have the court refer a case to the village; return the gateway's answer."""
        record = cast.referral(self.calendar, case)
        return self.scenery.push(COURT, {**record, "fields": {**record["fields"], **changes}})

    def event(self, actor: str, kind: str, case: str | None = None) -> dict[str, Any]:
        """Wait for a record of a kind (of the court's case) at a simulator; return what it holds."""
        found: list[dict[str, Any]] = []

        def here() -> bool:
            found[:] = [each for each in self.scenery.received(actor) if each["kind"] == kind]
            return bool(found)

        self.until(here, f"{kind} at {actor} {case or ''}")
        return found[-1]

    def report(self, centre: str, kind: str, event: str, serial: int, **fields: Any) -> Any:
        """Have a centre report something of one of its events; return the gateway's answer."""
        return self.scenery.push(centre, cast.from_centre(self.calendar, centre, kind, event, serial=serial, **fields))

    def trace(self, case: str) -> dict[str, Any]:
        """Return the trace of a case."""
        found: dict[str, Any] = self.scenery.administration(f"cases/{quote(case)}")
        return found

    def settled(self) -> None:
        """Wait until nothing is due any more."""
        self.until(lambda: not self.scenery.administration("counts")["waiting"], "everything delivered")

    def until(self, happened: Callable[[], bool], what: str) -> None:
        """Wait for something that has to happen."""
        give_up = time.monotonic() + WITHIN
        while not happened():
            assert time.monotonic() < give_up, f"not within {WITHIN:.0f} s: {what}"
            time.sleep(0.05)

    def logs(self) -> str:
        """Return everything that the gateway's process has printed."""
        return (self.scenery.folder / "logs" / "gateway.log").read_text(encoding="utf-8")

    def keys(self, actor: str) -> dict[str, str]:
        """Return a simulator's keys."""
        found: dict[str, str] = json.loads((self.scenery.folder / "keys" / f"{actor}.json").read_text())
        return found


def supervision(stage: Stage, case: str, number: int) -> dict[str, Any]:
    """Return the court's nth reminder of a case."""
    fields = {
        "fssj": stage.calendar.next(minutes=1),
        "fsjg": cast.IN_COURT[COURT],
        "jsjg": cast.IN_COURT[VILLAGE],
        "ajxx": {"ajbh": case},
        "dbcd": "1",
        "dbsx": f"请报告进展（第{number}次）",
    }
    return {"kind": "ajdb", "id": f"DB-{case}-{number}", "fields": fields}
