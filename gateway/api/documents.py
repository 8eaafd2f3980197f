"""Upload of documents for partners that speak the common language: the answer is the ticket a message carries."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import ClientDisconnect

from gateway import contract
from gateway.admission import Place
from gateway.api.doors import admitted, body_of, canonical_post, declared_length, forged
from gateway.bootstrap import Gateway
from gateway.errors import NotAuthentic, Undecodable
from gateway.posts import Post

router = APIRouter(prefix="/v1", tags=["documents"])
MIB = 1024 * 1024


class Ticket(BaseModel):
    """A kept document: put its digests and size into the message that carries it."""

    model_config = ConfigDict(frozen=True)

    sha256: str = Field(title="SHA-256摘要", description="SHA-256 over the bytes, hexadecimal")
    sm3: str = Field(title="SM3摘要", description="SM3 over the bytes, hexadecimal")
    size: int = Field(title="字节数", description="Size in bytes")
    media_type: str = Field(title="媒体类型", description="Media type as sent")


@router.post(
    "/documents",
    status_code=201,
    response_model=Ticket,
    summary="Upload a document 上传文书",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        },
        "parameters": [{"name": "x-partner", "in": "header", "required": True, "schema": {"type": "string"}}],
    },
)
async def upload(request: Request) -> JSONResponse:
    """Keep the body of the request as a document. It is authenticated like a message: streamed by bearer token, whole
    by a Standard Webhooks signature, which covers every byte of it.
    """
    gateway: Gateway = request.app.state.gateway
    post = canonical_post(gateway, request)
    limit = post.row.attachment_limit_mb * MIB
    declared = declared_length(request.headers, limit)
    async with admitted(gateway, post, request.scope, declared, in_memory=is_signed(request)) as place:
        return await _kept(gateway, post, request, limit=limit, place=place)


async def _kept(gateway: Gateway, post: Post, request: Request, *, limit: int, place: Place) -> JSONResponse:
    at_once = min(limit, gateway.settings.body_limit)
    try:
        chunks = await _authenticated(post, request, at_once=at_once, place=place)
    except NotAuthentic:
        await forged(gateway, post, request.scope)
        raise
    await gateway.admission.quotas.require_within(post.name, post.row.quota)
    with gateway.store.documents.intake(limit) as intake:
        try:
            async for chunk in chunks:
                await asyncio.to_thread(intake.write, chunk)
        except ClientDisconnect:
            raise Undecodable("wire.broke_off") from None
        kept = await asyncio.to_thread(intake.commit)
    media_type = request.headers.get("content-type", "application/octet-stream").partition(";")[0].strip()
    ticket = Ticket(sha256=kept.sha256, sm3=kept.sm3, size=kept.size, media_type=media_type)
    return JSONResponse(ticket.model_dump(), status_code=201)


def is_signed(request: Request) -> bool:
    """Say whether the sender proves itself by a signature over the whole body."""
    return "authorization" not in request.headers and "webhook-signature" in request.headers


async def _authenticated(post: Post, request: Request, *, at_once: int, place: Place) -> AsyncIterator[bytes]:
    """Return the body once its sender is proved; a signed one is read first, up to ``at_once`` bytes."""
    if is_signed(request):
        body = await body_of(request.receive, request.headers.get("content-length", ""), at_once, place)
        post.adapter.authenticate(_as_a_request(dict(request.headers), body))
        return _in_one(body)
    post.adapter.authenticate(_as_a_request({"authorization": request.headers.get("authorization", "Bearer ")}))
    return request.stream()


def _as_a_request(headers: dict[str, str], body: bytes = b"") -> contract.Request:
    return contract.Request(method="POST", path="/v1/documents", headers=headers, body=body)


async def _in_one(body: bytes) -> AsyncIterator[bytes]:
    yield body
