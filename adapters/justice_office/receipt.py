"""Read what an office answers to a delivery: taken, taken before, not now, or never.

    {"code": 0, "data": {"record_no"?, "mediation_no", "receipt_no", "duplicate"?}}  Receipt, where it is this record's
    {"code": 1001 | 9001 | …, "msg", "data": {"field"}?}                             by its code, under HTTP 200
    429, 408, 425, 5xx                                                               TemporaryFailure, Retry-After kept
    401, 403 and 404 without the office's own words, an answer that is no answer     TemporaryFailure
    every other refusal                                                              PermanentFailure

A wrong secret or address is the configuration's fault and not the record's, so the record waits for it to be mended.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from adapters.justice_office.settings import Settings
from gateway.contract import Receipt, Record, Response
from gateway.errors import PermanentFailure, TemporaryFailure, Undecodable
from gateway.wire import charsets, json_guard, retry_after

_NOT_NOW = (408, 425)
_NOT_LET_IN = (401, 403)
SUCCESS = "0"
_LONGEST_TEXT = 120
_LONGEST_CODE = 40
_LONG_NUMBER = re.compile(r"[0-9][0-9Xx -]{4,}[0-9Xx]")  # identity and telephone numbers, spaced or not
_NOT_A_CODE = re.compile(r"[^\w.\[\]-]+")


def read_receipt(response: Response, *, sent: Record, settings: Settings, now: datetime) -> Receipt:
    """Return the office's receipt for ``sent``. Raises TemporaryFailure or PermanentFailure."""
    answer = _own_answer(response, now)
    kept = _found(answer)
    if kept.get("record_no", sent.id) != sent.id:  # on a connection that went out of step
        raise TemporaryFailure("justice_office.answer_of_another")
    known = _code(answer.get("code")) in settings.already_received_codes or kept.get("duplicate") is True
    if known or _is_success(response, answer):
        case_id, record_id = _id(kept.get("mediation_no")), _id(kept.get("receipt_no"))
        return Receipt(case_id=case_id, record_id=record_id, already_received=known)
    raise _refusal(response, answer, sent=sent, settings=settings, now=now)


def read_found(response: Response, *, settings: Settings, now: datetime) -> Mapping[str, Any]:
    """Return what the office found when it was asked for something. Raises TemporaryFailure or PermanentFailure."""
    answer = _own_answer(response, now)
    if _is_success(response, answer):
        return _found(answer)
    raise _refusal(response, answer, sent=None, settings=settings, now=now)


def _own_answer(response: Response, now: datetime) -> dict[str, Any]:
    """Return an answer that is the office's own, of whatever meaning. Raises TemporaryFailure or PermanentFailure."""
    status, wait = response.status, retry_after.seconds(response.headers, now)
    if status == 429:
        raise TemporaryFailure("justice_office.too_many_requests", retry_after=wait, seconds=wait)
    if status >= 500 or status in _NOT_NOW:
        raise TemporaryFailure("justice_office.unavailable", retry_after=wait, status=status)
    answer = _answer(response)
    if answer is None:
        raise _not_the_dialect(status, wait)
    return answer


def _found(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    found = answer.get("data")
    return found if isinstance(found, dict) else {}


def _is_success(response: Response, answer: Mapping[str, Any]) -> bool:
    return _code(answer["code"]) == SUCCESS and response.status < 300


def _refusal(
    response: Response, answer: Mapping[str, Any], *, sent: Record | None, settings: Settings, now: datetime
) -> TemporaryFailure | PermanentFailure:
    status, wait = response.status, retry_after.seconds(response.headers, now)
    code = _code(answer.get("code"))
    if status == 401 or code in settings.not_let_in_codes:
        return TemporaryFailure("justice_office.not_let_in", retry_after=wait, status=status)
    if code in settings.temporary_codes:
        return TemporaryFailure("justice_office.busy", retry_after=wait, partner_code=code)
    return PermanentFailure(
        "justice_office.refused",
        status=status,
        partner_code=code or None,
        partner_text=_without_persons(answer.get("msg"), sent) or None,
        partner_field=_code(_found(answer).get("field")) or None,
    )


def _answer(response: Response) -> dict[str, Any] | None:
    """Return the answer when it is one of the office's own; a proxy or a login page is not."""
    try:
        answer = json_guard.loads(charsets.decode(response.body, _charset(response)))
    except Undecodable:
        return None
    return answer if isinstance(answer, dict) and _is_code(answer.get("code")) else None


def _charset(response: Response) -> str | None:
    return response.headers.get("content-type", "").lower().partition("charset=")[2].partition(";")[0] or None


def _not_the_dialect(status: int, wait: float | None) -> TemporaryFailure | PermanentFailure:
    if status in _NOT_LET_IN:
        return TemporaryFailure("justice_office.not_let_in", retry_after=wait, status=status)
    if 400 <= status < 500 and status != 404:
        return PermanentFailure("justice_office.refused", status=status)
    return TemporaryFailure("justice_office.answer_unreadable", retry_after=wait, status=status)


def _id(value: Any) -> str | None:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) and value != "" else None


def _is_code(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and value != ""


def _code(value: Any) -> str:
    """Return a code or field path as words without anything personal in it; "" for none."""
    return _LONG_NUMBER.sub("***", _NOT_A_CODE.sub("", "" if value is None else str(value))[:_LONGEST_CODE])


def _without_persons(value: Any, sent: Record | None) -> str:
    """Return the office's sentence without any of the values that were sent to it: it likes to quote them."""
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
