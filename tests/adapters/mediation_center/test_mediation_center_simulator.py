"""The pretend centre behaves as a real one, over real connections: resends, cases, refusals, files and every fault."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request as WebRequest
from starlette.responses import Response as WebResponse
from starlette.routing import Route

from adapters.mediation_center.adapter import MediationCenter
from adapters.mediation_center.pretend_centre import Book
from adapters.mediation_center.simulator import Simulator
from gateway.contract import Attachment, Outcome, Record, Request
from gateway.errors import PermanentFailure, TemporaryFailure
from tests.adapters.mediation_center.playing import KEYS, begin, over_http, serving
from tests.servers import free_port

pytestmark = pytest.mark.live

DISPATCH: dict[str, Any] = {
    "gatewayCaseNo": "GW-1",
    "dispatchType": "1",
    "disputeTypeCode": "0201",
    "partyList": [{"partyName": "许书宁", "partyKind": "0", "partyRole": "1"}],
}


@pytest.fixture(scope="module")
def centre() -> Iterator[str]:
    simulator = Simulator(gateway_url=None, partner="centre", keys=KEYS)
    with serving(simulator.app) as url:
        yield url


@pytest.fixture
def control(centre: str) -> Iterator[httpx.Client]:
    """Talk to the simulator's controls; its book is empty again for every test."""
    with httpx.Client(base_url=centre, trust_env=False, timeout=10) as client:
        client.post("/_sim/reset")
        yield client


@pytest.fixture
def adapter(make_adapter: Callable[..., MediationCenter]) -> MediationCenter:
    return make_adapter(now=lambda: datetime.now(UTC))


def dispatch(record_id: str = "0190-1", **fields: Any) -> Record:
    return Record(kind="case.dispatch", id=record_id, fields={**DISPATCH, **fields})


def ruling(content: bytes | None, size: int) -> Record:
    said = {"gatewayCaseNo": "GW-1", "confirmCaseNo": "(2026)渝0242诉前调确1号", "documentId": "WS-1",
            "rulingResult": "1", "rulingDate": "2026-07-15", "documentSize": size,
            "documentSha256": hashlib.sha256(b"signed").hexdigest()}  # fmt: skip
    file = Attachment(id="1", name="民事裁定书.ofd", kind="12", media_type="application/ofd", content=content)
    return Record(kind="case.ruling", id="0190-4", fields=said, attachments=(file,) if content else ())


def received(control: httpx.Client) -> list[dict[str, Any]]:
    return control.get("/_sim/received").json()


def test_a_dispatch_opens_a_case_of_the_centres_own(adapter, centre, control):
    receipt = over_http(adapter, dispatch(), centre)

    [kept] = received(control)
    assert receipt.case_id == kept["case"] is not None
    assert (kept["id"], kept["kind"], kept["times"], kept["effects"]) == ("0190-1", "case.dispatch", 1, 1)
    assert kept["fields"]["partyList"][0]["partyName"] == "许书宁"


def test_a_resend_gets_the_first_receipt_and_has_no_second_effect(adapter, centre, control):
    first = over_http(adapter, dispatch(), centre)
    again = over_http(adapter, dispatch(), centre)

    assert (again.case_id, again.record_id, again.already_received) == (first.case_id, first.record_id, True)
    assert [(kept["times"], kept["effects"]) for kept in received(control)] == [(2, 1)]


@pytest.mark.parametrize(
    ("content", "size", "field"),
    [(b"sealed", 6, "documentSha256"), (b"signed", 7, "fileList"), (None, 6, "fileList")],
)
def test_a_ruling_without_the_very_file_that_it_names_is_refused(adapter, centre, content, size, field):
    over_http(adapter, dispatch(), centre)

    with pytest.raises(PermanentFailure) as refused:
        over_http(adapter, ruling(content, size), centre)
    assert refused.value.facts["partner_field"] == field


def test_a_ruling_with_the_very_file_that_it_names_is_taken(adapter, centre, control):
    over_http(adapter, dispatch(), centre)
    over_http(adapter, ruling(b"signed", 6), centre)

    assert [kept["kind"] for kept in received(control)] == ["case.dispatch", "case.ruling"]


def test_later_records_find_the_case_by_either_number(adapter, centre, control):
    opened = over_http(adapter, dispatch(), centre)
    by_ours = Record(kind="case.supervise", id="2", fields={"gatewayCaseNo": "GW-1", "superviseContent": "请补录"})
    by_theirs = Record(kind="case.supervise", id="3", fields={"eventId": opened.case_id, "superviseContent": "请补录"})

    assert {over_http(adapter, record, centre).case_id for record in (by_ours, by_theirs)} == {opened.case_id}


