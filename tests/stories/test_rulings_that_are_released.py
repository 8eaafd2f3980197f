"""A ruling comes back from the court: what is genuine and belongs to the case is served, and nothing else goes out."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fastapi.responses import Response

from adapters.court_oa.simulator_signing import der, pdf
from gateway.errors import GatewayError
from gateway.releasing.release import STALE
from gateway.store import rulings
from tests.gateway.store.conftest import postgres, postgres_url, sqlite_url, store_url
from tests.stories.courtroom import NAMES, OFFICE, TRIBUNAL, VILLAGE, Courtroom, courtroom

__all__ = ["postgres", "postgres_url", "sqlite_url", "store_url"]


@pytest.fixture
async def court(tmp_path: Path) -> AsyncIterator[Courtroom]:
    async with courtroom(tmp_path) as opened:
        await opened.agree()
        await opened.apply()
        yield opened


@pytest.mark.parametrize("form", ["ofd", "pdf"])
async def test_a_genuine_ruling_of_this_case_is_released_and_served(tmp_path: Path, store_url: str, form: str) -> None:
    async with courtroom(tmp_path, store_url=store_url) as court:
        await court.agree()
        await court.apply()
        early = await court.receipt(NAMES[0])
        assert (early["fate"], early["code"]) == ("refused", "lifecycle.ruling_not_released")
        record = await court.issue(form=form)
        got = await court.fetch(VILLAGE)
        assert [each["type"].removeprefix("fengqiao.") for each in got] == ["ruling", "service_task", "service_task"]
        assert got[0]["files"] == [court.files[record["fields"]["wsbs"]]], "byte for byte"
        assert [each["data"]["addressee"] for each in got[1:]] == list(NAMES)
        (told,) = [each for each in await court.fetch(TRIBUNAL) if each["type"] == "fengqiao.ruling_notice"]
        assert (told["data"]["outcome"], told["files"]) == ("released", [])
        assert [each["type"] for each in await court.fetch(OFFICE)] == ["fengqiao.ruling"], "it subscribed"
        (answer,) = await court.at_court("yqtz")
        assert answer["fields"]["cljg"] == "1"
        assert {each["jl"] for each in answer["fields"]["jcjg"]} <= {"1", "3"}
        assert [each["xh"] for each in answer["fields"]["jcjg"]] == [str(number) for number in range(1, 13)]
        assert (court.review()["state"], court.rulings()[0]["state"]) == ("SERVING", "SERVING")

        assert (await court.receipt(NAMES[0]))["fate"] == "accepted"
        stranger = await court.receipt("柏清源")
        assert (stranger["fate"], stranger["code"]) == ("refused", "lifecycle.not_an_addressee")
        task = got[2]["data"]["task"]
        assert (await court.receipt("冉 明溪", task=task, confirmation_number=None))["fate"] == "accepted"
        await court.work()
        assert (court.review()["state"], court.rulings()[0]["state"]) == ("SERVED", "SERVED")
        assert [each["fields"]["ssdr"] for each in await court.at_court("sdhz")] == [NAMES[0], "冉 明溪"]


async def test_the_court_platform_that_referred_the_case_is_told_in_its_own_words(tmp_path: Path) -> None:
    async with courtroom(tmp_path, platform=True) as court:
        await court.agree()
        await court.apply()
        await court.issue()
        await court.quiet(TRIBUNAL)
        assert (TRIBUNAL, "delivered") in court.due_of("ruling_notice")
        assert court.due_of("ruling") == [(OFFICE, "pending"), (VILLAGE, "pending")], "the file is not the platform's"


async def test_a_ruling_that_grants_a_withdrawal_is_verified_and_served_too(court: Courtroom) -> None:
    await court.issue(court.signed(decision="withdrawn"), result="4")
    assert (court.review()["state"], court.rulings()[0]["state"]) == ("WITHDRAWN", "SERVING")
    assert [each["type"].removeprefix("fengqiao.") for each in await court.fetch(VILLAGE)] == [
        "ruling", "service_task", "service_task",
    ]  # fmt: skip
    assert (await court.receipt(NAMES[0]))["fate"] == "accepted"
    await court.work()
    assert court.rulings()[0]["state"] == "SERVING"
    assert (await court.receipt(NAMES[1]))["fate"] == "accepted"
    court.gateway.releasing._paused.clear()  # or a minute later
    await court.work()
    assert (court.review()["state"], court.rulings()[0]["state"]) == ("WITHDRAWN", "SERVED")


async def test_what_a_machine_has_no_words_for_is_left_to_a_person(court: Courtroom) -> None:
    await court.issue(result="5")
    (row,) = court.rulings()
    assert (row["state"], row["code"]) == ("UNDECIDED", "rulings.binding.no_ruling")
    assert court.due_of("ruling") == []


@pytest.mark.parametrize("there", [True, False])
async def test_a_ruling_whose_file_lies_at_the_courts_file_server_waits_until_it_is_here(
    court: Courtroom, there: bool
) -> None:
    octets = court.signed()
    if there:
        court.oa.app.add_api_route("/file", lambda: Response(octets, media_type="application/ofd"))
    order = {"decision": "ruling", "format": "OFD", "content_base64": base64.b64encode(octets).decode()}
    record = court.oa.reviewed(order)
    (paper,) = record["attachments"]
    del paper["content_base64"]
    announced = {**record, "attachments": [{**paper, "url": f"{court.oa_url}/file"}]}
    assert "已受理" in (await court.push(announced))["text"]
    for _ in range(500):
        await court.work()
        (row,) = court.rulings()
        if row["state"] != "AWAITING":
            break
        court.gateway.releasing._paused.clear()  # or a minute later
        await asyncio.sleep(0.02)
    assert (row["state"], row["code"]) == (
        ("SERVING", None) if there else ("QUARANTINED", "rulings.release.document_missing")
    )
    if there:
        assert (await court.fetch(VILLAGE))[0]["files"] == [octets]
    else:
        (told,) = await court.at_court("yqtz")
        assert told["fields"]["cljg"] == "3"


async def test_case_09_a_ruling_with_the_right_seal_and_another_case_number_is_quarantined_with_the_reason(
    court: Courtroom,
) -> None:
    other = court.number.replace("确1号", "确2号")
    await court.issue(court.signed(case_number=other))
    (row,) = court.rulings()
    assert (row["state"], row["code"]) == ("QUARANTINED", "rulings.binding.other_case_number")
    assert court.review()["state"] == "QUARANTINED"
    assert court.due_of("ruling") == []
    assert [await court.fetch(name) for name in (VILLAGE, OFFICE)] == [[], []]
    (answer,) = await court.at_court("yqtz")
    against = [each for each in answer["fields"]["jcjg"] if each["jl"] == "2"]
    assert [(each["xh"], each["dm"]) for each in against] == [("11", "rulings.binding.other_case_number")]
    assert answer["fields"]["cljg"] == "3"
    assert other in against[0]["sm"]
    with pytest.raises(GatewayError) as refused:
        await court.gateway.deciding.decide(row["message_id"], release=True, name="许知微", reason="看起来没有问题")
    assert refused.value.code == "rulings.release.not_undecided"

    await court.issue(without=["tdwsbs"])
    assert [each["state"] for each in court.rulings()] == ["SUPERSEDED", "SERVING"], "the court issues it anew"
    assert (await court.fetch(VILLAGE))[0]["type"] == "fengqiao.ruling"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"sqbwbh": "019f4c00-7a00-7000-8000-000000000001"}, "rulings.binding.other_application"),
        ({"xysha256": "0" * 64}, "rulings.binding.other_agreement"),
        ({"sm3": "0" * 64}, "rulings.binding.digest"),
        ({"ys": "7"}, "rulings.binding.other_pages"),
    ],
)
async def test_a_genuine_ruling_that_the_courts_message_does_not_match_is_quarantined(
    court: Courtroom, fields: dict[str, str], code: str
) -> None:
    await court.issue(fields=fields)
    (row,) = court.rulings()
    assert (row["state"], row["code"]) == ("QUARANTINED", code)
    assert court.due_of("ruling") == []


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"parties": ("许书宁", "柏清源")}, "rulings.binding.other_parties"),
        ({"decision": "dismissed"}, "rulings.binding.other_ruling"),
    ],
)
async def test_a_genuine_ruling_of_another_content_is_quarantined(
    court: Courtroom, other: dict[str, object], code: str
) -> None:
    await court.issue(court.signed(**other))
    (row,) = court.rulings()
    assert (row["state"], row["code"]) == ("QUARANTINED", code)
    assert court.due_of("ruling") == []


async def test_case_15_a_ruling_that_is_superseded_after_it_was_printed(court: Courtroom) -> None:
    first = await court.issue()
    held = await court.fetch(VILLAGE)
    assert len(held) == 3
    assert court.due_of("ruling") == [(OFFICE, "pending"), (VILLAGE, "delivered")], "the office has not looked yet"
    assert (await court.receipt(NAMES[0]))["fate"] == "accepted"
    second = await court.issue(court.signed(form="pdf"), form="pdf")
    assert second["fields"]["tdwsbs"] == first["fields"]["wsbs"]
    assert [each["state"] for each in court.rulings()] == ["SUPERSEDED", "SERVING"]
    assert court.due_of("ruling").count((OFFICE, "withdrawn")) == 1, "what nobody has seen goes to nobody"

    got = await court.fetch(VILLAGE)
    assert [each["type"].removeprefix("fengqiao.") for each in got] == [
        "ruling_notice", "ruling", "service_task", "service_task",
    ]  # fmt: skip
    said = got[0]["data"]
    assert (said["outcome"], said["document_id"], said["replaced_by"]) == (
        "superseded", first["fields"]["wsbs"], second["fields"]["wsbs"],
    )  # fmt: skip
    assert got[1]["files"] == [court.files[second["fields"]["wsbs"]]]
    old_task = await court.receipt(NAMES[0], task=held[1]["data"]["task"], confirmation_number=None)
    assert old_task["fate"] == "accepted"  # a paper of the past: it goes to the court and serves nothing
    assert court.review()["state"] == "SERVING"
    for name in NAMES:
        assert (await court.receipt(name))["fate"] == "accepted"
    await court.work()
    assert court.review()["state"] == "SERVED"


async def test_a_correction_under_the_number_of_the_first_and_one_more_takes_its_place(court: Courtroom) -> None:
    first = await court.issue()
    await court.fetch(VILLAGE)
    number = f"{court.number}之一"
    second = await court.issue(court.signed(case_number=number), fields={"qrah": number})
    assert [each["state"] for each in court.rulings()] == ["SUPERSEDED", "SERVING"]
    got = await court.fetch(VILLAGE)
    assert (got[0]["data"]["outcome"], got[0]["data"]["document_id"]) == ("superseded", first["fields"]["wsbs"])
    assert got[1]["files"] == [court.files[second["fields"]["wsbs"]]]


async def test_a_forged_file_that_claims_to_replace_a_genuine_one_goes_to_nobody(court: Courtroom) -> None:
    await court.issue()
    await court.fetch(VILLAGE)
    await court.issue(court.signed(case_number=court.number.replace("确1号", "确2号")))
    assert [each["state"] for each in court.rulings()] == ["SUPERSEDED", "QUARANTINED"]
    got = await court.fetch(VILLAGE)
    assert [each["data"]["outcome"] for each in got] == ["superseded"], "they stop serving, and get no other file"
    assert (await court.receipt(NAMES[0]))["fate"] == "refused"


async def test_case_23_a_result_that_is_corrected_after_the_application_leaves_the_ruling_to_a_person(
    tmp_path: Path,
) -> None:
    async with courtroom(tmp_path, centre=True) as court:
        await court.agree()
        await court.apply()
        assert await court.report("2", "一、拆除围墙；二、双方互不追究。") == "ACCEPTED"
        await court.issue()
        (row,) = court.rulings()
        assert (row["state"], row["code"]) == ("UNDECIDED", "rulings.binding.agreement_changed")
        assert court.review()["state"] == "RETURNED_ONLINE"
        told = await court.gateway.deciding.decide(
            row["message_id"], release=False, name="许知微", reason="裁定针对的是更正前的协议"
        )
        assert (told["state"], told["decided_by"]) == ("QUARANTINED", "许知微")
        assert court.due_of("ruling") == court.due_of("service_task") == []
        said = [each["fields"] for each in await court.at_court("yqtz")]
        assert [(each["cljg"], each.get("jdr")) for each in said] == [("2", None), ("3", "许知微")]
        with pytest.raises(GatewayError) as refused:
            await court.gateway.deciding.reopen(row["message_id"])
        assert refused.value.code == "rulings.release.not_reopened"


async def test_what_a_machine_cannot_compare_a_person_releases_with_name_and_reason(court: Courtroom) -> None:
    await court.issue(without=["xysha256"])
    (row,) = court.rulings()
    assert (row["state"], row["code"]) == ("UNDECIDED", "rulings.binding.no_agreement_named")
    assert court.due_of("ruling") == []
    await court.gateway.deciding.decide(
        row["message_id"], release=True, name="许知微", reason="已与承办法官电话核对协议文本"
    )
    await court.work()
    (row,) = court.rulings()
    assert (row["state"], row["decided_by"]) == ("SERVING", "许知微")
    assert "电话核对" in row["decided_reason"]
    assert (await court.fetch(VILLAGE))[0]["type"] == "fengqiao.ruling"
    outcomes = [(each["fields"]["cljg"], each["fields"].get("jdr")) for each in await court.at_court("yqtz")]
    assert outcomes == [("2", None), ("1", "许知微")]


async def test_a_person_may_take_hours_to_decide(court: Courtroom) -> None:
    await court.issue(without=["xysha256"])
    (row,) = court.rulings()
    long_ago = row["verified_at"] - 2 * STALE
    await court.gateway.writer.ran(lambda read: rulings.change(read, row["message_id"], verified_at=long_ago))
    await court.gateway.deciding.decide(row["message_id"], release=True, name="许知微", reason="已核对协议文本")
    await court.work()
    (row,) = court.rulings()
    assert (row["state"], row["decided_by"]) == ("SERVING", "许知微")
    assert (await court.fetch(VILLAGE))[0]["type"] == "fengqiao.ruling"


async def test_a_signature_that_could_not_be_verified_is_released_by_nobody(court: Courtroom) -> None:
    value = der.sequence(der.integer(1), der.utf8("a vendor's own form"))
    signing = pdf.Signing(sign=lambda message: value, at=court.bench.at, subfilter="ACME.sealed")
    said = court.bench.saying(case_number=court.number, parties=NAMES).ruling
    await court.issue(pdf.signed(said, signing), form="pdf")
    (row,) = court.rulings()
    assert row["state"] == "UNDECIDED"
    with pytest.raises(GatewayError) as refused:
        await court.gateway.deciding.decide(row["message_id"], release=True, name="许知微", reason="看起来没有问题")
    assert refused.value.code == "rulings.release.not_genuine"
    assert court.rulings()[0]["state"] == "UNDECIDED"


async def test_a_ruling_is_verified_again_once_the_trust_is_mended(tmp_path: Path) -> None:
    async with courtroom(tmp_path) as court:
        await court.agree()
        await court.apply()
        whole = (court.trust / "trust.yaml").read_text(encoding="utf-8")
        (court.trust / "trust.yaml").write_text("{}", encoding="utf-8")
        await court.issue()
        (row,) = court.rulings()
        assert row["state"] in {"QUARANTINED", "UNDECIDED"}
        (court.trust / "trust.yaml").write_text(whole, encoding="utf-8")
        await court.gateway.deciding.reopen(row["message_id"])
        await court.work()
        assert (court.review()["state"], court.rulings()[0]["state"]) == ("SERVING", "SERVING")


async def test_case_25_an_objection_that_is_upheld_revokes_the_ruling_at_everybody_who_has_it(court: Courtroom) -> None:
    await court.issue()
    for partner in (VILLAGE, OFFICE, TRIBUNAL):
        await court.fetch(partner)
    for name in NAMES:
        await court.receipt(name)
    objection = await court.say(
        VILLAGE, "objection", confirmation_number=court.number, by="party", name=NAMES[1],
        raised_on=court.now.date().isoformat(), reasons="协议违反自愿原则（示例）。",
    )  # fmt: skip
    assert objection["fate"] == "accepted"
    assert court.review()["state"] == "OBJECTED"
    await court.decide("revoke")
    await court.work()
    assert (court.review()["state"], court.rulings()[0]["state"]) == ("REVOKED", "REVOKED")
    for holder in (VILLAGE, OFFICE):
        got = await court.fetch(holder)
        (notice,) = [each for each in got if each["type"] == "fengqiao.ruling_notice"]
        assert notice["data"]["outcome"] == "revoked", holder


async def test_without_a_trust_folder_a_ruling_waits_and_says_so(tmp_path: Path) -> None:
    async with courtroom(tmp_path, trusted=False) as court:
        await court.agree()
        await court.apply()
        await court.issue()
        (row,) = court.rulings()
        assert (row["state"], row["code"]) == ("AWAITING", "rulings.release.no_trust")
        assert court.due_of("ruling") == court.due_of("ruling_notice") == []
