"""The left half in one process: what each kind of arrival becomes, and what is on disk when it is answered."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from gateway.contract import Response
from gateway.demo import cast
from gateway.demo.cast import COURT, TOWNSHIP, VILLAGE, Calendar
from gateway.errors import ConfigurationFault, NotFound, StoreUnavailable
from gateway.store import revisions, shown
from gateway.store.tables import document, inbox, request
from tests.gateway.conftest import Door


def body(answer: Response) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(answer.body)
    return found


def rows(door: Door, table: Any) -> list[dict[str, Any]]:
    with door.gateway.store.engine.connect() as connection:
        return [dict(row) for row in connection.execute(select(table)).mappings()]


def referral(case: str = "AJ-1") -> dict[str, Any]:
    return cast.referral(Calendar(), case)


async def referred(door: Door, case: str = "AJ-1") -> str:
    answer = body(await door.send(COURT, referral(case)))
    assert answer["code"] == 0
    return str(answer["data"]["wgajbh"])


def acceptance(case: str, serial: int = 1, **fields: Any) -> dict[str, Any]:
    """The village accepts, naming the case by the gateway's id."""
    calendar = Calendar()
    said = cast.from_centre(calendar, VILLAGE, "case.accept", "EV", serial=serial, **cast.accepted(calendar))
    return {**said, "fields": {**said["fields"], "eventId": None, "gatewayCaseNo": case, **fields}}


async def test_an_accepted_referral_is_acknowledged_with_our_case_id(door: Door) -> None:
    answer = body(await door.send(COURT, referral()))
    assert answer["code"] == 0
    assert [row["fate"] for row in rows(door, inbox)] == ["accepted"]
    assert rows(door, inbox)[0]["case_id"] == answer["data"]["wgajbh"]


async def test_the_raw_request_is_kept_sealed_and_without_its_secrets(door: Door) -> None:
    await door.send(COURT, referral())
    (kept,) = rows(door, request)
    assert b"zjhm" not in kept["body_sealed"]
    cipher = door.gateway.store.cipher
    context = kept["id"].encode()
    assert "许书宁" in cipher.open(kept["body_sealed"], context=context).decode()
    headers = json.loads(cipher.open(kept["headers_sealed"], context=context))
    assert "sign" not in headers
    assert kept["key_id"]


async def test_an_unsigned_request_is_refused_in_the_dialect_and_leaves_nothing(door: Door) -> None:
    signed = door.request(COURT, referral())
    forged = type(signed)(method="POST", path=signed.path, headers=signed.headers, body=signed.body + b" ")
    answer = await door.receive(COURT, forged)
    assert body(answer)["code"] != 0
    assert rows(door, request) == []


async def test_an_undecodable_request_is_kept_with_its_reason(door: Door) -> None:
    simulator = door.simulators[VILLAGE]
    from adapters.mediation_center.simulator import _signature

    raw = b'{"batchNo": "1", "records": "none"}'
    stamp = str(int(datetime.now(UTC).timestamp()))
    headers = {
        "content-type": "application/json", "webhook-id": "msg_1", "webhook-timestamp": stamp,
        "webhook-signature": _signature(simulator.secrets[0], "msg_1", stamp, raw),
    }  # fmt: skip
    signed = door.request(VILLAGE, acceptance("x"))
    answer = await door.receive(VILLAGE, type(signed)(method="POST", path=signed.path, headers=headers, body=raw))
    assert body(answer)["success"] is False
    (kept,) = rows(door, request)
    assert kept["code"] == body(answer)["errorCode"]


async def test_a_nonce_that_comes_again_is_refused(door: Door) -> None:
    first = door.request(COURT, referral("AJ-1"), nonce="0123456789abcdef")
    again = door.request(COURT, referral("AJ-2"), nonce="0123456789abcdef")
    assert body(await door.receive(COURT, first))["code"] == 0
    assert body(await door.receive(COURT, again))["code"] != 0
    assert len(rows(door, request)) == 1


