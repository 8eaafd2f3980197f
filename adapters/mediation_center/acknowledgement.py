"""What the gateway answers a centre: the fate of every record of its batch, or why the batch was not taken.

200   every record was taken           {"success": true, "batchNo", "results": [{"index", "recordId", "status", …}]}
207   at least one was refused         the same
4xx   the batch as a whole was not     {"success": false, "batchNo", "errorCode", "errorMsg", "errorMsgEn", "field"}
503   nothing was kept: send it again  the same, with Retry-After
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
_STATUS = {"accepted": "ACCEPTED", "held": "RECEIVED", "parked": "RECEIVED", "refused": "REFUSED"}
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
    refused = any(outcome.fate == "refused" for outcome in outcomes)
    body = {"success": True, "batchNo": batch_no, "results": results}
    return Response(status=207 if refused else 200, headers=_JSON, body=json_guard.dumps(body))


def refusal(batch_no: str | None, error: GatewayError) -> Response:
    """Answer that nothing of the request was taken."""
    status = next((number for kind, number in _HTTP_STATUS if isinstance(error, kind)), 500)
    body = {
        "success": False,
        "batchNo": batch_no,
        "errorCode": error.code,
        "errorMsg": error.text("zh"),
        "errorMsgEn": error.text("en"),
        "field": error.facts.get("field"),
    }
    headers = {**_JSON, "retry-after": str(seconds_to_wait(error))} if status in (429, 503) else _JSON
    return Response(status=status, headers=headers, body=json_guard.dumps(body))


def _result(index: int, outcome: Outcome) -> dict[str, Any]:
    reason = outcome.code or f"mediation_center.{'accepted' if outcome.fate == 'accepted' else 'received'}"
    return {
        "index": index,
        "recordId": own_id(outcome.kind, outcome.record_id),
        "status": _STATUS[outcome.fate],
        "receiptNo": outcome.receipt_id,
        "gatewayCaseNo": outcome.case_id,
        "code": outcome.code or "0",
        "message": text(reason, "zh", **outcome.facts),
        "messageEn": text(reason, "en", **outcome.facts),
        "field": outcome.field,
        "receivedTime": write_moment(outcome.received_at, "datetime") if outcome.received_at else None,
    }
