"""Batches come in: one bad record never harms its neighbours, and every record gets its own answer."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.mediation_center.adapter import MediationCenter
from gateway.contract import Outcome, Partner, Request
from gateway.errors import (
    NotAuthentic,
    NotAuthorised,
    Overloaded,
    StoreUnavailable,
    Undecodable,
)
from tests.adapters.mediation_center.playing import NOW, received

GOOD = {"recordId": "R1", "type": "case.accept", "body": {"acceptTime": 1780279200000}}
CONTENT = base64.b64encode("调解协议书".encode()).decode()


def batch(*records, **more):
    body = json.dumps({"batchNo": "B1", "records": list(records), **more}, ensure_ascii=False).encode()
    return Request(method="POST", path="/events", body=body)


def with_file(**file):
    return {**GOOD, "fileList": [{"fileId": "F1", "fileName": "协议.pdf", "fileType": "07", **file}]}


def test_the_records_of_a_batch_come_in_its_order(adapter, simulator):
    wire = [{"kind": "case.progress", "id": f"R{n}", "fields": {"stageCode": "30"}} for n in range(3)]
    records = adapter.decode(received(simulator.wrap(wire, now=NOW)))

    assert [(record.kind, record.id, record.version) for record in records] == [
        ("case.progress", f"R{n}", None) for n in range(3)
    ]
    assert records[0].fields == {"stageCode": "30"}


@pytest.mark.parametrize("version", [2, "2"])
def test_a_correction_carries_its_version(adapter, version):
    [record] = adapter.decode(batch({**GOOD, "version": version}))

    assert record.version == "2"


def test_a_file_in_base64_comes_with_its_bytes(adapter):
    [record] = adapter.decode(batch(with_file(fileContent=CONTENT, contentType="application/pdf; name=x")))

    [file] = record.attachments
    assert (file.id, file.name, file.kind) == ("F1", "协议.pdf", "07")
    assert (file.media_type, file.content, file.size) == ("application/pdf", "调解协议书".encode(), 15)


def test_base64_with_line_breaks_or_a_data_address_in_front_is_read(adapter):
    broken = f"{CONTENT[:4]}\r\n{CONTENT[4:]}"
    for written in (broken, f"data:application/pdf;base64,{CONTENT}"):
        [record] = adapter.decode(batch(with_file(fileContent=written)))
        assert record.attachments[0].content == "调解协议书".encode()


def test_a_file_by_address_is_left_for_the_gateway_to_fetch(adapter):
    [record] = adapter.decode(
        batch(with_file(fileUrl="https://centre.example/files/1", fileSize=7, fileSha256="AB" * 32))
    )

    [file] = record.attachments
    assert (file.content, file.url, file.size, file.sha256) == (None, "https://centre.example/files/1", 7, "ab" * 32)


@pytest.mark.parametrize(
    ("bad", "missing"),
    [
        (None, {"recordId", "type", "body"}),
        ("text", {"recordId", "type", "body"}),
        ([1], {"recordId", "type", "body"}),
        ({"type": "case.accept", "body": {}}, {"recordId"}),
        ({"recordId": " ", "type": "case.accept", "body": {}}, {"recordId"}),
        ({"recordId": "R" * 129, "type": "case.accept", "body": {}}, {"recordId"}),
        ({"recordId": "R9", "body": {}}, {"type"}),
        ({"recordId": "R9", "type": 7, "body": {}}, {"type"}),
        ({"recordId": "R9", "type": "unreadable", "body": {}}, {"type"}),
        ({"recordId": "R9", "type": "case.accept", "body": "{}"}, {"body"}),
        ({**GOOD, "recordId": "R9", "fileList": {}}, {"fileList"}),
        ({**GOOD, "recordId": "R9", "fileList": ["x"]}, {"fileList"}),
        ({**with_file(fileContent="%%%"), "recordId": "R9"}, {"fileList"}),
        ({**with_file(fileUrl="/files/1"), "recordId": "R9"}, {"fileList"}),
        ({**with_file(fileUrl="ftp://centre.example/1"), "recordId": "R9"}, {"fileList"}),
        ({**with_file(), "recordId": "R9"}, {"fileList"}),
    ],
)
def test_a_broken_record_is_named_for_what_it_lacks_and_its_neighbours_come_through(adapter, bad, missing):
    before, broken, after = adapter.decode(batch(GOOD, bad, {**GOOD, "recordId": "R3"}))

    assert (before.id, after.id) == ("R1", "R3")
    assert broken.kind == "unreadable"
    assert {"recordId", "type", "body", "fileList"} - set(broken.fields) == missing
    assert (broken.id == "R9") is ("recordId" not in missing)


def test_a_record_without_an_id_gets_the_same_one_again_and_another_at_another_place(adapter):
    request = batch({"type": "case.accept"}, {"type": "case.accept"})

    first, again = adapter.decode(request), adapter.decode(request)
    assert [record.id for record in first] == [record.id for record in again]
    assert first[0].id != first[1].id


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "wire.json_malformed"),
        (b"[]", "mediation_center.not_a_batch"),
        (b"{}", "mediation_center.not_a_batch"),
        (b'{"records": {}}', "mediation_center.not_a_batch"),
        (b'{"records": []}', "mediation_center.not_a_batch"),
        (b"[" * 40 + b"]" * 40, "wire.too_deep"),
    ],
)
def test_what_is_no_batch_is_undecodable(adapter, body, code):
    with pytest.raises(Undecodable) as refused:
        adapter.decode(Request(method="POST", path="/events", body=body))
    assert refused.value.code == code


def test_a_batch_beyond_the_limit_is_undecodable(make_adapter):
    with pytest.raises(Undecodable) as refused:
        make_adapter(max_records=2).decode(batch(GOOD, GOOD, GOOD))
    assert refused.value.facts == {"count": 3, "limit": 2}


def test_another_door_or_method_is_undecodable(adapter):
    for request in (replace(batch(GOOD), path="/other"), replace(batch(GOOD), method="PUT")):
        with pytest.raises(Undecodable):
            adapter.decode(request)


def outcome(record_id, fate, **more):
    return Outcome(kind="case.accept", record_id=record_id, fate=fate, receipt_id=f"A-{record_id}", **more)


def test_every_record_gets_its_own_answer_in_the_order_of_the_batch(adapter):
    outcomes = [
        outcome("R1", "accepted", case_id="GW-1", received_at=NOW),
        outcome("R2", "refused", code="wire.too_deep", facts={"limit": 32}, field="partyList[0].idCardNo"),
        outcome("R3", "accepted"),
    ]
    answer = adapter.acknowledge(batch(GOOD), outcomes)

    said = json.loads(answer.body)
    assert (answer.status, said["success"], said["batchNo"]) == (207, True, "B1")
    assert [(result["index"], result["recordId"], result["status"]) for result in said["results"]] == [
        (0, "R1", "ACCEPTED"),
        (1, "R2", "REFUSED"),
        (2, "R3", "ACCEPTED"),
    ]
    assert said["results"][0]["receiptNo"] == "A-R1"
    assert said["results"][0]["gatewayCaseNo"] == "GW-1"
    assert said["results"][0]["receivedTime"] == "2026-06-01 10:00:00"
    assert said["results"][1]["field"] == "partyList[0].idCardNo"
    assert said["results"][1]["code"] == "wire.too_deep"
    assert "32" in said["results"][1]["message"]
    assert said["results"][1]["message"] != said["results"][1]["messageEn"]


@pytest.mark.parametrize("fate", ["held", "parked"])
def test_held_and_parked_are_received_but_never_accepted(adapter, fate):
    answer = adapter.acknowledge(batch(GOOD), [outcome("R1", fate)])

    [result] = json.loads(answer.body)["results"]
    assert answer.status == 200
    assert (result["status"], result["message"]) == ("RECEIVED", "已收到，待处理")


def test_the_same_outcomes_are_answered_with_the_same_bytes(adapter):
    outcomes = [outcome("R1", "accepted", received_at=NOW)]

    assert adapter.acknowledge(batch(GOOD), outcomes) == adapter.acknowledge(batch(GOOD), outcomes)


def test_a_made_up_id_is_not_shown_to_the_centre(adapter):
    request = batch({"type": "case.accept"})
    [record] = adapter.decode(request)
    refused = Outcome(kind=record.kind, record_id=record.id, fate="refused", receipt_id="A-1", code="wire.undecodable")

    [result] = json.loads(adapter.acknowledge(request, [refused]).body)["results"]
    assert (result["index"], result["recordId"]) == (0, None)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotAuthentic(), 401),
        (NotAuthorised(), 403),
        (Undecodable("mediation_center.not_a_batch", field="records"), 400),
        (Overloaded(), 503),
        (StoreUnavailable(), 503),
    ],
)
def test_a_batch_that_was_not_taken_is_answered_in_the_dialect(adapter, error, status):
    answer = adapter.refuse(batch(GOOD), error)

    said = json.loads(answer.body)
    assert (answer.status, said["success"], said["errorCode"]) == (status, False, error.code)
    assert ("retry-after" in answer.headers) is (status == 503)


def test_the_answer_to_a_stranger_quotes_nothing_of_the_request(adapter):
    assert json.loads(adapter.refuse(batch(GOOD), NotAuthentic()).body)["batchNo"] is None


ADAPTER = MediationCenter(Partner(name="centre", now=lambda: NOW))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)
FRAME = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("recordId", "type", "version", "body", "fileList", "batchNo"), JSON)
)


@given(st.binary(max_size=300))
def test_arbitrary_bytes_raise_nothing_but_undecodable(body):
    request = Request(method="POST", path="/events", body=body)
    try:
        ADAPTER.decode(request)
    except Undecodable as error:
        ADAPTER.refuse(request, error)


@given(st.lists(FRAME | JSON, min_size=1, max_size=4))
def test_any_json_records_become_as_many_records_with_ids_of_their_own(frames):
    body = json.dumps({"records": frames}).encode("utf-8", "surrogatepass")
    try:
        records = ADAPTER.decode(Request(method="POST", path="/events", body=body))
    except Undecodable:
        return
    assert len(records) == len(frames)
    assert all(0 < len(record.id) <= 128 for record in records)
