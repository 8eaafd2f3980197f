"""Records whose parts fit nowhere: each is judged by itself, on either database, and its neighbours go on."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.api import create_app
from gateway.bootstrap import Gateway, shipped_adapters
from gateway.canonical.identifiers import uuid7
from gateway.demo import cast
from gateway.demo.cast import COURT, VILLAGE, Calendar
from gateway.settings import load_settings
from gateway.store.tables import document, inbox
from gateway.wire.canonical_dialect import MAX_MESSAGES
from tests.gateway.api.test_api import bearer
from tests.gateway.api.test_api import referral as in_common
from tests.gateway.conftest import Door, write_configuration
from tests.gateway.test_inbound import acceptance, body, referred, rows
from tests.servers import postgres, postgres_url

__all__ = ["postgres", "postgres_url"]


@pytest.fixture(params=["sqlite", "postgres"])
async def door(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Door]:
    """A gateway over either database."""
    url = request.getfixturevalue("postgres_url") if request.param == "postgres" else None
    keys = write_configuration(tmp_path / "config")
    settings = load_settings(
        data_dir=tmp_path, config_dir=tmp_path / "config", redelivery_base_seconds=60, database_url=url
    )
    gateway = Gateway(settings, shipped_adapters())
    await gateway.start()
    yield Door(gateway, keys)
    await gateway.stop()


@pytest.fixture
async def client(door: Door) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=create_app(door.gateway), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        yield client


def success(case: str, **paper: Any) -> dict[str, Any]:
    papers = [{"id": "1", "name": "a.pdf", "kind": "07", "media_type": "application/pdf",
               "url": "https://files.example/1", **paper}]  # fmt: skip
    return {**acceptance(case, 9, **cast.settled(Calendar())), "kind": "case.success", "attachments": papers}


async def taken(door: Door, case: str) -> None:
    assert body(await door.send(VILLAGE, acceptance(case)))["results"][0]["status"] == "ACCEPTED"


async def test_a_long_version_is_kept_as_it_is(door: Door) -> None:
    case = await referred(door)
    answer = body(await door.send(VILLAGE, {**acceptance(case), "version": "9" * 120}))
    assert answer["results"][0]["status"] == "ACCEPTED"


@pytest.mark.parametrize(
    ("paper", "code"),
    [
        ({"media_type": "application/" + "x" * 500}, None),
        ({"sha256": "no digest" * 20}, "documents.digest_differs"),
        ({"url": "https://files.example:99999/1"}, "documents.host_not_allowed"),
        ({"url": "https://files.example:8443/1"}, "documents.host_not_allowed"),
    ],
)
async def test_a_document_that_cannot_be_had_is_refused_to_its_sender_alone(
    door: Door, paper: dict[str, Any], code: str | None
) -> None:
    case = await referred(door)
    results = body(await door.send(VILLAGE, success(case, **paper), acceptance(case)))["results"]
    assert [result["status"] for result in results] == ["REFUSED", "ACCEPTED"]
    assert code is None or results[0]["code"] == code


async def test_long_names_in_the_common_language_are_refused_and_their_neighbours_kept(
    client: httpx.AsyncClient, door: Door
) -> None:
    batch = {"messages": [in_common(type="x" * 500), in_common(id="i" * 500, time="never"), in_common()]}
    answer = await client.post("/v1/messages", json=batch, headers=bearer(COURT))
    assert [result["fate"] for result in answer.json()["results"]] == ["refused", "refused", "accepted"]


async def test_long_ids_that_begin_alike_are_not_taken_for_one(client: httpx.AsyncClient, door: Door) -> None:
    case = {"data": {**in_common()["data"], "case": {"partner_id": "A-2"}}}
    batch = {"messages": [in_common(id="i" * 128 + "1"), in_common(id="i" * 128 + "2", **case)]}
    answer = await client.post("/v1/messages", json=batch, headers=bearer(COURT))
    assert [result["fate"] for result in answer.json()["results"]] == ["accepted", "accepted"]
    assert len({row["record_id"] for row in rows(door, inbox)}) == 2


async def test_a_ticket_is_kept_as_the_document_is_and_not_as_it_claims(client: httpx.AsyncClient, door: Door) -> None:
    content = b"invented paper"
    uploaded = await client.post("/v1/documents", content=content, headers=bearer(COURT))
    paper = {"partner_id": "1", "name": "a.txt", "media_type": "text/plain", "sha256": uploaded.json()["sha256"],
             "sm3": "0" * 64, "size": 999}  # fmt: skip
    message = in_common()
    message["data"]["documents"] = [paper]
    answer = await client.post("/v1/messages", json=message, headers=bearer(COURT))
    assert answer.json()["results"][0]["fate"] == "accepted"
    (kept,) = rows(door, document)
    assert (kept["size"], kept["sm3"]) == (len(content), uploaded.json()["sm3"])
    assert kept["sha256"] == hashlib.sha256(content).hexdigest()


async def test_too_many_messages_at_once_are_not_taken(client: httpx.AsyncClient, door: Door) -> None:
    batch = {"messages": [{"id": uuid7()}] * (MAX_MESSAGES + 1)}
    answer = await client.post("/v1/messages", json=batch, headers=bearer(COURT))
    assert (answer.status_code, answer.json()["code"]) == (400, "canonical.too_many_messages")
