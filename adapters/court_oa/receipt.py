"""Read what the OA answers: ``<ydxx><dm>code</dm><ms/><bwbh/><ajbh/><slh/><clbh/><zd/></ydxx>``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from adapters.court_oa.settings import Meaning
from gateway.contract import Receipt, Record, Response
from gateway.errors import GatewayError, PermanentFailure, TemporaryFailure, Undecodable
from gateway.wire import retry_after, xml_guard
from gateway.wire.quotation import without_words

_FIELD_PATH = re.compile(r"[\w.\[\]]{1,100}", re.ASCII)
_CODE = re.compile(r"[A-Za-z0-9_-]{1,20}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the OA answered; ``code`` is its business code, or ``HTTP`` and the status where there was none."""

    meaning: Meaning
    code: str
    said: Mapping[str, Any] = field(default_factory=dict, repr=False)
    wait: float | None = None  # seconds

    @property
    def good(self) -> bool:
        """Say whether the OA has what was sent."""
        return self.meaning in ("done", "repeated")

    def text(self, name: str) -> str | None:
        """Return a text of the answer; None where there is none."""
        value = self.said.get(name)
        return value if isinstance(value, str) and value else None


def read_answer(response: Response, meanings: Mapping[str, Meaning], *, now: datetime) -> Answer:
    """Return what a response means; one that is not in the OA's dialect is judged by its HTTP status."""
    said, status = _said(response.body), response.status
    wait = retry_after.seconds(response.headers, now)
    code = said.get("dm") if said else None
    if status in (408, 425, 429) or status >= 500:
        return Answer(meaning="busy", code=f"HTTP {status}", wait=wait)
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        # A page of some proxy in between, or another address: nothing is known of the message.
        return Answer(meaning="refused" if status in (400, 413, 415, 422) else "connection", code=f"HTTP {status}")
    meaning = meanings.get(code, "refused")
    if status in (401, 403) or (status >= 300 and meaning in ("done", "repeated")):
        meaning = "connection"
    return Answer(meaning=meaning, code=code, said=said or {}, wait=wait)


def read_receipt(answer: Answer, record: Record, *, known: bool = False) -> Receipt:
    """Return the receipt for ``record``. On a connection that went out of step an answer may be another message's."""
    if answer.text("bwbh") != record.id:
        raise TemporaryFailure("court_oa.answer_of_another", answer=answer.code)
    repeated = known or answer.meaning == "repeated"
    return Receipt(case_id=answer.text("ajbh"), record_id=answer.text("slh"), already_received=repeated)


def failure(answer: Answer, record: Record) -> GatewayError:
    """Return the failure that an answer stands for."""
    if answer.meaning == "busy":
        return TemporaryFailure("court_oa.busy", retry_after=answer.wait, answer=answer.code)
    if answer.meaning == "connection":
        return TemporaryFailure("court_oa.connection_refused", retry_after=answer.wait, answer=answer.code)
    path = answer.text("zd")
    names = (each.name for each in record.attachments)
    reason = without_words(answer.text("ms") or "", (*names, *_texts(record.fields)))[:200]
    return PermanentFailure(
        "court_oa.delivery_refused",
        answer=answer.code,
        reason=reason or None,
        field=path if path and _FIELD_PATH.fullmatch(path) else None,
    )


def _said(body: bytes) -> Mapping[str, Any] | None:
    try:
        said = xml_guard.loads(body).get("ydxx")
    except Undecodable:
        return None
    return said if isinstance(said, dict) else None


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)
