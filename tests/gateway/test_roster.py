"""The roster at the real door: whom the configuration lets a case be given to, and who may mediate it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import select

from gateway.bootstrap import Gateway, shipped_adapters
from gateway.canonical.messages import Message, parse
from gateway.configuration import Revision, from_files
from gateway.contract import Response
from gateway.demo import cast
from gateway.demo.cast import COURT, VILLAGE, Calendar
from gateway.rules import Rules
from gateway.settings import load_settings
from gateway.store.arrivals import CaseFile, Judgement
from gateway.store.cipher import Cipher, Key, Keyring
from gateway.store.tables import delivery, inbox
from gateway.texts import text
from tests.gateway.conftest import Door, write_configuration

Configured = Callable[..., AbstractAsyncContextManager[Door]]
PARTY = "测试甲"


@pytest.fixture
def configured(tmp_path: Path) -> Configured:
    """Return a gateway of which the village's row says more than where it is."""

    @asynccontextmanager
    async def run(**village: Any) -> AsyncIterator[Door]:
        keys = write_configuration(tmp_path / "config")
        file = tmp_path / "config" / "organisations.yaml"
        written = yaml.safe_load(file.read_text(encoding="utf-8"))
        next(row for row in written["organisations"] if row["id"] == "org-village").update(village)
        file.write_text(yaml.safe_dump(written, allow_unicode=True), encoding="utf-8")
        settings = load_settings(data_dir=tmp_path, config_dir=tmp_path / "config", redelivery_base_seconds=60)
        gateway = Gateway(settings, shipped_adapters())
        await gateway.start()
        yield Door(gateway, keys)
        await gateway.stop()

    return run


def body(answer: Response) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(answer.body)
    return found


def rows(door: Door, table: Any) -> list[dict[str, Any]]:
    with door.gateway.store.engine.connect() as connection:
        return [dict(row) for row in connection.execute(select(table)).mappings()]


async def assigned(door: Door) -> dict[str, Any]:
    """Have the court refer a case, and the village accept it and assign its mediator; return the last result."""
    calendar = Calendar()
    case = body(await door.send(COURT, cast.referral(calendar, "AJ-1")))["data"]["wgajbh"]
    result: dict[str, Any] = {}
    for serial, (kind, said) in enumerate((("case.accept", cast.accepted), ("case.assign", cast.assigned)), 1):
        record = cast.from_centre(calendar, VILLAGE, kind, "EV", serial=serial, **said(calendar))
        record["fields"] |= {"eventId": None, "gatewayCaseNo": case}
        (result,) = body(await door.send(VILLAGE, record))["results"]
    return result


async def test_a_referral_to_an_inactive_centre_is_refused_with_its_text_and_nothing_is_delivered(
    configured: Configured,
) -> None:
    async with configured(active=False) as door:
        answer = body(await door.send(COURT, cast.referral(Calendar(), "AJ-1")))
        (kept,) = rows(door, inbox)
        assert answer["code"] != 0
        assert (kept["fate"], kept["code"]) == ("refused", "lifecycle.addressee_inactive")
        facts = json.loads(kept["facts"])
        assert facts["addressee"] == "org-village"
        assert text(kept["code"], "zh", **facts) in json.dumps(answer, ensure_ascii=False)
        assert rows(door, delivery) == []


async def test_a_case_goes_to_a_centre_that_takes_such_disputes_only(configured: Configured) -> None:
    async with configured(handles={"disputes": ["medical"]}) as door:
        assert body(await door.send(COURT, cast.referral(Calendar(), "AJ-1")))["code"] != 0
        assert [row["code"] for row in rows(door, inbox)] == ["lifecycle.addressee_not_for_dispute"]
        assert rows(door, delivery) == []


async def test_a_mediator_outside_the_roster_is_refused(configured: Configured) -> None:
    async with configured(mediators=["另一人"]) as door:
        result = await assigned(door)
        assert (result["status"], result["code"]) == ("REFUSED", "lifecycle.mediator_not_on_roster")
        assert "李沐言" not in json.dumps(result, ensure_ascii=False)


@pytest.mark.parametrize("roster", [[], ["李沐言"]])
async def test_a_mediator_of_the_roster_and_anybody_without_one_is_taken(
    configured: Configured, roster: list[str]
) -> None:
    async with configured(mediators=roster) as door:
        assert (await assigned(door))["status"] == "ACCEPTED"


def revision(**centre: Any) -> Revision:
    organisations = [
        {"id": name, "name": name, "kind": "other", "partner": name, **(centre if name == "centre" else {})}
        for name in ("court", "centre", "heir")
    ]
    partners = {
        f"partners/{name}.yaml": yaml.safe_dump({"partner": name, "adapter": "mailbox", "organisations": [name]})
        for name in ("court", "centre", "heir")
    }
    return from_files({**partners, "organisations.yaml": yaml.safe_dump({"organisations": organisations})})


