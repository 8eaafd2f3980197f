"""What we answer the OA: ``<ydxx><dm/><ms/><bwbh/><zt/><hzbh/><wgajbh/><zd/><yydm/></ydxx>``."""

from __future__ import annotations

from collections.abc import Mapping

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
from gateway.wire import xml_guard

# What was only kept is called received (已收), never accepted (已受理): nobody has judged it yet.
_STATES = {"accepted": "已受理", "held": "已收", "parked": "已收", "refused": "退回"}
# Class of the error ─► HTTP status and business code. The codes are those the OA uses towards us.
_REFUSALS: tuple[tuple[type[GatewayError], int, str], ...] = (
    (NotAuthentic, 401, "2001"),
    (NotAuthorised, 403, "2003"),
    (Undecodable, 400, "3001"),
    (Conflicting, 409, "3003"),
    (NotFound, 404, "4004"),
    (Overloaded, 429, "1001"),
    (StoreUnavailable, 503, "1002"),
)


def acknowledgement(outcome: Outcome) -> Response:
    """Tell the OA what became of its message; nothing here depends on how often it was sent."""
    refused = outcome.fate == "refused"
    code = (outcome.code or "court_oa.refused") if refused else f"court_oa.{outcome.fate}"
    facts = outcome.facts if refused else {}
    said = {
        "dm": "3001" if refused else "0000",
        "ms": GatewayError(code, **facts).text("zh"),
        "bwbh": outcome.record_id,
        "zt": _STATES[outcome.fate],
        "hzbh": outcome.receipt_id,
        "wgajbh": outcome.case_id,
        "zd": outcome.field if refused else None,
        "yydm": code if refused else None,
    }
    return _response(200, said)


def refusal(error: GatewayError) -> Response:
    """Tell the OA that its request as a whole was not taken."""
    status, code = next(((status, code) for kind, status, code in _REFUSALS if isinstance(error, kind)), (500, "9999"))
    headers = {"retry-after": str(seconds_to_wait(error))} if status in (429, 503) else {}
    field = str(error.facts["field"]) if isinstance(error, Undecodable) and "field" in error.facts else None
    return _response(status, {"dm": code, "ms": error.text("zh"), "zd": field, "yydm": error.code}, headers)


def _response(status: int, said: Mapping[str, str | None], headers: Mapping[str, str] | None = None) -> Response:
    body = xml_guard.dumps({"ydxx": {name: value for name, value in said.items() if value is not None}})
    return Response(
        status=status, headers={"content-type": "application/xml; charset=utf-8", **(headers or {})}, body=body
    )
