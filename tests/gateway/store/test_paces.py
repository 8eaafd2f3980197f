"""A partner's pace: a tenth of a second's worth at once, counted by one at a time, whatever the pace was before."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine

from gateway.store import paces
from gateway.store.engine import migrate, open_engine, writing
from gateway.store.paces import _paced

START = 1_800_000_000_000  # milliseconds


def begun(connection: Connection, wanted: int, *, now: int, per_second: float = 50) -> int:
    paced = paces.allowed(connection, "village", per_second=per_second, wanted=wanted, now=now)
    paces.took(connection, "village", paced, per_second=per_second, count=paced.allowed)
    return paced.allowed


def test_a_tenth_of_a_seconds_worth_goes_at_once_and_the_rest_one_by_one(engine: Engine) -> None:
    with writing(engine).begin() as connection:
        assert [begun(connection, 3, now=START) for _ in range(3)] == [3, 2, 0]
        assert begun(connection, 9, now=START + 19) == 0
        assert begun(connection, 9, now=START + 20) == 1
        assert begun(connection, 9, now=START + 120) == 5
        assert paces.exhausted(connection, {"village": 50.0, "court": 1.0}, START + 120) == {"village"}
        assert paces.exhausted(connection, {"village": 50.0}, START + 140) == set()
        assert paces.exhausted(connection, {}, START) == set()


def test_a_pace_below_one_a_second_is_kept_too(engine: Engine) -> None:
    with writing(engine).begin() as connection:
        assert begun(connection, 9, now=START, per_second=0.1) == 1
        paced = paces.allowed(connection, "village", per_second=0.1, wanted=9, now=START + 9_000)
        assert (paced.allowed, paced.look_at) == (0, START + 10_001)
        assert begun(connection, 9, now=START + 1_000, per_second=10) == 1, "a new pace does not wait for the old one"
        assert begun(connection, 9, now=START + 1_099, per_second=10) == 0
        assert begun(connection, 9, now=START + 1_100, per_second=10) == 1


def test_nobody_counts_while_another_process_does(postgres_url: str) -> None:
    engine = open_engine(postgres_url)
    migrate(engine)
    with writing(engine).begin() as connection:
        begun(connection, 1, now=START)
    with writing(engine).begin() as one, writing(engine).begin() as other:
        assert begun(one, 2, now=START) == 2
        paced = paces.allowed(other, "village", per_second=50, wanted=2, now=START)
        assert (paced.allowed, paced.look_at) == (0, START + paces.BUSY), "it looks again, and waits for no lock"
    engine.dispose()


@given(
    per_second=st.floats(0.01, 10_000),
    asks=st.lists(st.tuples(st.integers(0, 3_000), st.integers(1, 50)), min_size=1, max_size=40),
)
def test_no_more_than_the_pace_and_what_may_go_at_once_ever_go(per_second: float, asks: list[tuple[int, int]]) -> None:
    now, used, total = START, 0, 0
    for later, wanted in asks:
        now += later
        paced = _paced(used, per_second, wanted, now)
        assert 0 <= paced.allowed <= wanted
        if paced.allowed:
            assert paced.used_until is not None
            used = round(paced.used_until + paced.allowed * paces.SECOND / per_second)
        else:
            assert paced.look_at is not None
            assert paced.look_at > now
        total += paced.allowed
        assert total <= max(1.0, per_second * paces.AT_ONCE) + (now - START) / 1000 * per_second + 1


@pytest.mark.parametrize("per_second", [0.5, 1, 3, 1000])
def test_what_is_to_be_looked_at_then_may_go_then(per_second: float) -> None:
    used = START * 1000
    while (paced := _paced(used, per_second, 1, START)).allowed:
        used = round((paced.used_until or 0) + paces.SECOND / per_second)
    assert paced.look_at is not None
    assert _paced(used, per_second, 1, paced.look_at).allowed == 1
