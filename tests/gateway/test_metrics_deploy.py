"""The alert rules and the dashboard name only metrics that exist, with labels that those have."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from typer.main import get_command

from gateway.cli import application
from gateway.metrics import FAMILIES
from tests.house.tree import read

METRICS = {name: family for family in FAMILIES.values() for name in family.samples}
OF_THE_SCRAPE = {"instance", "job", "le"}
DURATION = re.compile(r"[0-9]+[smhd]")
WORDS = {
    "sum", "max", "min", "count", "by", "on", "unless", "or", "and", "rate", "absent", "histogram_quantile", "up",
}  # fmt: skip


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load(read("deploy/prometheus/alerts.yml"))["groups"]
    assert len({group["name"] for group in groups}) == len(groups)
    return [rule for group in groups for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(read("deploy/grafana/fengqiao.json"))["panels"]
    return found


def expressions() -> Iterator[str]:
    yield from (rule["expr"] for rule in rules())
    yield from (target["expr"] for panel in panels() for target in panel.get("targets", ()))


def labels_in(expression: str) -> set[str]:
    """Return the labels that an expression selects by or groups by."""
    selected = re.findall(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"", expression)
    grouped = re.findall(r"\b(?:by|on)\s*\(([^)]*)\)", expression)
    return {*selected, *(label.strip() for group in grouped for label in group.split(","))}


@pytest.mark.parametrize("expression", list(expressions()))
def test_an_expression_names_only_metrics_and_labels_that_exist(expression: str) -> None:
    named = set(re.findall(r"\bfengqiao_\w+", expression))
    assert named <= METRICS.keys()
    assert named or "up{" in expression
    known = OF_THE_SCRAPE.union(*(METRICS[name].labels for name in named))
    assert labels_in(expression) <= known
    for opening, closing in ("()", "[]", "{}"):
        assert expression.count(opening) == expression.count(closing)
    bare = re.sub(r'"(?:[^"\\]|\\.)*"|\{[^}]*\}|\[[^\]]*\]|\b(?:by|on)\s*\([^)]*\)', " ", expression)
    assert set(re.findall(r"[A-Za-z_]\w*", bare)) <= WORDS | METRICS.keys()


def test_rates_are_of_counters_and_histograms_and_quantiles_of_buckets() -> None:
    for expression in expressions():
        for name in re.findall(r"\brate\s*\((\w+)", expression):
            assert METRICS[name].kind != "gauge", expression
        if "histogram_quantile" in expression:
            assert "_bucket" in expression
            assert re.search(r"by \([^)]*\ble\b", expression), expression
        for name in re.findall(r"\bfengqiao_\w+_total\b", expression):
            assert re.search(rf"rate\({name}", expression), f"a counter by itself says nothing: {expression}"


def test_every_alert_says_who_acts_and_what_is_to_be_done_in_both_languages() -> None:
    names = [rule["alert"] for rule in rules()]
    assert len(set(names)) == len(names)
    for rule in rules():
        assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}, rule["alert"]
        assert DURATION.fullmatch(rule["for"])
        assert rule["labels"]["severity"] in {"warning", "critical"}
        assert rule["labels"]["who"] in {"operator", "administrator"}
        assert re.search(r"[\u4e00-\u9fff]", rule["annotations"]["description"]), rule["alert"]
        shown = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
        assert shown <= labels_in(rule["expr"]) | OF_THE_SCRAPE, rule["alert"]


def test_commands_that_an_alert_recommends_exist() -> None:
    for command in re.findall(r"`fengqiao ([^`]+)`", read("deploy/prometheus/alerts.yml")):
        known, options = get_command(application()), shlex.split(command)
        while hasattr(known, "commands"):
            known = known.commands[options.pop(0)]
        assert set(options) <= {option for parameter in known.params for option in parameter.opts}


def test_everything_that_must_be_watched_has_an_alert() -> None:
    watched = set(re.findall(r"fengqiao_\w+", " ".join(rule["expr"] for rule in rules())))
    assert watched >= {
        "fengqiao_oldest_undelivered_seconds", "fengqiao_dead_deliveries", "fengqiao_waiting_records",
        "fengqiao_breaker_open", "fengqiao_requests_refused_total", "fengqiao_clock_leads",
        "fengqiao_commit_seconds_bucket", "fengqiao_disk_free_bytes", "fengqiao_wake_seconds_bucket",
        "fengqiao_waiting_rulings",
    }  # fmt: skip


def test_the_dashboard_is_whole() -> None:
    dashboard = json.loads(read("deploy/grafana/fengqiao.json"))
    assert dashboard["uid"] == "fengqiao"
    numbers = [panel["id"] for panel in panels()]
    assert len(set(numbers)) == len(numbers)
    places = [tuple(panel["gridPos"][side] for side in "xy") for panel in panels()]
    assert len(set(places)) == len(places)
    for panel in panels():
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
        letters = [target["refId"] for target in panel.get("targets", ())]
        assert len(set(letters)) == len(letters)
    (variable,) = [each for each in dashboard["templating"]["list"] if each["type"] == "query"]
    metric, label = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["query"]).groups()  # type: ignore[union-attr]
    assert label in METRICS[metric].labels


def test_the_scrape_configuration_uses_the_rules_and_a_token_file() -> None:
    said = yaml.safe_load(read("deploy/prometheus/prometheus.yml"))
    assert said["rule_files"] == ["alerts.yml"]
    (job,) = said["scrape_configs"]
    assert job["job_name"] == "fengqiao"
    assert job["authorization"]["credentials_file"].startswith("/run/secrets/")


@pytest.mark.parametrize("page", ["docs/operate-production.md", "docs/operate-production.zh-CN.md"])
def test_the_pages_for_operators_name_only_metrics_that_exist(page: str) -> None:
    named = set(re.findall(r"`(fengqiao_[a-z_]+)", read(page)))
    assert named
    assert named <= METRICS.keys() | FAMILIES.keys()
