"""One policy or another: the same records, judged as the jurisdiction of the organisation that refers them says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.demo import cast
from gateway.demo.cast import COURT, TOWNSHIP, VILLAGE, Calendar
from gateway.errors import ConfigurationFault
from gateway.store import shown
from tests.gateway.conftest import Door

FAILED = {"failReasonCode": "3", "failReason": "一方不愿"}


class Told:
    """A case that the village has accepted, and what each side says of it."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self.calendar = Calendar()
        self.case = ""
        self.serial = 0

    async def referred(self) -> Told:
        """Have the court refer the case and the village accept it."""
        answer = await self.court(cast.referral(self.calendar, "AJ-1"))
        self.case = answer["data"]["wgajbh"]
        assert await self.village("case.accept", **cast.accepted(self.calendar)) == ("ACCEPTED", "0")
        return self

    async def court(self, record: dict[str, Any]) -> dict[str, Any]:
        """Have the court say something."""
        found: dict[str, Any] = json.loads((await self.door.send(COURT, record)).body)
        return found

    async def village(self, kind: str, **fields: Any) -> tuple[str, str]:
        """Have the village say something; return status and code."""
        self.serial += 1
        said = cast.from_centre(self.calendar, VILLAGE, kind, "EV", serial=self.serial, **fields)
        said["fields"] = {**said["fields"], "eventId": None, "gatewayCaseNo": self.case}
        (result,) = json.loads((await self.door.send(VILLAGE, said)).body)["results"]
        return result["status"], result["code"]

    @property
    def kept(self) -> dict[str, Any]:
        """Return the case as it is shown."""
        with self.door.gateway.store.engine.connect() as connection:
            found: dict[str, Any] = shown.trace(connection, self.case)["case"]
            return found


async def choose(door: Door, written: str) -> None:
    """Write the administrator's file, and make it the active configuration."""
    folder = door.gateway.settings.config_folder
    (folder / "profiles.yaml").write_text(written, encoding="utf-8")
    await door.gateway.reload()


async def test_by_the_national_rules_a_consultation_is_refused_and_a_return_is_not(door: Door) -> None:
    told = await Told(door).referred()
    refused = await told.village("case.returnConsult", **FAILED)
    assert refused == ("REFUSED", "lifecycle.consultation_not_foreseen")
    assert await told.village("case.return", **FAILED) == ("ACCEPTED", "0")
    assert (told.kept["state"], told.kept["profile"]) == ("RETURNED", "national")


async def test_where_the_tribunal_is_to_be_asked_first_a_return_waits_for_its_answer(door: Door) -> None:
    await choose(door, "organisations: {org-tribunal: yudi}\n")
    told = await Told(door).referred()
    assert await told.village("case.return", **FAILED) == ("REFUSED", "lifecycle.consultation_required")
    assert await told.village("case.returnConsult", **FAILED) == ("ACCEPTED", "0")
    assert (told.kept["state"], told.kept["profile"]) == ("RETURN_CONSULT", "yudi")
    answer = {"fssj": told.calendar.next(hours=30), "fsjg": cast.IN_COURT[COURT], "jsjg": cast.IN_COURT[VILLAGE],
              "ajxx": {"ajbh": "AJ-1"}, "yj": "1"}  # fmt: skip
    assert (await told.court({"kind": "zxdf", "id": "ZX-1", "fields": answer}))["code"] == 0
    assert told.kept["state"] == "FAILED"
    assert await told.village("case.return", **FAILED) == ("ACCEPTED", "0")


async def test_the_policy_is_that_of_whoever_referred_the_case_not_of_the_unit(door: Door) -> None:
    await choose(door, "organisations: {org-village: yudi}\n")
    told = await Told(door).referred()
    assert await told.village("case.return", **FAILED) == ("ACCEPTED", "0")


async def test_where_cases_are_not_handed_up_an_escalation_is_refused(door: Door) -> None:
    await choose(door, "default: no-escalation\n")
    told = await Told(door).referred()
    fields = {**cast.escalated(told.calendar), "toOrgCode": cast.IN_CENTRES[TOWNSHIP]}
    assert await told.village("case.escalate", **fields) == ("REFUSED", "lifecycle.escalation_not_foreseen")


async def test_a_new_policy_holds_from_the_next_step_on(door: Door) -> None:
    told = await Told(door).referred()
    await choose(door, "default: yudi\n")
    assert await told.village("case.return", **FAILED) == ("REFUSED", "lifecycle.consultation_required")
    await choose(door, "default: national\n")
    assert await told.village("case.return", **FAILED) == ("ACCEPTED", "0")


async def test_a_choice_that_nothing_answers_to_is_not_activated(door: Door) -> None:
    before = door.gateway.revision.id
    with pytest.raises(ConfigurationFault, match="yuddi"):
        await choose(door, "default: yuddi\n")
    assert door.gateway.revision.id == before
