"""Our answers to the platform and its answers to us: ``{"code", "msg", "data"}``, errors in HTTP 200 included."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from adapters.court_platform.settings import Meaning
from gateway.contract import Outcome, Response
from gateway.errors import (
    Conflicting,
    GatewayError,
    NotAuthentic,
    NotAuthorised,
    NotFound,
    Overloaded,
    StoreUnavailable,
    Undecodable,
    seconds_to_wait,
)
from gateway.wire import json_guard

_STATES = {"accepted": "已受理", "held": "已收", "parked": "已收", "refused": "退回"}
# Class of the error ─► HTTP status and business code. The codes are those the platform uses towards us.
_REFUSALS: tuple[tuple[type[GatewayError], int, int], ...] = (
    (NotAuthentic, 401, 401),
    (NotAuthorised, 403, 5),
    (Undecodable, 400, 4),
    (Conflicting, 409, 4),
    (NotFound, 404, 7),
    (Overloaded, 429, 2),
    (StoreUnavailable, 503, 6),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the platform answered; ``code`` is its business code, or ``HTTP`` and the status where there was none."""

    meaning: Meaning
    code: str
    message: str = field(default="", repr=False)
    data: Mapping[str, Any] = field(default_factory=dict, repr=False)
    retry_after: float | None = None  # seconds

    def text(self, name: str) -> str | None:
        """Return a text or number of ``data`` as text; None where there is none."""
        value = self.data.get(name)
        if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
            return None
        return str(value)


def acknowledgement(outcome: Outcome) -> Response:
    """Tell the platform what became of its record; nothing here depends on how often it was sent."""
    data = {"xxbh": outcome.record_id, "ywlsh": outcome.receipt_id, "zt": _STATES[outcome.fate]}
    if outcome.case_id:
        data["wgajbh"] = outcome.case_id
    if outcome.fate != "refused":
        return _response(200, 0, GatewayError(f"court_platform.{outcome.fate}").text("zh"), data)
    code = outcome.code or "court_platform.refused"
    if outcome.field:
        data["zd"] = outcome.field
    return _response(200, 4, GatewayError(code, **outcome.facts).text("zh"), {**data, "yydm": code})


def refusal(error: GatewayError) -> Response:
    """Tell the platform that its request as a whole was not taken."""
    status, code = next(((status, code) for kind, status, code in _REFUSALS if isinstance(error, kind)), (500, 9))
    headers = {"retry-after": str(seconds_to_wait(error))} if status in (429, 503) else {}
    data = {"yydm": error.code}
    if isinstance(error, Undecodable) and "field" in error.facts:
        data["zd"] = str(error.facts["field"])
    return _response(status, code, error.text("zh"), data, headers)


def read_answer(response: Response, meanings: Mapping[str, Meaning], *, now: datetime) -> Answer:
    """Return what the platform's response means; one that is not in its dialect is judged by its HTTP status."""
    frame = _frame(response.body)
    if frame is None:
        return Answer(
            meaning=_by_status(response.status),
            code=f"HTTP {response.status}",
            retry_after=_retry_after(response, {}, now),
        )
    code, data = str(frame["code"]), frame.get("data")
    data = data if isinstance(data, dict) else {}
    overloaded = response.status == 429 or response.status >= 500
    return Answer(
        meaning="busy" if overloaded else meanings.get(code, "refused"),
        code=code[:20],
        message=str(frame.get("msg") or ""),
        data=data,
        retry_after=_retry_after(response, data, now),
    )


def _by_status(status: int) -> Meaning:
    if status in (408, 425, 429) or status >= 500:
        return "busy"
    if status in (401, 403):
        return "connection"
    # A page of some proxy in between: whether the platform got the request is unknown, and it recognises a resend.
    return "busy" if status < 400 else "refused"


def _frame(body: bytes) -> dict[str, Any] | None:
    try:
        frame = json_guard.loads(body)
    except Undecodable:
        return None
    code = frame.get("code") if isinstance(frame, dict) else None
    return frame if isinstance(code, str | int) and not isinstance(code, bool) else None


def _retry_after(response: Response, data: Mapping[str, Any], now: datetime) -> float | None:
    stated = response.headers.get("retry-after") or data.get("retryAfter")
    try:
        seconds = float(stated) if stated is not None else None
    except (TypeError, ValueError):
        seconds = _until(str(stated), now)
    return seconds if seconds is not None and 0 <= seconds <= 86_400 else None


def _until(date: str, now: datetime) -> float | None:
    try:
        return max(0.0, (parsedate_to_datetime(date) - now).total_seconds())
    except (TypeError, ValueError):  # not a date of RFC 9110 §5.6.7, or one without a zone
        return None


def _response(
    status: int, code: int, message: str, data: Mapping[str, str], headers: Mapping[str, str] | None = None
) -> Response:
    body = json_guard.dumps({"code": code, "msg": message, "data": data})
    return Response(
        status=status, headers={"content-type": "application/json; charset=utf-8", **(headers or {})}, body=body
    )
