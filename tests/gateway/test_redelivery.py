"""When a delivery is tried again."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.redelivery import Backoff

START = datetime(2022, 8, 20, 9, 0, tzinfo=UTC)
WEEK = timedelta(days=7)
LAST = 1 - 2**-53


def after(attempts, *, passed=0.0, retry_after=None, share=LAST):
    now = START + timedelta(seconds=passed)
    at = Backoff(base=5.0, cap=3600.0).next_attempt(
        attempts=attempts, now=now, deadline=START + WEEK, retry_after=retry_after, random=lambda: share
    )
    return at and (at - now).total_seconds()


def test_the_longest_wait_doubles_with_each_attempt_up_to_the_cap():
    assert [round(after(n)) for n in (1, 2, 3, 4, 11, 12, 1_000_000)] == [5, 10, 20, 40, 3600, 3600, 3600]


def test_the_wait_is_a_random_share_of_the_longest():
    assert after(3, share=0.0) == 0
    assert after(3, share=0.25) == 5


def test_a_partner_that_says_when_is_not_disturbed_before():
    assert after(1, retry_after=90, share=0.0) == 90
    assert 90 <= after(1, retry_after=90) <= 95


def test_a_retry_after_shorter_than_the_wait_changes_nothing():
    assert round(after(8, retry_after=1)) == 640


def test_a_last_attempt_is_made_at_the_deadline_even_when_the_partner_asks_for_more():
    assert after(4, passed=WEEK.total_seconds() - 60, retry_after=7200) == 60


def test_after_the_deadline_it_is_over_however_few_the_attempts():
    assert after(1, passed=WEEK.total_seconds()) is None
    assert after(1, passed=WEEK.total_seconds() + 1, retry_after=1) is None


def test_before_the_deadline_it_is_never_over_however_many_the_attempts():
    assert after(10**9, passed=WEEK.total_seconds() - 1) == 1


@given(
    attempts=st.integers(0, 10**6),
    passed=st.floats(0, 2_000_000),
    retry_after=st.none() | st.floats(allow_nan=True, allow_infinity=True),
    share=st.floats(0, 1, exclude_max=True),
    base=st.floats(0.001, 600),
    cap=st.floats(0.001, 86_400),
    days=st.floats(0.0001, 90),
)
def test_the_next_attempt_lies_between_now_and_the_deadline(*, attempts, passed, retry_after, share, base, cap, days):
    now, deadline = START + timedelta(seconds=passed), START + timedelta(days=days)
    at = Backoff(base=base, cap=cap).next_attempt(
        attempts=attempts, now=now, deadline=deadline, retry_after=retry_after, random=lambda: share
    )
    if at is None:
        assert now >= deadline
        return
    assert now <= at <= deadline
    waited = (at - now).total_seconds()
    if retry_after is not None and retry_after > 0:
        assert waited >= min(retry_after, (deadline - now).total_seconds()) - 0.000_01
    else:
        assert waited <= min(cap, base * 2.0 ** min(attempts, 62)) + 0.000_01
