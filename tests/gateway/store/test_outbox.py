"""The outbox: claims, leases, order per case and partner, and closing, on both databases."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import Engine

from gateway.store import due, fetches, mending, outbox
from gateway.store.arrivals import Announced
from gateway.store.cipher import Cipher, Key, Keyring
from gateway.store.engine import migrate, open_engine, writing
from gateway.store.fetches import Fetch
from gateway.store.outbox import Claimed, Closing
from gateway.store.tables import attempt, case_reference, delivery, document
from gateway.store.times import millis
from tests.gateway.lifecycle import lifecycle_messages as say
from tests.gateway.store.keeping import COURT, VILLAGE, Keeper
from tests.gateway.store.test_journal import about, village_says


@pytest.fixture
def keeper(engine: Engine) -> Keeper:
    return Keeper(engine, Cipher(Keyring(keys=(Key(name="test", material=bytes(32)),)), "aes"))


def referred(keeper: Keeper, *cases: str) -> list[str]:
    """Refer cases to the village; return their ids."""
    outcomes = [keeper.say(COURT, about(say.referral(), partner_id=case)) for case in cases]
    return [str(outcome.case_id) for outcome in outcomes]


def dead(claimed: Claimed) -> Closing:
    return Closing(claimed=claimed, status="dead", code="delivery.permanent")


def status(keeper: Keeper) -> list[tuple[str, str]]:
    rows = sorted(keeper.rows(delivery), key=lambda row: (row["case_id"], row["step"], row["partner"]))
    return [(row["type"], row["status"]) for row in rows]


def test_what_is_due_is_claimed_once(keeper: Keeper) -> None:
    referred(keeper, "A", "B", "C")
    assert len(keeper.claim(VILLAGE, limit=2)) == 2
    assert len(keeper.claim(VILLAGE, limit=2)) == 1
    assert keeper.claim(VILLAGE) == []
    assert keeper.claim(COURT) == []


def test_many_claimers_at_once_never_get_the_same_delivery(keeper: Keeper) -> None:
    referred(keeper, *[f"A-{n}" for n in range(30)])
    claimed: list[str] = []
    start = threading.Barrier(4)

    def claim() -> None:
        start.wait()
        for _ in range(10):
            claimed.extend(each.id for each in keeper.claim(VILLAGE, limit=3))

    threads = [threading.Thread(target=claim) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == len(set(claimed)) == 30


def test_a_case_has_one_delivery_under_way_at_a_partner_and_they_go_in_order(keeper: Keeper) -> None:
    (case,) = referred(keeper, "A")
    for said in (say.acceptance(), say.assignment(), say.progress()):
        keeper.say(VILLAGE, village_says(said, case))
    order = []
    while claimed := keeper.claim(COURT):
        assert len(claimed) == 1
        assert keeper.claim(COURT) == [], "its successor waits"
        order.append(claimed[0].type)
        keeper.close(keeper.delivered(claimed[0]))
    assert order == ["acceptance", "assignment", "progress"]


def test_a_postponed_delivery_holds_back_its_successors_and_no_other_case(keeper: Keeper) -> None:
    case, other = referred(keeper, "A", "B")
    for each in (case, other):
        keeper.say(VILLAGE, village_says(say.acceptance(), each))
    keeper.say(VILLAGE, village_says(say.progress(), case))
    first = next(each for each in keeper.claim(COURT) if each.case_id == case)
    keeper.close(Closing(claimed=first, status="pending", due_at=millis(keeper.now) + 60_000))
    assert keeper.claim(COURT) == []
    keeper.later(seconds=61)
    assert sorted(each.type for each in keeper.claim(COURT)) == ["acceptance", "acceptance"], "B's lease ended too"


def test_a_dead_delivery_blocks_its_successors_until_it_is_replayed(keeper: Keeper) -> None:
    (case,) = referred(keeper, "A")
    for said in (say.acceptance(), say.progress()):
        keeper.say(VILLAGE, village_says(said, case))
    gone = keeper.claim(COURT)[0]
    keeper.close(dead(gone))
    keeper.later(days=1)
    assert keeper.claim(COURT) == []
    with writing(keeper.engine).begin() as connection:
        partners = mending.revive(connection, gone.id, millis(keeper.now), millis(keeper.now) + 1000)
    assert partners == [COURT]
    assert [each.type for each in keeper.claim(COURT)] == ["acceptance"]


def test_a_withdrawn_delivery_lets_its_successors_pass(keeper: Keeper) -> None:
    (case,) = referred(keeper, "A")
    for said in (say.acceptance(), say.progress()):
        keeper.say(VILLAGE, village_says(said, case))
    gone = keeper.claim(COURT)[0]
    keeper.close(dead(gone))
    with writing(keeper.engine).begin() as connection:
        assert (
            mending.withdraw(connection, gone.id, "told by telephone", now=millis(keeper.now), deadline_at=0) == COURT
        )
        assert mending.withdraw(connection, gone.id, "again", now=millis(keeper.now), deadline_at=0) is None
    assert [each.type for each in keeper.claim(COURT)] == ["progress"]
    assert ("acceptance", "withdrawn") in status(keeper)


def test_a_lease_that_ran_out_makes_the_delivery_due_again_as_one_that_may_have_arrived(keeper: Keeper) -> None:
    referred(keeper, "A")
    first = keeper.claim(VILLAGE, lease=30)[0]
    assert not first.resumed
    keeper.later(seconds=31)
    second = keeper.claim(VILLAGE)[0]
    assert (second.id, second.message_id, second.resumed) == (first.id, first.message_id, True)


def test_only_the_lease_it_was_claimed_under_closes_a_delivery(keeper: Keeper) -> None:
    referred(keeper, "A")
    slow = keeper.claim(VILLAGE, lease=30)[0]
    keeper.later(seconds=31)
    fast = keeper.claim(VILLAGE)[0]
    keeper.close(dead(slow))
    assert status(keeper) == [("referral", "pending")], "the slow worker's lease is over: it closes nothing"
    keeper.close(keeper.delivered(fast))
    assert status(keeper) == [("referral", "delivered")]


def test_leases_of_a_killed_process_are_released_at_the_next_start(keeper: Keeper) -> None:
    referred(keeper, "A")
    keeper.claim(VILLAGE, lease=3600)
    assert keeper.claim(VILLAGE) == []
    with writing(keeper.engine).begin() as connection:
        assert outbox.release_leases(connection, millis(keeper.now)) == 1
    assert keeper.claim(VILLAGE)[0].resumed


def test_leases_of_some_partners_are_released_and_those_of_others_are_not(keeper: Keeper) -> None:
    referred(keeper, "A")
    keeper.claim(VILLAGE, lease=3600)
    with writing(keeper.engine).begin() as connection:
        assert outbox.release_leases(connection, millis(keeper.now), {COURT}) == 0
    assert keeper.claim(VILLAGE) == []
    with writing(keeper.engine).begin() as connection:
        assert outbox.release_leases(connection, millis(keeper.now), {COURT, VILLAGE}) == 1
    assert keeper.claim(VILLAGE)[0].resumed


def test_every_attempt_is_kept(keeper: Keeper) -> None:
    referred(keeper, "A")
    claimed = keeper.claim(VILLAGE)[0]
    keeper.close(keeper.delivered(claimed, case="EV-1"))
    kept = keeper.rows(attempt)
    assert [(row["number"], row["outcome"], row["http_status"]) for row in kept] == [(1, "delivered", 200)]
    assert keeper.rows(delivery)[0]["attempts"] == 1


def test_a_receipt_teaches_us_the_partners_own_id_of_the_case(keeper: Keeper) -> None:
    (case,) = referred(keeper, "A")
    keeper.close(keeper.delivered(keeper.claim(VILLAGE)[0], case="EV-1"))
    assert [row["case_id"] for row in keeper.rows(case_reference, partner=VILLAGE, value="EV-1")] == [case]
    assert keeper.say(VILLAGE, about(say.acceptance(), partner_id="EV-1")).fate == "accepted"
    keeper.say(COURT, about(say.supervision(), partner_id="A"))
    assert keeper.claim(VILLAGE)[0].partner_case_id == "EV-1"


def test_a_receipt_never_moves_an_id_to_another_case(keeper: Keeper) -> None:
    first, second = referred(keeper, "A", "B")
    for claimed in keeper.claim(VILLAGE):
        keeper.close(keeper.delivered(claimed, case="EV-1"))
    assert [row["case_id"] for row in keeper.rows(case_reference, value="EV-1")] in ([first], [second])


def test_a_delivery_waits_for_its_document_and_goes_when_it_is_here(keeper: Keeper) -> None:
    paper = Announced(media_type="application/pdf", url="https://files.example/1")
    keeper.say(COURT, say.referral(), documents=[paper])
    with writing(keeper.engine).begin() as connection:
        (awaited,) = fetches.claim(connection, COURT, limit=5, now=millis(keeper.now), lease_until=millis(keeper.now))
        kept = Fetch(awaited=awaited, state="kept", sha256="a" * 64, sm3="b" * 64, size=3, media_type="text/plain")
        assert fetches.close(connection, [kept], millis(keeper.now)) == {VILLAGE}
    claimed = keeper.claim(VILLAGE)[0]
    assert [(row["sha256"], row["size"], row["media_type"]) for row in claimed.documents] == [
        ("a" * 64, 3, "text/plain"),
    ]  # fmt: skip


def test_a_document_that_cannot_be_had_makes_its_delivery_dead_and_a_replay_fetches_again(keeper: Keeper) -> None:
    paper = Announced(media_type="application/pdf", url="https://files.example/1")
    keeper.say(COURT, say.referral(), documents=[paper])
    with writing(keeper.engine).begin() as connection:
        (awaited,) = fetches.claim(connection, COURT, limit=5, now=millis(keeper.now), lease_until=millis(keeper.now))
        fetches.close(
            connection, [Fetch(awaited=awaited, state="failed", code="transport.fetch_refused")], millis(keeper.now)
        )
    row = keeper.rows(delivery)[0]
    assert (row["status"], row["code"]) == ("dead", "documents.not_fetched")
    with writing(keeper.engine).begin() as connection:
        woken = mending.revive(connection, row["id"], millis(keeper.now), millis(keeper.now) + 1000)
    assert woken == [VILLAGE, COURT], "the sender's lane fetches, the receiver's delivers"
    assert keeper.rows(document)[0]["state"] == "awaited"


def test_the_next_due_time_skips_what_is_due_now_but_cannot_go(keeper: Keeper) -> None:
    (case,) = referred(keeper, "A")
    for said in (say.acceptance(), say.progress()):
        keeper.say(VILLAGE, village_says(said, case))
    first = keeper.claim(COURT)[0]
    keeper.close(Closing(claimed=first, status="pending", due_at=millis(keeper.now) + 5000))
    keeper.later(seconds=2)
    assert keeper.claim(COURT) == [], "its successor is put off until the first is due"
    with keeper.engine.connect() as connection:
        assert outbox.next_due(connection, COURT, millis(keeper.now)) == millis(keeper.now) + 3000
        assert outbox.next_due(connection, "nobody", millis(keeper.now)) is None
        assert outbox.partners_with_work(connection) == {COURT, VILLAGE}


def test_a_try_that_was_lost_with_its_worker_is_kept_as_one_that_may_have_arrived(keeper: Keeper) -> None:
    referred(keeper, "A")
    keeper.claim(VILLAGE, lease=30)
    keeper.later(seconds=31)
    again = keeper.claim(VILLAGE)[0]
    assert [(row["number"], row["outcome"], row["code"]) for row in keeper.rows(attempt)] == [
        (1, "in_doubt", "delivery.lease_ended"),
    ]  # fmt: skip
    assert again.attempts == keeper.rows(delivery)[0]["attempts"] == 1
    keeper.close(dead(again))
    with writing(keeper.engine).begin() as connection:
        mending.revive(connection, again.id, millis(keeper.now), millis(keeper.now) + 1000)
    assert keeper.claim(VILLAGE)[0].resumed, "whoever can be asked is asked before it is sent again"


def test_what_waited_behind_a_dead_delivery_gets_its_time_when_that_is_mended(keeper: Keeper) -> None:
    (case,) = referred(keeper, "A")
    for said in (say.acceptance(), say.progress()):
        keeper.say(VILLAGE, village_says(said, case))
    gone = keeper.claim(COURT)[0]
    keeper.close(dead(gone))
    keeper.later(days=30)
    until = millis(keeper.now) + 86_400_000
    with writing(keeper.engine).begin() as connection:
        mending.withdraw(connection, gone.id, "told by telephone", now=millis(keeper.now), deadline_at=until)
    (successor,) = keeper.claim(COURT)
    assert (successor.type, successor.deadline_at) == ("progress", until)


def test_a_fetch_whose_lease_ran_out_buries_nothing(keeper: Keeper) -> None:
    keeper.say(COURT, say.referral(), documents=[Announced(media_type="a/b", url="https://files.example/1")])
    now = millis(keeper.now)
    with writing(keeper.engine).begin() as connection:
        (slow,) = fetches.claim(connection, COURT, limit=5, now=now, lease_until=now)
        (fast,) = fetches.claim(connection, COURT, limit=5, now=now, lease_until=now + 1000)
        fetches.close(
            connection, [Fetch(awaited=fast, state="kept", sha256="a" * 64, sm3="b" * 64, size=3)], millis(keeper.now)
        )
        fetches.close(
            connection, [Fetch(awaited=slow, state="failed", code="transport.fetch_refused")], millis(keeper.now)
        )
    assert keeper.rows(document)[0]["state"] == "kept"
    assert status(keeper) == [("referral", "pending")]


def test_a_delivery_that_is_due_and_blocked_does_not_make_its_lane_look_again_and_again(keeper: Keeper) -> None:
    (case,) = referred(keeper, "A")
    for said in (say.acceptance(), say.progress()):
        keeper.say(VILLAGE, village_says(said, case))
    keeper.close(dead(keeper.claim(COURT)[0]))
    keeper.later(seconds=2)
    assert keeper.claim(COURT) == []
    with keeper.engine.connect() as connection:
        again = outbox.next_due(connection, COURT, millis(keeper.now))
    assert again == millis(keeper.now) + due.LATER, "what frees it wakes it; nobody looks before"


def test_a_waking_that_two_transactions_missed_costs_a_minute_at_most(postgres_url: str) -> None:
    engine = open_engine(postgres_url)
    migrate(engine)
    keeper = Keeper(engine, Cipher(Keyring(keys=(Key(name="test", material=bytes(32)),)), "aes"))
    (case,) = referred(keeper, "A")
    for said in (say.acceptance(), say.progress()):
        keeper.say(VILLAGE, village_says(said, case))
    first = keeper.claim(COURT)[0]
    keeper.close(dead(first))
    keeper.later(seconds=2)
    now = millis(keeper.now)
    with writing(engine).begin() as puts_off, writing(engine).begin() as frees:
        assert outbox.claim(puts_off, COURT, limit=9, now=now, lease_until=now + 60_000) == []
        mending.withdraw(frees, first.id, "told by telephone", now=now, deadline_at=now + 86_400_000)
    keeper.later(minutes=1)
    assert [each.type for each in keeper.claim(COURT)] == ["progress"], "neither saw what the other did"
    engine.dispose()


def test_what_waits_for_a_delivery_that_is_postponed_for_long_is_looked_at_every_minute(keeper: Keeper) -> None:
    (case,) = referred(keeper, "A")
    for said in (say.acceptance(), say.progress()):
        keeper.say(VILLAGE, village_says(said, case))
    (first,) = keeper.claim(COURT)
    keeper.close(Closing(claimed=first, status="pending", due_at=millis(keeper.now) + 3_600_000))
    keeper.later(seconds=2)
    assert keeper.claim(COURT) == []
    with keeper.engine.connect() as connection:
        assert outbox.next_due(connection, COURT, millis(keeper.now)) == millis(keeper.now) + due.LATER
