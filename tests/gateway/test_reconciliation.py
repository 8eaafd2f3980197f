"""The daily comparison over real HTTP: what a partner lost comes again, what it has is believed, the rest is told."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from sqlalchemy import update

from adapters.mediation_center.adapter import MediationCenter
from gateway.canonical.identifiers import BEIJING
from gateway.demo.cast import COURT, TOWNSHIP, VILLAGE
from gateway.errors import Conflicting, NotFound
from gateway.reconciliation import day_of
from gateway.store import reconciliations, shown
from gateway.store.engine import writing
from gateway.store.tables import attempt, delivery
from gateway.store.times import millis
from tests.gateway.town import Town, eventually, living_town

Open = Callable[..., Any]
DAY = timedelta(days=1)


class Forgetful(MediationCenter):
    """A centre that would act twice on a record sent twice."""

    recognises_resends: ClassVar[bool] = False


@pytest.fixture
async def open_town(tmp_path: Path) -> AsyncIterator[Open]:
    """Open a town of this test's own; see ``living_town`` for what can be changed."""
    async with AsyncExitStack() as ends:

        async def open_one(*args: Any, **given: Any) -> Town:
            return await ends.enter_async_context(living_town(tmp_path, *args, **given))

        yield open_one


@pytest.fixture
async def town(open_town: Open) -> Town:
    """A town in which the village has what the court referred to it."""
    town: Town = await open_town()
    await town.refer()
    await town.until(VILLAGE, "delivered")
    return town


async def day_at(town: Town, partner: str) -> Any:
    """Return the day on which the partner took its only record: midnight may pass during a test."""
    [kept] = await town.received(partner)
    return day_of(datetime.fromisoformat(kept["received_at"]))


async def test_where_both_say_the_same_there_is_nothing_to_do(town: Town) -> None:
    run = await town.compare(VILLAGE, await day_at(town, VILLAGE))
    assert (run["state"], run["ours"], run["theirs"], run["matched"], run["items"]) == ("done", 1, 1, 1, [])


async def test_what_the_partner_lost_comes_again_by_itself_with_the_same_id_and_has_one_effect(town: Town) -> None:
    [before] = await town.received(VILLAGE)
    day = await day_at(town, VILLAGE)
    await town.fault(VILLAGE, "lose", id=before["id"])
    run = await town.compare(VILLAGE, day)
    [item] = run["items"]
    assert (item["outcome"], item["code"], item["resends"]) == ("missing", "reconciliation.sent_again", 1)
    await town.until(VILLAGE, "delivered")
    [after] = await town.received(VILLAGE)
    assert (after["id"], after["kind"], after["effects"]) == (before["id"], before["kind"], 1)
    assert after["fields"] == {**before["fields"], "eventId": before["case"]}, "its own id of the case is known by now"
    again = await town.compare(VILLAGE, town.today)
    assert [each["settled_at"] is not None for each in again["items"]] in ([True], [])
    assert unsettled(town, VILLAGE) == 0


async def test_a_day_compared_again_sends_nothing_a_second_time(town: Town) -> None:
    day = await day_at(town, VILLAGE)
    await town.fault(VILLAGE, "lose")
    await town.fault(VILLAGE, "down")
    assert len((await town.compare(COURT, day))["items"]) == 0
    await town.fault(VILLAGE, None)
    await town.compare(VILLAGE, day)
    await town.until(VILLAGE, "delivered")
    for _ in range(3):
        await town.compare(VILLAGE, day)
    assert [each["times"] for each in await town.received(VILLAGE)] == [1]
    [row] = town.reconciler.report(since=day, until=day, partner=VILLAGE)
    assert (row["runs"], [each["resends"] for each in row["items"]]) == (4, [1])


async def test_what_is_lost_again_and_again_is_left_to_a_person(open_town: Open) -> None:
    town = await open_town(reconcile_resends=2)
    await town.refer()
    outcomes = []
    for _ in range(4):
        await town.until(VILLAGE, "delivered")
        await town.fault(VILLAGE, "lose")
        run = await town.compare(VILLAGE)
        outcomes.append(run["items"][0]["code"])
    assert outcomes == ["reconciliation.sent_again"] * 2 + ["reconciliation.missing_again"] * 2
    assert await town.received(VILLAGE) == []
    assert unsettled(town, VILLAGE) == 1


async def test_a_delivery_in_doubt_is_closed_by_the_evidence(open_town: Open) -> None:
    town = await open_town({"mediation_center": Forgetful}, rows={VILLAGE: {"in_doubt": "wait"}})
    await town.fault(VILLAGE, "answer_lost", times=1)
    await town.refer()
    await eventually(lambda: town.deliveries(VILLAGE), lambda found: found[0]["code"] == "delivery.in_doubt_waits")
    run = await town.compare(VILLAGE, await day_at(town, VILLAGE))
    [item] = run["items"]
    assert (item["outcome"], item["settled_at"] is not None) == ("closed", True)
    [closed] = town.deliveries(VILLAGE)
    [kept] = await town.received(VILLAGE)
    assert (closed["status"], closed["code"], kept["times"]) == ("delivered", "reconciliation.closed", 1)
    assert day_of(closed["delivered_at"]) == day_of(datetime.fromisoformat(kept["received_at"]))