@pytest.mark.parametrize(
    ("record", "code", "field"),
    [
        (dispatch(disputeTypeCode=""), "PARAM_MISSING", "disputeTypeCode"),
        (dispatch(partyList=[{"partyKind": "0", "partyRole": "1"}]), "PARAM_MISSING", "partyList[0].partyName"),
        (Record(kind="case.supervise", id="2", fields={"superviseContent": "请补录"}), "EVENT_NOT_FOUND", "eventId"),
        (
            Record(kind="case.escalate", id="3", fields={"failReasonCode": "4", "levelCode": "2"}),
            "PARAM_MISSING",
            "disputeTypeCode",
        ),
        (Record(kind="case.unknown", id="4"), "TYPE_UNSUPPORTED", "type"),
    ],
)
def test_what_the_centre_misses_is_a_final_refusal_in_its_own_words(*, adapter, centre, control, record, code, field):
    with pytest.raises(PermanentFailure) as failure:
        over_http(adapter, record, centre)
    assert (failure.value.facts["partner_code"], failure.value.facts["partner_field"]) == (code, field)
    assert received(control) == []


def test_a_file_arrives_whole(adapter, centre, control):
    content = bytes(range(256)) * 40
    digest = hashlib.sha256(content).hexdigest()
    file = Attachment(id=digest, name="起诉状.pdf", kind="01", sha256=digest, content=content)
    over_http(adapter, Record(kind="case.dispatch", id="5", fields=DISPATCH, attachments=(file,)), centre)

    [kept] = received(control)
    assert kept["attachments"] == [{"name": "起诉状.pdf", "kind": "01", "sha256": digest, "size": len(content)}]


def test_a_wrong_signature_is_not_let_in(make_adapter, centre, control):
    stranger = make_adapter(now=lambda: datetime.now(UTC), secret_names=["next_secret"])

    with pytest.raises(TemporaryFailure) as failure:
        over_http(stranger, dispatch(), centre)
    assert failure.value.code == "mediation_center.not_let_in"
    assert received(control) == []


def test_a_clock_six_minutes_off_is_not_let_in(make_adapter, centre, control):
    late = make_adapter(now=lambda: datetime.fromtimestamp(datetime.now(UTC).timestamp() - 360, UTC))

    with pytest.raises(TemporaryFailure) as failure:
        over_http(late, dispatch(), centre)
    assert failure.value.code == "mediation_center.not_let_in"


@pytest.mark.parametrize(
    ("fault", "params", "code", "wait"),
    [
        ("error_500", {}, "mediation_center.unavailable", None),
        ("down", {}, "mediation_center.unavailable", None),
        ("too_many", {"retry_after": 7}, "mediation_center.too_many_requests", 7.0),
    ],
)
def test_a_fault_of_the_moment_is_temporary_and_ends_as_ordered(*, adapter, centre, control, fault, params, code, wait):
    control.post("/_sim/faults", json={"fault": fault, "times": 1, **params})

    with pytest.raises(TemporaryFailure) as failure:
        over_http(adapter, dispatch(), centre)
    assert (failure.value.code, failure.value.retry_after) == (code, wait)
    assert received(control) == []
    assert not over_http(adapter, dispatch(), centre).already_received


def test_a_slow_centre_still_answers(adapter, centre, control):
    control.post("/_sim/faults", json={"fault": "slow", "times": 1, "seconds": 0.05})

    assert over_http(adapter, dispatch(), centre).case_id


def test_a_refusal_on_demand_is_final(adapter, centre, control):
    control.post("/_sim/faults", json={"fault": "refuse", "times": None, "reason": "不属于本中心受理范围"})

    with pytest.raises(PermanentFailure) as failure:
        over_http(adapter, dispatch(), centre)
    assert failure.value.facts["partner_text"] == "不属于本中心受理范围"
    control.post("/_sim/faults", json={"fault": None})
    assert over_http(adapter, dispatch(), centre).case_id


def test_a_reset_connection_gives_no_answer_and_has_no_effect(adapter, centre, control):
    control.post("/_sim/faults", json={"fault": "reset", "times": 1})

    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        over_http(adapter, dispatch(), centre)
    assert received(control) == []


def test_a_lost_answer_has_its_effect_and_the_resend_is_recognised(adapter, centre, control):
    control.post("/_sim/faults", json={"fault": "answer_lost", "times": 1})

    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        over_http(adapter, dispatch(), centre)
    assert over_http(adapter, dispatch(), centre).already_received
    assert [(kept["times"], kept["effects"]) for kept in received(control)] == [(2, 1)]


def test_an_unknown_fault_is_refused(control):
    assert control.post("/_sim/faults", json={"fault": "earthquake"}).status_code == 400


