"""How much a sender may send: counted in Redis for all doors together, in this process where there is none.

    partner row   quota: {per_second, burst, per_day}   counted when the sender is proved
    forgeries     so many from one address at one door  counted when the proof fails: a flood of them eats no quota

The pace is a moving window of as many seconds as the burst lasts: the library's sliding counter lets half as much again
through. A Redis that is away refuses nobody; every door counts by itself until it is back.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Literal

import structlog
from limits import RateLimitItem, RateLimitItemPerDay, RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter, RateLimiter
from redis.asyncio import BlockingConnectionPool
from redis.exceptions import RedisError

from gateway.configuration import QuotaRow
from gateway.errors import TooMany

log = structlog.get_logger("fengqiao.quotas")
FORGERIES = RateLimitItemPerSecond(50, 10)  # requests that prove nothing, of one address at one door
SUSPECTS = 10_000
AWAY = 5.0  # seconds for which a Redis that failed is left alone
TIMEOUT = 0.25  # seconds for one answer of Redis
Kind = Literal["pace", "day"]


def pace_of(quota: QuotaRow) -> RateLimitItem | None:
    """Return the window that keeps the pace: what may come within as many seconds as the burst lasts."""
    if quota.per_second is None:
        return None
    seconds = quota.window
    return RateLimitItemPerSecond(max(1, round(quota.per_second * seconds)), seconds)


@dataclass(slots=True)
class _Counters:
    """A storage with both ways of counting over it: exact for the pace, cheap for the day."""

    pace: RateLimiter
    day: RateLimiter


class Quotas:
    """The counters of every sender. ``redis_url``: where all doors count together; it may hold a password."""

    def __init__(self, redis_url: str | None = None) -> None:
        self._own = _counting(MemoryStorage())
        self._pool = None if redis_url is None else _pool(redis_url)
        self._shared = None if self._pool is None else _counting(_shared(self._pool))
        self._away_until = 0.0
        self._suspects: set[tuple[str, str]] = set()  # the others need not be looked up

    async def aclose(self) -> None:
        """Close the connections to Redis."""
        if self._pool is not None:
            await self._pool.aclose()

    async def require_within(self, partner: str, quota: QuotaRow | None) -> None:
        """Count one request of a partner that has proved itself. Raises TooMany."""
        if quota is None:
            return
        if (pace := pace_of(quota)) is not None:
            await self._count("pace", pace, partner)
        if quota.per_day is not None:
            await self._count("day", RateLimitItemPerDay(quota.per_day), partner)

    async def require_few_forgeries(self, door: str, address: str) -> None:
        """Refuse an address that has just tried very often to be who it is not. Raises TooMany."""
        if (door, address) not in self._suspects:
            return
        if not await self._own.day.test(FORGERIES, "forgery", door, address):
            window = await self._own.day.get_window_stats(FORGERIES, "forgery", door, address)
            raise _too_many(window.reset_time)

    async def forged(self, door: str, address: str) -> None:
        """Count a request that did not prove who sent it."""
        if len(self._suspects) >= SUSPECTS:
            self._suspects.clear()
        self._suspects.add((door, address))
        await self._own.day.hit(FORGERIES, "forgery", door, address)

    async def _count(self, kind: Kind, item: RateLimitItem, partner: str) -> None:
        if self._shared is not None and time.monotonic() >= self._away_until:
            try:
                return await _hit(self._shared, kind, item, partner)
            except (RedisError, OSError, TimeoutError) as error:
                self._away_until = time.monotonic() + AWAY
                log.warning("quotas.counted_here", why=type(error).__name__)
        return await _hit(self._own, kind, item, partner)


async def _hit(counters: _Counters, kind: Kind, item: RateLimitItem, partner: str) -> None:
    limiter = counters.pace if kind == "pace" else counters.day
    if not await limiter.hit(item, kind, partner):
        window = await limiter.get_window_stats(item, kind, partner)
        raise _too_many(window.reset_time)


def _too_many(reset_time: float) -> TooMany:
    seconds = max(1.0, reset_time - time.time())
    return TooMany(retry_after=seconds, seconds=round(seconds))


def _counting(storage: MemoryStorage | RedisStorage) -> _Counters:
    return _Counters(pace=MovingWindowRateLimiter(storage), day=FixedWindowRateLimiter(storage))


def _pool(url: str) -> BlockingConnectionPool:
    return BlockingConnectionPool.from_url(
        url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT, max_connections=16, timeout=TIMEOUT
    )


def _shared(pool: BlockingConnectionPool) -> RedisStorage:
    options: Any = {"connection_pool": pool}
    return RedisStorage("async+redis://", implementation="redispy", key_prefix="fengqiao:quota", **options)
