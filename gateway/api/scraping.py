"""``/metrics`` of a process with doors, for Prometheus: with the metrics' token or the administration's."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from gateway import exposition
from gateway.bootstrap import Gateway
from gateway.errors import NotAuthentic

router = APIRouter(tags=["operations"])


@router.get(exposition.PATH, summary="Metrics in Prometheus' text form 指标", response_class=Response)
def metrics(request: Request) -> Response:
    """Return every metric of this process; in a thread, for the store may be asked. Raises NotAuthentic."""
    gateway: Gateway = request.app.state.gateway
    if not exposition.may_read(request.headers.get("authorization"), gateway.metrics_tokens):
        raise NotAuthentic("telemetry.not_yours")
    return Response(exposition.page(gateway.telemetry.metrics.registry), media_type=exposition.CONTENT_TYPE)