def test_the_state_and_health_are_told(adapter, centre, control):
    opened = over_http(adapter, dispatch(), centre)

    assert control.get("/_sim/health").json() == {"healthy": True, "partner": "centre"}
    state = control.get("/_sim/state").json()
    assert (state["cases"], state["taken"], state["refused"]) == ({opened.case_id: ["0190-1"]}, 1, 0)


def door_of(adapter: MediationCenter, seen: list[Record]) -> Starlette:
    """Return a door that does with the adapter what the gateway does, and accepts everything."""

    async def take(request: WebRequest) -> WebResponse:
        inbound = Request(method="POST", path="/events", headers=dict(request.headers), body=await request.body())
        adapter.authenticate(inbound)
        records = adapter.decode(inbound)
        seen.extend(records)
        outcomes = [
            Outcome(kind=record.kind, record_id=record.id, fate="accepted", receipt_id=f"A-{record.id}")
            for record in records
        ]
        answer = adapter.acknowledge(inbound, outcomes)
        return WebResponse(answer.body, answer.status, dict(answer.headers))

    return Starlette(routes=[Route("/partners/centre/events", take, methods=["POST"])])


def test_a_push_reaches_the_door_and_a_duplicate_push_carries_the_same_records(adapter):
    seen: list[Record] = []
    wish = {"records": [{"kind": "case.accept", "id": "R1", "fields": {"acceptTime": 1}}], "times": 2}
    with serving(door_of(adapter, seen)) as gateway:
        simulator = Simulator(gateway_url=gateway, partner="centre", keys=KEYS)
        with serving(simulator.app) as url, httpx.Client(base_url=url, trust_env=False) as client:
            answer = client.post("/_sim/push", json=wish).json()

    assert answer["status"] == 200
    assert answer["body"]["results"][0]["recordId"] == "R1"
    assert [record.id for record in seen] == ["R1", "R1"]


def test_a_file_pushed_by_address_can_be_fetched_from_the_centre(adapter):
    seen: list[Record] = []
    content = base64.b64encode(b"%PDF-1.7").decode()
    file = {"id": "F1", "name": "报告.pdf", "kind": "09", "media_type": "application/pdf", "content_base64": content}
    wish = {"records": [{"kind": "case.return", "fields": {}, "attachments": [{**file, "by_url": True}]}]}
    with serving(door_of(adapter, seen)) as gateway:
        simulator = Simulator(gateway_url=gateway, partner="centre", keys=KEYS)
        with serving(simulator.app) as url, httpx.Client(base_url=url, trust_env=False) as client:
            client.post("/_sim/push", json=wish)
            [attachment] = seen[0].attachments
            fetched = client.get(attachment.url)

    assert attachment.content is None
    assert (fetched.content, fetched.headers["content-type"]) == (b"%PDF-1.7", "application/pdf")


def test_a_push_without_a_gateway_says_so():
    simulator = Simulator(gateway_url=f"http://127.0.0.1:{free_port()}", partner="centre", keys=KEYS)
    with serving(simulator.app) as url, httpx.Client(base_url=url, trust_env=False) as client:
        answer = client.post("/_sim/push", json={"records": [{"kind": "case.accept"}]}).json()

    assert answer["status"] is None


def test_fresh_keys_fit_the_settings_that_come_with_them(make_adapter):
    keys, settings = Simulator.make_keys(), Simulator.partner_settings()

    assert keys != Simulator.make_keys()
    assert set(settings["secret_names"]) == set(keys)
    assert begin(make_adapter(**settings), dispatch()).path == settings["path"]


def test_it_runs_as_a_process_of_its_own_and_makes_its_keys(tmp_path):
    port, keys = free_port(), tmp_path / "keys.json"
    command = [sys.executable, "-m", "adapters.mediation_center.simulator", "--port", str(port)]
    process = subprocess.Popen([*command, "--partner", "centre", "--keys-file", str(keys)])
    try:
        transport = httpx.HTTPTransport(retries=10)
        with httpx.Client(transport=transport, trust_env=False, base_url=f"http://127.0.0.1:{port}") as client:
            assert client.get("/_sim/health").json()["partner"] == "centre"
    finally:
        process.terminate()
        process.wait(10)
    assert set(json.loads(keys.read_text())) == {"webhook_secret"}
    assert keys.stat().st_mode & 0o077 == 0


def test_a_centre_that_forgot_a_record_would_show_its_second_effect() -> None:
    book = Book()
    frame = {"recordId": "R-1", "type": "case.dispatch", "body": dict(dispatch().fields)}
    book.take(frame, datetime.now(UTC))
    assert book.take(frame, datetime.now(UTC))[1], "known"
    assert book.acts == ["R-1"]
    del book.records["R-1"]
    book.take(frame, datetime.now(UTC))
    assert book.acts == ["R-1", "R-1"]
