"""The stage: what one act of the play says through the pretend partners, and how it waits for what arrives."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.demo import cast
from gateway.demo.cast import Calendar
from gateway.demo.curl import Caller
from gateway.demo.scenery import Scenery
from gateway.errors import GatewayError


@dataclass(slots=True, kw_only=True)
class Stage:
    """Shared by all acts.

    ``within``: seconds that any one thing may take to arrive; ``repeated``: records that were sent twice and got the
    first acknowledgement again; ``signed_at``: when the agreement that is to be confirmed was signed.
    """

    scenery: Scenery
    tell: Callable[..., None]
    within: float
    calendar: Calendar = field(default_factory=Calendar)
    repeated: int = 0
    signed_at: str | None = None
    _serial: int = 0
    _seen: dict[tuple[str, str], int] = field(default_factory=dict)
    _callers: dict[str, Caller] = field(default_factory=dict)

    def said(self, centre: str, kind: str, event: str, **fields: Any) -> dict[str, Any]:
        """Return something that a centre reports of one of its events."""
        self._serial += 1
        return cast.from_centre(self.calendar, centre, kind, event, serial=self._serial, **fields)

    def report(self, centre: str, kind: str, event: str, **fields: Any) -> None:
        """Have a centre report something of one of its events."""
        self.push(centre, self.said(centre, kind, event, **fields))

    def push(self, actor: str, record: Mapping[str, Any], *, times: int = 1) -> None:
        """Have a simulator send a record. Raises GatewayError where the gateway does not take it."""
        answer = self.scenery.push(actor, record, times=times)
        if answer["status"] not in {200, 202}:
            raise GatewayError("demo.not_taken", actor=actor, kind=record["kind"], status=answer["status"])
        bodies = [each["body"] for each in answer["answers"]]
        if times > 1:
            receipts = [_receipt(body) for body in bodies]
            self.repeated += sum(receipt == receipts[0] for receipt in receipts[1:])

    def arrived(self, actor: str, kind: str) -> dict[str, Any]:
        """Wait until a simulator holds one record of a kind more than when it was last asked for; return it."""
        nth = self._seen[actor, kind] = self._seen.get((actor, kind), 0) + 1

        def found() -> list[dict[str, Any]]:
            return [each for each in self.scenery.received(actor) if each["kind"] == kind]

        self.until("demo.waiting_for", lambda: len(found()) >= nth, actor=actor, kind=kind)
        return found()[nth - 1]

    def event(self, actor: str, kind: str) -> str:
        """Wait for a simulator's next record of a kind; return its own id of that case."""
        return str(self.arrived(actor, kind)["case"])

    def caller(self, actor: str) -> Caller:
        """Return the clerk of a unit that has nothing but curl and a token."""
        if actor not in self._callers:
            organisation = next(each.organisation for each in self.scenery.actors if each.name == actor)
            self._callers[actor] = Caller(
                url=self.scenery.gateway_url, partner=actor, organisation=organisation,
                token=self.scenery.token_of(actor), within=self.within,
            )  # fmt: skip
        return self._callers[actor]

    def trace(self, case: str) -> dict[str, Any]:
        """Return what the administration says of a case."""
        found: dict[str, Any] = self.scenery.administration(f"cases/{case}")
        return found

    def attempts(self, case: str, message_type: str) -> int:
        """Return how often the gateway has tried to deliver a message of a case."""
        steps = self.trace(case)["steps"]
        return max(
            (each["attempts"] for step in steps if step["type"] == message_type for each in step["deliveries"]),
            default=0,
        )

    def until(self, code: str, happened: Callable[[], bool], **facts: Any) -> None:
        """Wait for something. Raises GatewayError with ``code`` where it does not happen in time."""
        give_up = time.monotonic() + self.within
        while not happened():
            if time.monotonic() > give_up:
                raise GatewayError(code, **facts)
            time.sleep(0.1)


def _receipt(body: dict[str, Any]) -> str:
    """Return the gateway's receipt in an acknowledgement of either dialect."""
    if "results" in body:
        return str(body["results"][0]["receiptNo"])
    return str(body["data"]["ywlsh"])
