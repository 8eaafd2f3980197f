"""Answers, ours to the post office and its to us: ``<answer><result/><receipt/><case/><field/><why/></answer>``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from gateway.contract import Outcome, Receipt, Response
from gateway.errors import (
    Conflicting,
    GatewayError,
    NotAuthentic,
    NotAuthorised,
    Overloaded,
    PermanentFailure,
    StoreUnavailable,
    TemporaryFailure,
    TooMany,
    Undecodable,
)
from gateway.texts import text
from gateway.wire import retry_after, xml_guard

# What was only kept is called received (已收), never accepted (已受理): nobody has judged it yet.
FATES = {"accepted": "已受理", "held": "已收", "parked": "已收", "refused": "退回"}
STATUSES: tuple[tuple[type[GatewayError], int], ...] = (
    (NotAuthentic, 401),
    (NotAuthorised, 403),
    (Undecodable, 400),
    (Conflicting, 409),
    (TooMany, 429),
    (Overloaded, 503),
    (StoreUnavailable, 503),
)


def acknowledgement(outcome: Outcome) -> Response:
    """Say what became of a letter; nothing here depends on how often it was sent."""
    answer = {"result": FATES[outcome.fate], "receipt": outcome.receipt_id, "case": outcome.case_id}
    if outcome.fate == "refused":
        answer["field"] = outcome.field
        answer["why"] = text(outcome.code or "gateway.fault", "zh", **outcome.facts)
    return _response(200, answer)


def refusal(error: GatewayError) -> Response:
    """Say that a letter was not taken."""
    status = next((status for kind, status in STATUSES if isinstance(error, kind)), 500)
    return _response(status, {"result": "退回", "why": error.text("zh")})


def read_answer(response: Response, now: datetime) -> Receipt:
    """Return the post office's receipt. Raises TemporaryFailure or PermanentFailure."""
    if response.status in (401, 408, 429) or response.status >= 500:  # 401: the row's token is wrong, not the letter
        raise TemporaryFailure(retry_after=retry_after.seconds(response.headers, now))
    answer = _read(response.body)
    if answer is None:
        raise TemporaryFailure  # a page of some proxy in between: whether the letter arrived is unknown
    if response.status >= 300 or answer.get("result") not in ("taken", "known"):
        raise PermanentFailure  # its sentence may quote the letter, so none of it is kept
    return Receipt(
        case_id=_id(answer.get("case")),
        record_id=_id(answer.get("receipt")),
        already_received=answer["result"] == "known",
    )


def _read(body: bytes) -> Mapping[str, object] | None:
    try:
        answer = xml_guard.loads(body).get("answer")
    except Undecodable:
        return None
    return answer if isinstance(answer, dict) else None


def _id(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _response(status: int, answer: Mapping[str, str | None]) -> Response:
    said = {name: value for name, value in answer.items() if value is not None}
    headers = {"content-type": "application/xml; charset=utf-8"}
    return Response(status=status, headers=headers, body=xml_guard.dumps({"answer": said}))
