"""Records go out: what the centre answers is a receipt, a reason to wait, or a reason to give up."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest

from gateway.contract import Attachment, Receipt, Record, Response
from gateway.errors import PermanentFailure, TemporaryFailure
from gateway.texts import catalogue
from tests.adapters.mediation_center.playing import answered, begin

RECORD = Record(
    kind="case.dispatch",
    id="019e1c50-7a00-7000-8000-000000000001",
    fields={"disputeTypeCode": "0201", "partyList": [{"partyName": "冉明溪", "phone": "13996000122"}]},
)


def says(status=200, headers=None, **answer):
    return Response(status=status, headers=headers or {}, body=json.dumps(answer, ensure_ascii=False).encode())


def test_the_centres_own_ids_come_back_in_the_receipt(adapter):
    taken = says(success=True, data={"eventId": "SJ1", "receiptNo": "HZ1"}, errorCode=None, errorMsg=None)

    assert answered(adapter, RECORD, taken) == Receipt(case_id="SJ1", record_id="HZ1")


@pytest.mark.parametrize(
    "answer",
    [
        says(success=True, data={"eventId": "SJ1", "receiptNo": "HZ1", "duplicate": True}),
        says(success=False, data={"eventId": "SJ1", "receiptNo": "HZ1"}, errorCode="RECORD_EXISTS"),
        says(409, success=False, data={"eventId": "SJ1", "receiptNo": "HZ1"}, errorCode="RECORD_EXISTS"),
    ],
)
def test_already_received_is_success(adapter, answer):
    assert answered(adapter, RECORD, answer) == Receipt(case_id="SJ1", record_id="HZ1", already_received=True)


def test_the_answer_to_another_record_is_no_receipt(adapter):
    """A connection may go out of step: then each request gets the answer to the one before it."""
    of_another = says(success=True, data={"recordId": "019e1c50-0000", "eventId": "SJ9", "receiptNo": "HZ9"})

    with pytest.raises(TemporaryFailure) as failure:
        answered(adapter, RECORD, of_another)
    assert failure.value.code == "mediation_center.answer_of_another"


def test_an_answer_in_gb18030_is_read(adapter):
    body = json.dumps({"success": True, "data": {"eventId": "示-1"}}, ensure_ascii=False).encode("gb18030")
    answer = Response(status=200, headers={"content-type": "application/json;charset=GBK"}, body=body)

    assert answered(adapter, RECORD, answer).case_id == "示-1"


@pytest.mark.parametrize(
    ("stated", "seconds"),
    [("120", 120.0), ("Mon, 01 Jun 2026 02:01:00 GMT", 60.0), ("Mon, 01 Jun 2026 01:00:00 GMT", 0.0),
     ("soon", None), (None, None)],
)  # fmt: skip
def test_too_many_requests_says_when_to_come_again(adapter, stated, seconds):
    headers = {} if stated is None else {"retry-after": stated}

    with pytest.raises(TemporaryFailure) as failure:
        answered(adapter, RECORD, says(429, headers, success=False, errorCode="TOO_MANY_REQUESTS"))
    assert failure.value.retry_after == seconds


@pytest.mark.parametrize(
    "answer",
    [
        Response(status=500, body=b"<h1>500</h1>"),
        Response(status=502, body=b""),
        Response(status=503, headers={"retry-after": "30"}, body="系统维护中".encode()),
        Response(status=408, body=b""),
        Response(status=200, body=b"<html>login</html>"),
        Response(status=200, body=b'{"code": 0}'),
        Response(status=302, headers={"location": "/login"}),
        Response(status=404, body=b"<h1>404</h1>"),
        Response(status=401, body=b""),
        Response(status=403, body=b"blocked"),
        says(401, success=False, errorCode="SIGN_INVALID", errorMsg="签名不正确"),
        says(200, success=False, errorCode="SYSTEM_MAINTENANCE", errorMsg="系统维护中"),
    ],
)
def test_what_is_not_the_records_fault_is_tried_again(adapter, answer):
    with pytest.raises(TemporaryFailure) as failure:
        answered(adapter, RECORD, answer)
    assert failure.value.code in catalogue()
    assert failure.value.retry_after == (30.0 if answer.status == 503 else None)


def test_a_maintenance_code_of_this_centre_can_be_configured(make_adapter):
    adapter = make_adapter(temporary_codes=["9001"])

    with pytest.raises(TemporaryFailure):
        answered(adapter, RECORD, says(success=False, errorCode="9001", errorMsg="升级"))


@pytest.mark.parametrize("status", [200, 400, 403, 404, 422])
def test_a_refusal_in_the_centres_own_words_is_final(adapter, status):
    words = {"errorCode": "PARAM_MISSING", "errorMsg": "证件号码不能为空", "errorField": "partyList[0].idCardNo"}
    refusal = says(status, success=False, **words)

    with pytest.raises(PermanentFailure) as failure:
        answered(adapter, RECORD, refusal)
    assert failure.value.facts == {
        "status": status,
        "partner_code": "PARAM_MISSING",
        "partner_text": "证件号码不能为空",
        "partner_field": "partyList[0].idCardNo",
    }
    assert "PARAM_MISSING" in failure.value.text("zh")


@pytest.mark.parametrize("status", [400, 405, 413])
def test_a_refusal_by_the_web_server_in_front_is_final_too(adapter, status):
    with pytest.raises(PermanentFailure):
        answered(adapter, RECORD, Response(status=status, body=b"<h1>no</h1>"))


def test_what_the_centre_quotes_of_the_record_is_not_repeated(adapter):
    words = "当事人冉明溪（500242197906211029、139 9600 0122）已存在\n" + "说明" * 200
    with pytest.raises(PermanentFailure) as failure:
        answered(adapter, RECORD, says(success=False, errorCode="500242197906211029", errorMsg=words))

    shown = str(failure.value) + repr(failure.value.args) + failure.value.text("zh")
    assert "冉明溪" not in shown
    assert "500242197906211029" not in shown
    assert "0122" not in shown
    assert "\n" not in str(failure.value.facts["partner_text"])
    assert len(str(failure.value.facts["partner_text"])) <= 120


def test_a_file_travels_inside_the_record_in_base64(adapter):
    content = "起诉状".encode()
    digest = hashlib.sha256(content).hexdigest()
    described = {"id": digest, "name": "起诉状.pdf", "kind": "01", "media_type": "application/pdf", "sha256": digest}
    file = Attachment(**described, content=content)
    request = begin(adapter, Record(kind="case.dispatch", id="0190", attachments=(file,)))

    assert json.loads(request.body)["fileList"] == [
        {
            "fileId": digest,
            "fileName": "起诉状.pdf",
            "fileType": "01",
            "contentType": "application/pdf",
            "fileSize": 9,
            "fileSha256": digest,
            "fileContent": base64.b64encode(content).decode(),
        }
    ]


def test_a_file_too_large_to_travel_inside_is_a_final_failure_without_its_name(adapter):
    file = Attachment(id="x", name="冉明溪身份证.pdf", kind="02", size=9_000_000)

    with pytest.raises(PermanentFailure) as failure:
        begin(adapter, Record(kind="case.dispatch", id="0190", attachments=(file,)))
    assert failure.value.facts == {"kind": "02", "size": 9_000_000}


def test_a_value_that_json_cannot_carry_is_a_final_failure(adapter):
    with pytest.raises(PermanentFailure):
        begin(adapter, Record(kind="case.dispatch", id="0190", fields={"eventDesc": "\ud800"}))
