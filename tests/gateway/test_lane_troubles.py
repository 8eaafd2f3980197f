"""Lanes while something else happens: the store cannot be written, the configuration changes, the gateway stops."""

from __future__ import annotations

import asyncio
import sqlite3
from typing import Any, ClassVar

import pytest
import yaml
from sqlalchemy import Connection, select
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from adapters.mediation_center.adapter import MediationCenter
from gateway.bootstrap import Gateway
from gateway.contract import Exchange, MemorySession, Record
from gateway.demo.cast import VILLAGE
from gateway.store import outbox, sessions
from gateway.store.engine import open_engine, writing
from gateway.store.tables import delivery, partner_session
from tests.gateway.test_outbound import Forgetful, Make, Village, make_village, simulator_url

__all__ = ["make_village", "simulator_url"]


def statuses(gateway: Gateway) -> list[tuple[str, Any]]:
    with gateway.store.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(select(delivery.c.status, delivery.c.lease))]


async def until_under_way(village: Village) -> None:
    for _ in range(500):
        if any(lease for _, lease in statuses(village.gateway)):
            return
        await asyncio.sleep(0.01)
    raise AssertionError("nothing was claimed")


async def until_received(village: Village, count: int) -> None:
    for _ in range(500):
        if len(await village.received()) == count:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(await village.received())


async def test_what_is_done_while_the_store_cannot_be_written_is_closed_when_it_can(
    make_village: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    village = await make_village(Forgetful, in_doubt="wait")
    real, failures = outbox.close, iter(range(2))

    def failing(connection: Connection, closings: Any, now: int) -> Any:
        if closings and next(failures, None) is not None:
            raise OperationalError("", {}, sqlite3.OperationalError("disk I/O error"), connection_invalidated=True)
        return real(connection, closings, now)

    monkeypatch.setattr(outbox, "close", failing)
    await village.refer()
    await village.until("delivered")
    assert [held["times"] for held in await village.received()] == [1]


async def test_an_ending_that_cannot_be_written_keeps_no_other_from_being_closed(
    make_village: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    village = await make_village()
    real, victim = outbox.close, []

    def failing(connection: Connection, closings: Any, now: int) -> Any:
        victim.extend(each.claimed.id for each in closings if not victim)
        if any(each.claimed.id in victim for each in closings):
            raise ValueError("cannot be written")
        return real(connection, closings, now)

    monkeypatch.setattr(outbox, "close", failing)
    await village.refer("AJ-1")
    await until_received(village, 1)
    await village.refer("AJ-2")
    for _ in range(300):
        if sorted(status for status, _ in statuses(village.gateway)) == ["delivered", "pending"]:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(statuses(village.gateway))


class Marked(MediationCenter):
    """An adapter that notes which of its objects carried something."""

    carried: ClassVar[list[MediationCenter]] = []

    def deliver(self, record: Record) -> Exchange[Any]:
        Marked.carried.append(self)
        return super().deliver(record)


async def test_a_busy_lane_goes_on_with_the_new_configuration(make_village: Make) -> None:
    """What the old row began ends on its connections; everything after goes by the new one, though nothing paused."""
    Marked.carried.clear()
    village = await make_village(Marked, concurrency=1)
    await village.fault("slow", seconds=4, times=1)  # longer than a busy machine needs to activate a revision
    await village.refer("AJ-1")
    await village.refer("AJ-2")
    await until_under_way(village)
    before = village.gateway.post(VILLAGE).adapter
    row = village.gateway.settings.config_folder / "partners" / f"{VILLAGE}.yaml"
    row.write_text(yaml.safe_dump({**yaml.safe_load(row.read_text()), "title": {"zh": "改", "en": "new"}}))
    await village.gateway.reload()
    await village.refer("AJ-3")
    await until_received(village, 3)
    now = village.gateway.post(VILLAGE).adapter
    assert Marked.carried == [before, now, now]
    assert [held["times"] for held in await village.received()] == [1, 1, 1]


async def test_what_a_removed_partner_was_to_get_is_not_passed_over_in_silence(make_village: Make) -> None:
    village = await make_village()
    await village.fault("down")
    await village.refer()
    folder = village.gateway.settings.config_folder
    (folder / "partners" / f"{VILLAGE}.yaml").unlink()
    organisations = yaml.safe_load((folder / "organisations.yaml").read_text())["organisations"]
    left = [row for row in organisations if row["partner"] != VILLAGE]
    (folder / "organisations.yaml").write_text(yaml.safe_dump({"organisations": left}, allow_unicode=True))
    with capture_logs() as events:
        await village.gateway.reload()
    assert ("partner.left_with_deliveries", VILLAGE) in [(each["event"], each.get("partner")) for each in events]


async def test_what_is_under_way_when_the_gateway_stops_is_closed_and_leaves_no_doubt(make_village: Make) -> None:
    village = await make_village(Forgetful, in_doubt="wait")
    await village.fault("slow", seconds=0.5, times=1)
    await village.refer()
    await until_under_way(village)
    store = village.gateway.store.engine.url
    await village.gateway.stop()
    engine = open_engine(store.render_as_string(hide_password=False))
    with engine.connect() as connection:
        assert connection.execute(select(delivery.c.status, delivery.c.lease)).all() == [("delivered", None)]
    engine.dispose()


async def test_what_was_claimed_and_not_begun_is_given_back_when_the_gateway_stops(make_village: Make) -> None:
    village = await make_village(concurrency=1)
    await village.fault("slow", seconds=0.5)
    for n in range(4):
        await village.refer(f"AJ-{n}")
    await until_under_way(village)
    village.gateway._stopping = True
    await village.gateway.lanes.stop()
    assert all(lease is None for _, lease in statuses(village.gateway))
    assert {status for status, _ in statuses(village.gateway)} <= {"delivered", "pending"}


async def test_a_partner_that_left_the_configuration_ends_its_lane(make_village: Make) -> None:
    village = await make_village()
    await village.refer()
    await village.until("delivered")
    village.gateway.lanes.follow([])
    for _ in range(100):
        if not village.gateway.lanes._ending:
            break
        await asyncio.sleep(0.01)
    assert not village.gateway.lanes._ending


async def test_a_session_with_one_system_is_never_shown_to_another(make_village: Make) -> None:
    village = await make_village()
    gateway = village.gateway
    gateway.post(VILLAGE).session.put("access_token", "of the first system")
    row = gateway.settings.config_folder / "partners" / f"{VILLAGE}.yaml"
    said = yaml.safe_load(row.read_text())
    row.write_text(yaml.safe_dump({**said, "title": {"zh": "改", "en": "new"}}))
    await gateway.reload()
    assert gateway.post(VILLAGE).session.get("access_token") == "of the first system"
    row.write_text(yaml.safe_dump({**said, "base_url": "http://127.0.0.1:9"}))
    await gateway.reload()
    assert gateway.post(VILLAGE).session.get("access_token") is None


async def test_a_kept_session_opens_only_for_the_system_it_is_of(make_village: Make) -> None:
    store = (await make_village()).gateway.store
    kept = MemorySession()
    kept.put("access_token", "secret")
    with writing(store.engine).begin() as connection:
        sessions.save(connection, store.cipher, "p", "system-1", dict(kept.values))
        assert b"secret" not in connection.execute(select(partner_session.c.value_sealed)).scalar_one()
    with store.engine.connect() as connection:
        for system, expected in (("system-1", "secret"), ("system-2", None)):
            found = MemorySession()
            sessions.load(connection, store.cipher, "p", system, found)
            assert found.get("access_token") == expected
