"""Answers, ours to the police and theirs to us: what became of a record is a code inside, whatever HTTP says.

ours     1 已受理 │ 2 已收到 │ -1 退回 (zdmc: the field)            HTTP 200
         a request that was not taken as a whole                   a SOAP fault, with its HTTP status and a code inside
theirs   success_codes, already_received_codes ─► Receipt
         temporary_codes, not_let_in_codes, 429, 5xx ─► TemporaryFailure      anything else ─► PermanentFailure
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from adapters.police.envelope import charset_of, read_answer, write_answer, write_fault
from adapters.police.settings import Settings
from gateway.canonical.identifiers import write_moment
from gateway.contract import Outcome, Receipt, Record, Response
from gateway.errors import (
    Conflicting,
    GatewayError,
    NotAuthentic,
    NotAuthorised,
    NotFound,
    Overloaded,
    PermanentFailure,
    StoreUnavailable,
    TemporaryFailure,
    TooMany,
    Undecodable,
    seconds_to_wait,
)
from gateway.texts import text
from gateway.wire import retry_after
from gateway.wire.quotation import without_words

# Held and parked records are received (已收), not accepted (已受理): nobody has judged them yet.
CODES = {"accepted": "1", "held": "2", "parked": "2", "refused": "-1"}
_STATUSES: tuple[tuple[type[GatewayError], int, str], ...] = (
    (NotAuthentic, 401, "-2"),
    (NotAuthorised, 403, "-2"),
    (NotFound, 404, "-3"),
    (Conflicting, 409, "-1"),
    (Undecodable, 400, "-3"),
    (TooMany, 429, "-8"),
    (Overloaded, 503, "-8"),
    (StoreUnavailable, 503, "-9"),
)
_LONGEST_TEXT = 120
_LONGEST_ID = 128
_LONGEST_CODE = 20
_LONGEST_WAIT = 86_400


def acknowledgement(outcome: Outcome, *, charset: str) -> Response:
    """Say what became of a record; nothing here depends on how often it was sent."""
    reason = outcome.code or f"police.{'accepted' if outcome.fate == 'accepted' else 'received'}"
    head = {"code": CODES[outcome.fate], "message": text(reason, "zh", **outcome.facts)}
    body: dict[str, str | None] = {
        "bwbh": outcome.record_id,
        "hzbh": outcome.receipt_id,
        "wgajbh": outcome.case_id,
        "zdmc": outcome.field,
        "sbsj": str(write_moment(outcome.received_at, "datetime")) if outcome.received_at else None,
    }
    return _response(200, write_answer(head, body, charset=charset), charset)


def refusal(error: GatewayError, *, charset: str) -> Response:
    """Say that a request was not taken as a whole."""
    known = ((status, code) for kind, status, code in _STATUSES if isinstance(error, kind))
    status, code = next(known, (500, "-9"))
    field = error.facts.get("field")
    wait = str(seconds_to_wait(error)) if status in (429, 503) else None
    detail: dict[str, str | None] = {"code": code, "zdmc": None if field is None else str(field), "ddms": wait}
    fault = write_fault(error.text("zh"), detail, sender=status < 429, charset=charset)
    return _response(status, fault, charset, wait)


def read_receipt(response: Response, *, sent: Record | None, settings: Settings, now: datetime) -> Receipt:
    """Return the receipt in an answer to ``sent`` (None: not at hand). Raises TemporaryFailure or PermanentFailure."""
    status, wait = response.status, retry_after.seconds(response.headers, now)
    if status in (401, 403):
        raise TemporaryFailure("police.not_let_in", retry_after=wait, partner_code=str(status))
    if status in (408, 429) or status >= 500:
        raise TemporaryFailure("police.unavailable", retry_after=wait, status=status)
    answer = read_answer(response.body, declared=charset_of(response.headers))
    if answer is None:
        raise TemporaryFailure("police.answer_unreadable", retry_after=wait, status=status)
    if sent is not None and answer.get("bwbh") not in (None, sent.id):  # on a connection that went out of step
        raise TemporaryFailure("police.answer_of_another")
    return _judged(answer, status, sent, settings)


def _judged(answer: Mapping[str, Any], status: int, sent: Record | None, settings: Settings) -> Receipt:
    code = str(answer.get("code") or "")[:_LONGEST_CODE]
    known = code in settings.already_received_codes
    if status < 300 and (known or code in settings.success_codes):
        return Receipt(case_id=_id(answer.get("ajbh")), record_id=_id(answer.get("hzbh")), already_received=known)
    if code in settings.not_let_in_codes:
        raise TemporaryFailure("police.not_let_in", retry_after=_seconds(answer), partner_code=code)
    if code in settings.temporary_codes:
        raise TemporaryFailure("police.busy", retry_after=_seconds(answer), partner_code=code)
    raise PermanentFailure(
        "police.refused", partner_code=without_words(code, ()) or None, partner_text=_sentence(answer, sent) or None
    )


def _sentence(answer: Mapping[str, Any], sent: Record | None) -> str:
    """Return their sentence without what it quotes of the record, and without what is in no sentence."""
    said = "".join(each for each in str(answer.get("message") or "") if each.isprintable())
    return without_words(said, _words(sent.fields if sent else {}))[:_LONGEST_TEXT]


def _words(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _words(inner)
    elif isinstance(value, Sequence):
        for inner in value:
            yield from _words(inner)


def _seconds(answer: Mapping[str, Any]) -> float | None:
    stated = answer.get("ddms")
    usable = isinstance(stated, str) and stated.isascii() and stated.isdigit() and len(stated) <= 6
    return float(min(int(str(stated)), _LONGEST_WAIT)) if usable else None


def _id(value: Any) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= _LONGEST_ID else None


def _response(status: int, body: bytes, charset: str, wait: str | None = None) -> Response:
    headers = {"content-type": f"text/xml; charset={charset}", **({"retry-after": wait} if wait else {})}
    return Response(status=status, headers=headers, body=body)
