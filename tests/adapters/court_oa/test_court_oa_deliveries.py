"""How a message is handed to a court's office system: what travels inside, what is uploaded, and what answers mean."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from fastapi.testclient import TestClient

from adapters.court_oa.adapter import CourtOa
from adapters.court_oa.simulator import Simulator
from gateway.contract import Attachment, Partner, Receipt, Record, Request, Response
from gateway.errors import PermanentFailure, TemporaryFailure

KEYS = {"app_secret": "court-oa-secret-of-the-tests"}
SMALL, LARGE = b"small", b"large" * 20


@dataclass
class Office:
    """The adapter at one end, the simulator at the other, in this process."""

    settings: dict[str, Any] = field(default_factory=lambda: {"inline_up_to": 10})
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        row = {**Simulator.partner_settings(), **self.settings}
        self.adapter = CourtOa(Partner(name="court-oa", settings=row, secret=KEYS.__getitem__))
        self.pretend = Simulator(gateway_url=None, partner="court-oa", keys=KEYS)
        self.client = TestClient(self.pretend.app)

    def deliver(self, record: Record) -> Any:
        return self.drive(self.adapter.deliver(record))

    def drive(self, exchange: Any) -> Any:
        answer: Any = None
        while True:
            try:
                request = exchange.send(answer)
            except StopIteration as end:
                return end.value
            self.asked.append(f"{request.method} {request.path}")
            answer = self.answered(request)

    def answered(self, request: Request) -> Response:
        if isinstance(request.body, bytes):
            sent = self.client.request(request.method, request.path, headers=request.headers, content=request.body)
        else:
            files = {each.name: CONTENTS[each.document.id] for each in request.body if each.document}
            texts = {each.name: each.text for each in request.body if not each.document}
            sent = self.client.post(request.path, headers=request.headers, data=texts, files=files)
        return Response(status=sent.status_code, headers=dict(sent.headers), body=sent.content)


def paper(content: bytes) -> Attachment:
    digest = hashlib.sha256(content).hexdigest()
    return Attachment(id=digest, name="协议.txt", kind="07", size=len(content), sha256=digest, content=content)


CONTENTS = {paper(content).id: content for content in (SMALL, LARGE)}
FIELDS = {"sqsbh": "QR-1", "ssly": "双方因通道发生争议", "ajxx": {"wgajbh": "GW-1"}}
RECORD = Record(kind="sfqrsq", id="019f-1", fields=FIELDS, attachments=(paper(SMALL), paper(LARGE)))


@pytest.fixture
def office() -> Iterator[Office]:
    made = Office()
    with made.client:
        yield made


def test_a_small_material_travels_inside_and_a_large_one_is_uploaded_first(office: Office) -> None:
    assert isinstance(office.deliver(RECORD), Receipt)
    assert office.asked == ["POST /oa/files", "POST /oa/messages"]
    [kept] = office.pretend.office.received.values()
    assert {each["sha256"] for each in kept["attachments"]} == set(CONTENTS)


def test_by_setting_everything_is_uploaded() -> None:
    office = Office({"inline_up_to": 0})
    office.deliver(RECORD)
    assert office.asked == ["POST /oa/files", "POST /oa/files", "POST /oa/messages"]


def test_a_redelivery_does_not_upload_again_unless_the_office_forgot(office: Office) -> None:
    office.pretend.app.order({"fault": "down", "times": None})
    with pytest.raises(TemporaryFailure):
        office.deliver(RECORD)
    office.pretend.app.order({"fault": "error_500", "times": 1})
    with pytest.raises(TemporaryFailure):
        office.deliver(RECORD)
    office.asked.clear()
    office.pretend.office.files.clear()
    with pytest.raises(TemporaryFailure) as forgotten:
        office.deliver(RECORD)
    assert forgotten.value.code == "court_oa.files_forgotten"
    office.deliver(RECORD)
    assert office.asked == ["POST /oa/messages", "POST /oa/files", "POST /oa/messages"]


def test_the_office_can_be_asked_for_an_application_by_its_number(office: Office) -> None:
    assert office.drive(office.adapter.confirm(RECORD)) is None
    receipt = office.deliver(RECORD)
    assert office.drive(office.adapter.confirm(RECORD)) == replace(receipt, already_received=True)


def test_an_answer_about_another_message_is_no_receipt(office: Office) -> None:
    exchange = office.adapter.deliver(replace(RECORD, attachments=()))
    next(exchange)
    body = b"<ydxx><dm>0000</dm><bwbh>019f-2</bwbh><ajbh>OA-1</ajbh></ydxx>"
    with pytest.raises(TemporaryFailure) as failure:
        exchange.send(Response(status=200, body=body))
    assert failure.value.code == "court_oa.answer_of_another"


def test_what_a_code_means_can_be_set() -> None:
    office = Office({"answer_codes": {"7777": "busy"}})
    office.pretend.app.order({"fault": "business", "code": "7777"})
    with pytest.raises(TemporaryFailure):
        office.deliver(RECORD)
    office.pretend.app.order({"fault": "business", "code": "7778", "reason": "双方因通道发生争议，不予接收"})
    with pytest.raises(PermanentFailure) as refused:
        office.deliver(RECORD)
    assert refused.value.facts["reason"] == "***，不予接收"


def test_the_chamber_numbers_its_cases_and_its_rulings(office: Office) -> None:
    office.deliver(RECORD)
    office.deliver(replace(RECORD, id="019f-2", fields={**FIELDS, "ajxx": {"wgajbh": "GW-2"}}))
    first, second = (office.pretend.reviewed({"decision": "accept", "id": name}) for name in ("019f-1", "019f-2"))
    assert [each["fields"]["qrah"][6:] for each in (first, second)] == ["渝0242诉前调确1号", "渝0242诉前调确2号"]
    assert first["fields"]["ajxx"] == {"oaajbh": "OA-000001", "wgajbh": "GW-1"}
    one, two = (office.pretend.reviewed({"decision": "ruling", "id": "019f-1"}) for _ in range(2))
    assert two["fields"]["tdwsbs"] == one["fields"]["wsbs"]
    with pytest.raises(ValueError, match="no such application"):
        office.pretend.reviewed({"decision": "accept", "id": "019f-3"})


def test_what_the_registry_tells_is_taken_too(office: Office) -> None:
    told = Record(kind="jgxx", id="019f-9", fields={"jgbm": "5002421", "jgmc": "示例人民法庭"})
    assert isinstance(office.deliver(told), Receipt)
