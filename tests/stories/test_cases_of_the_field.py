"""What really happens in the field, one test for each case, through the doors of the gateway to the other system."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from gateway import ledgers
from gateway.demo import cast
from gateway.demo.cast import COURT, TOWNSHIP, VILLAGE
from tests.adapters.justice_office.ledgers import row, workbook
from tests.stories.field import HALL, INDUSTRY, NAMES, OFFICE, PEACE, STATION, Field, standing, verdict

UNWILLING = {"failReasonCode": "3", "failReason": "一方明确表示不接受调解"}


@pytest.fixture
async def field(tmp_path: Path) -> AsyncIterator[Field]:
    async with standing(tmp_path) as opened:
        yield opened


async def referred(field: Field, case: str = "AJ-1", **changed: Any) -> str:
    """Have the court refer a case to the village; return the village's own id of it."""
    record = cast.referral(field.calendar, case)
    record["fields"] |= changed
    answer = await field.push(COURT, record)
    assert '"code":0' in answer, answer
    return str((await field.received(VILLAGE, "case.dispatch"))[-1]["case"])


async def report(field: Field, kind: str, event: str, serial: int, **fields: Any) -> tuple[str, str]:
    """Have the village report something; return status and code."""
    record = cast.from_centre(field.calendar, VILLAGE, kind, event, serial=serial, **fields)
    return verdict(await field.push(VILLAGE, record))


async def test_case_01_the_village_fails_the_parties_refuse_the_township_and_the_case_goes_back_and_to_court(
    field: Field,
) -> None:
    event = await referred(field)
    assert await report(field, "case.accept", event, 1, **cast.accepted(field.calendar)) == ("ACCEPTED", "0")
    unwilling = cast.escalated(field.calendar)
    unwilling["consentList"][1]["agree"] = "0"
    record = cast.from_centre(field.calendar, VILLAGE, "case.escalate", event, to=TOWNSHIP, serial=2, **unwilling)
    status, code = verdict(await field.push(VILLAGE, record))
    assert (status, code.partition(".")[0]) == ("REFUSED", "lifecycle")
    assert await report(field, "case.return", event, 3, **UNWILLING) == ("ACCEPTED", "0")
    assert len(await field.received(COURT, "ajth")) == 1
    assert await field.received(TOWNSHIP) == []
    for number in (None, "(2026)渝0242民初2106号"):
        assert '"code":0' in await field.push(COURT, cast.litigation(field.calendar, "AJ-1", number=number))
    assert field.cases()[0]["state"] == "FILED"


def application(field: Field, effective: datetime, **changed: Any) -> dict[str, Any]:
    """Return what an application for confirmation says, three days after an agreement took effect."""
    given = [{"party": name, "given": True, "at": (effective + timedelta(days=2)).isoformat()} for name in NAMES]
    return {
        "case": {"partner_id": f"协议-{effective:%Y%m%d}"},
        "application_number": f"QR-{effective:%Y%m%d}",
        "applied_at": (effective + timedelta(days=3)).isoformat(),
        "channel": "mediator",
        "applicants": [{"role": "applicant", "kind": "natural_person", "name": name} for name in NAMES],
        "authorisations": given,
        "agreement": {"kind": "written", "reached_at": effective.isoformat(), "effective_at": effective.isoformat(),
                      "terms": "一、拆除围墙，恢复通行；二、双方互不追究。"},
        "presider": {"name": "青石村人民调解委员会", "mediation": "peoples"},
        "matters": ["conduct"],
        "declarations": ["voluntary", "truthful"],
        **changed,
    }  # fmt: skip


async def apply(field: Field, effective: datetime, **changed: Any) -> str:
    """Have the village apply; return the fate, or the code of the refusal."""
    time = (effective + timedelta(days=3)).isoformat()
    told = await field.say(VILLAGE, "confirmation_application", to="org-court", time=time,
                           **application(field, effective, **changed))  # fmt: skip
    return str(told["fate"] if told["fate"] == "accepted" else told["code"])


