"""Leases of a lane: which of them a turn renews."""

from __future__ import annotations

import time

from gateway.grip import Grip


def test_a_lease_that_was_just_taken_is_not_renewed() -> None:
    grip = Grip(30)
    grip.hold(["a", "b"], time.monotonic())
    assert not grip.aging


def test_a_lease_is_renewed_long_before_it_ends_and_then_is_young_again() -> None:
    grip, now = Grip(30), time.monotonic()
    grip.hold(["old"], now - 6)
    grip.hold(["new"], now)
    assert set(grip.aging) == {"old"}
    grip.hold(["old"], now)
    assert not grip.aging


def test_what_is_due_for_renewal_is_renewed_by_the_turn_that_is_taken_for_it() -> None:
    grip = Grip(30)
    grip.hold(["a", "b"], time.monotonic() - 10)
    grip.hold(["b"], time.monotonic())
    assert grip.renews_in == 0, "the lane takes a turn now"
    assert set(grip.aging) == {"a"}


def test_a_lease_that_was_let_go_or_lost_is_not_young() -> None:
    grip = Grip(30)
    grip.hold(["a", "b"], time.monotonic())
    grip.let_go(["a"])
    grip.lost(["b"])
    assert set(grip.aging) == {"b"}
