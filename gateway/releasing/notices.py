"""What the gateway itself says of a ruling, as ordinary messages: what it found, and the tasks to serve it.

    ruling_notice   to the court: what was found; to the origin: it is released; to holders: it counts no more
    service_task    in the court's name, to whoever applied: one for each addressee

A message's id follows from the ruling, the outcome and the step of the case: said again, it is the same message.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.canonical.identifiers import uuid7_of
from gateway.canonical.messages import Message, parse
from gateway.canonical.parties import Party
from gateway.lifecycle.confirmation_guards import task_of
from gateway.texts import text

SOURCE = "/gateway/rulings"
MOST_ADDRESSEES = 500


def notice(
    row: Mapping[str, Any], outcome: str, *, now: datetime, step: int, addressee: str | None, **said: Any
) -> Message:
    """Return a notice about the ruling of a row; ``step``: of the case before it."""
    now = now.replace(microsecond=0)  # partners write whole seconds
    about = {
        "case": {"gateway_id": row["case_id"]},
        "document_id": row["document_id"], "version": row["version"], "outcome": outcome, "at": now,
        "sm3": row["sm3"], "note": text("rulings.release.by_gateway", "zh"),
    }  # fmt: skip
    return parse(
        {
            "type": "fengqiao.ruling_notice",
            "id": uuid7_of(row["received_at"], SOURCE, row["message_id"], outcome, str(step)),
            "source": SOURCE,
            "subject": row["case_id"],
            "time": now,
            "addressee": addressee,
            "data": {**about, **{name: value for name, value in said.items() if value is not None}},
        }
    )


def service_task(
    row: Mapping[str, Any], party: Party, place: int, *, now: datetime, court: str, unit: str, electronic: bool
) -> Message:
    """Return the task to serve a ruling on one party; whoever gets it finds the file in the ruling's own message."""
    data = {
        "case": {"gateway_id": row["case_id"]},
        "task": task_of(row["message_id"], place),
        "items": [{"name": text("rulings.release.document", "zh"), "document_id": row["document_id"]}],
        "addressee": party.name,
        "phones": party.phones,
        "address": _address(party, electronic=electronic),
        "method": "electronic" if electronic else None,
        "note": text("rulings.release.by_gateway", "zh"),
    }
    return parse(
        {
            "type": "fengqiao.service_task",
            "id": task_message(row, place),
            "source": SOURCE,
            "subject": row["case_id"],
            "time": now.replace(microsecond=0),
            "sender": court,
            "addressee": unit,
            "data": {name: value for name, value in data.items() if value is not None},
        }
    )


def task_message(row: Mapping[str, Any], place: int) -> str:
    """Return the id of the message with the task to serve a ruling on one addressee."""
    return uuid7_of(row["received_at"], SOURCE, row["message_id"], "task", str(place))


def tasks_of(row: Mapping[str, Any]) -> list[str]:
    """Return the ids that the tasks of a ruling have, or would have."""
    return [task_message(row, place) for place in range(MOST_ADDRESSEES)]


def _address(party: Party, *, electronic: bool) -> str | None:
    written = party.domicile or party.residence
    return party.service_address if electronic else written.text if written else None
