"""Delivering to the court: token, uploads, submission, and what each of its answers means."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest

import adapters.court_platform
from gateway.contract import Confirming, Receipt, Record, Response
from gateway.errors import ConfigurationFault, PermanentFailure, TemporaryFailure
from gateway.texts import catalogue

CASE = "AJ50024220221108000317"
FOLDER = Path(adapters.court_platform.__file__).parent


SAMPLES = json.loads((FOLDER / "samples" / "court_platform.json").read_text(encoding="utf-8"))
OUTGOING = [sample["record"] for sample in SAMPLES if sample["direction"] != "in"]


@pytest.mark.parametrize("plain", OUTGOING, ids=lambda plain: f"{plain['kind']}-{plain['id']}")
def test_the_court_takes_every_sample_that_goes_to_it(bench: Any, plain: dict[str, Any]) -> None:
    attachments = [
        bench.attachment(base64.b64decode(ticket["content_base64"]), ticket["name"])
        for ticket in plain.get("attachments", ())
    ]
    record = Record(kind=plain["kind"], id=plain["id"], fields=plain["fields"], attachments=tuple(attachments))
    assert bench.run(bench.adapter().deliver(record)).record_id == "LS00000001"
    [received] = bench.client.get("/_sim/received").json()
    assert (received["id"], received["kind"], received["fields"]) == (plain["id"], plain["kind"], plain["fields"])
    assert [kept["sha256"] for kept in received["attachments"]] == [attachment.id for attachment in attachments]


def test_a_token_is_fetched_once_and_used_again(bench: Any) -> None:
    adapter = bench.adapter()
    receipt = bench.run(adapter.deliver(bench.record()))
    assert receipt == Receipt(case_id=CASE, record_id="LS00000001", already_received=False)
    bench.run(adapter.deliver(bench.record()))
    assert bench.paths() == ["/oauth/token", "/api/records", "/api/records"]


def test_a_token_is_replaced_before_it_expires(make_bench: Any, clock: Any) -> None:
    bench = make_bench(token_seconds=600)
    bench.run(bench.adapter().deliver(bench.record()))
    clock.forward(seconds=539)
    bench.run(bench.adapter().deliver(bench.record()))
    clock.forward(seconds=1)
    bench.run(bench.adapter().deliver(bench.record()))
    assert bench.paths().count("/oauth/token") == 2


def test_a_token_that_the_court_forgot_is_fetched_anew_and_the_call_repeated(bench: Any) -> None:
    adapter = bench.adapter()
    bench.run(adapter.deliver(bench.record()))
    bench.simulator.court.tokens.clear()
    bench.said.clear()
    assert bench.run(adapter.deliver(bench.record())).already_received
    assert bench.paths() == ["/api/records", "/oauth/token", "/api/records"]


def test_the_answer_to_another_message_is_no_receipt(bench: Any) -> None:
    """A connection may go out of step: then each request gets the answer to the one before it."""
    adapter = bench.adapter()
    bench.run(adapter.deliver(bench.record()))
    exchange = adapter.deliver(bench.record())
    next(exchange)
    of_another = {"code": 0, "msg": "成功", "data": {"xxbh": "019e1c50-0000", "ajbh": CASE, "lsh": "LS00000009"}}
    with pytest.raises(TemporaryFailure) as caught:
        exchange.send(Response(status=200, body=json.dumps(of_another).encode()))
    assert caught.value.code == "court_platform.answer_of_another"


def test_a_new_token_that_is_refused_is_a_temporary_failure(bench: Any) -> None:
    bench.fault(fault="business", code=3, times=2)
    with pytest.raises(TemporaryFailure) as caught:
        bench.run(bench.adapter().deliver(bench.record()))
    assert caught.value.code == "court_platform.token_refused"
    assert bench.paths().count("/oauth/token") == 2


def test_a_token_that_another_delivery_fetched_meanwhile_is_used(bench: Any) -> None:
    bench.session.put("access_token", "ended")
    exchange = bench.adapter().deliver(bench.record())
    next(exchange)
    bench.session.put("access_token", "newer")
    again = exchange.send(Response(status=200, body=b'{"code":3,"msg":"","data":null}'))
    assert (again.path, again.headers["authorization"]) == ("/api/records", "Bearer newer")


def test_every_request_carries_its_own_nonce(bench: Any) -> None:
    bench.run(bench.adapter().deliver(bench.record(bench.attachment())))
    nonces = [request.headers["nonce"] for request in bench.said]
    assert len(nonces) == len(set(nonces)) == 3


def test_an_attachment_is_uploaded_then_referred_to(bench: Any) -> None:
    attachment = bench.attachment()
    bench.run(bench.adapter().deliver(bench.record(attachment)))
    assert bench.paths() == ["/oauth/token", "/api/files", "/api/records"]
    [received] = bench.client.get("/_sim/received").json()
    assert received["attachments"] == [{"name": attachment.name, "sha256": attachment.sha256, "size": attachment.size}]
    submitted = json.loads(bench.said[-1].body)
    assert submitted["clxx"][0] == {
        "clbh": "CL00000001", "clmc": "调解协议.pdf", "cllx": "07", "wjlx": "application/pdf",
        "wjdx": attachment.size, "wjzy": attachment.sha256,
    }  # fmt: skip


@pytest.mark.parametrize("algorithm", ["hmac-sm3", "hmac-sha256"])
def test_uploads_are_signed_in_either_algorithm(make_bench: Any, algorithm: str) -> None:
    bench = make_bench(sign_algorithm=algorithm)
    adapter = bench.adapter(sign_algorithm=algorithm)
    assert bench.run(adapter.deliver(bench.record(bench.attachment()))).record_id == "LS00000001"


def test_a_redelivery_does_not_upload_again(bench: Any) -> None:
    record = bench.record(bench.attachment(), bench.attachment(b"another", "调解笔录.pdf"))
    bench.fault(fault="error_500", times=1)
    with pytest.raises(TemporaryFailure):
        bench.run(bench.adapter().deliver(record))
    bench.run(bench.adapter().deliver(record))
    assert bench.paths().count("/api/files") == 2
    assert not any(name.startswith("file/") for name in bench.session.values)


def test_an_upload_that_the_court_has_cleaned_up_is_made_again(bench: Any, clock: Any) -> None:
    record = bench.record(bench.attachment())
    bench.fault(fault="error_500", times=1)
    with pytest.raises(TemporaryFailure):
        bench.run(bench.adapter().deliver(record))
    bench.simulator.court.files.clear()
    with pytest.raises(TemporaryFailure) as caught:
        bench.run(bench.adapter().deliver(record))
    assert caught.value.code == "court_platform.files_forgotten"
    bench.run(bench.adapter().deliver(record))
    assert bench.paths().count("/api/files") == 2


def test_a_kept_upload_is_trusted_for_as_long_as_the_court_keeps_it(bench: Any, clock: Any) -> None:
    record = bench.record(bench.attachment())
    bench.fault(fault="error_500", times=1)
    adapter = bench.adapter(upload_kept_hours=1)
    with pytest.raises(TemporaryFailure):
        bench.run(adapter.deliver(record))
    clock.forward(hours=1)
    bench.run(adapter.deliver(record))
    assert bench.paths().count("/api/files") == 2


def test_a_resend_is_recognised_and_has_no_second_effect(bench: Any) -> None:
    adapter, record = bench.adapter(), bench.record(bench.attachment())
    first = bench.run(adapter.deliver(record))
    again = bench.run(adapter.deliver(record))
    assert (first.already_received, again.already_received) == (False, True)
    assert again.record_id == first.record_id
    [received] = bench.client.get("/_sim/received").json()
    assert (received["times"], received["effects"]) == (2, 1)


def test_the_court_can_be_asked_whether_it_has_a_record(bench: Any) -> None:
    adapter, record = bench.adapter(), bench.record()
    assert isinstance(adapter, Confirming)
    assert bench.run(adapter.confirm(record)) is None
    bench.run(adapter.deliver(record))
    assert bench.run(adapter.confirm(record)) == Receipt(case_id=CASE, record_id="LS00000001", already_received=True)


def test_a_business_error_in_http_200_is_a_permanent_failure_with_its_field(bench: Any) -> None:
    with pytest.raises(PermanentFailure) as caught:
        bench.run(bench.adapter().deliver(bench.record(jssj="")))
    assert caught.value.facts == {"answer": "4", "reason": "缺少必填字段：jssj", "field": "jssj"}


def test_the_reason_of_a_refusal_repeats_no_value_of_the_record(bench: Any) -> None:
    bench.fault(fault="refuse", reason="接收人石安澜（13608370245）不在名册，证件50024219880312402X")
    with pytest.raises(PermanentFailure) as caught:
        bench.run(bench.adapter().deliver(bench.record()))
    assert caught.value.facts["reason"] == "接收人***（***）不在名册，证件***"


@pytest.mark.parametrize("code", [2, 6])
def test_a_rate_limit_and_maintenance_in_http_200_are_temporary(bench: Any, code: int) -> None:
    bench.fault(fault="business", code=code)
    with pytest.raises(TemporaryFailure):
        bench.run(bench.adapter().deliver(bench.record()))


def test_the_court_may_say_when_to_come_again(bench: Any) -> None:
    bench.fault(fault="too_many", retry_after=17)
    with pytest.raises(TemporaryFailure) as caught:
        bench.run(bench.adapter().deliver(bench.record()))
    assert caught.value.retry_after == 17


def test_being_down_is_temporary(bench: Any) -> None:
    bench.fault(fault="down")
    with pytest.raises(TemporaryFailure):
        bench.run(bench.adapter().deliver(bench.record()))
    assert bench.paths() == ["/oauth/token"]


def test_a_wrong_secret_of_ours_kills_no_delivery(bench: Any) -> None:
    with pytest.raises(TemporaryFailure) as caught:
        bench.run(bench.adapter(secret="another").deliver(bench.record()))
    assert caught.value.code == "court_platform.no_token"
    assert catalogue()[caught.value.code].who == "administrator"


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, b"<html>maintenance</html>", TemporaryFailure),
        (302, b"", TemporaryFailure),
        (403, b"<html>firewall</html>", TemporaryFailure),
        (408, b"", TemporaryFailure),
        (502, b'{"code":0,"msg":"","data":null}', TemporaryFailure),
        (413, b"<html>too large</html>", PermanentFailure),
        (200, b'{"code":99,"msg":"x","data":null}', PermanentFailure),
        (400, b'{"code":"E7","msg":"x"}', PermanentFailure),
    ],
)
def test_an_answer_is_judged_by_its_code_else_by_its_status(
    bench: Any, status: int, body: bytes, expected: type[Exception]
) -> None:
    bench.session.put("access_token", "any")
    exchange = bench.adapter().deliver(bench.record())
    next(exchange)
    with pytest.raises(expected):
        exchange.send(Response(status=status, body=body))


def test_a_partner_row_may_say_what_a_business_code_means(bench: Any) -> None:
    bench.session.put("access_token", "any")
    exchange = bench.adapter(answer_codes={"B0001": "repeated"}).deliver(bench.record())
    next(exchange)
    taken = {"code": "B0001", "msg": "", "data": {"xxbh": bench.record().id, "ajbh": 7}}
    with pytest.raises(StopIteration) as end:
        exchange.send(Response(status=200, body=json.dumps(taken).encode()))
    assert end.value.value == Receipt(case_id="7", already_received=True)


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"app_id": ""}, "settings.app_id"),
        ({"app_id": "第一"}, "settings.app_id"),
        ({"sign_algorithm": "md5"}, "settings.sign_algorithm"),
        ({"answer_codes": {"0": "fine"}}, "settings.answer_codes"),
        ({"upload_kept_hours": 0}, "settings.upload_kept_hours"),
        ({"apid": "x"}, "settings.apid"),
    ],
)
def test_a_wrong_setting_is_named(bench: Any, row: dict[str, Any], field: str) -> None:
    with pytest.raises(ConfigurationFault) as caught:
        bench.adapter(**row)
    assert caught.value.facts["field"] == field


def test_every_code_of_this_dialect_has_a_text() -> None:
    sources = "".join(file.read_text(encoding="utf-8") for file in FOLDER.glob("*.py"))
    codes = set(re.findall(r'"(court_platform\.[a-z_]+)"', sources))
    assert codes
    assert codes <= set(catalogue())
