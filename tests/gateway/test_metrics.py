"""Metrics of a running gateway: who may read them, that every one is there, and that they count what happened."""

from __future__ import annotations

import http.client
import re
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from sqlalchemy import event

from gateway.api import create_app
from gateway.demo import cast
from gateway.demo.cast import COURT, VILLAGE, Calendar
from gateway.errors import GatewayError
from gateway.exposition import page, serve_metrics
from gateway.measuring import StoreMeasures
from gateway.metrics import FAMILIES, Metrics
from gateway.settings import load_settings
from gateway.store.engine import open_engine
from tests.gateway.conftest import Door
from tests.servers import free_port
from tests.stage import Stage, on_stage

SAMPLE = re.compile(r"^(\w+)(?:\{([^}]*)\})? (\S+)$")
UNITS = ("_seconds", "_bytes")
UNITLESS = ("deliveries", "records", "documents", "attempts", "failures", "redeliveries")


def samples(text: str) -> dict[str, dict[Mapping[str, str], float]]:
    """Return the samples of a scrape by name, then by their labels as pairs."""
    found: dict[str, dict[Mapping[str, str], float]] = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            match = SAMPLE.match(line)
            assert match, line
            labels = tuple(sorted(re.findall(r'(\w+)="([^"]*)"', match[2] or "")))
            found.setdefault(match[1], {})[labels] = float(match[3])  # type: ignore[index]
    return found


def value(text: str, name: str, **labels: str) -> float:
    """Return one sample, or 0 where it has not been made yet."""
    return samples(text).get(name, {}).get(tuple(sorted(labels.items())), 0.0)  # type: ignore[call-overload,no-any-return]


@pytest.fixture
async def client(door: Door) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=create_app(door.gateway), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        yield client


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


async def test_a_scrape_shows_every_metric_and_none_that_is_not_in_the_table(
    client: httpx.AsyncClient, door: Door
) -> None:
    answer = await client.get("/metrics", headers=bearer(door.gateway.admin_token))
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    ours = set(re.findall(r"^# TYPE (fengqiao_\w+) (\w+)$", answer.text, flags=re.MULTILINE))
    table = {(each.name + ("_total" if each.kind == "counter" else ""), each.kind) for each in FAMILIES.values()}
    assert ours == table
    assert "_created" not in answer.text
    scraped = {name for name in samples(answer.text) if name.startswith("fengqiao_")}
    assert scraped <= {name for each in FAMILIES.values() for name in each.samples}