async def test_what_the_list_says_of_a_case_is_learnt_as_from_a_receipt(open_town: Open) -> None:
    town = await open_town({"mediation_center": Forgetful}, rows={VILLAGE: {"in_doubt": "wait"}})
    await town.fault(VILLAGE, "answer_lost", times=1)
    await town.refer()
    await eventually(lambda: town.deliveries(VILLAGE), lambda found: found[0]["code"] == "delivery.in_doubt_waits")
    await town.accept()  # about a case by the village's own id, which no receipt has told: it is parked
    assert town.deliveries(COURT) == []
    await town.compare(VILLAGE, await day_at(town, VILLAGE))
    await town.until(COURT, "delivered")


async def test_what_the_partner_altered_is_marked_and_shown_and_not_sent_again(town: Town) -> None:
    await town.accept()
    await town.until(COURT, "delivered")
    day = await day_at(town, COURT)
    assert (await town.compare(COURT, day))["items"] == []
    await town.fault(COURT, "alter")
    run = await town.compare(COURT, day)
    [item] = run["items"]
    assert (item["outcome"], item["code"], item["settled_at"]) == ("differs", "reconciliation.differs", None)
    assert item["facts"]["ours"] != item["facts"]["theirs"]
    assert [each["times"] for each in await town.received(COURT)] == [1]
    assert unsettled(town, COURT) == 1


async def test_what_nobody_sent_is_marked_until_the_partner_drops_it(town: Town) -> None:
    day = await day_at(town, VILLAGE)
    invented = (await town.fault(VILLAGE, "invent"))["id"]
    run = await town.compare(VILLAGE, town.today)
    [item] = run["items"]
    assert (item["record_id"], item["outcome"], item["delivery_id"]) == (invented, "unknown", None)
    await town.fault(VILLAGE, "lose", id=invented)
    await town.compare(VILLAGE, day)
    assert (await town.compare(VILLAGE, town.today))["unsettled"] == 0


async def test_what_was_given_up_here_and_is_there_is_marked(open_town: Open) -> None:
    town = await open_town(rows={VILLAGE: {"deadline_days": 0.3 / 86_400}})
    await town.fault(VILLAGE, "answer_lost")
    await town.refer()
    [dead] = await town.until(VILLAGE, "dead")
    await town.fault(VILLAGE, None)
    run = await town.compare(VILLAGE, await day_at(town, VILLAGE))
    [item] = run["items"]
    assert (item["outcome"], item["code"]) == ("undelivered", "reconciliation.dead_but_held")
    assert town.deliveries(VILLAGE)[0]["status"] == "dead", "what to do with it is a person's to say"
    await town.gateway.operations.withdraw(dead["id"], "the village was told by telephone")
    run = await town.compare(VILLAGE, await day_at(town, VILLAGE))
    assert [each["code"] for each in run["items"]] == ["reconciliation.withdrawn_but_held"]


async def test_what_the_partner_counts_to_the_day_beside_is_not_missing(town: Town) -> None:
    """Its clock, or its idea of midnight, is another: one day to each side is looked at before anything is lost."""
    day = await day_at(town, VILLAGE)
    delivered_days_ago(town, 1)
    run = await town.compare(VILLAGE, day - DAY)
    assert (run["ours"], run["theirs"], run["matched"], run["items"]) == (1, 0, 1, [])
    run = await town.compare(VILLAGE, day)
    assert (run["ours"], run["theirs"], run["matched"], run["items"]) == (0, 1, 1, [])


async def test_what_the_partner_took_at_an_attempt_days_before_its_receipt_is_not_missing(town: Town) -> None:
    [kept] = town.pretend[VILLAGE].book.records.values()
    day = await day_at(town, VILLAGE)
    kept.received_at = (datetime.fromisoformat(kept.received_at) - 4 * DAY).isoformat()
    assert len((await town.compare(VILLAGE, day, dry_run=True))["items"]) == 1
    tried_days_ago(town, 4)
    run = await town.compare(VILLAGE, day)
    assert (run["matched"], run["items"]) == (1, [])


async def test_a_partner_whose_list_cannot_be_had_is_asked_again_later_and_nothing_is_sent(town: Town) -> None:
    day = await day_at(town, VILLAGE)
    await town.fault(VILLAGE, "lose")
    await town.fault(VILLAGE, "down")
    run = await town.compare(VILLAGE, day)
    assert (run["state"], run["code"]) == ("failed", "mediation_center.unavailable")
    assert run["due_at"] > town.clock.now()
    assert [each["status"] for each in town.deliveries(VILLAGE)] == ["delivered"]


