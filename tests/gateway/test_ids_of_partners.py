"""What one partner calls a case, a party or a document stays with that partner."""

from __future__ import annotations

from typing import Any

import orjson

from gateway.addressing import Addressing
from gateway.canonical.identifiers import uuid7
from gateway.contract import Request
from gateway.demo.cast import COURT, VILLAGE
from gateway.store import outbox
from gateway.store.engine import writing
from gateway.store.tables import delivery
from gateway.store.times import millis
from tests.gateway.conftest import TOKEN, Door
from tests.gateway.lifecycle import lifecycle_messages as say


async def test_a_receiver_gets_none_of_the_senders_own_ids(door: Door) -> None:
    gateway = door.gateway
    kept = gateway.store.documents.put(b"an invented consent")
    said: dict[str, Any] = say.referral().model_dump(mode="json", exclude_none=True)
    said["id"] = uuid7()
    said["data"]["documents"] = [
        {"partner_id": "COURT-PAPER-1", "name": "a.txt", "media_type": "text/plain", "sha256": kept.sha256}
    ]
    said["data"]["parties"][0]["partner_id"] = "COURT-PARTY-1"
    said["data"]["consents"][0]["evidence"] = "COURT-PAPER-1"
    said["data"]["consents"][1]["evidence"] = "COURT-PAPER-2"
    headers = {"authorization": f"Bearer {TOKEN}-{COURT}"}
    request = Request(method="POST", path="/v1/messages", headers=headers, body=orjson.dumps(said))
    gateway.lanes.follow([])
    await gateway.inbound.receive(gateway.canonical_post(COURT), request)
    now = millis(gateway.now())
    with writing(gateway.store.engine).begin() as connection:
        connection.execute(delivery.update().values(lease=None, due_at=now, status="pending"))
        (claimed,) = outbox.claim(connection, VILLAGE, limit=1, now=now, lease_until=now + 1000)
    addressed = Addressing(gateway.store.cipher).message(gateway.post(VILLAGE), claimed)
    assert "COURT-" not in addressed.model_dump_json()
    data: Any = addressed.data
    assert data.consents[0].evidence == data.documents[0].partner_id == kept.sha256
    assert data.consents[1].evidence is None
    assert data.case.partner_id is None
    assert data.case.gateway_id == claimed.case_id
