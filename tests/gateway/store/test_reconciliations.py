"""What comparisons read and write, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from gateway.contract import Holding
from gateway.reconciliation.comparison import compare
from gateway.reconciliation.consequences import Consequences
from gateway.reconciliation.days import bounds, day_of
from gateway.store import compared, reconciliations
from gateway.store.cipher import Cipher, Key, Keyring
from gateway.store.engine import writing
from gateway.store.reconciliations import Item
from gateway.store.tables import delivery, reconciliation_item
from gateway.store.times import millis
from tests.gateway.store.keeping import COURT, VILLAGE, Keeper
from tests.gateway.store.test_outbox import referred

DAY = "2026-03-20"


@pytest.fixture
def keeper(engine: Engine) -> Keeper:
    return Keeper(engine, Cipher(Keyring(keys=(Key(name="test", material=bytes(32)),)), "aes"))


def written(keeper: Keeper, work: Any, *args: Any, **given: Any) -> Any:
    with writing(keeper.engine).begin() as connection:
        return work(connection, *args, **given)


def deliver(keeper: Keeper, *cases: str, digest: str | None = None) -> list[str]:
    """Refer cases and deliver them; return the message ids."""
    referred(keeper, *cases)
    claimed = keeper.claim(VILLAGE, limit=len(cases))
    keeper.close(*[replace(keeper.delivered(each, each.id[-8:]), sent_digest=digest) for each in claimed])
    return [each.message_id for each in claimed]


def drawn(keeper: Keeper, *held: Holding, most_resends: int = 3) -> set[str]:
    """Compare the keeper's day with a list, and draw the consequences."""
    now, day = millis(keeper.now), day_of(keeper.now)
    with keeper.engine.connect() as connection:
        ours = {each.message_id: each for each in compared.delivered(connection, VILLAGE, *bounds(day))}
        theirs = {each.id: each for each in held}
        known = {each.message_id: each for each in compared.of_messages(connection, VILLAGE, theirs, now)}
    found = compare(ours, theirs, known=known, elsewhere={})
    drawing = Consequences(
        journal=keeper.journal, partner=VILLAGE, day=day, now=now, deadline_at=now + 1000, most_resends=most_resends
    )
    woken: set[str] = written(keeper, drawing.draw, found.findings)
    written(keeper, drawing.finish, found)
    return woken


def report(keeper: Keeper) -> dict[str, Any]:
    with keeper.engine.connect() as connection:
        [found] = reconciliations.report(connection, since=DAY, until=DAY)
    return found


def test_what_is_missing_there_is_due_again_under_the_same_id(keeper: Keeper) -> None:
    kept, lost = deliver(keeper, "A", "B")
    assert drawn(keeper, Holding(id=kept)) == {VILLAGE}
    [again] = keeper.claim(VILLAGE)
    assert (again.message_id, again.resumed) == (lost, True)
    found = report(keeper)
    assert (found["ours"], found["theirs"], found["matched"], found["counts"]) == (2, 1, 1, {"missing": 1})


def test_a_delivery_is_sent_again_a_few_times_over_all_days(keeper: Keeper) -> None:
    deliver(keeper, "A")
    for _ in range(3):
        drawn(keeper, most_resends=2)
        keeper.later(days=1)
        keeper.close(*[keeper.delivered(each) for each in keeper.claim(VILLAGE)])
    codes = [row["code"] for row in keeper.rows(reconciliation_item)]
    assert sorted(codes) == ["reconciliation.missing_again"] + ["reconciliation.sent_again"] * 2


def test_what_has_moved_on_since_the_comparison_looked_is_left_alone(keeper: Keeper) -> None:
    deliver(keeper, "A")
    with keeper.engine.connect() as connection:
        [seen] = compared.delivered(connection, VILLAGE, *bounds(day_of(keeper.now)))
    now = millis(keeper.now)
    assert written(keeper, compared.send_again, seen, now=now, deadline_at=now)
    assert not written(keeper, compared.send_again, seen, now=now, deadline_at=now)


def test_a_delivery_in_a_workers_hands_is_not_closed_by_a_list(keeper: Keeper) -> None:
    referred(keeper, "A")
    [claimed] = keeper.claim(VILLAGE, lease=60)
    drawn(keeper, Holding(id=claimed.message_id))
    assert [row["status"] for row in keeper.rows(delivery, partner=VILLAGE)] == ["pending"]
    keeper.later(seconds=61)
    drawn(keeper, Holding(id=claimed.message_id))
    [closed] = keeper.rows(delivery, partner=VILLAGE)
    assert (closed["status"], closed["lease"], closed["due_at"]) == ("delivered", None, None)


def test_a_closed_delivery_belongs_to_the_day_on_which_the_partner_took_it(keeper: Keeper) -> None:
    referred(keeper, "A")
    [row] = keeper.rows(delivery, partner=VILLAGE)
    keeper.later(hours=2)
    taken = keeper.now - timedelta(hours=1)
    drawn(keeper, Holding(id=row["message_id"], received_at=taken, case_id="SJ-1", record_id="HZ-1"))
    [closed] = keeper.rows(delivery, partner=VILLAGE)
    assert (closed["delivered_at"], closed["partner_record_id"]) == (millis(taken), "HZ-1")


def test_other_contents_are_marked_and_unmarked(keeper: Keeper) -> None:
    [sent] = deliver(keeper, "A", digest="a" * 64)
    drawn(keeper, Holding(id=sent, digest="b" * 64))
    assert (report(keeper)["counts"], report(keeper)["unsettled"]) == ({"differs": 1}, 1)
    assert keeper.claim(VILLAGE) == []
    drawn(keeper, Holding(id=sent, digest="a" * 64))
    assert (report(keeper)["matched"], report(keeper)["unsettled"]) == (1, 0)


def test_a_comparison_is_in_one_process_s_hands_at_a_time(keeper: Keeper) -> None:
    def begin(now: int, *, anew: bool = False) -> bool:
        began: bool = written(keeper, reconciliations.begin, VILLAGE, DAY, now=now, until=now + 100, anew=anew)
        return began

    assert begin(1000)
    assert not begin(1050)
    assert not begin(1050, anew=True)
    assert begin(1100), "the one that had it was killed"
    written(keeper, reconciliations.end, VILLAGE, DAY, "done", now=1150)
    assert not begin(5000)
    assert begin(5000, anew=True)
    written(keeper, reconciliations.end, VILLAGE, DAY, "failed", now=5050, due_at=9000, code="gateway.fault")
    assert not begin(8999)
    assert begin(9000)


def test_the_same_look_twice_writes_the_same(keeper: Keeper) -> None:
    item = Item(record_id="X1", outcome="unknown", code="reconciliation.unknown")
    for now in (1000, 2000):
        written(keeper, reconciliations.put_items, COURT, DAY, [item], now)
    [row] = keeper.rows(reconciliation_item)
    assert (row["found_at"], row["settled_at"], row["resends"]) == (1000, None, 0)
