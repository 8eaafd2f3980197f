"""Administration of rulings: what waits, what was found about each, a person's decision, what a withdrawal affects."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from gateway.api.administration import Administered
from gateway.bootstrap import Gateway
from gateway.releasing.affected import Shown, shown
from gateway.store import rulings

router = APIRouter(prefix="/admin/rulings", tags=["administration"])
State = Literal["AWAITING", "UNDECIDED", "QUARANTINED", "VERIFIED", "SERVING", "SERVED", "SUPERSEDED", "REVOKED"]


class Decision(BaseModel):
    """What a person decided about a ruling that could not be decided, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    release: bool = Field(title="放行", description="true: release it; false: refuse it")
    name: str = Field(min_length=1, max_length=128, title="决定人", description="Who decides; kept with the ruling")
    reason: str = Field(min_length=3, max_length=500, title="理由", description="Why; kept, and told to the court")


@router.get("", summary="Rulings and how each stands 裁定书")
def found(
    gateway: Administered, state: State | None = None, limit: Annotated[int, Field(ge=1, le=1000)] = 100
) -> list[dict[str, Any]]:
    """Return the newest rulings; with ``state``, those that are in it."""
    with gateway.store.engine.connect() as connection:
        return [shown(row) for row in rulings.newest(connection, state=state, limit=limit)]


@router.get("/affected", summary="Rulings that a withdrawal affects 受撤销影响的裁定书")
def affected(
    gateway: Administered, certificate: Annotated[str | None, Field(max_length=128)] = None,
    seal: Annotated[str | None, Field(max_length=128)] = None,
) -> list[dict[str, Any]]:  # fmt: skip
    """Return the rulings that rest on withdrawn certificates and seals; or on the one that is named."""
    with gateway.store.engine.connect() as connection:
        return _shown(gateway).affected(connection, certificate=certificate, seal=seal)


@router.get("/{ruling}", summary="One ruling with every check 裁定书验签结果")
def one(gateway: Administered, ruling: str) -> dict[str, Any]:
    """Return what was found about a ruling. Raises NotFound."""
    with gateway.store.engine.connect() as connection:
        return _shown(gateway).one(connection, ruling)


@router.get("/{ruling}/archive", summary="The evidence of a ruling 裁定书证据档案")
def archive(gateway: Administered, ruling: str) -> Response:
    """Return the archive of evidence, which ``fengqiao ruling verify`` checks anywhere. Raises NotFound."""
    with gateway.store.engine.connect() as connection:
        return Response(_shown(gateway).archive(connection, ruling), media_type="application/zip")


@router.post("/{ruling}/decide", summary="Release or refuse a ruling by hand 人工决定")
async def decide(gateway: Administered, ruling: str, decision: Decision) -> dict[str, Any]:
    """Enter a person's decision on a ruling that could not be decided. Raises NotFound, Conflicting, NotAuthorised."""
    return await gateway.deciding.decide(
        ruling, release=decision.release, name=decision.name.strip(), reason=decision.reason.strip()
    )


@router.post("/{ruling}/reopen", summary="Verify a ruling again 重新验签")
async def reopen(gateway: Administered, ruling: str) -> dict[str, Any]:
    """Have a ruling verified again by the trust of now. Raises NotFound, Conflicting."""
    return await gateway.deciding.reopen(ruling)


def _shown(gateway: Gateway) -> Shown:
    return Shown(documents=gateway.store.documents, trust=gateway.settings.trust_folder)