@pytest.mark.parametrize(("skew", "taken"), [(-290, True), (290, True), (-360, False), (360, False)])
async def test_a_clock_six_minutes_off_is_outside_the_window(door: Door, skew: int, taken: bool) -> None:
    now = datetime.now(UTC) + timedelta(seconds=skew)
    answer = body(await door.send(COURT, referral(), now=now))
    assert (answer["code"] == 0) is taken


async def test_a_partner_speaks_only_for_its_own_organisations(door: Door) -> None:
    case = await referred(door)
    answer = body(await door.send(VILLAGE, acceptance(case, fromOrgCode=cast.IN_CENTRES[TOWNSHIP])))
    (result,) = answer["results"]
    assert (result["status"], result["code"]) == ("REFUSED", "auth.organisation_not_yours")


async def test_one_bad_record_in_a_batch_does_not_harm_its_neighbours(door: Door) -> None:
    case = await referred(door)
    bad = acceptance(case, 2, acceptUserPhone="12")
    unknown = {**acceptance(case, 3), "kind": "case.unheard_of"}
    results = body(await door.send(VILLAGE, bad, acceptance(case), unknown))["results"]
    assert [result["status"] for result in results] == ["REFUSED", "ACCEPTED", "RECEIVED"]
    assert results[0]["field"] == "acceptUserPhone"


async def test_an_attachment_inside_the_record_is_kept_with_both_digests(door: Door) -> None:
    case = await referred(door)
    await door.send(VILLAGE, acceptance(case))
    paper = {**cast.agreement()[0], "media_type": "text/plain"}
    success = {**acceptance(case, 9, **cast.settled(Calendar())), "kind": "case.success", "attachments": [paper]}
    assert body(await door.send(VILLAGE, success))["results"][0]["status"] == "ACCEPTED"
    (kept,) = rows(door, document)
    content = base64.b64decode(paper["content_base64"])
    assert (kept["state"], kept["size"]) == ("kept", len(content))
    assert await asyncio.to_thread(door.gateway.store.documents.read, kept["sha256"]) == content
    assert len(kept["sm3"]) == 64


@pytest.mark.parametrize(
    "url", ["https://elsewhere.example/1", "https://user@elsewhere.example/", "http://[::1]/", "http://127.0.0.1:22/"]
)
async def test_an_attachment_from_a_host_that_is_not_the_partners_is_refused(door: Door, url: str) -> None:
    paper = {"id": "1", "name": "a.pdf", "kind": "07", "media_type": "application/pdf", "url": url}
    case = await referred(door)
    success = {**acceptance(case, 9, **cast.settled(Calendar())), "kind": "case.success", "attachments": [paper]}
    (result,) = body(await door.send(VILLAGE, success))["results"]
    assert (result["status"], result["code"]) == ("REFUSED", "documents.host_not_allowed")


async def test_a_large_body_is_spooled_to_the_document_store_and_can_be_replayed(door: Door) -> None:
    record = referral()
    record["fields"]["jfxx"]["jflx"] = "9999"
    record["fields"]["bz"] = "备注" * 9_000
    record["fields"]["qt"] = "x" * 300_000
    assert body(await door.send(COURT, record))["code"] == 0
    (kept,) = rows(door, request)
    assert kept["body_sealed"] is None
    assert door.gateway.store.documents.exists(kept["document"])
    (held,) = rows(door, inbox)
    outcome = await door.gateway.operations.replay_record(held["id"])
    assert (outcome.fate, outcome.code) == ("held", "mapping.unknown_code")


async def test_fields_that_no_row_names_are_kept_beside_the_message_and_counted(door: Door) -> None:
    record = referral()
    record["fields"]["nbbz"] = {"ls": "内部编号77"}
    await door.send(COURT, record)
    with door.gateway.store.engine.connect() as connection:
        trace = shown.trace(connection, rows(door, inbox)[0]["case_id"])
    assert trace["steps"][0]["unmapped"] == 1


