"""What the doors refuse before they read it, and that nothing of it is half accepted; in parts, over real counters."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.admission import Admission, Limits, folders_of
from gateway.configuration import QuotaRow
from gateway.errors import GatewayError, Overloaded, StoreUnavailable, TooMany
from gateway.quotas import FORGERIES, Quotas, pace_of
from gateway.space import Space
from tests.servers import RedisServer, redis_server, redis_url

__all__ = ["redis_server", "redis_url"]
MIB = 1024 * 1024


@dataclass
class Writer:
    """What the doors see of a writer."""

    ready: bool = True
    waiting: int = 0
    busy_seconds: float = 0.0


def admission(writer: Writer | None = None, *, free: int | None = None, **limits: int) -> Admission:
    def measured(_: Sequence[Path]) -> int | None:
        return free

    space = Space(folders=(), least=10, measure=measured)
    return Admission(writer=writer or Writer(), space=space, quotas=Quotas(), limits=Limits(**limits))


async def refusal(asked: Admission, declared: int = 0) -> str | None:
    try:
        await asked.look("court", "192.0.2.1", declared)
    except GatewayError as error:
        return error.code
    return None


@pytest.mark.parametrize(
    ("writer", "code"),
    [
        (Writer(), None),
        (Writer(ready=False), "store.unavailable"),
        (Writer(busy_seconds=60), "store.unavailable"),
        (Writer(waiting=5000), "store.queue_full"),
    ],
)
async def test_a_writer_that_cannot_keep_up_or_cannot_write_refuses(writer: Writer, code: str | None) -> None:
    assert await refusal(admission(writer)) == code


async def test_an_announced_body_must_leave_the_least_free(tmp_path: Path) -> None:
    assert await refusal(admission(free=100), 90) is None
    assert await refusal(admission(free=100), 91) == "store.space_short"
    assert await refusal(admission(free=None), 91) is None
    assert folders_of(tmp_path, None) == folders_of(tmp_path, "s3://bucket") == (tmp_path,)
    assert folders_of(tmp_path, "file:///a%20share") == (tmp_path, Path("/a share"))


def test_one_door_never_takes_more_than_half_of_the_places() -> None:
    asked = admission(requests=4)
    with asked.place("court"), asked.place("court"):
        with pytest.raises(Overloaded), asked.place("court"):
            pass
        with asked.place("village"), asked.place("village"), pytest.raises(Overloaded), asked.place("township"):
            pass
    with asked.place("court"):
        assert asked.requests == 1
    assert (asked.requests, asked.body_bytes) == (0, 0)


def test_one_door_never_takes_more_than_half_of_the_memory() -> None:
    asked = admission(body_bytes=100)
    with asked.place("court", 40):
        with pytest.raises(Overloaded), asked.place("court", 11):
            pass
        with asked.place("village", 50), pytest.raises(Overloaded), asked.place("township", 11):
            pass
        assert asked.body_bytes == 40
    assert asked.body_bytes == 0


def test_a_body_that_grows_beyond_what_is_free_is_refused_and_gives_everything_back() -> None:
    asked = admission(body_bytes=100)
    with asked.place("court") as place:
        place.grow(50)
        with pytest.raises(Overloaded):
            place.grow(51)
        assert asked.body_bytes == 50
    assert (asked.body_bytes, asked.requests) == (0, 0)
    assert not asked._bytes_of


@pytest.mark.parametrize(
    ("quota", "amount", "seconds"),
    [
        (QuotaRow(per_second=50), 50, 1),
        (QuotaRow(per_second=50, burst=200), 200, 4),
        (QuotaRow(per_second=3, burst=10), 12, 4),
        (QuotaRow(per_second=0.1), 1, 10),
    ],
)
def test_a_burst_is_a_longer_window_of_the_same_pace(quota: QuotaRow, amount: int, seconds: int) -> None:
    pace = pace_of(quota)
    assert pace is not None
    assert (pace.amount, pace.get_expiry()) == (amount, seconds)


async def through(quotas: Quotas, quota: QuotaRow, times: int, partner: str = "court") -> int:
    passed, waits = 0, list[float | None]()
    for _ in range(times):
        try:
            await quotas.require_within(partner, quota)
        except TooMany as error:
            waits.append(error.retry_after)
        else:
            passed += 1
    assert all(wait is not None and wait >= 1 for wait in waits)
    return passed


async def test_no_more_than_the_quota_passes_and_each_partner_has_its_own() -> None:
    quotas, quota = Quotas(), QuotaRow(per_second=0.01, burst=5)
    assert await through(quotas, quota, 20) == 5
    assert await through(quotas, quota, 20, "village") == 5
    assert await through(quotas, QuotaRow(per_day=3), 20, "township") == 3


async def test_doors_that_share_a_redis_count_together(redis_url: str) -> None:
    doors, quota = [Quotas(redis_url), Quotas(redis_url)], QuotaRow(per_second=0.01, burst=6, per_day=100)
    assert sum(await asyncio.gather(*[through(door, quota, 10) for door in doors])) == 6
    for door in doors:
        await door.aclose()


async def test_a_redis_that_is_away_refuses_nobody_and_every_door_counts_by_itself(redis_server: RedisServer) -> None:
    quotas, quota = Quotas(redis_server.url), QuotaRow(per_second=0.01, burst=5)
    redis_server.stop()
    try:
        assert await through(quotas, quota, 10) == 5
    finally:
        await quotas.aclose()
        redis_server.start()


async def test_forgeries_are_refused_without_touching_the_partners_quota() -> None:
    quotas = Quotas()
    for _ in range(FORGERIES.amount):
        await quotas.require_few_forgeries("court", "192.0.2.1")
        await quotas.forged("court", "192.0.2.1")
    with pytest.raises(TooMany):
        await quotas.require_few_forgeries("court", "192.0.2.1")
    await quotas.require_few_forgeries("court", "192.0.2.2")
    await quotas.require_few_forgeries("village", "192.0.2.1")
    assert await through(quotas, QuotaRow(per_second=0.01, burst=5), 5) == 5


async def test_readiness_names_every_reason() -> None:
    async def reached() -> None:
        return None

    async def lost() -> None:
        raise StoreUnavailable

    assert await admission(free=100).objections(reached) == []
    found = await admission(Writer(waiting=9000), free=1).objections(reached)
    assert [each.code for each in found] == ["store.queue_full", "store.space_short"]
    assert [each.code for each in await admission().objections(lost)] == ["store.unavailable"]
