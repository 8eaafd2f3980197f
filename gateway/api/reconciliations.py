"""Comparisons with partners over HTTP: for administrators what was found, for partners what we hold from them."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gateway import contract, texts
from gateway.api.administration import Administered
from gateway.api.doors import body_of, canonical_post
from gateway.bootstrap import Gateway
from gateway.errors import NotAuthentic, Undecodable
from gateway.reconciliation import day_of

router = APIRouter()
LARGEST = 4096  # bytes of a question
X_PARTNER = {"name": "x-partner", "in": "header", "required": True, "schema": {"type": "string"}}


class Wish(BaseModel):
    """What to compare now."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    partner: str = Field(title="对接系统", description="Name of the partner's row")
    day: date = Field(title="对账日期", description="Business day, Asia/Shanghai")
    dry_run: bool = Field(default=False, title="只比较", description="Compare, and change and keep nothing")


class Question(BaseModel):
    """Which page of which day's list a partner wants."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    day: date = Field(title="对账日期", description="Business day, Asia/Shanghai")
    after: str = Field(default="", max_length=36, title="起点", description="`next` of the page before")


@router.get("/admin/reconciliations", summary="Comparisons with partners 对账结果", tags=["administration"])
def listed(
    gateway: Administered,
    partner: str | None = None,
    day: date | None = None,
    days: Annotated[int, Field(ge=1, le=366)] = 7,
) -> list[dict[str, Any]]:
    """Return the comparisons of one day, or of the last ``days``, newest first."""
    until = day or day_of(gateway.now())
    since = day or until - timedelta(days=days)
    found = gateway.reconciler.report(since=since, until=until, partner=partner)
    return [with_texts(each) for each in found]


@router.post("/admin/reconciliations", summary="Compare with a partner now 立即对账", tags=["administration"])
async def compare(gateway: Administered, wish: Wish) -> dict[str, Any]:
    """Compare one day with one partner, though it was compared before. Raises NotFound or Conflicting."""
    return with_texts(await gateway.reconciler.run(wish.partner, wish.day, dry_run=wish.dry_run))


@router.post(
    "/v1/holdings",
    summary="What we hold from you, by day 网关所持记录清单（供对方对账）",
    tags=["messages"],
    openapi_extra={
        "requestBody": {"required": True, "content": {"application/json": {"schema": Question.model_json_schema()}}},
        "parameters": [X_PARTNER],
    },
)
async def holdings(request: Request) -> JSONResponse:
    """Return a page of what the gateway holds of what the calling partner sent on a day, authenticated as a message is.

    The question is in the body, for a signature covers the body and nothing else.
    """
    gateway: Gateway = request.app.state.gateway
    post = canonical_post(gateway, request)
    if not {"authorization", "webhook-signature"} & set(request.headers):
        raise NotAuthentic("auth.token_unknown")
    body = await body_of(request.receive, request.headers.get("content-length", ""), LARGEST)
    asked = contract.Request(method="POST", path="/v1/holdings", headers=dict(request.headers), body=body)
    post.adapter.authenticate(asked)
    try:
        question = Question.model_validate_json(body)
    except ValidationError:
        raise Undecodable("reconciliation.day_form") from None
    page = await asyncio.to_thread(gateway.own_holdings.page, post, question.day, after=question.after)
    return JSONResponse(page)


def with_texts(run: dict[str, Any]) -> dict[str, Any]:
    """Return a comparison with the texts of its codes, and who must act, for a program."""
    items = [{**each, **_said(each)} for each in run["items"]]
    return {**run, **(_said(run) if run["code"] else {}), "items": items}


def _said(row: dict[str, Any]) -> dict[str, Any]:
    facts = {name: value for name, value in (row["facts"] or {}).items() if isinstance(value, str | int | float)}
    return {"texts": texts.both(row["code"], **facts), "who": texts.actor(row["code"])}
