"""Read what a centre answers to a delivery: taken, taken before, not now, or never.

    {"success": true,  "data": {"recordId"?, "eventId", "receiptNo", "duplicate"?}}  Receipt, where it is this record's
    {"success": false, "errorCode", "errorMsg", "errorField"?}                       by its code
    429, 408, 425, 5xx                                                               TemporaryFailure, Retry-After kept
    401, 403 and 404 without the centre's own words, an answer that is no answer     TemporaryFailure
    every other refusal                                                              PermanentFailure

A wrong secret or address is the configuration's fault and not the record's, so the record waits for it to be mended.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from adapters.mediation_center.settings import Settings
from gateway.canonical.identifiers import BEIJING
from gateway.contract import Receipt, Record, Response
from gateway.errors import PermanentFailure, TemporaryFailure, Undecodable
from gateway.wire import charsets, json_guard

_NOT_NOW = (408, 425)
_NOT_LET_IN = (401, 403)
_LONGEST_TEXT = 120
_LONGEST_CODE = 40
_LONG_NUMBER = re.compile(r"[0-9][0-9Xx -]{4,}[0-9Xx]")  # identity and telephone numbers, spaced or not
_NOT_A_CODE = re.compile(r"[^\w.\[\]-]+")


def read_receipt(response: Response, *, sent: Record, settings: Settings, now: datetime) -> Receipt:
    """Return the centre's receipt for ``sent``. Raises TemporaryFailure or PermanentFailure."""
    answer = _own_answer(response, now)
    kept = _found(answer)
    if kept.get("recordId", sent.id) != sent.id:  # on a connection that went out of step
        raise TemporaryFailure("mediation_center.answer_of_another")
    known = _code(answer.get("errorCode")) in settings.already_received_codes or kept.get("duplicate") is True
    if known or _is_success(response, answer):
        return Receipt(case_id=_id(kept.get("eventId")), record_id=_id(kept.get("receiptNo")), already_received=known)
    raise _refusal(response, answer, sent=sent, settings=settings, now=now)


def read_found(response: Response, *, settings: Settings, now: datetime) -> Mapping[str, Any]:
    """Return what the centre found when it was asked for something. Raises TemporaryFailure or PermanentFailure."""
    answer = _own_answer(response, now)
    if _is_success(response, answer):
        return _found(answer)
    raise _refusal(response, answer, sent=None, settings=settings, now=now)


def _own_answer(response: Response, now: datetime) -> dict[str, Any]:
    """Return an answer that is the centre's own, of whatever meaning. Raises TemporaryFailure or PermanentFailure."""
    status, wait = response.status, _retry_after(response.headers.get("retry-after"), now)
    if status == 429:
        raise TemporaryFailure("mediation_center.too_many_requests", retry_after=wait, seconds=wait)
    if status >= 500 or status in _NOT_NOW:
        raise TemporaryFailure("mediation_center.unavailable", retry_after=wait, status=status)
    answer = _answer(response)
    if answer is None:
        raise _not_the_dialect(status, wait)
    return answer


def _found(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    found = answer.get("data")
    return found if isinstance(found, dict) else {}


def _is_success(response: Response, answer: Mapping[str, Any]) -> bool:
    return answer["success"] is True and response.status < 300


def _refusal(
    response: Response, answer: Mapping[str, Any], *, sent: Record | None, settings: Settings, now: datetime
) -> TemporaryFailure | PermanentFailure:
    status, wait = response.status, _retry_after(response.headers.get("retry-after"), now)
    code = _code(answer.get("errorCode"))
    if status == 401:
        return TemporaryFailure("mediation_center.not_let_in", retry_after=wait, status=status)
    if code in settings.temporary_codes:
        return TemporaryFailure("mediation_center.busy", retry_after=wait, partner_code=code)
    return PermanentFailure(
        "mediation_center.refused",
        status=status,
        partner_code=code or None,
        partner_text=_without_persons(answer.get("errorMsg"), sent) or None,
        partner_field=_code(answer.get("errorField")) or None,
    )


def _answer(response: Response) -> dict[str, Any] | None:
    """Return the answer when it is one of the centre's own; a proxy or a login page is not."""
    try:
        answer = json_guard.loads(charsets.decode(response.body, _charset(response)))
    except Undecodable:
        return None
    return answer if isinstance(answer, dict) and isinstance(answer.get("success"), bool) else None


def _charset(response: Response) -> str | None:
    return response.headers.get("content-type", "").lower().partition("charset=")[2].partition(";")[0] or None


def _not_the_dialect(status: int, wait: float | None) -> TemporaryFailure | PermanentFailure:
    if status in _NOT_LET_IN:
        return TemporaryFailure("mediation_center.not_let_in", retry_after=wait, status=status)
    if 400 <= status < 500 and status != 404:
        return PermanentFailure("mediation_center.refused", status=status)
    return TemporaryFailure("mediation_center.answer_unreadable", retry_after=wait, status=status)


def _retry_after(value: str | None, now: datetime) -> float | None:
    """Read seconds or an HTTP date (RFC 9110 §10.2.3); None for anything else."""
    stated = (value or "").strip()
    if stated.isascii() and stated.isdigit():
        return float(stated[:9])
    try:
        moment = parsedate_to_datetime(stated)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=BEIJING)
    return max(0.0, (aware - now).total_seconds())


def _id(value: Any) -> str | None:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) and value != "" else None


def _code(value: Any) -> str:
    """Return a code or field path as words without anything personal in it; "" for none."""
    return _LONG_NUMBER.sub("***", _NOT_A_CODE.sub("", str(value or ""))[:_LONGEST_CODE])


def _without_persons(value: Any, sent: Record | None) -> str:
    """Return the centre's sentence without any of the values that were sent to it: it likes to quote them."""
    sentence = "".join(character for character in str(value or "") if character.isprintable())
    for said in sorted(set(_texts(sent.fields if sent else {})), key=len, reverse=True):
        sentence = sentence.replace(said, "***")
    return _LONG_NUMBER.sub("***", sentence)[:_LONGEST_TEXT]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if len(value) >= 2 and not value.isdigit():
            yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, Sequence):
        for inner in value:
            yield from _texts(inner)
