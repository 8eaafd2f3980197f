"""Spans reach an OpenTelemetry collector and make one tree of a message's way; without an endpoint none is made."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.errors import ConfigurationFault
from gateway.telemetry import open_tracing
from gateway.tracing import HandsOn, taken_in
from tests.contract.wires import served
from tests.gateway.test_tracing import GIVEN, SPAN, TRACE, on_stage

PERSONAL = ("许书宁", "冉明溪", "覃若兰", "500242198503120012", "13996000121")


class Collector:
    """What listens for OTLP over HTTP and keeps the spans that come."""

    def __init__(self) -> None:
        self.spans: list[Any] = []
        self.bodies: list[bytes] = []
        self.url = ""
        self.came = threading.Event()

    async def take(self, request: Request) -> Response:
        body = await request.body()
        self.bodies.append(body)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for scope in resource.scope_spans:
                self.spans.extend(scope.spans)
        self.came.set()
        return Response(b"", media_type="application/x-protobuf")

    def named(self, name: str) -> Any:
        (found,) = [span for span in self.spans if span.name == name]
        return found


@pytest.fixture
def collector() -> Iterator[Collector]:
    collector = Collector()
    with served(Starlette(routes=[Route("/v1/traces", collector.take, methods=["POST"])])) as url:
        collector.url = url
        yield collector


async def test_the_way_of_a_message_is_one_tree_of_spans(collector: Collector, tmp_path: Path) -> None:
    async with on_stage(tmp_path, otlp_endpoint=collector.url) as stage:
        assert (await stage.refer("AJ-1", traceparent=GIVEN, tracestate="court=1")).status_code == 200
        handed = taken_in(await stage.overheard())
    assert collector.came.is_set(), "stopping sends off what is left"
    accept, commit, claim, exchange = (collector.named(name) for name in ("accept", "commit", "claim", "exchange"))
    assert {span.trace_id.hex() for span in collector.spans} == {TRACE}
    assert accept.parent_span_id.hex() == SPAN
    assert commit.parent_span_id == accept.span_id
    assert claim.parent_span_id == exchange.parent_span_id == commit.span_id
    assert exchange.span_id.hex() == handed.parent_id, "the partner's spans hang below the exchange"
    assert all(span.end_time_unix_nano >= span.start_time_unix_nano for span in collector.spans)
    assert not [word for word in PERSONAL if any(word.encode() in body for body in collector.bodies)]


async def test_a_request_without_a_trace_begins_one(collector: Collector, tmp_path: Path) -> None:
    async with on_stage(tmp_path, otlp_endpoint=f"{collector.url}/v1/traces") as stage:
        await stage.refer("AJ-1")
        handed = taken_in(await stage.overheard())
    accept = collector.named("accept")
    assert accept.parent_span_id == b""
    assert accept.trace_id.hex() == handed.trace_id


async def test_a_collector_that_is_away_harms_nobody(tmp_path: Path) -> None:
    async with on_stage(tmp_path, otlp_endpoint="http://127.0.0.1:9") as stage:
        assert (await stage.refer("AJ-1")).status_code == 200
        await stage.overheard()
        await asyncio.sleep(0)


def test_without_an_endpoint_nothing_records_and_nothing_is_loaded() -> None:
    assert isinstance(open_tracing(None), HandsOn)
    ours = "{'gateway.spans', 'opentelemetry.exporter', 'opentelemetry.sdk.trace.export'}"  # redis loads others itself
    code = f"import sys, gateway.bootstrap, gateway.api; print(sorted({ours} & set(sys.modules)))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def test_an_endpoint_without_the_extra_is_said_clearly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "gateway.spans", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(ConfigurationFault) as caught:
        open_tracing("http://127.0.0.1:9")
    assert caught.value.code == "telemetry.extra_missing"
    assert "fengqiao-gateway[otel]" in str(caught.value)
