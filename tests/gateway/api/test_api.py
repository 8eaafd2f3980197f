"""The plain doors: the common language, documents, schemas, health, administration and their documentation."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from gateway.api import create_app
from gateway.canonical.identifiers import uuid7
from gateway.demo.cast import COURT, TOWNSHIP, VILLAGE
from gateway.store import breakers, shown
from gateway.store.engine import writing
from gateway.wire import standard_webhooks
from tests.gateway.conftest import SECRET, TOKEN, Door
from tests.gateway.lifecycle import lifecycle_messages as say


@pytest.fixture
async def client(door: Door) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=create_app(door.gateway), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        yield client


def bearer(partner: str) -> dict[str, str]:
    return {"x-partner": partner, "authorization": f"Bearer {TOKEN}-{partner}"}


def admin(door: Door) -> dict[str, str]:
    return {"authorization": f"Bearer {door.gateway.admin_token}"}


def referral(**changes: Any) -> dict[str, Any]:
    """Return a referral in the common language, as a partner writes it."""
    message: dict[str, Any] = say.referral().model_dump(mode="json", exclude_none=True)
    return {**message, "id": uuid7(), **changes}


async def test_a_message_in_the_common_language_is_accepted_by_token(client: httpx.AsyncClient, door: Door) -> None:
    answer = await client.post("/v1/messages", json=referral(), headers=bearer(COURT))
    assert answer.status_code == 202
    (result,) = answer.json()["results"]
    assert result["fate"] == "accepted"
    with door.gateway.store.engine.connect() as connection:
        trace = shown.trace(connection, result["case"])
    assert trace["case"]["holder"] == "org-village"
    assert trace["steps"][0]["mapping"] == "common"


async def test_a_message_is_accepted_by_standard_webhooks_signature(client: httpx.AsyncClient) -> None:
    body = json.dumps(referral()).encode()
    signed = standard_webhooks.headers(SECRET, "msg_1", datetime.now(UTC), body)
    answer = await client.post("/v1/messages", content=body, headers={**signed, "x-partner": COURT})
    assert answer.status_code == 202, answer.text
    forged = await client.post("/v1/messages", content=body + b" ", headers={**signed, "x-partner": COURT})
    assert forged.status_code == 401


async def test_the_same_message_again_gets_the_first_receipt(client: httpx.AsyncClient) -> None:
    message = referral()
    answers = [await client.post("/v1/messages", json=message, headers=bearer(COURT)) for _ in range(2)]
    first, again = [answer.json()["results"][0] for answer in answers]
    assert again["repeated"]
    assert again["receipt"] == first["receipt"]
    changed = await client.post(
        "/v1/messages", json={**message, "time": "2026-03-05T10:00:00+08:00"}, headers=bearer(COURT)
    )
    assert (changed.status_code, changed.json()["code"]) == (422, "inbox.conflicting")


async def test_a_batch_tells_the_fate_of_each_message(client: httpx.AsyncClient) -> None:
    wrong = referral()
    wrong["data"]["parties"] = []
    batch = {"messages": [wrong, referral()]}
    answer = await client.post("/v1/messages", json=batch, headers=bearer(COURT))
    assert answer.status_code == 202
    first, second = answer.json()["results"]
    assert (first["fate"], first["field"]) == ("refused", "data.parties")
    assert set(first["texts"]) == {"zh", "en"}
    assert second["fate"] == "accepted"


@pytest.mark.parametrize(("language", "expected"), [("zh-CN,zh;q=0.9", "令牌"), ("en", "token"), ("", "令牌")])
async def test_a_problem_is_told_in_the_language_asked_for(
    client: httpx.AsyncClient, language: str, expected: str
) -> None:
    headers = {"x-partner": COURT, "authorization": "Bearer wrong", "accept-language": language}
    answer = await client.post("/v1/messages", json=referral(), headers=headers)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert expected in answer.json()["detail"]
    assert answer.json()["type"] == "urn:fengqiao:problem:auth.token_unknown"


async def test_the_problem_of_a_wrong_field_names_it_and_masks_its_value(client: httpx.AsyncClient) -> None:
    message = referral()
    message["data"]["parties"][0]["document"] = {"type": "111", "number": "500242197906211020"}
    answer = await client.post("/v1/messages", json=message, headers=bearer(COURT))
    assert answer.status_code == 422
    assert answer.json()["field"].startswith("data.parties[0].document")
    assert "500242197906211020" not in answer.text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"x-partner": "nobody"}, 404),
        ({"x-partner": COURT}, 401),
        (bearer(VILLAGE) | {"x-partner": COURT}, 401),
    ],
)
async def test_whoever_does_not_prove_who_it_is_is_refused(
    client: httpx.AsyncClient, headers: dict[str, str], status: int
) -> None:
    answer = await client.post("/v1/messages", json=referral(), headers=headers)
    assert answer.status_code == status


async def test_a_body_that_is_too_large_is_refused_with_413(client: httpx.AsyncClient, door: Door) -> None:
    limit = door.gateway.settings.body_limit
    answer = await client.post("/v1/messages", content=b"x" * (limit + 1), headers=bearer(COURT))
    assert answer.status_code == 413


async def test_a_body_that_is_too_deep_or_no_json_is_refused(client: httpx.AsyncClient) -> None:
    for body in (b'{"a":' * 100 + b"1" + b"}" * 100, b"{", b"[]", b'"x"', b"\xff\xfe", b'{"messages": [1]}'):
        answer = await client.post("/v1/messages", content=body, headers=bearer(COURT))
        assert answer.status_code == 400, body[:20]
        assert answer.json()["texts"]["zh"]


async def test_a_document_is_uploaded_and_its_ticket_carried(client: httpx.AsyncClient, door: Door) -> None:
    content = "起诉状".encode() * 1000
    headers = {**bearer(COURT), "content-type": "application/pdf"}
    uploaded = await client.post("/v1/documents", content=content, headers=headers)
    assert uploaded.status_code == 201
    ticket = uploaded.json()
    assert ticket["sha256"] == hashlib.sha256(content).hexdigest()
    assert ticket["size"] == len(content)
    message = referral()
    message["data"]["documents"] = [{"partner_id": "D-1", "kind": "complaint", "name": "起诉状.pdf", **ticket}]
    answer = await client.post("/v1/messages", json=message, headers=bearer(COURT))
    assert answer.json()["results"][0]["fate"] == "accepted"
    message = referral()
    message["data"]["documents"] = [{"partner_id": "D-1", "name": "x", **ticket, "sha256": "0" * 64}]
    unknown = await client.post("/v1/messages", json=message, headers=bearer(COURT))
    assert unknown.json()["code"] == "documents.not_here"


async def test_a_document_is_uploaded_by_standard_webhooks_signature(client: httpx.AsyncClient, door: Door) -> None:
    content = b"%PDF-1.7 signed"
    signed = {**standard_webhooks.headers(SECRET, "msg_2", datetime.now(UTC), content), "x-partner": COURT}
    forged = await client.post("/v1/documents", content=content + b" ", headers=signed)
    assert (forged.status_code, forged.json()["code"]) == (401, "auth.signature_mismatch")
    assert not door.gateway.store.documents.exists(hashlib.sha256(content + b" ").hexdigest())
    uploaded = await client.post("/v1/documents", content=content, headers=signed)
    assert uploaded.status_code == 201, uploaded.text
    assert uploaded.json()["sha256"] == hashlib.sha256(content).hexdigest()
    limit = door.gateway.settings.body_limit
    too_big = await client.post("/v1/documents", content=b"x" * (limit + 1), headers=signed)
    assert too_big.status_code == 413


async def test_an_upload_needs_the_token_and_has_a_limit(client: httpx.AsyncClient, door: Door) -> None:
    refused = await client.post("/v1/documents", content=b"x", headers={"x-partner": COURT})
    assert refused.status_code == 401
    limit = door.gateway.post(COURT).row.attachment_limit_mb * 1024 * 1024
    too_big = await client.post("/v1/documents", content=b"x" * (limit + 1), headers=bearer(COURT))
    assert too_big.status_code == 413


async def test_the_schema_of_every_type_is_published(client: httpx.AsyncClient) -> None:
    types = (await client.get("/v1/schemas")).json()["types"]
    assert {each["type"] for each in types} >= {"referral", "acceptance", "return_opinion", "organisation", "person"}
    for each in types:
        schema = (await client.get(each["schema"])).json()
        assert schema["properties"]["time"]["title"] == "业务时间"
    assert (await client.get("/v1/schemas/all")).json()["discriminator"]["propertyName"] == "type"
    missing = await client.get("/v1/schemas/unheard_of")
    assert (missing.status_code, missing.json()["code"]) == (404, "canonical.no_such_type")


async def test_liveness_and_readiness(client: httpx.AsyncClient, door: Door) -> None:
    assert (await client.get("/livez")).json() == {"status": "live"}
    ready = await client.get("/readyz")
    assert (ready.status_code, ready.json()["revision"]) == (200, door.gateway.revision.id)
    door.gateway.writer.close()
    assert (await client.get("/readyz")).status_code == 503
    assert (await client.get("/livez")).status_code == 200
    refused = await client.post("/v1/messages", json=referral(), headers=bearer(COURT))
    assert refused.status_code == 503
    assert refused.headers["retry-after"]


async def test_the_administration_needs_its_token(client: httpx.AsyncClient, door: Door) -> None:
    for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": f"Basic {door.gateway.admin_token}"}):
        assert (await client.get("/admin/counts", headers=headers)).status_code == 401
    assert (await client.get("/admin/counts", headers=admin(door))).json()["cases"] == 0


async def test_the_administration_shows_what_waits_and_nothing_personal(client: httpx.AsyncClient, door: Door) -> None:
    await client.post("/v1/messages", json=referral(), headers=bearer(COURT))
    nowhere = referral(addressee="org-nobody")
    nowhere["data"]["case"] = {"partner_id": "A-2"}
    await client.post("/v1/messages", json=nowhere, headers=bearer(COURT))
    for path in ("records", "deliveries", "counts", "breakers", "records?fate=held", "cases/A-1"):
        answer = await client.get(f"/admin/{path}", headers=admin(door))
        assert answer.status_code == 200
        assert say.APPLICANT not in answer.text
    (held,) = (await client.get("/admin/records?fate=held", headers=admin(door))).json()
    assert held["code"].startswith("routing.")
    again = await client.post(f"/admin/records/{held['id']}/replay", headers=admin(door), json={"revision": "now"})
    assert again.json()["fate"] == "held"


async def test_wrong_parameters_are_told_without_their_values(client: httpx.AsyncClient, door: Door) -> None:
    answer = await client.get("/admin/records?fate=500242197906211020", headers=admin(door))
    assert (answer.status_code, answer.json()["code"]) == (422, "http.invalid")
    assert "query.fate" in answer.json()["detail"]
    assert "500242197906211020" not in answer.text
    nothing = await client.post("/admin/records/unheard-of/replay", headers=admin(door))
    assert nothing.status_code == 404
    no_reason = await client.post("/admin/deliveries/x/withdraw", headers=admin(door), json={"reason": ""})
    assert no_reason.status_code == 422


async def test_unknown_paths_and_methods_are_problems_too(client: httpx.AsyncClient) -> None:
    for method, path, status in (
        ("GET", "/nothing", 404),
        ("DELETE", "/v1/messages", 405),
        ("GET", "/partners/x/y", 404),
    ):
        answer = await client.request(method, path)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"


async def test_the_documentation_is_served_whole_from_here(client: httpx.AsyncClient) -> None:
    page = (await client.get("/docs")).text
    assert "http://" not in page.replace("http://gateway", "")
    assert "https://" not in page
    described = (await client.get("/openapi.json")).json()
    assert {"/partners/{partner}/{path}", "/v1/messages", "/v1/documents", "/admin/counts"} <= set(described["paths"])
    assert "Referral" in described["components"]["schemas"]
    assert "#/$defs/" not in json.dumps(described)


async def test_a_partner_without_a_door_of_its_own_words_is_told_so(client: httpx.AsyncClient, door: Door) -> None:
    answer = await client.post("/partners/nobody/push", content=b"{}")
    assert answer.status_code == 404
    dialect = await client.post(f"/partners/{TOWNSHIP}/events", content=b"{}")
    assert dialect.status_code == 401
    assert dialect.json()["success"] is False


@pytest.mark.parametrize("path", ["/partners/court", "/v1/schemas/", "/readyz/"])
async def test_no_request_is_sent_elsewhere(client: httpx.AsyncClient, path: str) -> None:
    """A redirect would name whatever host the sender wrote, and a signature covers the path."""
    answer = await client.get(path, headers={"host": "elsewhere.example"})
    assert (answer.status_code, answer.json()["code"]) == (404, "http.no_such_path")


async def test_a_body_that_does_not_end_is_given_up(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.api.doors.BODY_WITHIN", 0.05)

    async def trickle() -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(0.01)

    answer = await client.post("/v1/messages", content=trickle(), headers=bearer(COURT))
    assert (answer.status_code, answer.json()["code"]) == (400, "wire.too_slow")


async def test_administration_shows_which_partners_do_not_answer(client: httpx.AsyncClient, door: Door) -> None:
    opened = breakers.Breaker(
        state="open", failures=6, opened_at=1_800_000_000_000, probe_at=1_800_000_060_000, waits=1,
        reason="transport.never_reached",
    )  # fmt: skip
    with writing(door.gateway.store.engine).begin() as connection:
        breakers.write(connection, VILLAGE, opened)
        breakers.write(connection, COURT, breakers.CLOSED)
    (shown_one,) = (await client.get("/admin/breakers", headers=admin(door))).json()
    assert shown_one == {
        "partner": VILLAGE, "state": "open", "failures": 6, "reason": "transport.never_reached",
        "opened_at": "2027-01-15T08:00:00Z", "probe_at": "2027-01-15T08:01:00Z", "waits": 1,
    }  # fmt: skip