@pytest.mark.parametrize(
    ("profile", "channel", "before", "after"),
    [
        ("jiaozuo", "parties", "lifecycle.not_eligible", "accepted"),
        ("yudi", "mediator", "lifecycle.not_eligible", "accepted"),
        ("heihe", "parties", "accepted", "accepted"),
    ],
)
async def test_case_05_an_administrative_agreement_is_confirmable_by_the_day_it_took_effect_and_the_profile(
    field: Field, profile: str, channel: str, before: str, after: str
) -> None:
    await field.follow(profile)
    administrative = {"presider": {"name": "示例乡人民政府", "mediation": "administrative"}, "channel": channel}
    days = [datetime.fromisoformat(f"{day}T10:00:00+08:00") for day in ("2021-12-20", "2022-01-05")]
    assert [await apply(field, day, **administrative) for day in days] == [before, after]


async def test_case_06_a_divorce_inside_an_agreement_makes_it_not_confirmable(field: Field) -> None:
    effective = field.now - timedelta(days=4)
    agreement = {"kind": "written", "reached_at": effective.isoformat(), "effective_at": effective.isoformat(),
                 "terms": "一、双方自愿离婚；二、房屋归女方所有。"}  # fmt: skip
    assert await apply(field, effective, agreement=agreement) == "lifecycle.not_confirmable"
    assert field.deliveries(HALL) == []


async def test_case_07_under_the_yudi_profile_a_return_without_asking_the_tribunal_is_blocked(field: Field) -> None:
    await field.follow("yudi")
    event = await referred(field)
    await report(field, "case.accept", event, 1, **cast.accepted(field.calendar))
    assert await report(field, "case.return", event, 2, **UNWILLING) == ("REFUSED", "lifecycle.consultation_required")
    assert await field.received(COURT, "ajth") == []
    assert await report(field, "case.returnConsult", event, 3, **UNWILLING) == ("ACCEPTED", "0")
    assert len(await field.received(COURT, "thzx")) == 1


async def test_case_08_an_industry_unit_that_comes_in_takes_the_lead_and_the_watch_over_the_agreement(
    field: Field,
) -> None:
    await field.follow("yudi")
    event = await referred(field)
    await report(field, "case.accept", event, 1, **cast.accepted(field.calendar))
    case = field.cases()[0]["id"]

    def plan(lead: str, **industry: bool) -> dict[str, Any]:
        units = ("org-village", "org-industry")
        said = [{"unit": unit, "role": "lead" if unit == lead else "assisting", "first_received": unit == "org-village",
                 **(industry if unit == "org-industry" else {})} for unit in units]  # fmt: skip
        return {"case": {"gateway_id": case}, "scope": "local", "at": field.at(days=-1), "place": "青石村委会",
                "participants": said}  # fmt: skip

    asked = {"case": {"gateway_id": case}, "reason": "涉及行业单位，请求联合调处。"}
    assert (await field.say(VILLAGE, "conference_request", to="org-peace", **asked))["fate"] == "accepted"
    told = await field.say(PEACE, "joint_plan", **plan("org-village"))
    assert told["fate"] == "accepted", told
    refused = await field.say(PEACE, "joint_plan", **plan("org-village", industry=True))
    assert refused["code"] == "lifecycle.lead_unit", refused
    assert (await field.say(PEACE, "joint_plan", **plan("org-industry", industry=True)))["fate"] == "accepted"
    assert await report(field, "case.success", event, 5, **cast.settled(field.calendar)) == ("ACCEPTED", "0")
    assert field.cases()[0]["holder"] == "org-industry"
    performed = {"case": {"gateway_id": case}, "state": "performed", "reported_at": field.at(minutes=4)}
    assert (await field.say(VILLAGE, "performance", **performed))["code"] == "lifecycle.wrong_actor"
    told = await field.say(INDUSTRY, "performance", **performed)
    assert told["fate"] == "accepted", told


def noticed(field: Field, name: str) -> dict[str, Any]:
    """Return what the township tells the police of a dispute."""
    return {
        "recipients": ["org-station"], "register_number": "PA-2026-0088", "type": "homestead",
        "place": {"text": "青石村5组"}, "people": 4, "facts": "两户因宅基地边界多次争吵。",
        "parties": [{"role": "applicant", "kind": "natural_person", "name": name}],
        "found_at": field.at(days=1), "registered_on": field.at(hours=8)[:10],
    }  # fmt: skip


