"""Replay of deliveries that may have arrived: a person's word counts, and who can be asked is asked first."""

from __future__ import annotations

from typing import Any, ClassVar

from adapters.mediation_center.adapter import MediationCenter
from gateway.contract import Exchange, Receipt, Record, Request
from gateway.demo.cast import VILLAGE
from gateway.store import shown
from tests.gateway.test_outbound import Asked, Forgetful, Make, Village, make_village, simulator_url

__all__ = ["make_village", "simulator_url"]


class Stumbling(Asked):
    """It can be asked, and its adapter stumbles over the first answer, which the centre gave after it had acted."""

    stumbles: ClassVar[bool] = True

    def deliver(self, record: Record) -> Exchange[Any]:
        receipt = yield from super().deliver(record)
        if Stumbling.stumbles:
            raise ZeroDivisionError
        return receipt


async def times(village: Village) -> list[int]:
    return [held["times"] for held in await village.received()]


async def test_what_waits_for_a_person_is_sent_when_the_person_says_so(make_village: Make) -> None:
    village = await make_village(Forgetful, in_doubt="wait")
    await village.fault("reset", times=1)
    await village.refer()
    waiting = await village.until("in_doubt", code="delivery.in_doubt_waits")
    assert await times(village) == []
    await village.gateway.operations.replay_delivery(waiting["id"])
    await village.until("delivered")
    assert await times(village) == [1]


async def test_a_dead_delivery_that_may_have_arrived_is_asked_about_before_it_is_sent_again(make_village: Make) -> None:
    village = await make_village(Asked, deadline_days=0.3 / 86_400)
    Asked.has, Asked.asked = [], []
    await village.fault("answer_lost")
    await village.refer()
    dead = await village.until("dead")
    sent = await times(village)
    await village.fault(None)
    Asked.has, Asked.asked = [dead["message_id"]], []
    await village.gateway.operations.replay_delivery(dead["id"])
    await village.until("delivered")
    assert Asked.asked == [dead["message_id"]]
    assert await times(village) == sent, "it had it: nothing was sent again"


async def test_a_fault_of_ours_after_something_was_sent_leaves_it_in_doubt_for_a_replay(make_village: Make) -> None:
    village = await make_village(Stumbling)
    Asked.has, Asked.asked, Stumbling.stumbles = [], [], True
    await village.refer()
    dead = await village.until("dead", code="gateway.fault")
    Stumbling.stumbles = False
    Asked.has = [dead["message_id"]]
    await village.gateway.operations.replay_delivery(dead["id"])
    await village.until("delivered")
    assert await times(village) == [1]


async def test_a_delivery_that_never_reached_the_partner_is_simply_sent_by_a_replay(make_village: Make) -> None:
    village = await make_village(Asked)
    Asked.has, Asked.asked = [], []
    await village.fault("refuse", reason="区划不符", times=1)
    await village.refer()
    dead = await village.until("dead")
    await village.gateway.operations.replay_delivery(dead["id"])
    await village.until("delivered")
    assert Asked.asked == []


class Silent(MediationCenter):
    """An adapter with a bug: it ends without a receipt."""

    def deliver(self, record: Record) -> Exchange[Any]:
        yield Request(method="GET", path="/_sim/health")


class Wordy(MediationCenter):
    """A partner whose ids do not fit anywhere."""

    def deliver(self, record: Record) -> Exchange[Receipt]:
        receipt = yield from super().deliver(record)
        assert isinstance(receipt, Receipt)
        return Receipt(case_id="9" * 5_000_000, record_id="a\0b")


async def test_an_adapter_that_ends_without_a_receipt_buries_the_delivery(make_village: Make) -> None:
    village = await make_village(Silent)
    await village.refer()
    dead = await village.until("dead")
    assert dead["code"] == "gateway.fault"


async def test_a_receipt_with_ids_that_cannot_be_kept_closes_the_delivery_without_them(make_village: Make) -> None:
    village = await make_village(Wordy)
    case = await village.refer()
    delivered = await village.until("delivered")
    assert delivered["partner_record_id"] is None
    with village.gateway.store.engine.connect() as connection:
        names = shown.trace(connection, case)["references"]
    assert VILLAGE not in {row["partner"] for row in names}