async def test_a_dry_run_changes_and_keeps_nothing(town: Town) -> None:
    day = await day_at(town, VILLAGE)
    await town.fault(VILLAGE, "lose")
    run = await town.compare(VILLAGE, day, dry_run=True)
    assert [(each["outcome"], each["code"]) for each in run["items"]] == [("missing", "reconciliation.sent_again")]
    assert [each["status"] for each in town.deliveries(VILLAGE)] == ["delivered"]
    assert town.reconciler.report(since=day, until=day) == []


async def test_a_partner_that_cannot_take_part_is_named_in_the_report(open_town: Open) -> None:
    village = {"settings": {"secret_names": ["webhook_secret"], "reconciles": False}}
    town = await open_town(rows={VILLAGE: village})
    town.clock.moved = noon_in(town, days=1)
    await town.reconciler.run_due()
    yesterday = town.today - DAY
    rows = {row["partner"]: row for row in town.reconciler.report(since=yesterday, until=yesterday)}
    assert (rows[VILLAGE]["state"], rows[VILLAGE]["code"]) == ("cannot", "mediation_center.does_not_reconcile")
    assert rows[COURT]["state"] == "done"
    assert rows[TOWNSHIP]["state"] == "failed", "nobody listens there"


async def test_each_day_is_compared_once_and_what_was_missed_is_made_up_for(town: Town) -> None:
    town.clock.moved = noon_in(town, days=1)
    reconciler = town.reconciler
    await reconciler.run_due()
    assert await reconciler.run_due() == 0
    [first] = reconciler.report(since=town.today - 9 * DAY, until=town.today, partner=VILLAGE)
    assert (first["day"], first["runs"]) == ((town.today - DAY).isoformat(), 1)
    town.clock.moved = noon_in(town, days=4)
    await reconciler.run_due()
    rows = reconciler.report(since=town.today - 9 * DAY, until=town.today, partner=VILLAGE)
    assert [row["day"] for row in rows] == [(town.today - number * DAY).isoformat() for number in (1, 2, 3, 4)]
    assert all(row["state"] == "done" for row in rows)


async def test_before_the_hour_yesterday_is_not_compared(open_town: Open) -> None:
    town = await open_town(reconcile_hour=20)
    town.clock.moved = noon_in(town, days=1)
    await town.reconciler.run_due()
    rows = town.reconciler.report(since=town.today - 9 * DAY, until=town.today, partner=COURT)
    assert [row["day"] for row in rows] == [(town.today - 2 * DAY).isoformat()]


async def test_a_comparison_that_a_killed_process_had_in_hand_is_taken_up_when_its_time_is_over(town: Town) -> None:
    town.clock.moved = noon_in(town, days=1)
    day, now, reconciler = town.today - DAY, town.clock.now(), town.reconciler
    soon = millis(now + timedelta(minutes=10))
    took = await town.gateway.writer.ran(
        lambda connection: reconciliations.begin(
            connection, VILLAGE, day.isoformat(), now=millis(now), until=soon, anew=False
        )
    )
    assert took
    with pytest.raises(Conflicting):
        await reconciler.run(VILLAGE, day)
    town.clock.moved += timedelta(minutes=11)
    await reconciler.run_due()
    [row] = reconciler.report(since=day, until=day, partner=VILLAGE)
    assert (row["state"], row["runs"]) == ("done", 2)


async def test_a_day_that_has_not_come_and_a_partner_that_is_none_are_refused(town: Town) -> None:
    with pytest.raises(Conflicting):
        await town.compare(VILLAGE, town.today + DAY)
    with pytest.raises(NotFound):
        await town.compare("nobody", town.today)


async def test_a_case_goes_on_after_what_was_lost_has_arrived_again(town: Town) -> None:
    day = await day_at(town, VILLAGE)
    await town.fault(VILLAGE, "lose")
    await town.compare(VILLAGE, day)
    await town.until(VILLAGE, "delivered")
    await town.accept()
    await town.until(COURT, "delivered")
    with town.gateway.store.engine.connect() as connection:
        assert shown.counts(connection)["waiting"] == []


def unsettled(town: Town, partner: str) -> int:
    """Return how many differences with a partner are left."""
    rows = town.reconciler.report(since=town.today - 9 * DAY, until=town.today, partner=partner)
    return sum(row["unsettled"] for row in rows)


def noon_in(town: Town, *, days: int) -> timedelta:
    """Return how far the clock has to be moved to noon (UTC+8) of a day."""
    present = town.clock.now() - town.clock.moved
    local = present.astimezone(BEIJING)
    return local.replace(hour=12, minute=0, second=0, microsecond=0) + days * DAY - local


def delivered_days_ago(town: Town, days: int) -> None:
    """Have the village's delivery closed so many days earlier, by our clock."""
    with writing(town.gateway.store.engine).begin() as connection:
        mine = delivery.c.partner == VILLAGE
        connection.execute(
            update(delivery).where(mine).values(delivered_at=delivery.c.delivered_at - days * 86_400_000)
        )


def tried_days_ago(town: Town, days: int) -> None:
    """Have the village's delivery tried so many days before it was closed."""
    with writing(town.gateway.store.engine).begin() as connection:
        connection.execute(update(attempt).values(started_at=attempt.c.started_at - days * 86_400_000))
