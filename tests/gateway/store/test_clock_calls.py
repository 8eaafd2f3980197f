"""What is said of a period is said once, on both databases: by two clocks at once, and after one was killed."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier

import pytest
from sqlalchemy import Connection, Engine, select, update
from sqlalchemy.exc import IntegrityError

from gateway.canonical.identifiers import BEIJING
from gateway.lifecycle.calls import spoken
from gateway.rules import Rules
from gateway.store import cases, clock_calls
from gateway.store.arrivals import Judgement
from gateway.store.books import pack_content
from gateway.store.cipher import Cipher
from gateway.store.engine import writing
from gateway.store.tables import delivery, dispute_case, message, reminder
from tests.gateway.lifecycle import lifecycle_messages as m
from tests.gateway.store.keeping import COURT, VILLAGE, Keeper, a_revision

LATER = datetime(2026, 3, 6, 9, 0, tzinfo=BEIJING)


@pytest.fixture
def keeper(engine: Engine, cipher: Cipher) -> Iterator[Keeper]:
    """A store with one case that the village has not answered."""
    keeper = Keeper(engine, cipher)
    keeper.now = m.at(0)
    assert keeper.say(COURT, m.referral()).fate == "accepted"
    return keeper


def case_id(keeper: Keeper) -> str:
    with keeper.engine.connect() as connection:
        return str(connection.execute(select(dispute_case.c.id)).scalar_one())


def say(keeper: Keeper, connection: Connection) -> bool:
    """Say what is to be said, as the clock does; False where it has been said."""
    revision = a_revision()
    rules, found = Rules(lambda: revision), case_id(keeper)
    file = cases.load(connection, [found])[found]
    case, clock = rules.clock(file)
    assert clock is None or clock.kind == "acceptance"
    run = clock_calls.Run(found, "acceptance", 1, clock.turn if clock else "")
    if clock is None or "silence" in clock_calls.said(connection, run):
        return False
    words = spoken("silence", clock, case)
    judged = rules.of_the_clock(file, words, clock, "silence", now=LATER)
    assert isinstance(judged, Judgement)
    clock_calls.note(connection, run, "silence", organisation="org-village", message_id=words.id, code=None, now=LATER)
    content = keeper.cipher.seal(pack_content(words, {}, ()), context=words.id.encode())
    clock_calls.speak(connection, keeper.journal, file, words, judged, content=content, revision=revision.id, now=LATER)
    return True


def test_two_clocks_that_want_to_say_the_same_say_it_once(keeper: Keeper) -> None:
    ready = Barrier(2)

    def one() -> bool:
        ready.wait(30)
        try:
            with writing(keeper.engine).begin() as connection:
                return say(keeper, connection)
        except IntegrityError:  # the key, where the lock of the case has not kept them apart
            return False

    with ThreadPoolExecutor(2) as both:
        said = [each.result(60) for each in [both.submit(one), both.submit(one)]]
    assert sorted(said) == [False, True]
    _said_once(keeper)


def test_a_clock_that_is_killed_before_its_commit_has_said_nothing(keeper: Keeper) -> None:
    with writing(keeper.engine).connect() as connection:
        assert say(keeper, connection)
        connection.rollback()
    with keeper.engine.connect() as connection:
        assert connection.execute(select(reminder)).all() == []
        assert connection.execute(select(dispute_case.c.state)).scalar_one() == "DISPATCHED"
    with writing(keeper.engine).begin() as connection:
        assert say(keeper, connection)
    _said_once(keeper)


def test_the_key_of_the_database_lets_nothing_be_said_twice(keeper: Keeper) -> None:
    run = clock_calls.Run(case_id(keeper), "acceptance", 1, "2026-03-05")

    def note() -> None:
        with writing(keeper.engine).begin() as connection:
            clock_calls.note(connection, run, "order", organisation="o", message_id=None, code=None, now=LATER)

    note()
    with pytest.raises(IntegrityError):
        note()


def test_a_case_rings_on_its_day_and_one_of_an_older_gateway_is_looked_for(keeper: Keeper) -> None:
    found = case_id(keeper)

    def due(day: str) -> list[str]:
        with keeper.engine.connect() as connection:
            return clock_calls.due(connection, day, set(), 10)

    assert (due("2026-03-03"), due("2026-03-04"), due("2026-03-09")) == ([], [found], [found])
    with keeper.engine.connect() as connection:
        assert clock_calls.due(connection, "2026-03-09", {found}, 10) == []
        assert connection.execute(select(dispute_case.c.holder_until)).scalar_one() == "2026-03-05"
    with writing(keeper.engine).begin() as connection:
        connection.execute(update(dispute_case).values(clock=None, watch_on=""))
        assert clock_calls.due(connection, "2026-03-02", set(), 10) == [found]
        clock_calls.set_clock(connection, found, None, None)
        assert clock_calls.due(connection, "2026-12-31", set(), 10) == []


def test_what_has_not_been_delivered_has_not_reached_anybody(keeper: Keeper) -> None:
    with keeper.engine.connect() as connection:
        opened = str(connection.execute(select(message.c.id)).scalar_one())
        assert clock_calls.reached(connection, opened, VILLAGE) == clock_calls.UNDELIVERED
        assert clock_calls.reached(connection, opened, COURT) is None
    (claimed,) = keeper.claim(VILLAGE)
    keeper.close(keeper.delivered(claimed))
    with keeper.engine.connect() as connection:
        assert isinstance(clock_calls.reached(connection, opened, VILLAGE), datetime)


def _said_once(keeper: Keeper) -> None:
    with keeper.engine.connect() as connection:
        assert [each.degree for each in connection.execute(select(reminder))] == ["silence"]
        kinds = connection.execute(select(message.c.type, message.c.partner).order_by(message.c.step)).all()
        assert [tuple(each) for each in kinds] == [("referral", COURT), ("decline", "gateway")]
        told = connection.execute(
            select(delivery.c.partner, delivery.c.independent).where(delivery.c.type == "decline")
        )
        assert [tuple(each) for each in told] == [(COURT, True)]
        assert connection.execute(select(dispute_case.c.state)).scalar_one() == "READY"
