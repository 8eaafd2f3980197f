"""The mailbox over HTTP, for partners that nobody calls: open it, say what was received, fetch the documents.

    GET  /v1/mailbox?wait=30&limit=20&after=CURSOR   ─► {"messages": [{id, receipt_due, message, documents}], "cursor"}
    POST /v1/mailbox/receipts  {id, result, reason?} ─► {"results": [{id, result, repeated}]}
    GET  /v1/mailbox/documents/TICKET                ─► the bytes

Authenticated like ``POST /v1/messages``. Where a request has no body, a signature covers its path and query.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import AsyncIterator, Coroutine
from typing import Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gateway import contract, texts
from gateway.api.doors import body_of, canonical_post, forged
from gateway.api.peer import peer_of
from gateway.bootstrap import Gateway
from gateway.errors import Conflicting, NotAuthentic, NotFound, Undecodable
from gateway.mailbox import Handout, Item
from gateway.posts import Post
from gateway.store.mailbox import Judged, ReceiptRow
from gateway.wire import json_guard

router = APIRouter(prefix="/v1/mailbox", tags=["mailbox"])
Result = TypeVar("Result")
LARGEST = 1024 * 1024  # bytes of receipts in one request
MOST = 1000  # receipts in one request
LONGEST_WAIT = 60  # seconds
UNTOUCHED = {"cache-control": "no-store"}
X_PARTNER = {"name": "x-partner", "in": "header", "required": True, "schema": {"type": "string"}}


class ReceiptSaid(BaseModel):
    """What a partner says of one message."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
    id: str = Field(min_length=1, max_length=64, title="消息编号", description="`id` of the message")
    result: Literal["received", "refused"] = Field(title="结果", description="received 已收 or refused 退回")
    reason: str | None = Field(
        default=None, min_length=1, max_length=1000, title="退回原因", description="Why it is refused; no personal data"
    )
    case: str | None = Field(
        default=None, min_length=1, max_length=128, title="本单位案件编号", description="Your own id of the case"
    )

    @property
    def row(self) -> ReceiptRow:
        """Return it as the store takes it. Raises Undecodable."""
        if self.result == "refused" and self.reason is None:
            raise Undecodable("mailbox.reason_missing", field="reason")
        reason = self.reason if self.result == "refused" else None
        return ReceiptRow(message_id=self.id, reason=reason, partner_case_id=self.case)


@router.get("", summary="Open the mailbox 收取消息", openapi_extra={"parameters": [X_PARTNER]})
async def opened(
    request: Request,
    wait: Annotated[float, Query(ge=0, le=LONGEST_WAIT)] = 0.0,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    after: Annotated[str | None, Query(min_length=1, max_length=64)] = None,
) -> JSONResponse:
    """Hand out what is due at the calling partner; wait up to ``wait`` seconds when there is nothing.

    Each message comes again, under the same id, until it is acknowledged: by a receipt, or all of a batch at once by
    its cursor in ``after``. The next message of a case comes only then.
    """
    gateway: Gateway = request.app.state.gateway
    post = await owner_of(gateway, request, body=_target(request))
    if after is not None:
        await gateway.mailboxes.acknowledge_batch(post, after)
    handout = await _while_there(request, gateway.mailboxes.open(post, limit=limit, wait=wait))
    return JSONResponse(_handed(gateway, post, handout), headers=UNTOUCHED)


@router.post(
    "/receipts",
    summary="Acknowledge or refuse messages 回执（签收或退回）",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": ReceiptSaid.model_json_schema()}},
        },
        "parameters": [X_PARTNER],
    },
)
async def receipts(request: Request) -> JSONResponse:
    """Take one receipt, or ``{"receipts": [...]}``. Saying the same again changes nothing."""
    gateway: Gateway = request.app.state.gateway
    body = await body_of(request.receive, request.headers.get("content-length", ""), LARGEST)
    post = await owner_of(gateway, request, body=body)
    said, alone = _receipts(body)
    judged = await gateway.mailboxes.acknowledge(post, [each.row for each in said])
    if alone and judged[0].verdict == "unknown":
        raise NotFound("mailbox.not_handed")
    if alone and judged[0].verdict == "conflicting":
        raise Conflicting("mailbox.said_otherwise")
    return JSONResponse({"results": [_told(each) for each in judged]})