async def test_metrics_are_for_whoever_has_a_token(
    client: httpx.AsyncClient, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    for headers in ({}, bearer(""), bearer("wrong"), {"authorization": f"Basic {door.gateway.admin_token}"}):
        refused = await client.get("/metrics", headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (401, "telemetry.not_yours")
    monkeypatch.setattr(door.gateway, "settings", load_settings(data_dir=door.gateway.settings.data_dir,
                                                                metrics_token="scrape"))  # fmt: skip
    assert (await client.get("/metrics", headers=bearer("scrape"))).status_code == 200
    assert (await client.get("/metrics", headers=bearer(door.gateway.admin_token))).status_code == 200
    assert (await client.get("/admin/counts", headers=bearer("scrape"))).status_code == 401, "it reads metrics only"


async def test_records_are_counted_by_fate_and_requests_refused_by_code(client: httpx.AsyncClient, door: Door) -> None:
    record = cast.referral(Calendar(), "AJ-1")
    request = door.request(COURT, record)
    path, headers = f"/partners/{COURT}{request.path}", dict(request.headers)
    statuses = [(await client.post(path, content=request.body, headers=headers)).status_code for _ in range(2)]
    assert statuses == [200, 401], "the same nonce a second time"
    again = door.request(COURT, record)
    await client.post(f"/partners/{COURT}{again.path}", content=again.body, headers=dict(again.headers))
    await client.post(path, content=b"{}", headers={})
    await client.post("/partners/nobody/x", content=b"{}")
    text = (await client.get("/metrics", headers=bearer(door.gateway.admin_token))).text
    assert value(text, "fengqiao_records_total", partner=COURT, fate="accepted") == 1
    assert value(text, "fengqiao_records_repeated_total", partner=COURT) == 1
    assert value(text, "fengqiao_requests_refused_total", code="auth.replayed") == 1
    assert value(text, "fengqiao_requests_refused_total", code="partner.unknown") == 1
    assert sum(samples(text)["fengqiao_requests_refused_total"].values()) == 3
    assert value(text, "fengqiao_accept_seconds_count") == 4
    assert value(text, "fengqiao_commit_seconds_count") >= 2


@pytest.mark.live
def test_a_story_shows_in_the_metrics(tmp_path: Path) -> None:
    with on_stage(tmp_path) as stage:
        stage.scenery.fault(VILLAGE, "down")
        stage.refer("AJ-1")
        stage.until(lambda: value(scraped(stage), "fengqiao_redeliveries_total", partner=VILLAGE) >= 1, "a retry")
        stage.scenery.fault(VILLAGE, None)
        stage.settled()
        text = scraped(stage)
        tries = {dict(labels)["outcome"]: n for labels, n in samples(text)["fengqiao_attempts_total"].items()}  # type: ignore[call-overload]
        assert tries["delivered"] == 1
        assert sum(tries.values()) == 1 + value(text, "fengqiao_redeliveries_total", partner=VILLAGE)
        assert value(text, "fengqiao_deliveries_ended_total", partner=VILLAGE, status="delivered") == 1
        assert value(text, "fengqiao_exchange_seconds_count", partner=VILLAGE) >= 2
        assert value(text, "fengqiao_delivery_seconds_count", partner=VILLAGE) == 1
        assert value(text, "fengqiao_claim_seconds_count") >= 2
        assert value(text, "fengqiao_wake_seconds_count") >= 1
        assert value(text, "fengqiao_store_reached") == 1


def scraped(stage: Stage) -> str:
    token = (stage.scenery.folder / "admin-token").read_text().strip()
    answer = httpx.get(f"{stage.scenery.gateway_url}/metrics", headers=bearer(token), trust_env=False)
    assert answer.status_code == 200
    return answer.text


def test_a_process_without_doors_answers_at_its_own_port() -> None:
    metrics = Metrics()
    metrics.wrote(3, 0.1, 0.2)
    with serve_metrics(metrics.registry, host="127.0.0.1", port=free_port(), tokens=["scrape", ""]) as address:
        assert address is not None
        url = f"http://{address[0]}:{address[1]}"
        assert httpx.get(f"{url}/metrics", trust_env=False).status_code == 401
        assert httpx.get(f"{url}/metrics", headers={"authorization": "Bearer"}, trust_env=False).status_code == 401
        assert httpx.get(f"{url}/admin", headers=bearer("scrape"), trust_env=False).status_code == 404
        answer = httpx.get(f"{url}/metrics?name=x", headers=bearer("scrape"), trust_env=False)
        assert value(answer.text, "fengqiao_group_size_sum") == 3
        with (
            pytest.raises(GatewayError) as taken,
            serve_metrics(metrics.registry, host=address[0], port=address[1], tokens=[]),
        ):
            pass
        assert taken.value.code == "telemetry.port_taken"
    connection = http.client.HTTPConnection(address[0], address[1])
    with pytest.raises(OSError):
        connection.request("GET", "/metrics")


def test_port_0_is_no_port() -> None:
    with serve_metrics(Metrics().registry, host="127.0.0.1", port=0, tokens=["t"]) as address:
        assert address is None


def test_a_store_that_is_gone_shows_and_takes_nothing_else_with_it() -> None:
    engine = open_engine(f"postgresql://nobody@127.0.0.1:{free_port()}/none")
    metrics = Metrics()
    metrics.wrote(1, 0, 0)
    metrics.add(StoreMeasures(engine=engine, partners=lambda: [VILLAGE], now=lambda: datetime.now(UTC)).collect)
    text = page(metrics.registry).decode()
    assert value(text, "fengqiao_store_reached") == 0
    assert "fengqiao_waiting_deliveries" not in text
    assert value(text, "fengqiao_group_size_count") == 1


async def test_scrapes_in_quick_succession_ask_the_store_once(door: Door) -> None:
    asked: list[str] = []
    event.listen(door.gateway.store.engine, "before_cursor_execute", lambda *given: asked.append(given[2]), named=False)
    measures = StoreMeasures(engine=door.gateway.store.engine, partners=lambda: [VILLAGE], now=door.gateway.now)
    first = [family.name for family in measures.collect()]
    count = sum("leader" in statement for statement in asked)
    assert [family.name for family in measures.collect()] == first
    assert (count, sum("leader" in statement for statement in asked)) == (1, 1)


def test_every_metric_has_a_name_that_says_its_unit_and_is_told_in_both_languages() -> None:
    for family in FAMILIES.values():
        assert re.fullmatch(r"fengqiao_[a-z_]+", family.name)
        assert family.help.endswith((".", "1.")), family.name
        assert re.search(r"[\u4e00-\u9fff]", family.title), family.name
        if family.kind == "histogram":
            assert family.name.endswith((*UNITS, "_size")), family.name
            assert list(family.buckets) == sorted(family.buckets)
