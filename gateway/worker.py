"""A worker: RQ says which lane has work, one event loop drains it, for as long as the process lives.

    RQ job "drain <partner>" ─► crew.py: begin, or ring the bell of the lane that is being drained here

The main thread is RQ's: one job at a time. What a job starts runs in the loop of another thread, with its connections,
many lanes at once. When Redis is gone RQ's worker ends, also in the middle of a job; this process begins another one
as soon as it can, and looks into the store by itself until then.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import structlog
import uvloop
from redis import RedisError
from rq import SimpleWorker, get_current_job
from rq.exceptions import StopRequested
from rq.serializers import JSONSerializer
from rq.worker import WorkerStatus

from gateway import leaving
from gateway.bootstrap import Gateway
from gateway.crew import Crew
from gateway.rq_lanes import RqLanes

log = structlog.get_logger("fengqiao.worker")
WORKER_TTL = 30  # seconds that RQ believes in a worker without a sign of life, and a minute more
WAITS = 5  # seconds RQ waits for a job at once
ANSWERS = 8  # seconds within which Redis has to answer RQ: no stop takes longer for its sake
AGAIN = 1.0  # seconds until Redis is tried again
WIND_UP = 8.0  # seconds that lanes have for what is under way, when the process is to end


def drain(partner: str) -> str:
    """Drain a partner's lane. This is the job that RQ carries out, in a process that has a crew."""
    if (crew := WorkerProcess.crew) is None:
        raise RuntimeError("start `fengqiao worker`: RQ's own worker has no gateway")
    if (job := get_current_job()) is not None and job.enqueued_at is not None:
        crew.waited((datetime.now(UTC) - job.enqueued_at).total_seconds())
    return crew.drain(partner)


class LaneWorker(SimpleWorker):
    """RQ's worker without fork. ``stop`` is called by the signal that asks it to stop."""

    max_connection_wait_time = 2.0  # seconds between two attempts to reach Redis again

    def __init__(self, lanes: RqLanes, name: str, stop: Callable[[], None]) -> None:
        self._lanes = lanes
        self._stop = stop
        self._over = False
        super().__init__(
            [lanes.queue], name=name, connection=lanes.redis, serializer=JSONSerializer, worker_ttl=WORKER_TTL,
            default_result_ttl=0, maintenance_interval=30, job_monitoring_interval=5,
        )  # fmt: skip

    @property
    def dequeue_timeout(self) -> int:
        """Return how long to wait for a job before a sign of life is given."""
        return WAITS

    @property
    def connection_timeout(self) -> int:
        """Return within how many seconds Redis has to answer anything."""
        return ANSWERS

    def request_stop(self, *_: Any) -> None:
        """Finish the job in hand, and stop. Asks nothing of Redis, which may be what is gone."""
        self._stop()
        self._stop_requested = True
        if not self._over and self.get_state() != WorkerStatus.BUSY:
            raise StopRequested

    def subscribe(self) -> None:
        """Take no commands over Redis: the thread that listens for them would outlive this worker in every outage."""

    def teardown(self) -> None:
        """Say goodbye to Redis, if it answers."""
        self._over = True
        if self._lanes.answers():
            super().teardown()  # type: ignore[no-untyped-call]


class WorkerProcess:
    """One worker: a gateway in a loop of its own, and RQ in the main thread."""

    crew: Crew | None = None  # of the class: RQ calls a function by its name, and this is how that finds the process

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._stopping = False  # no event: a signal may come while the thread it comes to holds that
        self._began = 0

    def run(self, started: Callable[[], None]) -> None:
        """Work until told to stop by SIGTERM or SIGINT. ``started`` is called when the lanes can be drained."""
        with _loop() as loop:
            _in(loop, self._gateway.start())
            WorkerProcess.crew = crew = Crew(self._gateway, loop)
            watching = asyncio.run_coroutine_threadsafe(self._watch(crew), loop)
            try:
                started()
                while not self._stopping:
                    self._work(crew.lanes)
            finally:
                WorkerProcess.crew = None
                watching.cancel()
                self._gateway.wind_up()
                answers = _in(loop, leaving.store_answers(self._gateway))
                crew.finish(WIND_UP if answers else 0.0)
                _in(loop, leaving.stop(self._gateway, answers=answers))

    def stop(self, *_: Any) -> None:
        """Take no more lanes."""
        self._stopping = True

    def _work(self, lanes: RqLanes) -> None:
        """Let RQ work until it stops; RQ gives up when Redis goes away under it, this process does not."""
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)
        self._began += 1
        try:
            worker = LaneWorker(lanes, f"{self._gateway.name}.{self._began}", self.stop)
            worker.work(logging_level="CRITICAL", with_scheduler=False)  # what matters of it is said here
        except (RedisError, OSError, SystemExit, StopRequested) as error:
            log.warning("worker.redis_unavailable", why=type(error).__name__)
        give_up = time.monotonic() + AGAIN
        while not self._stopping and time.monotonic() < give_up:
            time.sleep(0.05)

    async def _watch(self, crew: Crew) -> None:
        """While Redis is away, find by looking into the store what there is to do: Redis only wakes."""
        while True:
            await asyncio.sleep(AGAIN)
            with contextlib.suppress(Exception):
                if not await asyncio.to_thread(crew.lanes.answers):
                    for partner in sorted(await asyncio.to_thread(self._gateway.chores.due_partners)):
                        await asyncio.to_thread(crew.drain, partner)


@contextlib.contextmanager
def _loop() -> Iterator[asyncio.AbstractEventLoop]:
    """Run an event loop in a thread of its own."""
    loop = uvloop.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="lanes", daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def _in(loop: asyncio.AbstractEventLoop, doing: Any) -> Any:
    return asyncio.run_coroutine_threadsafe(doing, loop).result()