async def test_many_partners_at_once_share_commits_and_each_gets_its_own_answer(door: Door) -> None:
    before = door.gateway.writer.statistics.groups
    answers = await asyncio.gather(*[door.send(COURT, referral(f"AJ-{n}")) for n in range(100)])
    assert len({body(answer)["data"]["ywlsh"] for answer in answers}) == 100
    assert door.gateway.writer.statistics.groups - before < 100


async def test_when_the_store_is_gone_nobody_is_told_that_anything_was_kept(door: Door) -> None:
    await asyncio.to_thread(door.gateway.writer.close)
    answer = await door.send(COURT, referral())
    assert body(answer)["code"] != 0
    assert not door.gateway.ready
    with pytest.raises(StoreUnavailable):
        await door.gateway.writer.ran(lambda _: None)


async def test_a_fault_of_ours_holds_the_record_and_names_the_fault(
    door: Door, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("13996000121")

    monkeypatch.setattr("gateway.posts.Post.read", broken)
    with caplog.at_level(logging.ERROR):
        answer = body(await door.send(COURT, referral()))
    assert answer["code"] == 0
    (held,) = rows(door, inbox)
    assert (held["fate"], held["code"]) == ("held", "gateway.fault")
    monkeypatch.undo()
    assert (await door.gateway.operations.replay_record(held["id"])).fate == "accepted"


async def test_a_replay_goes_by_the_revision_of_now_or_the_one_of_then(door: Door) -> None:
    record = referral()
    record["fields"]["jfxx"]["jflx"] = "9977"
    await door.send(COURT, record)
    (held,) = rows(door, inbox)
    table = door.gateway.settings.config_folder / "codes" / "court_platform.dispute_type.yaml"
    table.parent.mkdir()
    table.write_text(
        'table: court_platform.dispute_type\nextends: true\nentries:\n  - {partner: "9977", canonical: neighbours}\n'
    )
    before = door.gateway.revision.id
    assert await door.gateway.reload() != before
    then = await door.gateway.operations.replay_record(held["id"], by="then")
    assert (then.fate, then.code) == ("held", "mapping.unknown_code")
    now = await door.gateway.operations.replay_record(held["id"], by="now")
    assert now.fate == "accepted"
    with pytest.raises(NotFound):
        await door.gateway.operations.replay_record(held["id"])


async def test_a_replay_by_a_revision_that_is_not_kept_is_refused_instead_of_using_another(door: Door) -> None:
    record = referral()
    record["fields"]["jfxx"]["jflx"] = "9977"
    await door.send(COURT, record)
    (held,) = rows(door, inbox)
    await door.gateway.writer.ran(lambda connection: connection.execute(update(inbox).values(revision="sha256:gone")))
    with pytest.raises(NotFound, match=r"revision\.not_kept"):
        await door.gateway.operations.replay_record(held["id"], by="then")


async def test_a_wrong_configuration_is_not_activated(door: Door) -> None:
    before = door.gateway.revision.id
    (door.gateway.settings.config_folder / "routes.yaml").write_text("copies: [{types: [x], to: nobody}]\n")
    with pytest.raises(Exception, match="configuration"):
        await door.gateway.reload()
    assert door.gateway.revision.id == before
    assert body(await door.send(COURT, referral()))["code"] == 0


async def test_settings_an_adapter_objects_to_are_not_activated(door: Door) -> None:
    before = door.gateway.revision.id
    row = door.gateway.settings.config_folder / "partners" / f"{COURT}.yaml"
    row.write_text(row.read_text().replace("settings:", "settings:\n  unheard_of: 1"))
    with pytest.raises(ConfigurationFault):
        await door.gateway.reload()
    assert door.gateway.revision.id == before
    with door.gateway.store.engine.connect() as connection:
        assert revisions.active(connection) == before
    assert body(await door.send(COURT, referral()))["code"] == 0