def message(kind: str, sender: str, **data: Any) -> Message:
    return parse(
        {
            "type": f"fengqiao.{kind}", "id": "01900000-0000-7000-8000-000000000001", "source": f"/partners/{sender}",
            "time": datetime(2026, 3, 2, tzinfo=UTC), "sender": sender,
            "addressee": "centre" if sender == "court" else "court",
            "data": {"case": {"partner_id": "A-1"}, **data},
        }
    )  # fmt: skip


def kept(snapshot: Mapping[str, Any]) -> CaseFile:
    return CaseFile(
        id="case-1", state=snapshot["state"], holder=snapshot["holder"], holder_since=0, origin="court",
        origin_partner="court", opened_by="m-1", leg_opened_by="m-1", step=1, parties={"court", "centre"},
        snapshot=json.loads(json.dumps(snapshot)), opened_at=0, closed_at=None,
    )  # fmt: skip


def test_the_stores_keys_recognise_a_party_who_is_named_as_mediator() -> None:
    cipher = Cipher(Keyring(keys=(Key(name="k1", material=bytes(range(32))),)))
    rules, case = Rules(revision, cipher), None
    parties = [{"role": "applicant", "kind": "natural_person", "name": PARTY}]
    consents = [{"party": PARTY, "given": True, "at": datetime(2026, 3, 1, tzinfo=UTC)}]
    steps = (
        message(
            "referral", "court", variant="delegated", parties=parties, consents=consents, dispute={"type": "neighbours"}
        ),
        message("acceptance", "centre", accepted_at=datetime(2026, 3, 3, tzinfo=UTC)),
    )
    for step in steps:
        judgement = judged(rules, case, step)
        assert judgement.after is not None
        assert PARTY not in json.dumps(judgement.after.snapshot, ensure_ascii=False)
        case = kept(judgement.after.snapshot)
    for name, fate in ((PARTY, "refused"), ("测试调解员", "accepted")):
        assert judged(rules, case, message("assignment", "centre", mediators=[{"name": name}])).fate == fate


PARTIES = [{"role": "applicant", "kind": "natural_person", "name": PARTY}]
REFERRED = {"variant": "delegated", "parties": PARTIES, "dispute": {"type": "neighbours"},
            "consents": [{"party": PARTY, "given": True, "at": datetime(2026, 3, 1, tzinfo=UTC)}]}  # fmt: skip
ACCEPTED = {"accepted_at": datetime(2026, 3, 3, tzinfo=UTC)}


def test_a_new_case_of_a_merged_unit_is_its_successors() -> None:
    rules = Rules(lambda: revision(until="2026-03-01", successor="heir", partner=None))
    judgement = judged(rules, None, message("referral", "court", **REFERRED))
    assert judgement.after is not None
    assert (judgement.after.holder, [due.partner for due in judgement.due]) == ("heir", ["heir"])
    accepted = judged(rules, kept(judgement.after.snapshot), message("acceptance", "heir", **ACCEPTED))
    assert accepted.after is not None
    assert accepted.after.legs[-1].unit == "heir"


def test_the_successor_acts_in_a_kept_case_which_stays_the_merged_units() -> None:
    before = judged(Rules(revision), None, message("referral", "court", **REFERRED))
    assert before.after is not None
    case = kept(before.after.snapshot)
    stranger = judged(Rules(revision), case, message("acceptance", "heir", **ACCEPTED))
    assert stranger.fate == "refused"
    merged = Rules(lambda: revision(until="2026-03-01", successor="heir", partner=None))
    judgement = judged(merged, case, message("acceptance", "heir", **ACCEPTED))
    assert judgement.after is not None
    assert (judgement.after.holder, judgement.after.legs[-1].unit) == ("centre", "centre")
    assert [due.partner for due in judgement.due] == ["court"]


def test_a_successor_that_failed_before_still_acts_for_the_merged_unit_that_holds_the_case() -> None:
    before = judged(Rules(revision), None, message("referral", "court", **REFERRED))
    assert before.after is not None
    (leg,) = before.after.snapshot["legs"]
    earlier = {**leg, "unit": "heir", "state": "RETURNED"}
    case = kept({**before.after.snapshot, "legs": [earlier, {**leg, "number": 2}]})
    merged = Rules(lambda: revision(until="2026-03-01", successor="heir", partner=None))
    judgement = judged(merged, case, message("acceptance", "heir", **ACCEPTED))
    assert judgement.after is not None
    assert [(each.unit, each.state) for each in judgement.after.legs] == [
        ("heir", "RETURNED"),
        ("centre", "ACCEPTED"),
    ]


def judged(rules: Rules, case: CaseFile | None, step: Message) -> Judgement:
    return rules(case, step, case_id="case-1", partner=str(step.sender), now=datetime.now(UTC))
