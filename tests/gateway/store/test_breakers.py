"""The circuit breaker: when it opens, that one delivery tries the partner, and what makes the wait longer."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from gateway.store import breakers
from gateway.store.breakers import CLOSED, Breaker, Patience
from gateway.store.engine import writing

PATIENCE = Patience(failures=3, first_wait=5, longest_wait=60)


def fails(before: Breaker, count: int = 1, now: int = 0) -> Breaker:
    return breakers.after(before, PATIENCE, answered=False, reason="transport.answer_timeout", failed=count, now=now)


def answers(before: Breaker, failed: int = 0) -> Breaker:
    return breakers.after(before, PATIENCE, answered=True, reason=None, failed=failed, now=0)


def test_it_opens_after_so_many_failures_in_a_row_and_says_why() -> None:
    two = fails(fails(CLOSED))
    assert not two.is_open
    assert answers(two) == CLOSED, "an answer between them begins anew"
    three = fails(two, now=1_000)
    assert (three.state, three.opened_at, three.probe_at) == ("open", 1_000, 6_000)
    assert three.reason == "transport.answer_timeout"


def test_what_was_under_way_when_it_opened_makes_no_wait_longer() -> None:
    opened = fails(CLOSED, 3, now=0)
    later = fails(fails(opened, 20, now=1_000), 20, now=2_000)
    assert (later.probe_at, later.waits) == (opened.probe_at, 0)


def test_each_probe_that_fails_doubles_the_wait_up_to_the_longest() -> None:
    breaker, waits = fails(CLOSED, 3, now=0), []
    for _ in range(6):
        probing = Breaker(**{**{name: getattr(breaker, name) for name in Breaker.__slots__}, "state": "probing"})
        breaker = fails(probing, now=0)
        waits.append(breaker.probe_at)
    assert waits == [10_000, 20_000, 40_000, 60_000, 60_000, 60_000]


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 4)), max_size=30))
def test_an_answer_always_closes_it_and_nothing_else_does(turns: list[tuple[bool, int]]) -> None:
    breaker = CLOSED
    for answered, failed in turns:
        before = breaker
        breaker = answers(before, failed) if answered else fails(before, failed)
        assert not answered or breaker == CLOSED
        assert answered or breaker.is_open >= before.is_open


def test_one_process_gets_the_right_to_probe(engine: Engine) -> None:
    with writing(engine).begin() as connection:
        breakers.write(connection, "court", fails(CLOSED, 3, now=0))
        assert breakers.read(connection, "nobody") == CLOSED
        assert not breakers.probes(connection, "court", now=4_999, until=30_000), "it is not time yet"
        assert breakers.probes(connection, "court", now=5_000, until=30_000)
        assert not breakers.probes(connection, "court", now=5_001, until=30_000), "somebody else does"
        assert breakers.read(connection, "court").state == "probing"
        assert breakers.probes(connection, "court", now=30_000, until=60_000), "who did has never told how it went"


@pytest.mark.parametrize("waits", [0, 3, 1_000])
def test_no_wait_is_longer_than_the_longest(waits: int) -> None:
    assert PATIENCE.wait(waits) <= 60_000


def test_a_failure_that_is_not_the_probes_leaves_the_probe_alone() -> None:
    probing = replace(fails(CLOSED, 3), state="probing", probe_at=30_000, probe_lease="lease-of-the-probe")
    other = breakers.after(
        probing, PATIENCE, answered=False, reason="transport.reset", failed=1, now=9_000, probed=False
    )
    assert (other.state, other.probe_at, other.waits) == ("probing", 30_000, 0)
    given_back = breakers.unprobed(other, 9_500)
    assert (given_back.state, given_back.probe_at, given_back.probe_lease) == ("open", 9_500, None)


def test_what_another_process_has_made_of_a_breaker_is_not_written_over(engine: Engine) -> None:
    with writing(engine).begin() as connection:
        assert breakers.changed(connection, "court", CLOSED, fails(CLOSED, 2)), "there was none yet"
        assert not breakers.changed(connection, "court", CLOSED, fails(CLOSED, 1)), "it was read before that"
        assert breakers.changed(connection, "court", fails(CLOSED, 2), CLOSED)
        assert breakers.read(connection, "court") == CLOSED


def test_a_probe_lasts_as_long_as_the_lease_of_its_delivery(engine: Engine) -> None:
    with writing(engine).begin() as connection:
        probing = replace(fails(CLOSED, 3), state="probing", probe_at=30_000, probe_lease="lease")
        breakers.write(connection, "court", probing)
        breakers.last(connection, "court", "another", 99_000)
        assert breakers.read(connection, "court").probe_at == 30_000
        breakers.last(connection, "court", "lease", 60_000)
        assert not breakers.probes(connection, "court", now=59_999, until=90_000)
