"""Administration of ledgers: a workbook comes in or goes out, as base64. Token required."""

from __future__ import annotations

import asyncio
import base64
from datetime import date
from typing import Any

from fastapi import APIRouter
from pydantic import Base64Bytes, BaseModel, ConfigDict, Field

from gateway import ledgers
from gateway.api.administration import Administered

router = APIRouter(prefix="/admin", tags=["administration"])


class Workbook(BaseModel):
    """A ledger of a partner's."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    workbook: Base64Bytes = Field(title="工作簿", description="The workbook, base64", repr=False)


class Wish(BaseModel):
    """Which days a ledger is to hold."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    first: date = Field(title="起始日期", description="First day")
    last: date = Field(title="截止日期", description="Last day")


@router.post("/partners/{partner}/ledger", summary="Take a partner's ledger in 导入台账")
async def bring(gateway: Administered, partner: str, wish: Workbook) -> dict[str, Any]:
    """Enter a ledger, line by line, and return the workbook with the verdicts. Raises NotFound, Undecodable."""
    return brought(await ledgers.bring(gateway.operations, partner, wish.workbook))


@router.post("/partners/{partner}/ledger/export", summary="Write a partner's ledger 导出台账")
async def write(gateway: Administered, partner: str, wish: Wish) -> dict[str, Any]:
    """Return the ledger of what a partner said on these days. Raises NotFound, Undecodable."""
    made = await asyncio.to_thread(ledgers.write, gateway.operations, partner, first=wish.first, last=wish.last)
    return {"workbook": base64.b64encode(made).decode()}


def brought(found: ledgers.Brought) -> dict[str, Any]:
    """Return what became of a ledger, for a program."""
    return {"fates": found.fates, "report": base64.b64encode(found.report).decode()}
