"""A record that comes again to a gateway that has lost it is the same message, of the same case."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import select

from gateway.bootstrap import Gateway, shipped_adapters
from gateway.demo import cast
from gateway.demo.cast import COURT, Calendar
from gateway.settings import load_settings
from gateway.store.tables import delivery, message
from tests.gateway.conftest import Door, write_configuration


@asynccontextmanager
async def opened(folder: Path, store: str, keys: dict[str, dict[str, str]]) -> AsyncIterator[Door]:
    """A gateway over a store of its own; what is configured is common to all of them."""
    settings = load_settings(data_dir=folder / store, config_dir=folder / "config", redelivery_base_seconds=60)
    gateway = Gateway(settings, shipped_adapters())
    await gateway.start()
    yield Door(gateway, keys)
    await gateway.stop()


def told(door: Door, table: Any) -> list[dict[str, Any]]:
    with door.gateway.store.engine.connect() as connection:
        return [dict(row) for row in connection.execute(select(table)).mappings()]


async def test_it_gets_the_ids_that_it_had_and_a_receipt_of_its_own(tmp_path: Path) -> None:
    keys, calendar = write_configuration(tmp_path / "config"), Calendar()
    referral, another = (cast.referral(calendar, case) for case in ("AJ-1", "AJ-2"))
    answers, messages, deliveries = [], [], []
    for store in ("lost", "restored"):
        async with opened(tmp_path, store, keys) as door:
            answers.append(json.loads((await door.send(COURT, referral)).body)["data"])
            await door.send(COURT, another)
            messages.append({row["id"] for row in told(door, message)})
            deliveries.append({row["id"] for row in told(door, delivery)})
    assert messages[0] == messages[1]
    assert len(messages[0]) == 2
    assert answers[0]["wgajbh"] == answers[1]["wgajbh"], "the receivers know the case by this"
    assert answers[0]["ywlsh"] != answers[1]["ywlsh"]
    assert deliveries[0].isdisjoint(deliveries[1])
