"""Administration over HTTP: what waits, what is dead, the trace of a case; replay and withdraw. Token required."""

from __future__ import annotations

import hmac
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from gateway import texts
from gateway.bootstrap import Gateway
from gateway.canonical.identifiers import BEIJING
from gateway.contract import Outcome
from gateway.errors import NotAuthentic, NotFound
from gateway.store import shown


def _administrator(request: Request) -> Gateway:
    """Return the gateway to whoever has the administration's token. Raises NotAuthentic."""
    gateway: Gateway = request.app.state.gateway
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    known = gateway.admin_token
    if scheme.lower() != "bearer" or not hmac.compare_digest(token.strip().encode(), known.encode()):
        raise NotAuthentic("auth.admin_token")
    return gateway


Administered = Annotated[Gateway, Depends(_administrator)]
router = APIRouter(prefix="/admin", tags=["administration"])


class Withdrawal(BaseModel):
    """Why a delivery is given up."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    reason: str = Field(min_length=3, max_length=500, title="撤回理由", description="Why; kept with the delivery")


class Replay(BaseModel):
    """By which revision a held record is translated again."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    revision: Literal["now", "then"] = Field(default="now", title="配置版本", description="now, or when it came in")


@router.get("/counts", summary="How much there is of everything 总览")
def counts(gateway: Administered) -> dict[str, Any]:
    """Return records by fate, deliveries by status, and what waits per partner."""
    with gateway.store.engine.connect() as connection:
        return shown.counts(connection)


@router.get("/records", summary="Records and their fate 收件")
def records(
    gateway: Administered,
    fate: Literal["accepted", "held", "parked", "refused"] | None = None,
    partner: str | None = None,
    limit: Annotated[int, Field(ge=1, le=1000)] = 100,
) -> list[dict[str, Any]]:
    """Return the newest records."""
    with gateway.store.engine.connect() as connection:
        return shown.records(connection, fate=fate, partner=partner, limit=limit)


@router.get("/deliveries", summary="Deliveries and their status 投递")
def deliveries(
    gateway: Administered,
    status: Literal["pending", "handed", "in_doubt", "delivered", "dead", "withdrawn", "blocked"] | None = None,
    partner: str | None = None,
    limit: Annotated[int, Field(ge=1, le=1000)] = 100,
) -> list[dict[str, Any]]:
    """Return the newest deliveries."""
    with gateway.store.engine.connect() as connection:
        return shown.deliveries(connection, status=status, partner=partner, limit=limit)


@router.get("/breakers", summary="Partners that do not answer 未应答的对方系统")
def breakers(gateway: Administered) -> list[dict[str, Any]]:
    """Return every partner that has failed since it last answered: whether deliveries are paused, and until when."""
    with gateway.store.engine.connect() as connection:
        return shown.breakers(connection)


@router.get("/cases", summary="Cases and who holds each 案件")
def cases(
    gateway: Administered,
    holder: Annotated[str | None, Field(max_length=128)] = None,
    open_only: bool = False,
    overdue: bool = False,
    limit: Annotated[int, Field(ge=1, le=1000)] = 100,
) -> list[dict[str, Any]]:
    """Return the newest cases; with ``holder``, the open ones that this organisation must act in.

    With ``overdue``, the open ones whose holder should have acted by now, the longest overdue first.
    """
    today = gateway.now().astimezone(BEIJING).date() if overdue else None
    with gateway.store.engine.connect() as connection:
        return shown.cases(connection, holder=holder, open_only=open_only, overdue_on=today, limit=limit)


@router.get("/messages/{message}/acknowledgements", summary="Who has acknowledged a warning 预警确认")
def acknowledgements(gateway: Administered, message: str) -> list[dict[str, Any]]:
    """Return whom a message was sent to, and when each acknowledged it."""
    with gateway.store.engine.connect() as connection:
        return shown.acknowledgements(connection, message)


@router.get("/cases/{name}", summary="The trace of a case 案件轨迹")
def trace(gateway: Administered, name: str) -> dict[str, Any]:
    """Return everything that happened to a case, by any of its names. Raises NotFound."""
    with gateway.store.engine.connect() as connection:
        case_id = shown.find_case(connection, name)
        if case_id is None:
            raise NotFound("case.unknown")
        return shown.trace(connection, case_id)


@router.post("/records/{receipt}/replay", summary="Translate a held record again 重新处理挂起的收件")
async def replay_record(gateway: Administered, receipt: str, replay: Replay | None = None) -> dict[str, Any]:
    """Translate and decide a held record again. Raises NotFound."""
    outcome = await gateway.operations.replay_record(receipt, by=(replay or Replay()).revision)
    return told(outcome)


@router.post("/deliveries/{delivery}/replay", summary="Try a dead delivery again 重新投递")
async def replay_delivery(gateway: Administered, delivery: str) -> dict[str, Any]:
    """Make a dead delivery due again. Raises NotFound."""
    return {"delivery": delivery, "partner": await gateway.operations.replay_delivery(delivery), "status": "pending"}


@router.post("/deliveries/{delivery}/withdraw", summary="Give a delivery up 撤回投递")
async def withdraw(gateway: Administered, delivery: str, withdrawal: Withdrawal) -> dict[str, Any]:
    """Withdraw a dead delivery, with a reason, so that its successors may pass. Raises NotFound."""
    partner = await gateway.operations.withdraw(delivery, withdrawal.reason)
    return {"delivery": delivery, "partner": partner, "status": "withdrawn"}


@router.post("/reload", summary="Read the configuration again 重新加载配置")
async def reload(gateway: Administered) -> dict[str, Any]:
    """Make the configuration folder the active revision, if it is right. Raises ConfigurationFault."""
    return {"revision": await gateway.reload()}


def told(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome for a program."""
    facts = dict(outcome.facts)
    return {
        "receipt": outcome.receipt_id,
        "kind": outcome.kind,
        "record": outcome.record_id,
        "fate": outcome.fate,
        "case": outcome.case_id,
        "message": outcome.message_id,
        "code": outcome.code,
        "field": outcome.field,
        "texts": texts.both(outcome.code, **facts) if outcome.code else None,
    }
