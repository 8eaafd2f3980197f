"""Administration of cases that may be one dispute: which and why, and what somebody says of it. Token required."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from gateway.api.administration import Administered
from gateway.errors import NotFound
from gateway.store import shown, suspicions

router = APIRouter(prefix="/admin/duplicates", tags=["administration"])


class Verdict(BaseModel):
    """Who says what is to be thought of a suspicion, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    reason: str = Field(min_length=3, max_length=500, title="理由", description="Why; kept with the suspicion")
    by: str = Field(min_length=1, max_length=128, title="操作人", description="Who; kept with the suspicion")


@router.get("", summary="Cases that may be one dispute 疑似重复案件")
def duplicates(
    gateway: Administered,
    case: Annotated[str | None, Field(max_length=128)] = None,
    open_only: bool = False,
    limit: Annotated[int, Field(ge=1, le=1000)] = 100,
) -> list[dict[str, Any]]:
    """Return the newest suspicions, of one case by any of its names or of all. Raises NotFound."""
    with gateway.store.engine.connect() as connection:
        case_id = shown.find_case(connection, case) if case is not None else None
        if case is not None and case_id is None:
            raise NotFound("case.unknown")
        return suspicions.suspected(connection, case_id=case_id, open_only=open_only, limit=limit)


@router.post("/{suspicion}/confirm", summary="Say that two cases are one dispute 确认重复")
async def confirm(gateway: Administered, suspicion: str, verdict: Verdict) -> dict[str, Any]:
    """Confirm a suspicion; neither case changes. Raises NotFound."""
    return await gateway.operations.judge_duplicate(suspicion, "confirmed", reason=verdict.reason, by=verdict.by)


@router.post("/{suspicion}/dismiss", summary="Say that two cases are different disputes 排除重复")
async def dismiss(gateway: Administered, suspicion: str, verdict: Verdict) -> dict[str, Any]:
    """Dismiss a suspicion. Raises NotFound."""
    return await gateway.operations.judge_duplicate(suspicion, "dismissed", reason=verdict.reason, by=verdict.by)
