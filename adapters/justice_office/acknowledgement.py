"""What the gateway answers an office: the fate of every record of its batch, or why the batch was not taken.

200   every record has its result     {"code": 0, "msg", "data": {"batch_no", "results": [{"index", "record_no", …}]}}
4xx   the batch was not taken         {"code": 400, "msg", "data": {"batch_no", "code", "message_en", "field"}}
503   nothing was kept: send again    the same, with Retry-After
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gateway.canonical.identifiers import write_moment
from gateway.contract import Outcome, Response
from gateway.errors import (
    Conflicting,
    GatewayError,
    NotAuthentic,
    NotAuthorised,
    NotFound,
    Overloaded,
    StoreUnavailable,
    TooMany,
    Undecodable,
    seconds_to_wait,
)
from gateway.texts import text
from gateway.wire import json_guard
from gateway.wire.batch_frames import own_id

# Held and parked records are received (已收), not accepted (已受理): nobody has judged them yet.
_RESULT = {"accepted": "已受理", "held": "已收", "parked": "已收", "refused": "退回"}
_HTTP_STATUS: tuple[tuple[type[GatewayError], int], ...] = (
    (NotAuthentic, 401),
    (NotAuthorised, 403),
    (NotFound, 404),
    (Conflicting, 409),
    (Undecodable, 400),
    (TooMany, 429),
    (Overloaded, 503),
    (StoreUnavailable, 503),
)
_JSON = {"content-type": "application/json; charset=utf-8"}


def acknowledgement(batch_no: str | None, outcomes: Sequence[Outcome]) -> Response:
    """Answer what became of each record, in the order of the batch."""
    results = [_result(index, outcome) for index, outcome in enumerate(outcomes)]
    body = {"code": 0, "msg": "成功", "data": {"batch_no": batch_no, "results": results}}
    return Response(status=200, headers=_JSON, body=json_guard.dumps(body))


def refusal(batch_no: str | None, error: GatewayError) -> Response:
    """Answer that nothing of the request was taken."""
    status = next((number for kind, number in _HTTP_STATUS if isinstance(error, kind)), 500)
    why = {"batch_no": batch_no, "code": error.code, "message_en": error.text("en"), "field": error.facts.get("field")}
    body = {"code": status, "msg": error.text("zh"), "data": why}
    headers = {**_JSON, "retry-after": str(seconds_to_wait(error))} if status in (429, 503) else _JSON
    return Response(status=status, headers=headers, body=json_guard.dumps(body))


def _result(index: int, outcome: Outcome) -> dict[str, Any]:
    reason = outcome.code or f"justice_office.{'accepted' if outcome.fate == 'accepted' else 'received'}"
    return {
        "index": index,
        "record_no": own_id(outcome.kind, outcome.record_id),
        "result": _RESULT[outcome.fate],
        "receipt_no": outcome.receipt_id,
        "gateway_no": outcome.case_id,
        "reason": outcome.code,
        "message": text(reason, "zh", **outcome.facts),
        "message_en": text(reason, "en", **outcome.facts),
        "field": outcome.field,
        "received_time": write_moment(outcome.received_at, "datetime") if outcome.received_at else None,
    }
