"""A delivery over real HTTP has one effect and one receipt, whatever goes wrong on the way."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from gateway.contract import Confirming, Receipt, Record, Response
from gateway.errors import AnswerLost, DeliveryFailure, GatewayError, NeverReached, PermanentFailure, TemporaryFailure
from gateway.texts import catalogue
from tests.contract.dialect import Dialect, Sample, personal_values
from tests.contract.wires import Pretenders, Wire
from tests.servers import free_port

MIB = 1024 * 1024


def first_leaving(dialect: Dialect) -> Sample:
    """Return a sample of what the gateway sends."""
    return next(sample for sample in dialect.samples if sample.leaves)


async def failed(wire: Wire, record: Record, kind: type[GatewayError], *, answer: float = 20.0) -> GatewayError:
    """Deliver and require this failure, for a reason that can be told."""
    with pytest.raises(kind) as failure:
        await wire.deliver(record, answer=answer)
    assert failure.value.code in catalogue()
    return failure.value


async def effects(wire: Wire, record: Record) -> list[int]:
    """Return how many effects each arrival of the record's id had: one entry, if all is well."""
    return [taken["effects"] for taken in await wire.received() if taken["id"] == record.id]


async def test_every_record_that_leaves_is_taken(wire: Wire, leaving: Sample) -> None:
    record = wire.ready(leaving)
    receipt = await wire.deliver(record)
    assert isinstance(receipt, Receipt)
    assert not receipt.already_received
    [taken] = await wire.received()
    assert (taken["id"], taken["kind"], taken["times"]) == (record.id, record.kind, 1)
    assert taken["case"] == receipt.case_id, "the partner's own id of the case comes back with the receipt"
    assert [each["sha256"] for each in taken["attachments"]] == [each.sha256 for each in record.attachments]


async def test_the_partner_sees_its_own_fields(wire: Wire, leaving: Sample) -> None:
    await wire.deliver(wire.ready(leaving))
    [taken] = await wire.received()
    assert set(taken["fields"]) == set(leaving.record.fields)


async def test_a_receipt_names_the_case(wire: Wire) -> None:
    """At least what opens a case at the partner brings back the partner's id of it."""
    receipts = [await wire.deliver(wire.ready(each)) for each in wire.dialect.samples if each.leaves]
    assert any(isinstance(receipt, Receipt) and receipt.case_id for receipt in receipts)


async def test_a_record_sent_again_has_one_effect(wire: Wire, leaving: Sample) -> None:
    record = wire.ready(leaving)
    first, second = await wire.deliver(record), await wire.deliver(record)
    assert isinstance(first, Receipt)
    assert isinstance(second, Receipt)
    assert await effects(wire, record) == [1]
    if wire.adapter.recognises_resends:
        assert second.already_received
        assert (first.case_id, first.record_id) == (second.case_id, second.record_id)


async def test_another_record_is_not_taken_for_a_resend(wire: Wire) -> None:
    for sample in (each for each in wire.dialect.samples if each.leaves):
        receipt = await wire.deliver(wire.ready(sample))
        assert isinstance(receipt, Receipt)
        assert not receipt.already_received
    leaving = {each.record.id for each in wire.dialect.samples if each.leaves}
    assert {taken["id"] for taken in await wire.received()} == leaving


