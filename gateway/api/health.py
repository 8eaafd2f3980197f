"""Liveness and readiness, for whoever restarts or routes around this process."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from gateway.bootstrap import Gateway

router = APIRouter(tags=["operations"])


@router.get("/livez", summary="The process answers 存活")
async def live() -> dict[str, str]:
    """Answer while the process serves at all."""
    return {"status": "live"}


@router.get("/readyz", summary="The store can be written 就绪")
async def ready(request: Request) -> JSONResponse:
    """Answer 200 while records can be kept, 503 otherwise."""
    gateway: Gateway = request.app.state.gateway
    body: dict[str, Any] = {
        "status": "ready" if gateway.ready else "not_ready",
        "revision": gateway.revision.id,
        "partners": len(gateway.revision.partners),
    }
    return JSONResponse(body, status_code=200 if gateway.ready else 503)
