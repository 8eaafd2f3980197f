"""A partner's list of what it holds names every record by our id, and is whole or no list at all."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from gateway.canonical.identifiers import BEIJING
from gateway.contract import Holding, Reconciling, Record, Response
from gateway.errors import DeliveryFailure
from gateway.texts import catalogue
from tests.contract.dialect import Dialect
from tests.contract.wires import Wire

LONG_AGO = date(2020, 2, 29)
lists = pytest.mark.able("reconciling")


def today() -> date:
    return datetime.now(UTC).astimezone(BEIJING).date()


async def held(wire: Wire) -> dict[str, Holding]:
    """Return everything that the partner received in this test, though midnight may have passed."""
    days = (today() - timedelta(days=1), today())
    return {each.id: each for day in days for each in (await wire.holdings(day)).items}


def leaving_records(wire: Wire) -> list[Record]:
    return [wire.ready(each) for each in wire.dialect.samples if each.leaves]


def digest_of(wire: Wire, record: Record) -> str | None:
    assert isinstance(wire.adapter, Reconciling)
    return wire.adapter.digest_of(record)


def test_a_dialect_that_cannot_take_part_says_so_and_one_that_can_says_how(dialect: Dialect) -> None:
    said = "\n".join(path.read_text(encoding="utf-8") for path in dialect.code_folder.glob("README*.md"))
    assert "对账" in said
    assert "comparison" in said


def test_a_partner_that_cannot_although_its_dialect_can_says_why(dialect: Dialect, keys: dict[str, str]) -> None:
    adapter = dialect.speaking(keys)
    if isinstance(adapter, Reconciling):
        assert adapter.cannot_reconcile is None or adapter.cannot_reconcile in catalogue()


@lists
async def test_nothing_is_held_before_anything_is_sent(wire: Wire) -> None:
    assert (await wire.holdings(today())).items == ()
    assert (await wire.holdings(LONG_AGO)).items == ()


@lists
async def test_every_record_that_was_taken_is_held_as_it_was_sent(wire: Wire) -> None:
    records = leaving_records(wire)
    receipts = {record.id: await wire.deliver(record) for record in records}
    found = await held(wire)
    assert set(found) == {record.id for record in records}
    for record in records:
        entry = found[record.id]
        assert (entry.kind, entry.digest) == (record.kind, digest_of(wire, record))
        assert (entry.case_id, entry.record_id) == (receipts[record.id].case_id, receipts[record.id].record_id)  # type: ignore[union-attr]
        if entry.received_at is not None:
            assert entry.received_at.tzinfo is not None
            assert abs(entry.received_at - datetime.now(UTC)) < timedelta(minutes=10)


@lists
async def test_a_list_of_many_pages_is_whole(wire: Wire) -> None:
    first = leaving_records(wire)[0]
    records = [replace(first, id=f"{first.id}-{number}") for number in range(23)]
    for record in records:
        await wire.deliver(record)
    assert set(await held(wire)) == {record.id for record in records}


@lists
async def test_a_record_sent_again_is_held_once(wire: Wire) -> None:
    record = leaving_records(wire)[0]
    await wire.deliver(record)
    await wire.deliver(record)
    assert set(await held(wire)) == {record.id}


@lists
async def test_a_record_belongs_to_the_day_it_was_received_on(wire: Wire) -> None:
    await wire.deliver(leaving_records(wire)[0])
    assert (await wire.holdings(today() - timedelta(days=7))).items == ()


@lists
async def test_what_a_partner_lost_is_not_held_and_what_it_invented_is(wire: Wire) -> None:
    lost, kept = leaving_records(wire)[:2]
    await wire.deliver(lost)
    await wire.deliver(kept)
    await wire.fault("lose", id=lost.id)
    await wire.fault("invent")
    found = await held(wire)
    assert kept.id in found
    assert lost.id not in found
    assert len(found) == 2
    await wire.deliver(lost)
    assert set(await held(wire)) >= {lost.id, kept.id}
    assert [each["effects"] for each in await wire.received() if each["id"] == lost.id] == [1]


@lists
async def test_what_a_partner_altered_has_another_digest_where_the_dialect_has_digests(wire: Wire) -> None:
    record = leaving_records(wire)[0]
    await wire.deliver(record)
    await wire.fault("alter", id=record.id)
    digest = (await held(wire))[record.id].digest
    assert digest is None or digest != digest_of(wire, record)


@lists
def test_a_digest_depends_on_the_record_and_not_on_the_attempt(dialect: Dialect, keys: dict[str, str]) -> None:
    one, another = dialect.speaking(keys), dialect.speaking(dialect.simulator.make_keys())
    assert isinstance(one, Reconciling)
    assert isinstance(another, Reconciling)
    records = [each.record for each in dialect.samples if each.leaves]
    assert [one.digest_of(each) for each in records] == [another.digest_of(each) for each in records]
    told = [digest for each in records if (digest := one.digest_of(each)) is not None]
    assert len(set(told)) == len(told)


@pytest.mark.parametrize("fault", ["error_500", "down", "too_many", "refuse"])
@lists
async def test_a_partner_that_gives_no_list_has_failed(wire: Wire, fault: str) -> None:
    await wire.deliver(leaving_records(wire)[0])
    await wire.fault(fault, on="all")
    with pytest.raises(DeliveryFailure) as failure:
        await wire.holdings(today())
    assert failure.value.code in catalogue()


@lists
@pytest.mark.parametrize("answer", [b"", b"<html>maintenance</html>", b"null", b"[]", b"{}", b'{"code":0,"data":{}}',
                                    b'{"success":true,"data":{}}'])  # fmt: skip
@pytest.mark.parametrize("status", [200, 404, 502])
def test_an_answer_that_is_none_is_no_list(dialect: Dialect, keys: dict[str, str], status: int, answer: bytes) -> None:
    adapter = dialect.speaking(keys)
    assert isinstance(adapter, Reconciling)
    exchange: Any = adapter.holdings(today())
    next(exchange)
    with pytest.raises(DeliveryFailure) as failure:
        answered(exchange, Response(status=status, headers={}, body=answer))
    assert failure.value.code in catalogue()


@lists
async def test_a_list_that_lost_an_entry_on_its_way_is_no_list(wire: Wire) -> None:
    """It says how many there are in all; with less, something would look lost that is not."""
    await wire.deliver(leaving_records(wire)[0])
    adapter = wire.adapter
    assert isinstance(adapter, Reconciling)
    [record] = await wire.received()
    day = datetime.fromisoformat(record["received_at"]).astimezone(BEIJING).date()
    with pytest.raises(DeliveryFailure):
        await wire.drive(shortened(adapter.holdings(day)))


def answered(exchange: Any, response: Response) -> None:
    """Give an exchange this answer to everything it asks."""
    while True:
        exchange.send(response)


def shortened(exchange: Any) -> Any:
    """Pass an exchange on, and take an entry out of every list in its answers."""
    request = next(exchange)
    while True:
        response: Response = yield request
        frame = json.loads(response.body)
        for listed in (frame.get("data") or {}).values():
            if isinstance(listed, list) and listed:
                listed.pop()
        try:
            request = exchange.send(replace(response, body=json.dumps(frame).encode()))
        except StopIteration as end:
            return end.value
