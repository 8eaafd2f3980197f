"""The doors that records come in by: the partners' own dialects, and the common language."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from gateway import contract
from gateway.api.problems import answer, plain
from gateway.bootstrap import Gateway
from gateway.canonical.identifiers import uuid7
from gateway.errors import GatewayError, NotAuthentic, Overloaded, Undecodable
from gateway.posts import Post

log = structlog.get_logger("fengqiao.doors")
BODY_WITHIN = 120  # seconds; what a door takes for headers is the proxy's to limit
METHODS = ["GET", "POST", "PUT", "DELETE"]


def routes(gateway: Gateway) -> list[Route]:
    """Return the routes of the doors."""

    async def partner_door(request: Request) -> Response:
        try:
            post = gateway.post(request.path_params["partner"])
        except GatewayError as error:
            return answer(request, error)
        return await _received(gateway, post, request, "/" + request.path_params["path"])

    async def canonical_door(request: Request) -> Response:
        try:
            post = canonical_post(gateway, request)
        except GatewayError as error:
            return answer(request, error)
        return await _received(gateway, post, request, request.url.path)

    return [
        Route("/partners/{partner}/{path:path}", partner_door, methods=METHODS, name="partner door"),
        Route("/v1/messages", canonical_door, methods=["POST"], name="canonical door"),
    ]


def canonical_post(gateway: Gateway, request: Request) -> Post:
    """Return the door of the partner that a request to ``/v1`` names in ``x-partner``. Raises NotAuthentic."""
    name = request.headers.get("x-partner")
    if not name:
        raise NotAuthentic("auth.partner_not_named")
    return gateway.canonical_post(name)


async def body_of(request: Request, limit: int) -> bytes:
    """Return the whole body. Raises Undecodable when it is larger than ``limit`` bytes, too slow, or breaks off."""
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared) > limit:
        raise Undecodable("wire.too_large", limit=limit)
    chunks, size = [], 0
    try:
        async with asyncio.timeout(BODY_WITHIN):
            async for chunk in request.stream():
                size += len(chunk)
                if size > limit:
                    raise Undecodable("wire.too_large", limit=limit)
                chunks.append(chunk)
    except ClientDisconnect:
        raise Undecodable("wire.broke_off") from None
    except TimeoutError:
        raise Undecodable("wire.too_slow", seconds=BODY_WITHIN) from None
    return b"".join(chunks)


async def _received(gateway: Gateway, post: Post, request: Request, path: str) -> Response:
    query = request.scope["query_string"].decode("utf-8", "replace")
    headers = _headers(request)

    def bodiless() -> contract.Request:
        return contract.Request(method=request.method, path=path, query=query, headers=headers)

    try:
        _require_ready(gateway)
        body = await body_of(request, gateway.settings.body_limit)
        whole = contract.Request(method=request.method, path=path, query=query, headers=headers, body=body)
        return plain(await gateway.inbound.receive(post, whole, trace_id=_trace_id(request)))
    except GatewayError as error:
        log.warning("request.refused", partner=post.name, code=error.code)
        return plain(post.adapter.refuse(bodiless(), error))
    except Exception:
        fault_id = uuid7()
        log.exception("request.fault", partner=post.name, fault_id=fault_id)
        return plain(post.adapter.refuse(bodiless(), GatewayError("gateway.fault", fault=fault_id)))


def _require_ready(gateway: Gateway) -> None:
    if not gateway.ready:
        raise Overloaded("store.unavailable")


def _headers(request: Request) -> Mapping[str, str]:
    found: dict[str, Any] = {}
    for name, value in request.headers.items():
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def _trace_id(request: Request) -> str:
    """Take the trace id of a W3C ``traceparent``, else make one."""
    parts = request.headers.get("traceparent", "").split("-")
    if len(parts) == 4 and len(parts[1]) == 32 and all(each in "0123456789abcdef" for each in parts[1]):
        return parts[1]
    return uuid7().replace("-", "")
