"""The doors that records come in by: the partners' own dialects, and the common language.

a request ─► Doors ──a partner's door──► admission ─► receive ─► answer
               └── anything else ──► the application, its canonical door among the rest
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway import contract
from gateway.admission import Place
from gateway.api.peer import admit, peer_of, recognise
from gateway.api.problems import answer, plain, problem_response
from gateway.bootstrap import Gateway
from gateway.canonical.identifiers import uuid7
from gateway.errors import GatewayError, NotAuthentic, Undecodable
from gateway.posts import Post
from gateway.tracing import taken_in

log = structlog.get_logger("fengqiao.doors")
BODY_WITHIN = 120  # seconds; what a door takes for headers is the proxy's to limit
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE"})
PARTNERS = "/partners/"
BODILESS = frozenset({204, 304})  # RFC 9110 §8.6


class Doors:
    """Middleware that hands a request to the partner's door it is for, before the application's own layers see it.

    What those do for every request (telemetry, error pages, exit stacks, the table of routes) costs as much as the
    mapping, and no dialect has a use for it.
    """

    def __init__(self, app: ASGIApp, gateway: Gateway) -> None:
        self._app = app
        self._gateway = gateway
        self._trusted = gateway.settings.proxy_networks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer at a partner's door; leave everything else to the application."""
        if scope["type"] == "http":
            recognise(scope, self._trusted)
        if scope["type"] == "http" and scope["path"].startswith(PARTNERS):
            partner, slash, path = scope["path"].removeprefix(PARTNERS).partition("/")
            if partner and slash:
                return await self._answered(scope, receive, send, partner=partner, path="/" + path)
        return await self._app(scope, receive, send)

    async def _answered(self, scope: Scope, receive: Receive, send: Send, *, partner: str, path: str) -> None:
        if scope["method"] not in METHODS:
            return await problem_response(Request(scope), "http.no_such_method", 405)(scope, receive, send)
        try:
            post = self._gateway.post(partner)
        except GatewayError as error:
            self._gateway.telemetry.refused(error.code)
            return await answer(Request(scope), error)(scope, receive, send)
        await _send(send, await _received(self._gateway, post, scope, receive, path))
        return None


def canonical_route(gateway: Gateway) -> Route:
    """Return the route of the door for the common language."""

    async def canonical_door(request: Request) -> Response:
        try:
            post = canonical_post(gateway, request)
        except GatewayError as error:
            gateway.telemetry.refused(error.code)
            return answer(request, error)
        return plain(await _received(gateway, post, request.scope, request.receive, request.url.path))

    return Route("/v1/messages", canonical_door, methods=["POST"], name="canonical door")


def canonical_post(gateway: Gateway, request: Request) -> Post:
    """Return the door of the partner that a request to ``/v1`` names in ``x-partner``. Raises NotAuthentic."""
    name = request.headers.get("x-partner")
    if not name:
        raise NotAuthentic("auth.partner_not_named")
    post = gateway.canonical_post(name)
    admit(post.row, request.scope)
    return post


def declared_length(headers: Mapping[str, str], limit: int) -> int:
    """Return the bytes that a request announces, 0 when it does not. Raises Undecodable when it is beyond ``limit``."""
    declared = headers.get("content-length", "")
    size = int(declared) if declared.isascii() and declared.isdigit() else 0
    if size > limit:
        raise Undecodable("wire.too_large", limit=limit)
    return size


async def body_of(receive: Receive, declared: str, limit: int, place: Place | None = None) -> bytes:
    """Return the whole body; ``declared`` is its stated length, ``place`` what it takes up of the process.

    Raises Undecodable when it is larger than ``limit`` bytes, too slow, or breaks off; Overloaded when there is no room
    for it any more.
    """
    declared_length({"content-length": declared}, limit)
    try:
        async with asyncio.timeout(BODY_WITHIN):
            return await _joined(receive, limit, place)
    except TimeoutError:
        raise Undecodable("wire.too_slow", seconds=BODY_WITHIN) from None


async def _joined(receive: Receive, limit: int, place: Place | None) -> bytes:
    chunks: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Undecodable("wire.broke_off")
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise Undecodable("wire.too_large", limit=limit)
        if place is not None:
            place.grow(size)
        chunks.append(chunk)
        more = message.get("more_body", False)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def _received(gateway: Gateway, post: Post, scope: Scope, receive: Receive, path: str) -> contract.Response:
    query = scope["query_string"].decode("utf-8", "replace")
    headers = _headers(scope)
    bare = contract.Request(method=scope["method"], path=path, query=query, headers=headers)
    trace = taken_in(headers)
    try:
        admit(post.row, scope)
        declared = declared_length(headers, gateway.settings.body_limit)
        await gateway.admission.look(post.name, peer_of(scope).address, declared)
        if (described := _described(post, bare)) is not None:
            return described
        with gateway.admission.place(post.name, declared) as place:
            body = await body_of(receive, headers.get("content-length", ""), gateway.settings.body_limit, place)
            whole = contract.Request(method=scope["method"], path=path, query=query, headers=headers, body=body)
            with gateway.telemetry.accepting(trace, post.name):
                return await gateway.inbound.receive(
                    post, whole, trace_id=trace.trace_id, unproved=partial(forged, gateway, post, scope)
                )
    except GatewayError as error:
        gateway.telemetry.refused(error.code)
        log.warning(
            "request.refused", partner=post.name, code=error.code, host=peer_of(scope).address, trace_id=trace.trace_id
        )
        return post.adapter.refuse(bare, error)
    except Exception:
        fault_id = uuid7()
        log.exception("request.fault", partner=post.name, fault_id=fault_id, trace_id=trace.trace_id)
        return post.adapter.refuse(bare, GatewayError("gateway.fault", fault=fault_id))


def _described(post: Post, request: contract.Request) -> contract.Response | None:
    """Return the description of a door, where the dialect has one and this asks for it."""
    if request.method != "GET" or not isinstance(post.adapter, contract.Describing):
        return None
    return post.adapter.describe(request)


async def _send(send: Send, response: contract.Response) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers.items()]
    if response.status not in BODILESS:
        headers.append((b"content-length", b"%d" % len(response.body)))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})


@asynccontextmanager
async def admitted(
    gateway: Gateway, post: Post, scope: Scope, declared: int, *, in_memory: bool = True
) -> AsyncIterator[Place]:
    """Give a request its place among those under way. Raises Overloaded, StoreUnavailable."""
    admission = gateway.admission
    await admission.look(post.name, peer_of(scope).address, declared)
    with admission.place(post.name, declared if in_memory else 0) as place:
        yield place


async def forged(gateway: Gateway, post: Post, scope: Scope) -> None:
    """Count a request that did not prove who sent it."""
    await gateway.admission.quotas.forged(post.name, peer_of(scope).address)


def _headers(scope: Scope) -> dict[str, str]:
    found: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found
