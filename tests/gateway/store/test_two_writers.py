"""Two processes that write to one PostgreSQL store at once: whoever commits second sees what the first did."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, select, text

from gateway.contract import Outcome
from gateway.store.arrivals import Arrival, Kept
from gateway.store.cipher import Cipher, Key, Keyring
from gateway.store.engine import migrate, open_engine, writing
from gateway.store.tables import inbox, message
from gateway.store.writer import Writer
from tests.gateway.lifecycle import lifecycle_messages as say
from tests.gateway.store.keeping import COURT, VILLAGE, Keeper
from tests.gateway.store.test_journal import about, village_says


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    engine = open_engine(postgres_url, readers=8, busy_seconds=10)
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def keeper(engine: Engine) -> Keeper:
    return Keeper(engine, Cipher(Keyring(keys=(Key(name="test", material=bytes(32)),)), "aes"))


class Other:
    """The other process: its writer decides one arrival while ours has an open transaction."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper
        self._writer: Writer[Arrival, Kept] = Writer(keeper.engine, batch=keeper.journal.keep)

    def during(self, ours: Callable[[Connection], Any], arrival: Arrival) -> Outcome:
        """Let it decide ``arrival`` after ``ours`` is done and before that is committed, and tell its outcome."""
        with self._writer, ThreadPoolExecutor(1) as hands:
            with writing(self._keeper.engine).begin() as connection:
                ours(connection)
                theirs = hands.submit(lambda: self._writer.submit(arrival).result(20))
                self.until_it_waits_or_is_done(theirs)
            return theirs.result(20).outcomes[0]

    def until_it_waits_or_is_done(self, theirs: Any) -> None:
        """Return when a task waits for a lock, or has ended."""
        waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        pause = threading.Event()
        while not theirs.done():
            with self._keeper.engine.connect() as connection:
                if connection.execute(waiting).scalar():
                    return
            pause.wait(0.02)


def test_a_parked_record_sent_again_while_its_predecessor_commits_enters_once(keeper: Keeper) -> None:
    case = keeper.say(COURT, say.referral()).case_id
    parked = keeper.entry(village_says(say.progress(), case))
    keeper.keep(keeper.arrival(VILLAGE, parked))
    opening = keeper.arrival(VILLAGE, keeper.entry(village_says(say.acceptance(), case)))
    another = village_says(say.progress(), case)
    again = replace(keeper.entry(another), record_id=parked.record_id, kind=parked.kind, digests=parked.digests)
    outcome = Other(keeper).during(lambda c: keeper.journal.keep(c, [opening]), keeper.arrival(VILLAGE, again))
    assert (outcome.fate, outcome.repeated) == ("accepted", True)
    assert sorted(row["type"] for row in keeper.rows(message)) == ["acceptance", "progress", "referral"]


def test_a_record_parked_under_a_name_sent_again_while_the_name_is_learnt_enters_once(keeper: Keeper) -> None:
    keeper.say(COURT, say.referral())
    claimed = keeper.claim(VILLAGE)[0]
    parked = keeper.entry(about(say.acceptance(), partner_id="EV-7"))
    keeper.keep(keeper.arrival(VILLAGE, parked))
    again = replace(keeper.entry(about(say.acceptance(), partner_id="EV-7")), record_id=parked.record_id,
                    kind=parked.kind, digests=parked.digests)  # fmt: skip
    closing = keeper.delivered(claimed, case="EV-7")
    outcome = Other(keeper).during(lambda c: keeper.closed(c, closing), keeper.arrival(VILLAGE, again))
    assert outcome.fate == "accepted"
    assert sorted(row["type"] for row in keeper.rows(message)) == ["acceptance", "referral"]
    assert [row["fate"] for row in keeper.rows(inbox, partner=VILLAGE)] == ["accepted"]


def test_a_record_that_waits_twice_over_has_one_receipt(keeper: Keeper) -> None:
    first = keeper.arrival(COURT, keeper.objected("R-1", "held", "mapping.unknown_code"))
    second = keeper.arrival(COURT, keeper.objected("R-1", "held", "mapping.unknown_code"))
    receipts: list[Any] = []
    outcome = Other(keeper).during(lambda c: receipts.extend(keeper.journal.keep(c, [first])), second)
    assert (outcome.receipt_id, outcome.repeated) == (receipts[0].outcomes[0].receipt_id, True)
    assert len(keeper.rows(inbox)) == 1


def test_the_same_referral_at_two_processes_opens_one_case(keeper: Keeper) -> None:
    said = say.referral()
    first = keeper.arrival(COURT, keeper.entry(said))
    second = keeper.arrival(COURT, keeper.entry(say.referral(), record_id=said.id))
    outcome = Other(keeper).during(lambda c: keeper.journal.keep(c, [first]), second)
    assert (outcome.fate, outcome.repeated) == ("accepted", True)
    assert len(keeper.rows(message)) == 1


def test_a_record_that_comes_while_its_cases_name_is_being_learnt_waits_for_that(keeper: Keeper) -> None:
    """Else neither sees the other: the receipt nothing parked, the record no such name; and its successor passes it."""
    keeper.say(COURT, say.referral())
    closing = keeper.delivered(keeper.claim(VILLAGE)[0], case="EV-7")
    early = keeper.arrival(VILLAGE, keeper.entry(about(say.acceptance(), partner_id="EV-7")))
    outcome = Other(keeper).during(lambda c: keeper.closed(c, closing), early)
    assert outcome.fate == "accepted"


def test_a_name_learnt_while_a_record_is_parked_for_it_takes_the_record_up(keeper: Keeper) -> None:
    keeper.say(COURT, say.referral())
    closing = keeper.delivered(keeper.claim(VILLAGE)[0], case="EV-7")
    early = keeper.arrival(VILLAGE, keeper.entry(about(say.acceptance(), partner_id="EV-7")))
    with ThreadPoolExecutor(1) as hands:
        with writing(keeper.engine).begin() as connection:
            (kept,) = keeper.journal.keep(connection, [early])
            assert isinstance(kept, Kept)
            assert kept.outcomes[0].fate == "parked"
            theirs = hands.submit(lambda: keeper.close(closing))
            Other(keeper).until_it_waits_or_is_done(theirs)
        assert theirs.result(20) == {COURT}
    assert [row["fate"] for row in keeper.rows(inbox, partner=VILLAGE)] == ["accepted"]
    with writing(keeper.engine).begin() as connection:
        assert connection.execute(select(message.c.type).where(message.c.partner == VILLAGE)).scalars().all() == [
            "acceptance",
        ]  # fmt: skip