@pytest.mark.parametrize("charset", ["GBK", "GB18030"])
async def test_case_16_a_name_that_gbk_lacks_reaches_the_police_unharmed_or_waits_for_a_person(
    tmp_path: Path, charset: str
) -> None:
    async with standing(tmp_path, rows={STATION: {"settings": {"charset": charset}}}) as field:
        told = await field.say(PEACE, "dispute_notice", to="org-station", **noticed(field, "䶮书宁"))
        assert told["fate"] == "accepted", told
        held = await field.received(STATION)
        [delivery] = field.deliveries(STATION)
        if charset == "GBK":
            assert (held, delivery["status"]) == ([], "dead")
            assert "?" not in str(delivery["code"])
        else:
            assert delivery["status"] == "delivered"
            assert "䶮书宁" in str(held)


async def test_case_17_a_partner_that_counts_the_sexes_from_nought_is_understood_and_answered_in_its_own_count(
    field: Field,
) -> None:
    await referred(field)
    [case] = await field.received(VILLAGE, "case.dispatch")
    assert [party["gender"] for party in case["fields"]["partyList"]] == ["0", "1"]
    assert [party["sex"] for party in field.kept("referral")["data"]["parties"]] == ["1", "2"], "as GB/T 2261.1 counts"


async def test_case_18_an_identity_number_that_excel_has_rounded_is_refused_with_its_line(field: Field) -> None:
    damaged = row(2, 申请人身份证号=500242199003070000)
    brought = await ledgers.bring(field.gateway.operations, OFFICE, workbook([row(1), damaged, row(3)]))
    assert brought.fates == {"accepted": 2, "refused": 1}
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(brought.report)).get_sheet_by_index(0).to_python()
    line = next((each for each in sheet if "XZ01-002" in map(str, each)), sheet)
    assert any("身份" in str(cell) for cell in line), line


async def test_case_19_a_village_cooperative_with_a_credit_code_that_begins_with_n_is_a_party(field: Field) -> None:
    record = cast.referral(field.calendar, "AJ-1")
    record["fields"]["dsrlb"][1] = {
        "ssdw": "02", "dsrlx": "2", "xm": "示例村股份经济合作社", "tyshxydm": "N2500242MF0000013H",
        "lxdh": "13996000122",
    }  # fmt: skip
    record["fields"]["dsryj"][1]["xm"] = "示例村股份经济合作社"
    answer = await field.push(COURT, record)
    assert '"code":0' in answer, answer
    [case] = await field.received(VILLAGE, "case.dispatch")
    assert "N2500242MF0000013H" in str(case["fields"])


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("（2026）渝0242诉前调确12号", "(2026)渝0242诉前调确12号"),
        ("〔2026〕吉7502民初3号之一", "(2026)吉7502民初3号之一"),
        ("(2026)渝0242民特7号", "(2026)渝0242民特7号"),
    ],
)
async def test_case_20_a_case_number_in_any_brackets_is_one_number(field: Field, written: str, kept: str) -> None:
    await referred(field, ajxx={"ajbh": "AJ-1", "ah": written})
    assert kept in str(field.trace(field.cases()[0]["id"])), "by the one form it is found again"
    [case] = await field.received(VILLAGE, "case.dispatch")
    assert case["fields"]["courtCaseNo"] == kept


async def test_case_21_the_same_content_under_a_new_id_takes_no_second_effect(field: Field) -> None:
    record = cast.referral(field.calendar, "AJ-1")
    first, again = await field.push(COURT, record), await field.push(COURT, {**record, "id": "TJXX-AJ-1-2"})
    assert '"code":0' in first
    assert '"code":0' not in again
    assert len(await field.received(VILLAGE, "case.dispatch")) == 1
    event = (await field.received(VILLAGE, "case.dispatch"))[0]["case"]
    accepted = cast.accepted(field.calendar)
    assert await report(field, "case.accept", event, 1, **accepted) == ("ACCEPTED", "0")
    status, code = await report(field, "case.accept", event, 2, **accepted)
    assert (status, code.partition(".")[0]) == ("REFUSED", "lifecycle")
    assert len(await field.received(COURT, "qrjs")) == 1


@pytest.mark.parametrize(("minutes", "taken"), [(-6, False), (6, False), (-4, True), (4, True)])
async def test_case_24_a_clock_that_is_six_minutes_off_is_told_so_and_one_within_the_window_is_not(
    field: Field, minutes: int, taken: bool
) -> None:
    record = cast.referral(field.calendar, "AJ-1")
    answer = await field.push(COURT, record, now=datetime.now(UTC) + timedelta(minutes=minutes))
    assert ('"code":0' in answer) is taken, answer
    if not taken:
        assert "时" in answer, "it says that the time is wrong"
        assert field.cases() == []
