"""Liveness and readiness, for whoever restarts or routes around this process."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from sqlalchemy import Connection, literal, select

from gateway import texts
from gateway.bootstrap import Gateway

router = APIRouter(tags=["operations"])


@router.head("/livez", include_in_schema=False)
@router.get("/livez", summary="The process answers 存活")
async def live() -> dict[str, str]:
    """Answer while the process serves at all."""
    return {"status": "live"}


@router.head("/readyz", include_in_schema=False)
@router.get("/readyz", summary="Records can be taken in 就绪")
async def ready(request: Request) -> JSONResponse:
    """Answer 200 while records can be taken in, 503 with the reasons otherwise."""
    gateway: Gateway = request.app.state.gateway
    admission = gateway.admission
    objections = await admission.objections(lambda: gateway.writer.ran(_reached))
    body: dict[str, Any] = {
        "status": "not_ready" if objections else "ready",
        "revision": gateway.revision.id,
        "partners": len(gateway.revision.partners),
        "reasons": [{"code": each.code, "texts": texts.both(each.code, **each.facts)} for each in objections],
        "requests": admission.requests,
        "body_bytes": admission.body_bytes,
        "writes_waiting": gateway.writer.waiting,
        "bytes_free": admission.space.free,
    }
    return JSONResponse(body, status_code=503 if objections else 200)


def _reached(connection: Connection) -> None:
    """Ask the database anything: one that is gone is noticed here before a record comes."""
    connection.execute(select(literal(1)))
