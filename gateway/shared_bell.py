"""A bell between processes, on Redis: whoever has put something into a mailbox rings, whoever waits at it hears.

Redis publishes names of partners, never messages, and keeps nothing: what is lost costs the time until the mailbox is
looked into by itself, never a message.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

import structlog
from redis import RedisError
from redis.asyncio import Redis

log = structlog.get_logger("fengqiao.mailbox")
CHANNEL = "fengqiao:mailboxes"
TIMEOUT = 5.0  # seconds to connect, and to publish
AGAIN = 1.0  # seconds until Redis is tried again


class SharedBell:
    """Ring for other processes, and hear them. ``url`` may hold a password."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._redis: Redis | None = None
        self._pending: set[str] = set()
        self._ringing: asyncio.Task[None] | None = None

    def ring(self, partners: Iterable[str]) -> None:
        """Have every process hear of ``partners``. Returns at once; raises nothing."""
        self._pending.update(partners)
        if self._pending and (self._ringing is None or self._ringing.done()):
            self._ringing = asyncio.create_task(self._rung(), name="mailbox bell")

    async def hear(self, heard: Callable[[Iterable[str] | None], None]) -> None:
        """Tell ``heard`` who was rung for, until cancelled; None: everybody may have been, while nobody listened."""
        while True:
            try:
                await self._listen(heard)
            except (RedisError, OSError) as error:
                log.warning("mailbox.bell_unavailable", why=type(error).__name__)
            await asyncio.sleep(AGAIN)

    async def stop(self) -> None:
        """Ring for what is still to be said, and disconnect."""
        if self._ringing is not None:
            await asyncio.wait([self._ringing], timeout=TIMEOUT)
        if self._redis is not None:
            await self._redis.aclose()

    async def _rung(self) -> None:
        while self._pending:
            names, self._pending = sorted(self._pending), set()
            try:
                await self._connection().publish(CHANNEL, "\n".join(names))
            except (RedisError, OSError) as error:
                log.warning("mailbox.bell_unavailable", why=type(error).__name__)

    async def _listen(self, heard: Callable[[Iterable[str] | None], None]) -> None:
        connection = Redis.from_url(
            self._url, socket_connect_timeout=TIMEOUT, health_check_interval=15, decode_responses=True
        )
        async with connection, connection.pubsub(ignore_subscribe_messages=True) as subscribed:
            await subscribed.subscribe(CHANNEL)
            heard(None)
            while True:
                said = await subscribed.get_message(timeout=AGAIN)
                if said is not None:
                    heard(str(said["data"]).split("\n"))

    def _connection(self) -> Redis:
        if self._redis is None:
            self._redis = Redis.from_url(self._url, socket_connect_timeout=TIMEOUT, socket_timeout=TIMEOUT)
        return self._redis
