"""The frame around a pushed record, and our answers in the platform's dialect."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.court_platform.answers import read_answer
from adapters.court_platform.settings import ANSWER_CODES
from adapters.court_platform.wire import read_record
from gateway.contract import Outcome, Request, Response
from gateway.errors import (
    Conflicting,
    GatewayError,
    NotAuthentic,
    NotAuthorised,
    Overloaded,
    StoreUnavailable,
    Undecodable,
)

ATTACHMENT = {
    "clbh": "CL1",
    "clmc": "起诉状.pdf",
    "cllx": "01",
    "wjlx": "application/pdf",
    "wjdx": 2048,
    "wjzy": "AB" * 32,
    "url": "https://files.court.example/files/CL1?pj=1",
}
FRAME = {"xxbh": "TJXX1", "ywlx": "ajwp", "ywsj": {"fssj": "2022-11-09 09:12:30"}}
OUTCOME: dict[str, Any] = {"kind": "ajwp", "record_id": "TJXX1", "receipt_id": "R1"}


def pushed(frame: object, charset: str = "utf-8", **changes: Any) -> Request:
    body = json.dumps(frame, ensure_ascii=False).encode(charset)
    headers = {"content-type": f"application/json; charset={charset}"}
    return Request(**{"method": "POST", "path": "/push", "headers": headers, "body": body, **changes})


def answered(response: Response) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(response.body)
    assert set(answer) == {"code", "msg", "data"}
    return answer


def test_a_push_is_one_record_in_the_courts_own_words() -> None:
    record = read_record(pushed({**FRAME, "bbh": 2, "clxx": [ATTACHMENT]}))
    assert (record.kind, record.id, record.version) == ("ajwp", "TJXX1", "2")
    assert record.fields == FRAME["ywsj"]
    [attachment] = record.attachments
    assert (attachment.id, attachment.kind, attachment.size) == ("CL1", "01", 2048)
    assert attachment.url == ATTACHMENT["url"]
    assert attachment.sha256 == "ab" * 32
    assert attachment.content is None


@pytest.mark.parametrize("charset", ["utf-8", "gb18030"])
def test_a_body_in_gb18030_reads_the_same_as_in_utf_8(charset: str) -> None:
    name = "䶮文·㛃"
    assert read_record(pushed({**FRAME, "ywsj": {"xm": name}}, charset)).fields == {"xm": name}


@pytest.mark.parametrize(
    ("frame", "field"),
    [
        ([FRAME], "$"),
        ({**FRAME, "xxbh": ""}, "xxbh"),
        ({**FRAME, "xxbh": 12}, "xxbh"),
        ({**FRAME, "xxbh": "x" * 129}, "xxbh"),
        ({**FRAME, "ywlx": None}, "ywlx"),
        ({**FRAME, "ywsj": []}, "ywsj"),
        ({**FRAME, "bbh": True}, "bbh"),
        ({**FRAME, "clxx": {}}, "clxx"),
        ({**FRAME, "clxx": ["a"]}, "clxx[0]"),
        ({**FRAME, "clxx": [ATTACHMENT, {**ATTACHMENT, "url": "file:///etc/passwd"}]}, "clxx[1].url"),
        ({**FRAME, "clxx": [{**ATTACHMENT, "clmc": ""}]}, "clxx[0].clmc"),
        ({**FRAME, "clxx": [{**ATTACHMENT, "wjdx": -1}]}, "clxx[0].wjdx"),
        ({**FRAME, "clxx": [{**ATTACHMENT, "wjzy": "short"}]}, "clxx[0].wjzy"),
    ],
)
def test_a_frame_that_is_not_the_dialect_is_refused_by_its_field(frame: object, field: str) -> None:
    with pytest.raises(Undecodable) as caught:
        read_record(pushed(frame))
    assert caught.value.facts["field"] == field


@pytest.mark.parametrize("changes", [{"path": "/other"}, {"method": "GET"}, {"body": ()}])
def test_there_is_one_door(changes: dict[str, Any]) -> None:
    with pytest.raises(Undecodable) as caught:
        read_record(pushed(FRAME, **changes))
    assert caught.value.code == "court_platform.door_unknown"


@given(st.one_of(st.binary(), st.recursive(st.none() | st.integers() | st.text(), st.lists).map(repr).map(str.encode)))
def test_arbitrary_bytes_end_in_a_record_or_in_the_declared_error(body: bytes) -> None:
    with suppress(Undecodable):
        read_record(Request(method="POST", path="/push", body=body))


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**62), 2**62) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(("xxbh", "ywlx", "ywsj", "bbh", "clxx"), JSON_VALUES)))
def test_any_values_in_the_frame_end_in_a_record_or_in_the_declared_error(frame: dict[str, Any]) -> None:
    try:
        record = read_record(Request(method="POST", path="/push", body=json.dumps(frame).encode()))
    except Undecodable:
        return
    assert record.fields == frame["ywsj"]


@pytest.mark.parametrize(
    ("fate", "code", "state"),
    [("accepted", 0, "已受理"), ("held", 0, "已收"), ("parked", 0, "已收"), ("refused", 4, "退回")],
)
def test_a_record_is_accepted_received_or_returned(bench: Any, fate: Any, code: int, state: str) -> None:
    outcome = Outcome(**OUTCOME, fate=fate, case_id="C1")
    response = bench.adapter().acknowledge(pushed(FRAME), [outcome])
    answer = answered(response)
    assert (response.status, answer["code"], answer["data"]["zt"]) == (200, code, state)
    assert answer["data"]["xxbh"] == "TJXX1"
    assert answer["data"]["ywlsh"] == "R1"
    assert answer["data"]["wgajbh"] == "C1"


def test_the_same_record_sent_again_gets_the_same_answer(bench: Any) -> None:
    first, again = (Outcome(**OUTCOME, fate="accepted", repeated=repeated) for repeated in (False, True))
    adapter = bench.adapter()
    assert adapter.acknowledge(pushed(FRAME), [first]) == adapter.acknowledge(pushed(FRAME), [again])


def test_a_refused_record_names_the_field_and_the_reason_in_chinese(bench: Any) -> None:
    outcome = Outcome(
        **OUTCOME, fate="refused", code="identifier.credit_code.form", facts={"value": "***"}, field="dsrlb[1].tyshxydm"
    )
    answer = answered(bench.adapter().acknowledge(pushed(FRAME), [outcome]))
    assert answer["data"]["zd"] == "dsrlb[1].tyshxydm"
    assert answer["data"]["yydm"] == "identifier.credit_code.form"
    assert "信用代码" in answer["msg"]


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (NotAuthentic(), 401, 401),
        (NotAuthorised(), 403, 5),
        (Undecodable("court_platform.frame_wrong", field="ywsj"), 400, 4),
        (Conflicting(), 409, 4),
        (Overloaded(), 429, 2),
        (StoreUnavailable(), 503, 6),
        (GatewayError(), 500, 9),
    ],
)
def test_a_request_that_was_not_taken_is_answered_in_the_dialect(
    bench: Any, error: GatewayError, status: int, code: int
) -> None:
    response = bench.adapter().refuse(pushed(FRAME), error)
    answer = answered(response)
    assert (response.status, answer["code"], answer["data"]["yydm"]) == (status, code, error.code)
    assert ("retry-after" in response.headers) == (status in (429, 503))


@given(st.integers(100, 599), st.binary(max_size=200))
def test_any_answer_of_the_court_has_a_meaning(status: int, body: bytes) -> None:
    answer = read_answer(Response(status=status, body=body), ANSWER_CODES, now=datetime(2022, 11, 9, tzinfo=UTC))
    assert answer.meaning in {"done", "repeated", "busy", "token", "connection", "absent", "files", "refused"}
    if status >= 500:
        assert answer.meaning == "busy"