@router.get(
    "/documents/{ticket}", summary="Fetch a document 下载文书", response_class=StreamingResponse,
    openapi_extra={"parameters": [X_PARTNER]},
)  # fmt: skip
async def document(request: Request, ticket: str) -> StreamingResponse:
    """Return the bytes of a document that came with a message to the calling partner. Raises NotFound."""
    gateway: Gateway = request.app.state.gateway
    post = await owner_of(gateway, request, body=_target(request))
    sha256, _, tag = ticket.partition(".")
    if not any(hmac.compare_digest(tag, known) for known in _tags(gateway, post.name, sha256)):
        raise NotFound("mailbox.ticket_unknown")
    pieces = gateway.store.documents.astream(sha256)
    first = await anext(pieces, b"")  # what is wrong with it is said before anything else
    return StreamingResponse(_from(first, pieces), media_type="application/octet-stream", headers=UNTOUCHED)


async def owner_of(gateway: Gateway, request: Request, *, body: bytes) -> Post:
    """Return the partner whose mailbox it is, once it is proved to be the caller. ``body``: what a signature covers.

    Raises NotAuthentic, NotFound, TooMany, Overloaded, StoreUnavailable.
    """
    door = canonical_post(gateway, request)
    await gateway.admission.look(door.name, peer_of(request.scope).address, len(body))
    asked = contract.Request(method=request.method, path=request.url.path, headers=dict(request.headers), body=body)
    try:
        door.adapter.authenticate(asked)
    except NotAuthentic:
        await forged(gateway, door, request.scope)
        raise
    await gateway.admission.quotas.require_within(door.name, door.row.quota)
    post = gateway.post(door.name)
    if not post.collected:
        raise NotFound("mailbox.none", partner=post.name)
    return post


def _target(request: Request) -> bytes:
    query = request.scope["query_string"]
    path: bytes = request.scope.get("raw_path") or request.url.path.encode()
    return path.partition(b"?")[0] + (b"?" + query if query else b"")


async def _while_there(request: Request, doing: Coroutine[Any, Any, Result]) -> Result:
    """Return what ``doing`` brings, unless whoever asked hangs up first: then it is ended, and hands out nothing."""
    task = asyncio.ensure_future(doing)
    gone = asyncio.ensure_future(_hung_up(request))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise Undecodable("wire.broke_off")
        return task.result()
    finally:
        task.cancel()
        gone.cancel()


async def _hung_up(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _handed(gateway: Gateway, post: Post, handout: Handout) -> dict[str, Any]:
    return {"messages": [_item(gateway, post, each) for each in handout.items], "cursor": handout.cursor}


def _item(gateway: Gateway, post: Post, item: Item) -> dict[str, Any]:
    papers = [
        {
            "name": each.name, "kind": each.kind, "media_type": each.media_type, "size": each.size,
            "sha256": each.sha256, "sm3": each.sm3,
            "href": f"/v1/mailbox/documents/{each.sha256}.{_tags(gateway, post.name, each.sha256 or '')[0]}",
        }
        for each in item.papers
    ]  # fmt: skip
    return {
        "id": item.id,
        "receipt_due": item.receipt_due.isoformat(timespec="seconds"),
        "message": item.fields,
        "documents": papers,
    }


def _tags(gateway: Gateway, partner: str, sha256: str) -> list[str]:
    """Return what proves that a document was handed to a partner: only the gateway could have written it."""
    return [each.hex()[:32] for each in gateway.store.cipher.digests(f"mailbox\n{partner}\n{sha256}".encode())]


async def _from(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece


def _receipts(body: bytes) -> tuple[list[ReceiptSaid], bool]:
    """Return the receipts in a body, and whether there is only one, not in a list. Raises Undecodable."""
    value = json_guard.loads(body)
    alone = not (isinstance(value, dict) and "receipts" in value)
    listed = [value] if alone else value["receipts"]
    if not isinstance(listed, list) or not listed or len(listed) > MOST:
        raise Undecodable("mailbox.not_receipts", limit=MOST)
    said = []
    for number, each in enumerate(listed):
        try:
            said.append(ReceiptSaid.model_validate(each))
        except ValidationError as error:
            place = ".".join(str(step) for step in error.errors(include_url=False)[0]["loc"])
            field = place if alone else f"receipts[{number}].{place}"
            raise Undecodable("mailbox.receipt_form", field=field[:100]) from None
    return said, alone


def _told(judged: Judged) -> dict[str, Any]:
    told: dict[str, Any] = {"id": judged.message_id, "result": judged.verdict, "repeated": judged.repeated}
    code = {"unknown": "mailbox.not_handed", "conflicting": "mailbox.said_otherwise"}.get(judged.verdict)
    return told if code is None else {**told, "code": code, "texts": texts.both(code)}