@pytest.mark.parametrize("size", [0, 1, 4096, 700_000])
async def test_attachments_arrive_byte_for_byte(wire: Wire, size: int) -> None:
    carrying = [sample for sample in wire.dialect.samples if sample.leaves and sample.record.attachments]
    assert carrying, "no sample that leaves has an attachment"
    content = bytes(number * 31 % 251 for number in range(4096)) * (size // 4096 + 1)
    ready = wire.ready(carrying[0])
    record = wire.attached(ready, content[:size], ready.attachments[0])
    await wire.deliver(record)
    [taken] = await wire.received()
    [paper] = taken["attachments"]
    assert (paper["sha256"], paper["size"]) == (hashlib.sha256(content[:size]).hexdigest(), size)
    assert paper["name"] == ready.attachments[0].name


async def test_an_attachment_that_cannot_travel_is_a_permanent_failure_or_travels(wire: Wire) -> None:
    """Beyond what goes into the record there is another way, or a person has to find one; never half a delivery."""
    carrying = [sample for sample in wire.dialect.samples if sample.leaves and sample.record.attachments]
    ready = wire.ready(carrying[0])
    record = wire.attached(ready, b"%PDF" + b"\x00" * (9 * MIB), ready.attachments[0])
    code = None
    try:
        await wire.deliver(record)
    except PermanentFailure as failure:
        code = failure.code
    taken = await wire.received()
    assert [each["attachments"][0]["size"] for each in taken] == ([] if code else [9 * MIB + 4])
    assert code is None or code in catalogue()


@pytest.mark.able("called")
async def test_a_slow_partner_leaves_the_delivery_in_doubt(dialect: Dialect) -> None:
    with Pretenders() as own:  # not the shared one: it acts when the test is long over
        async with own.wire(dialect) as wire:
            record = wire.ready(first_leaving(dialect))
            await wire.fault("slow", seconds=1)
            await failed(wire, record, AnswerLost, answer=0.2)


@pytest.mark.parametrize("fault", ["error_500", "down"])
async def test_a_broken_partner_is_a_temporary_failure(wire: Wire, fault: str) -> None:
    record = wire.ready(first_leaving(wire.dialect))
    await wire.fault(fault)
    await failed(wire, record, TemporaryFailure)
    assert await wire.received() == []
    await heals(wire, record)


async def test_a_partner_that_asks_to_wait_is_understood(wire: Wire) -> None:
    record = wire.ready(first_leaving(wire.dialect))
    await wire.fault("too_many", retry_after=17)
    failure = await failed(wire, record, TemporaryFailure)
    assert isinstance(failure, TemporaryFailure)
    assert failure.retry_after == 17
    await heals(wire, record)


@pytest.mark.parametrize("fault", ["reset", "answer_lost"])
async def test_a_dropped_connection_leaves_the_delivery_in_doubt_and_a_resend_heals_it(wire: Wire, fault: str) -> None:
    record = wire.ready(first_leaving(wire.dialect))
    await wire.fault(fault, times=1)
    await failed(wire, record, AnswerLost)
    assert await effects(wire, record) == ([1] if fault == "answer_lost" else [])
    await heals(wire, record)


async def test_a_refusal_is_a_permanent_failure(wire: Wire) -> None:
    record = wire.ready(first_leaving(wire.dialect))
    await wire.fault("refuse", reason="业务校验不通过")
    await failed(wire, record, PermanentFailure)
    assert await wire.received() == []


async def test_a_refusal_that_quotes_the_record_is_kept_without_the_quotation(wire: Wire, leaving: Sample) -> None:
    record, personal = wire.ready(leaving), personal_values(leaving)
    await wire.fault("refuse", reason="有误：" + "，".join(sorted(personal)))
    failure = await failed(wire, record, PermanentFailure)
    shown = f"{failure!r} {failure} {failure.args} {failure.facts} {failure.text('zh')}"
    assert not [value for value in personal if value in shown]
    assert not [value for value in wire.keys.values() if value in shown]


async def test_a_wrong_key_is_never_the_records_fault(wire: Wire) -> None:
    """It would bury every delivery of the partner, where mending one secret sends them all on."""
    wire.adapter = wire.dialect.speaking(wire.dialect.simulator.make_keys())
    failure = await failed(wire, wire.ready(first_leaving(wire.dialect)), DeliveryFailure)
    assert isinstance(failure, TemporaryFailure)
    assert await wire.received() == []


async def test_a_partner_that_is_not_there_was_never_reached(wire: Wire) -> None:
    wire.url = f"http://127.0.0.1:{free_port()}"
    await failed(wire, wire.ready(first_leaving(wire.dialect)), NeverReached)


@pytest.mark.able("confirming")
async def test_a_partner_that_can_be_asked_knows_what_it_has(wire: Wire) -> None:
    assert isinstance(wire.adapter, Confirming)
    record = wire.ready(first_leaving(wire.dialect))
    assert await wire.confirm(record) is None
    await wire.fault("answer_lost", times=1)
    await failed(wire, record, AnswerLost)
    await wire.fault(None)
    asked = await wire.confirm(record)
    assert asked is not None
    assert await wire.deliver(record) == asked
    assert await effects(wire, record) == [1]


@pytest.mark.able("called")
@pytest.mark.parametrize("answer", [b"", b"<html>maintenance</html>", b"null", b"[1, 2]", b"{}", b"\xff\xfe\x00"])
@pytest.mark.parametrize("status", [200, 204, 302, 404, 502])
def test_an_answer_that_is_none_is_no_receipt(
    dialect: Dialect, keys: dict[str, str], status: int, answer: bytes
) -> None:
    sample = first_leaving(dialect)
    record = _filled(dialect, sample)
    exchange: Any = dialect.speaking(keys).deliver(record)
    next(exchange)
    with pytest.raises(DeliveryFailure) as failure:
        exchange.send(Response(status=status, headers={"content-type": "text/html"}, body=answer))
    assert failure.value.code in catalogue()


async def heals(wire: Wire, record: Record) -> None:
    """Require that the same record, sent again once the fault is over, arrives with one effect."""
    await wire.fault(None)
    receipt = await wire.deliver(record)
    assert isinstance(receipt, Receipt)
    assert await effects(wire, record) == [1]


def _filled(dialect: Dialect, sample: Sample) -> Record:
    papers = tuple(replace(each, content=sample.papers.get(each.sha256 or "")) for each in sample.record.attachments)
    return replace(sample.record, attachments=papers)
