"""What the gateway says because of a period, as an ordinary message: to whoever must act, or of whoever did not.

    reminder, order   supervision (M-11), in the name of whoever referred the case, to the holder; a court is reminded
    expiry            the same order, with which the mediation has failed
    silence           a refusal (M-03) on the unit's behalf, to whoever referred the case, with which it goes back

The message's id follows from the case, the run of the clock and the call: a gateway restored from a backup says no
second thing where it says the same again.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from gateway.canonical.identifiers import BEIJING, uuid7_of
from gateway.canonical.messages import Message, parse
from gateway.lifecycle.case import Case
from gateway.lifecycle.clocks import Call, Clock
from gateway.texts import text

SOURCE = "/gateway/clock"


def spoken(call: Call, clock: Clock, case: Case, *, to_court: bool = False) -> Message:
    """Return the message of a call."""
    at = _end_of(clock.runs_out_on - timedelta(days=1)) if call != "reminder" else _begin_of(clock.remind_on)
    silent = call == "silence"
    return parse(
        {
            "type": "fengqiao.decline" if silent else "fengqiao.supervision",
            "id": uuid7_of(int(at.timestamp() * 1000), SOURCE, case.id, clock.key, call),
            "source": SOURCE,
            "subject": case.id,
            "time": at,
            "sender": clock.holder if silent else case.origin,
            "addressee": case.origin if silent else clock.holder,
            "data": _refusal(clock, case) if silent else _supervision(call, clock, case, to_court=to_court),
        }
    )


def _supervision(call: Call, clock: Clock, case: Case, *, to_court: bool) -> dict[str, Any]:
    said = "reminder" if call == "reminder" else "over"
    return {
        "case": {"gateway_id": case.id},
        "degree": "reminder" if call == "reminder" or to_court else "order",
        "missing": text(f"clock.{clock.kind}.{said}", "zh", since=clock.since, due_on=clock.due_on),
        "due_at": _end_of(clock.due_on),
        "note": text("clock.by_gateway", "zh"),
    }


def _refusal(clock: Clock, case: Case) -> dict[str, Any]:
    return {
        "case": {"gateway_id": case.id},
        "reason": "other",
        "explanation": text("clock.acceptance.silence", "zh", since=clock.since, due_on=clock.due_on),
        "note": text("clock.by_gateway", "zh"),
    }


def _begin_of(day: date | None) -> datetime:
    return datetime.combine(day or date.min, time(), BEIJING)


def _end_of(day: date) -> datetime:
    return datetime.combine(day, time(23, 59, 59), BEIJING)
