"""What is measured when somebody scrapes: this process, and what the store holds, at most every ten seconds.

Every process of an engine measures the same store, so that one that stopped leaves no gap; whoever adds processes up
takes the ``max`` of these. While the store cannot be read its gauges are absent and ``fengqiao_store_reached`` is 0.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from prometheus_client.core import GaugeMetricFamily
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from gateway import __version__
from gateway.metrics import FAMILIES
from gateway.store.measures import Measured, measure
from gateway.store.times import millis

PREFIX = "fengqiao_"
EVERY = 10.0  # seconds


class Writing(Protocol):
    """What the writer says of itself."""

    @property
    def ready(self) -> bool: ...

    @property
    def waiting(self) -> int: ...

    @property
    def busy_seconds(self) -> float: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessMeasures:
    """Measure the process itself. ``carries``: whether its carrier runs, where it is to have one."""

    writer: Writing
    data_dir: Path
    revision: Callable[[], str]
    carries: Callable[[], bool] | None = None

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Return the families of the process."""
        yield _gauge("build", {(__version__,): 1})
        yield _gauge("revision", {(self.revision(),): 1})
        yield _gauge("ready", {(): float(self.writer.ready)})
        yield _gauge("writer_waiting", {(): self.writer.waiting})
        yield _gauge("writer_busy_seconds", {(): self.writer.busy_seconds})
        yield _gauge("carrier_runs", {} if self.carries is None else {(): float(self.carries())})
        disk = shutil.disk_usage(self.data_dir)
        yield _gauge("disk_free_bytes", {(): disk.free})
        yield _gauge("disk_size_bytes", {(): disk.total})


@dataclass(slots=True, kw_only=True)
class StoreMeasures:
    """Measure the store; scrapes in between get what was measured last."""

    engine: Engine
    partners: Callable[[], Collection[str]]
    now: Callable[[], datetime]
    every: float = EVERY
    _last: Measured | None = None
    _took: float = 0.0
    _again_at: float = 0.0
    _one: threading.Lock = field(default_factory=threading.Lock)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Return the families of the store."""
        with self._one:
            if time.monotonic() >= self._again_at:
                self._measure()
            measured, took = self._last, self._took
        yield _gauge("store_reached", {(): float(measured is not None)})
        yield _gauge("store_measure_seconds", {(): took})
        for name, values in (measured or {}).items():
            yield _gauge(name, values)

    def _measure(self) -> None:
        began = time.monotonic()
        try:
            with self.engine.connect() as connection:
                self._last = measure(connection, self.partners(), millis(self.now()))
        except SQLAlchemyError:  # readiness says so, and the log
            self._last = None
        self._took = time.monotonic() - began
        self._again_at = time.monotonic() + self.every


def _gauge(name: str, values: Mapping[tuple[str, ...], float]) -> Any:
    family = FAMILIES[PREFIX + name]
    gauge = GaugeMetricFamily(family.name, family.help, labels=family.labels)
    for labels, value in values.items():
        gauge.add_metric(labels, value)
    return gauge
