"""Administration of what is kept: legal holds, and pruning at once. Token required."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from gateway.api.administration import Administered
from gateway.store import shown

router = APIRouter(prefix="/admin", tags=["administration"])
STEPS = 20  # of one request: whoever asks, asks again


class Hold(BaseModel):
    """Who keeps a case from being pruned, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    reason: str = Field(min_length=3, max_length=500, title="保全理由", description="Why; kept with the case")
    by: str = Field(min_length=1, max_length=128, title="操作人", description="Who; kept with the case")


class Release(BaseModel):
    """Who lets a case be pruned again."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    by: str = Field(min_length=1, max_length=128, title="操作人", description="Who; kept with the case")


class Pruning(BaseModel):
    """Whether to prune, or only to count."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    dry_run: bool = Field(default=True, title="仅统计", description="Count only what would go")


@router.get("/holds", summary="Cases under legal hold 保全案件")
def held(gateway: Administered, *, released: bool = False) -> list[dict[str, Any]]:
    """Return the legal holds in force; with ``released`` the past ones, too."""
    with gateway.store.engine.connect() as connection:
        return shown.holds(connection, in_force=not released)


@router.post("/cases/{name}/hold", summary="Keep a case from being pruned 保全案件")
async def hold(gateway: Administered, name: str, wish: Hold) -> dict[str, Any]:
    """Put a case under legal hold, by any of its names. Raises NotFound."""
    return await gateway.retention.hold(name, reason=wish.reason, by=wish.by)


@router.post("/cases/{name}/release", summary="End the legal hold of a case 解除保全")
async def release(gateway: Administered, name: str, wish: Release) -> dict[str, Any]:
    """End the legal hold of a case. Raises NotFound."""
    return await gateway.retention.release(name, by=wish.by)


@router.post("/prune", summary="Prune what is old enough 清理到期内容")
async def prune(gateway: Administered, wish: Pruning | None = None) -> dict[str, Any]:
    """Prune some of what is old enough (``more``: ask again), or count it."""
    if (wish or Pruning()).dry_run:
        return {"dry_run": True, "counts": await asyncio.to_thread(gateway.retention.due), "more": False}
    counts, more = await gateway.retention.prune(STEPS)
    return {"dry_run": False, "counts": counts, "more": more}
