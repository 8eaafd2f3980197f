"""The metrics of two processes, added up."""

from __future__ import annotations

import json
import re

from gateway.exposition import page
from gateway.metrics import Metrics
from gateway.summing import Summing, Tally


def shown(registry: Summing) -> dict[str, float]:
    text = page(registry).decode()
    assert len(re.findall(r"^# TYPE (\S+)", text, flags=re.MULTILINE)) == len(
        set(re.findall(r"^# TYPE (\S+)", text, flags=re.MULTILINE))
    ), "each family stands there once"
    lines = [line.rpartition(" ") for line in text.splitlines() if line.startswith("fengqiao_")]
    assert len({name for name, _, _ in lines}) == len(lines), "each sample stands there once"
    return {name: float(value) for name, _, value in lines}


class Two:
    """A process that shows metrics, and another one whose changes come to it as they do over the cord."""

    def __init__(self) -> None:
        self.registry = Summing()
        self.ours = Metrics(self.registry)
        self.another()

    def another(self) -> None:
        self.theirs = Metrics()
        self.tally = Tally(self.theirs.registry)

    def tell(self) -> int:
        changes = json.loads(json.dumps(self.tally.changes()))
        self.registry.take(changes)
        return len(changes)


def test_counters_are_added_whoever_has_counted() -> None:
    two = Two()
    two.ours.ended["peace", "delivered"].inc(2)
    two.theirs.ended["village", "delivered"].inc(3)
    two.theirs.ended["peace", "delivered"].inc()
    two.tell()
    found = shown(two.registry)
    assert found['fengqiao_deliveries_ended_total{partner="peace",status="delivered"}'] == 3
    assert found['fengqiao_deliveries_ended_total{partner="village",status="delivered"}'] == 3


def test_histograms_are_added_bucket_by_bucket() -> None:
    two = Two()
    two.ours.commit_seconds(0.002)
    two.theirs.commit_seconds(0.2)
    two.theirs.lag["village",].observe(0.3)
    two.tell()
    found = shown(two.registry)
    assert found["fengqiao_commit_seconds_count"] == 2
    assert found['fengqiao_commit_seconds_bucket{le="0.0025"}'] == 1
    assert found['fengqiao_commit_seconds_bucket{le="+Inf"}'] == 2
    assert found['fengqiao_delivery_seconds_bucket{le="0.25",partner="village"}'] == 0
    assert found['fengqiao_delivery_seconds_bucket{le="0.5",partner="village"}'] == 1
    assert round(found["fengqiao_commit_seconds_sum"], 6) == 0.202


def test_only_what_has_changed_is_told() -> None:
    two = Two()
    two.tell()
    assert two.tell() == 0
    two.theirs.attempts["village", "delivered"].inc()
    assert two.tell() == 1


def test_what_a_dead_process_counted_stays_and_the_next_ones_comes_on_top() -> None:
    two = Two()
    two.theirs.attempts["village", "delivered"].inc(5)
    two.tell()
    two.registry.bury()
    two.another()
    name = 'fengqiao_attempts_total{outcome="delivered",partner="village"}'
    assert shown(two.registry)[name] == 5
    two.theirs.attempts["village", "delivered"].inc()
    two.tell()
    assert shown(two.registry)[name] == 6
