"""Replay of held records: which of several is meant, and what waits while somebody mends."""

from __future__ import annotations

from typing import Any

from gateway.demo import cast
from gateway.demo.cast import VILLAGE
from gateway.store.engine import writing
from gateway.store.tables import case_reference, inbox
from tests.gateway.conftest import Door
from tests.gateway.test_inbound import acceptance, body, referred, rows


def unreadable_kind(case: str, **fields: Any) -> dict[str, Any]:
    return {**acceptance(case, **fields), "kind": "case.unheard_of"}


async def test_of_two_records_with_one_id_in_a_batch_the_one_that_waits_is_replayed(door: Door) -> None:
    case = await referred(door)
    await door.send(VILLAGE, unreadable_kind(case, remark="first"), unreadable_kind(case, remark="second"))
    held = next(row for row in rows(door, inbox) if row["fate"] == "held")
    outcome = await door.gateway.operations.replay_record(held["id"])
    assert (outcome.fate, outcome.receipt_id) == ("held", held["id"])
    fates = [(row["fate"], row["position"]) for row in rows(door, inbox) if row["partner"] == VILLAGE]
    assert sorted(fates) == [("held", 1), ("refused", 0)]


async def test_housekeeping_takes_up_what_was_parked_for_a_name_that_is_known(door: Door) -> None:
    case = await referred(door)
    calendar = cast.Calendar()
    named = cast.from_centre(calendar, VILLAGE, "case.accept", "EV-9", serial=1, **cast.accepted(calendar))
    assert body(await door.send(VILLAGE, named))["results"][0]["status"] == "RECEIVED"
    with writing(door.gateway.store.engine).begin() as connection:  # as another process would, at the same moment
        connection.execute(
            case_reference.insert().values(partner=VILLAGE, value="EV-9", case_id=case, kind="partner_id", since=1)
        )
    await door.gateway.operations.keep_house()
    assert [row["fate"] for row in rows(door, inbox) if row["partner"] == VILLAGE] == ["accepted"]
