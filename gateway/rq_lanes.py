"""Lanes on RQ: a wake-up is a job that names a partner; whichever worker takes it drains that partner's lane.

wake(partners) ─► note the call ─► once in a while per partner ─► RQ job "drain <partner>" ─► a worker (worker.py)
                     └─ read by the lane that ends: called meanwhile, it looks again

Redis carries names, never messages. What it loses (a flush, a restart, a killed worker) the sweeper of the clock
process finds in the store and wakes again; so every failure here is logged and forgotten.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Iterable
from functools import partial

import structlog
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as Cut
from redis.retry import Retry
from rq import Queue
from rq.queue import EnqueueData
from rq.serializers import JSONSerializer

from gateway.canonical.identifiers import uuid7

log = structlog.get_logger("fengqiao.lanes")
QUEUE = "fengqiao-lanes"
JOB = "gateway.worker.drain"
AWAKE, CALLED = "fengqiao:awake:", "fengqiao:called:"
AWAKE_MS = 2_000  # in which a lane is not woken twice, unless a worker has left it meanwhile
CALLED_MS = 120_000  # a call is remembered: longer than any lane is drained
WAITS = 60  # seconds a wake-up waits for a worker; the sweeper makes another one
LASTS = 120  # seconds a job may take: far more than a shift
FAILED = 3_600  # seconds a failed job can be looked at
COMPLAIN = 10.0  # seconds between two complaints that Redis cannot be reached


def connect(url: str, *, within: float = 8.0) -> Redis:
    """Return a connection to Redis that gives up within seconds, and reconnects once where it was cut."""
    once = Retry(NoBackoff(), 1, supported_errors=(Cut,))
    return Redis.from_url(
        url, socket_connect_timeout=min(2.0, within), socket_timeout=within, health_check_interval=15, retry=once
    )


class RqLanes:
    """Wake lanes through RQ."""

    def __init__(self, url: str) -> None:
        self.redis = connect(url)
        self._asking = connect(url, within=1.0)
        self.queue = Queue(QUEUE, connection=self.redis, serializer=JSONSerializer)
        self._pending: set[str] = set()
        self._flushing: asyncio.Task[None] | None = None
        self._complained_at = 0.0

    def follow(self, partners: Collection[str]) -> None:
        """Do nothing: a worker learns of a partner by its first wake-up."""

    def wake(self, partners: Iterable[str]) -> None:
        """Have the lanes of ``partners`` drained soon. Returns at once; raises nothing."""
        self._pending.update(partners)
        if self._pending and (self._flushing is None or self._flushing.done()):
            self._flushing = asyncio.create_task(self._flush(), name="wake-ups")

    async def stop(self) -> None:
        """Send off what is still to be said, and disconnect."""
        if self._flushing is not None:
            await asyncio.wait([self._flushing], timeout=5)
        for connection in (self.redis, self._asking):
            await asyncio.to_thread(connection.close)

    def answers(self) -> bool:
        """Say within about a second whether Redis can be reached. Raises nothing."""
        try:
            return bool(self._asking.ping())
        except (RedisError, OSError):
            return False

    def enqueue(self, partners: Collection[str]) -> int:
        """Put a job for each lane that was not woken just now; return how many. Raises RedisError.

        Every call is noted first: a lane that ends meanwhile finds the note, or has taken the mark away by then. The
        mark alone would lose the call that comes just before it runs out.
        """
        names = sorted(partners)
        with self.redis.pipeline(transaction=False) as pipeline:
            for name in names:
                pipeline.set(CALLED + name, 1, px=CALLED_MS)
                pipeline.set(AWAKE + name, 1, nx=True, px=AWAKE_MS)
            marked = pipeline.execute()[1::2]
        fresh = [name for name, new in zip(names, marked, strict=True) if new]
        if fresh:
            self.queue.enqueue_many([_job(name) for name in fresh])
        return len(fresh)

    def left(self, partner: str) -> bool:
        """Let a lane be woken again, for nobody looks at it any more; say whether it has been called meanwhile.

        Raises nothing.
        """
        return bool(self._try(lambda: self._taken_off(partner)))

    def _taken_off(self, partner: str) -> int:
        """Take note and mark of a lane away in one step; return how many notes there were."""
        with self.redis.pipeline(transaction=True) as pipeline:
            pipeline.delete(CALLED + partner)
            pipeline.delete(AWAKE + partner)
            called: int = pipeline.execute()[0]
        return called

    async def _flush(self) -> None:
        while self._pending:
            names, self._pending = self._pending, set()
            await asyncio.to_thread(self._try, partial(self.enqueue, names))

    def _try(self, doing: Callable[[], object]) -> object:
        try:
            return doing()
        except (RedisError, OSError) as error:
            if time.monotonic() - self._complained_at > COMPLAIN:
                self._complained_at = time.monotonic()
                log.warning("lanes.redis_unavailable", why=type(error).__name__)
        return None


def _job(partner: str) -> EnqueueData:
    return Queue.prepare_data(
        JOB, (partner,), timeout=LASTS, result_ttl=0, failure_ttl=FAILED, ttl=WAITS,
        description=f"drain {partner}", job_id=f"drain-{partner}-{uuid7()[-12:]}",
    )  # fmt: skip
