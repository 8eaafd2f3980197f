"""A partner that nobody calls fetches what is due to it, with one effect each, whatever goes wrong on its way."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from gateway.api import create_app
from gateway.bootstrap import Gateway
from gateway.canonical.identifiers import uuid7
from gateway.contract import Handed
from gateway.settings import load_settings
from gateway.store import shown
from tests.contract.dialect import Dialect, Sample
from tests.contract.running_gateway import TOKEN
from tests.gateway.lifecycle import lifecycle_messages as say

SENDER, OWNER = "sender", "owner"


class Clock:
    """The real clock, moved by what a test says."""

    def __init__(self) -> None:
        self.moved = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.moved


class Box:
    """A gateway in this process, a partner that sends to the owner of a mailbox, and the owner's simulator."""

    def __init__(self, gateway: Gateway, pretend: Any, client: httpx.AsyncClient, clock: Clock) -> None:
        self.gateway, self.pretend, self.client, self.clock = gateway, pretend, client, clock

    async def refer(self, case: str, **data: Any) -> None:
        """Have something laid into the mailbox."""
        message = {**say.referral().model_dump(mode="json", exclude_none=True), "id": uuid7()}
        message["data"] |= {"case": {"partner_id": case}, **data}
        headers = {"x-partner": SENDER, "authorization": f"Bearer {TOKEN}"}
        answer = await self.client.post("/v1/messages", json=message, headers=headers)
        assert answer.json()["results"][0]["fate"] == "accepted", answer.text

    async def fault(self, name: str | None, **more: Any) -> None:
        self.pretend.fault = {"fault": name, **more}

    async def received(self) -> list[dict[str, Any]]:
        transport = httpx.ASGITransport(app=self.pretend.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://pretend") as control:
            return list((await control.get("/_sim/received")).json())

    def statuses(self) -> list[str]:
        with self.gateway.store.engine.connect() as connection:
            return [each["status"] for each in shown.deliveries(connection, partner=OWNER)]

    def overdue(self) -> None:
        """Let every receipt become overdue."""
        self.clock.moved += timedelta(days=2)
        self.gateway.mailboxes.ring([OWNER])


@pytest.fixture
async def box(
    dialect: Dialect, keys: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Box]:
    """The owner's simulator over the doors of a whole gateway."""
    _write(tmp_path / "config", dialect, keys)
    clock = Clock()
    settings = load_settings(data_dir=tmp_path, config_dir=tmp_path / "config")
    gateway = Gateway(settings, {dialect.adapter_name: dialect.adapter}, now=clock.now)
    await gateway.start()
    transport = httpx.ASGITransport(app=create_app(gateway), raise_app_exceptions=False)
    real = httpx.AsyncClient
    monkeypatch.setattr(
        httpx, "AsyncClient", lambda **given: real(**{"transport": transport, **given, "base_url": "http://gateway"})
    )
    pretend = dialect.pretending(keys, "http://gateway", OWNER)
    pretend.now = clock.now
    async with real(transport=transport, base_url="http://gateway") as client:
        yield Box(gateway, pretend, client, clock)
    await gateway.stop()


@pytest.mark.able("collecting")
def test_what_leaves_is_handed_over_without_a_request(dialect: Dialect, leaving: Sample, keys: dict[str, str]) -> None:
    exchange = dialect.speaking(keys).deliver(leaving.record)
    with pytest.raises(StopIteration) as end:
        next(exchange)
    assert isinstance(end.value.value, Handed)
    assert end.value.value.receipt_due > datetime.now(UTC)


async def test_what_is_fetched_and_acknowledged_is_delivered_with_its_documents(box: Box) -> None:
    content = bytes(number * 31 % 251 for number in range(700_000))
    headers = {"x-partner": SENDER, "authorization": f"Bearer {TOKEN}"}
    kept = (await box.client.post("/v1/documents", content=content, headers=headers)).json()
    paper = {"partner_id": "CL-1", "name": "证据.bin", "media_type": "application/octet-stream",
             "sha256": kept["sha256"], "size": kept["size"]}  # fmt: skip
    await box.refer("AJ-1", documents=[paper])
    assert await box.pretend.collect() == 1
    [taken] = await box.received()
    assert (taken["times"], taken["effects"]) == (1, 1)
    digest = hashlib.sha256(content).hexdigest()
    assert [(each["sha256"], each["size"]) for each in taken["attachments"]] == [(digest, len(content))]
    assert box.statuses() == ["delivered"]


async def test_what_is_not_acknowledged_comes_again_under_the_same_id_and_has_one_effect(box: Box) -> None:
    await box.refer("AJ-1")
    await box.fault("silent", times=1)
    assert await box.pretend.collect() == 1
    assert await box.pretend.collect() == 0, "its receipt is not overdue yet"
    box.overdue()
    assert await box.pretend.collect() == 1
    [taken] = await box.received()
    assert (taken["times"], taken["effects"]) == (2, 1)
    assert box.statuses() == ["delivered"]


async def test_an_acknowledgement_said_twice_changes_nothing(box: Box) -> None:
    await box.refer("AJ-1")
    await box.fault("twice")
    await box.pretend.collect()
    assert box.statuses() == ["delivered"]


async def test_a_refusal_buries_and_quotes_nothing(box: Box) -> None:
    await box.refer("AJ-1")
    await box.fault("refuse", reason="申请人甲 500242198503120012 不是本村人")
    await box.pretend.collect()
    assert box.statuses() == ["dead"]
    [taken] = await box.received()
    with box.gateway.store.engine.connect() as connection:
        [delivery] = shown.deliveries(connection, partner=OWNER)
    told = json.dumps(delivery["facts"], ensure_ascii=False)
    assert "500242198503120012" not in told
    assert not [each for each in taken["fields"]["data"]["parties"] if each["name"] in told]


async def test_many_are_fetched_in_batches_each_once(box: Box) -> None:
    for number in range(25):
        await box.refer(f"AJ-{number}")
    batches = [await box.pretend.collect(limit=10) for _ in range(4)]
    assert batches == [10, 10, 5, 0]
    assert {(each["times"], each["effects"]) for each in await box.received()} == {(1, 1)}
    assert set(box.statuses()) == {"delivered"}


async def test_a_wrong_key_opens_nothing(box: Box, dialect: Dialect) -> None:
    await box.refer("AJ-1")
    stranger = dialect.pretending(dialect.simulator.make_keys(), "http://gateway", OWNER)
    with pytest.raises(httpx.HTTPStatusError):
        await stranger.collect()
    assert box.statuses() == ["pending"]


async def test_the_bytes_of_one_poll_open_no_other(box: Box) -> None:
    """What is signed is the path with its query: a captured poll cannot be turned into another request."""
    await box.refer("AJ-1")
    target = "/v1/mailbox?wait=0&limit=1"
    headers = box.pretend.signed(target.encode())
    assert (await box.client.get("/v1/mailbox?wait=0&limit=50", headers=headers)).status_code == 401
    assert (await box.client.get(target, headers=headers)).status_code == 200


def _write(folder: Path, dialect: Dialect, keys: dict[str, str]) -> None:
    digest = hashlib.sha256(TOKEN.encode()).hexdigest()
    for name, organisation in ((SENDER, "org-tribunal"), (OWNER, "org-village")):
        row = {
            "partner": name, "adapter": dialect.adapter_name, "organisations": [organisation],
            "settings": dialect.simulator.partner_settings(),
            "secrets": {key: f"file:secrets/{key}" for key in keys},
            "canonical_door": {"bearer_sha256": [digest], "webhook_secrets": sorted(keys)},
        }  # fmt: skip
        _put(folder / f"partners/{name}.yaml", yaml.safe_dump(row))
    for key, value in keys.items():
        _put(folder / f"secrets/{key}", value)
    rows = [{"id": "org-tribunal", "name": "法庭", "kind": "tribunal", "partner": SENDER},
            {"id": "org-village", "name": "村", "kind": "village", "partner": OWNER}]  # fmt: skip
    _put(folder / "organisations.yaml", yaml.safe_dump({"organisations": rows}))


def _put(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
