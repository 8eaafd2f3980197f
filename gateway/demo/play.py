"""The play: the village fails and the township succeeds; a second case goes back to the tribunal and to litigation.

On the way the township's system is down for a while, and the village sends one record twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.demo import cast
from gateway.demo.cast import CAST, COURT, TOWNSHIP, VILLAGE, Calendar
from gateway.demo.scenery import Scenery
from gateway.errors import GatewayError

WITHIN = 30.0  # seconds that any one thing may take to arrive


@dataclass(slots=True)
class Played:
    """What happened, for the account."""

    cases: list[dict[str, Any]] = field(default_factory=list)
    counts: dict[str, Any] = field(default_factory=dict)
    repeated: int = 0
    received: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


def play(
    folder: Path,
    simulator: Callable[[str], Any],
    tell: Callable[..., None],
    *,
    setting: Callable[..., Scenery] = Scenery,
    within: float = WITHIN,
) -> tuple[Scenery, Played]:
    """Set the scene and play the story; ``tell`` hears a catalogue code for each scene.

    ``within``: seconds that any one thing may take to arrive.

    Returns the running scenery, which the caller leaves, and what happened. Raises GatewayError when something does
    not arrive.
    """
    scenery = setting(folder=folder, actors=CAST, simulator=simulator)
    scenery.__enter__()
    try:
        stage = Stage(scenery, Calendar(), tell, within=within)
        tell("demo.scene_ready", gateway=scenery.gateway_url, partners=len(CAST))
        first, second = stage.village_to_township(), stage.back_to_the_tribunal()
        stage.settle()
        played = Played(repeated=stage.repeated)
        played.cases = [scenery.administration(f"cases/{case}") for case in (first, second)]
        played.counts = scenery.administration("counts")
        played.received = {actor.name: scenery.received(actor.name) for actor in CAST}
    except BaseException:
        scenery.__exit__(None, None, None)
        raise
    return scenery, played


class Stage:
    """The scenes, one method each."""

    def __init__(
        self, scenery: Scenery, calendar: Calendar, tell: Callable[..., None], *, within: float = WITHIN
    ) -> None:
        self.scenery = scenery
        self.calendar = calendar
        self.tell = tell
        self.repeated = 0
        self._within = within
        self._serial = 0

    def village_to_township(self) -> str:
        """Refer, accept, mediate, fail, escalate while the township is down, settle there."""
        case = "AJ50024220260001"
        self.tell("demo.scene_referral", case=case)
        self._push(COURT, cast.referral(self.calendar, case))
        event = self._event(VILLAGE, "case.dispatch", 1)
        self.tell("demo.scene_village", event=event)
        self._report(VILLAGE, "case.accept", event, **cast.accepted(self.calendar))
        self._report(VILLAGE, "case.assign", event, **cast.assigned(self.calendar))
        self._report(VILLAGE, "case.progress", event, stageCode="30", progressDesc="首次调解未达成一致。")
        self.tell("demo.scene_down")
        self.scenery.fault(TOWNSHIP, "down")
        escalation = self._said(VILLAGE, "case.escalate", event, to=TOWNSHIP, **cast.escalated(self.calendar))
        self._push(VILLAGE, escalation, times=2)
        self._until("demo.waiting_for_retry", lambda: self._attempts(case, "escalation") >= 2)
        self.tell("demo.scene_up", attempts=self._attempts(case, "escalation"))
        self.scenery.fault(TOWNSHIP, None)
        township_event = self._event(TOWNSHIP, "case.escalate", 1)
        self.tell("demo.scene_township", event=township_event)
        self._report(TOWNSHIP, "case.accept", township_event, **cast.accepted(self.calendar))
        self._report(TOWNSHIP, "case.assign", township_event, **cast.assigned(self.calendar))
        success = self._said(TOWNSHIP, "case.success", township_event, **cast.settled(self.calendar))
        self._push(TOWNSHIP, {**success, "attachments": cast.agreement()})
        self._event(COURT, "tjcg", 1)
        return case

    def back_to_the_tribunal(self) -> str:
        """Refer, accept, fail, return, go to litigation, and be filed."""
        case = "AJ50024220260002"
        self.tell("demo.scene_second", case=case)
        self._push(COURT, cast.referral(self.calendar, case))
        event = self._event(VILLAGE, "case.dispatch", 2)
        self._report(VILLAGE, "case.accept", event, **cast.accepted(self.calendar))
        self._report(VILLAGE, "case.progress", event, stageCode="20", progressDesc="开始调解。")
        self._report(VILLAGE, "case.return", event, failReasonCode="3", failReason="一方明确表示不接受调解")
        self._event(COURT, "ajth", 1)
        self.tell("demo.scene_litigation")
        self._push(COURT, cast.litigation(self.calendar, case))
        self._push(COURT, cast.litigation(self.calendar, case, number="(2026)渝0242民初2106号"))
        return case

    def settle(self) -> None:
        """Wait until nothing is due any more."""
        self._until("demo.waiting_for_rest", lambda: not self.scenery.administration("counts")["waiting"])

    def _said(self, centre: str, kind: str, event: str, **fields: Any) -> dict[str, Any]:
        self._serial += 1
        return cast.from_centre(self.calendar, centre, kind, event, serial=self._serial, **fields)

    def _report(self, centre: str, kind: str, event: str, **fields: Any) -> None:
        self._push(centre, self._said(centre, kind, event, **fields))

    def _push(self, actor: str, record: dict[str, Any], *, times: int = 1) -> None:
        answer = self.scenery.push(actor, record, times=times)
        if answer["status"] not in {200, 202}:
            raise GatewayError("demo.not_taken", actor=actor, kind=record["kind"], status=answer["status"])
        receipts = [_receipt(each["body"]) for each in answer["answers"]]
        self.repeated += sum(receipt == receipts[0] for receipt in receipts[1:])

    def _event(self, actor: str, kind: str, nth: int) -> str:
        """Wait until a simulator holds its nth record of a kind; return its own id of that case."""

        def found() -> list[str]:
            return [str(each["case"]) for each in self.scenery.received(actor) if each["kind"] == kind]

        self._until("demo.waiting_for", lambda: len(found()) >= nth, actor=actor, kind=kind)
        return found()[nth - 1]

    def _attempts(self, case: str, message_type: str) -> int:
        steps = self.scenery.administration(f"cases/{case}")["steps"]
        return max(
            (each["attempts"] for step in steps if step["type"] == message_type for each in step["deliveries"]),
            default=0,
        )

    def _until(self, code: str, arrived: Callable[[], bool], **facts: Any) -> None:
        give_up = time.monotonic() + self._within
        while not arrived():
            if time.monotonic() > give_up:
                raise GatewayError(code, **facts)
            time.sleep(0.1)


def _receipt(body: dict[str, Any]) -> str:
    """Return the gateway's receipt in an acknowledgement of either dialect."""
    if "results" in body:
        return str(body["results"][0]["receiptNo"])
    return str(body["data"]["ywlsh"])
