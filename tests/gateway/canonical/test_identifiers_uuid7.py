"""Message ids."""

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.canonical.identifiers import IdentifierFault, uuid7, uuid7_of, uuid7_time


def test_an_id_is_a_uuid_of_version_7():
    made = uuid7()
    assert str(uuid.UUID(made)) == made
    assert uuid.UUID(made).version == 7
    assert uuid.UUID(made).variant == uuid.RFC_4122


def test_the_example_time_of_the_standard_is_read():
    assert uuid7_time("017F22E2-79B0-7CC3-98C4-DC0C0C07398F") == datetime(2022, 2, 22, 19, 22, 22, tzinfo=UTC)


def test_ids_rise_strictly_however_fast_they_are_made():
    made = [uuid7() for _ in range(20_000)]
    assert made == sorted(set(made))


def test_ids_of_many_threads_are_distinct_and_rise_in_each():
    def make(_):
        return [uuid7() for _ in range(2_000)]

    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(make, range(8)))
    assert all(one == sorted(one) for one in made)
    assert len({identifier for one in made for identifier in one}) == 16_000


def test_ids_rise_although_the_clock_is_set_back(monkeypatch):
    before = uuid7()
    monkeypatch.setattr(time, "time_ns", lambda: 1_000_000_000)
    after = [uuid7() for _ in range(3)]
    assert [before, *after] == sorted({before, *after})


def test_ids_of_a_clock_that_is_handed_in_rise_within_a_millisecond():
    made = [uuid7(1_660_961_472_123) for _ in range(2_000)]
    assert made == sorted(set(made))
    assert {uuid7_time(one) for one in made} == {datetime(2022, 8, 20, 2, 11, 12, 123_000, tzinfo=UTC)}


@settings(deadline=None)
@given(st.integers(0, 253_402_271_999_999))
def test_an_id_carries_the_time_that_was_handed_in(now_ms):
    assert round(uuid7_time(uuid7(now_ms)).timestamp() * 1000) == now_ms


@pytest.mark.parametrize("now_ms", [-1, 1 << 48])
def test_a_time_beyond_48_bits_is_refused(now_ms):
    with pytest.raises(IdentifierFault, match="cannot be held"):
        uuid7(now_ms)


@pytest.mark.parametrize("value", ["", "0", str(uuid.UUID(int=0)), "ffffffff-ffff-7fff-bfff-ffffffffffff", "٠" * 36])
def test_what_is_no_uuid_of_version_7_has_no_time(value):
    with pytest.raises(IdentifierFault):
        uuid7_time(value)


def test_an_id_that_is_made_of_words_is_the_same_every_time_and_carries_its_time():
    made = uuid7_of(1_700_000_000_123, "court", "ajwp", "TJXX-1", "")
    assert made == uuid7_of(1_700_000_000_123, "court", "ajwp", "TJXX-1", "")
    assert uuid.UUID(made).version == 7
    assert uuid.UUID(made).variant == uuid.RFC_4122
    assert uuid7_time(made) == datetime(2023, 11, 14, 22, 13, 20, 123_000, tzinfo=UTC)


@given(st.lists(st.text(max_size=6), max_size=4), st.lists(st.text(max_size=6), max_size=4))
def test_other_words_make_another_id_wherever_one_ends_and_the_next_begins(these, others):
    assert (uuid7_of(0, *these) == uuid7_of(0, *others)) == (these == others)


@pytest.mark.parametrize("ms", [-5, 1 << 60])
def test_a_time_that_an_id_cannot_hold_is_taken_for_the_nearest(ms):
    assert uuid.UUID(uuid7_of(ms, "a")).version == 7
