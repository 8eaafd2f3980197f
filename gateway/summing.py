"""The metrics of a process and of its carrier, added up: one scrape shows the whole gateway.

    carrier: Tally ─ what has changed, every second ─► cord ─► serving: Summing ─► /metrics

Counters and histograms only; what is measured at a scrape is measured once. A carrier that died counts on: what it
counted in its last second is lost with it, and nothing goes backwards.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric
from prometheus_client.samples import Sample

from gateway.metrics import FAMILIES

Labels = tuple[tuple[str, str], ...]
Key = tuple[str, str, Labels]  # family, sample, labels in their order


class Tally:
    """What a process has counted since it was last asked."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._told: dict[Key, float] = {}

    def changes(self) -> list[list[Any]]:
        """Return family, sample, labels and value of everything that is another than last time."""
        now = {key: value for key, value in _counted(self._registry) if self._told.get(key) != value}
        self._told.update(now)
        return [[*key, value] for key, value in now.items()]


class Summing(CollectorRegistry):
    """A registry to whose counters and histograms those of another process are added."""

    def __init__(self) -> None:
        super().__init__()
        self._one = threading.Lock()
        self._present: dict[Key, float] = {}
        self._past: dict[Key, float] = {}

    def take(self, changes: Collection[list[Any]]) -> None:
        """Take what the other process has counted."""
        with self._one:
            for family, sample, labels, value in changes:
                self._present[family, sample, tuple((name, of) for name, of in labels)] = value

    def bury(self) -> None:
        """Keep what a process counted that is gone."""
        with self._one:
            self._past = self._sums()
            self._present = {}

    def collect(self) -> Iterator[Metric]:
        """Yield every family with the sums."""
        with self._one:
            sums = self._sums()
        others: dict[str, dict[tuple[str, Labels], float]] = {}
        for (family, sample, labels), value in sums.items():
            others.setdefault(family, {})[sample, labels] = value
        for metric in super().collect():
            yield _added(metric, others.get(metric.name, {}))

    def _sums(self) -> dict[Key, float]:
        return {key: self._past.get(key, 0.0) + self._present.get(key, 0.0) for key in {**self._past, **self._present}}


def _counted(registry: CollectorRegistry) -> Iterator[tuple[Key, float]]:
    for metric in registry.collect():
        if metric.name in FAMILIES:
            for sample in metric.samples:
                if not sample.name.endswith("_created"):
                    yield (metric.name, sample.name, tuple(sample.labels.items())), sample.value


def _added(metric: Metric, others: dict[tuple[str, Labels], float]) -> Metric:
    left = dict(others)
    samples = [
        each._replace(value=each.value + left.pop((each.name, tuple(each.labels.items())), 0.0))
        for each in metric.samples
    ]
    metric.samples = samples + [Sample(name, dict(labels), value) for (name, labels), value in left.items()]
    return metric
