"""What a partner's answer means: by its HTTP status, and by the business code wherever its row says that one lies.

    {"code": 0, "msg": "…", "data": {…}}        {"Ret": 1, "ErrCode": "…", "Msg": "…"}        <Resp><Ret>0</Ret></Resp>

Its sentences are not kept: they may quote what was sent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from adapters.rest.bodies import Body, text_at
from gateway.contract import Receipt, Record, Response
from gateway.errors import DeliveryFailure, PermanentFailure, TemporaryFailure, Undecodable
from gateway.wire import retry_after
from gateway.wire.settings_form import Form

Meaning = Literal["success", "duplicate", "temporary", "credentials", "permanent"]
MEANINGS: tuple[Meaning, ...] = ("success", "duplicate", "temporary", "credentials", "permanent")
FORMATS = ("json", "xml")
_SHOWABLE = re.compile(r"[A-Za-z0-9._-]{1,20}")
LONGEST_WAIT = 86_400  # seconds that a partner may ask for


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """How to read a partner's answers. ``codes`` and ``statuses``: what each means; ``unknown``: any other code.

    Paths: ``code``, ``case_id`` and ``record_id`` (the partner's own), ``echo`` (our id, which it repeats), ``wait``.
    """

    body: Body = field(default_factory=Body)
    code: str | None = None
    codes: Mapping[str, Meaning] = field(default_factory=dict)
    unknown: Meaning = "permanent"
    statuses: Mapping[str, Meaning] = field(default_factory=dict)
    case_id: str | None = None
    record_id: str | None = None
    echo: str | None = None
    wait: str | None = None

    def receipt(self, response: Response, record: Record, now: datetime) -> Receipt:
        """Return the partner's receipt. Raises TemporaryFailure or PermanentFailure."""
        said = self._read(response)
        code = text_at(said, self.code)
        meaning = self._meaning(response.status, said, code)
        if meaning not in ("success", "duplicate"):
            raise self._failure(meaning, response, said, code, now)
        if self.echo is not None and text_at(said, self.echo) != record.id:
            # On a connection that went out of step an answer may be another message's.
            raise TemporaryFailure("rest.answer_of_another", answer=_shown(code, response.status))
        return Receipt(
            case_id=text_at(said, self.case_id),
            record_id=text_at(said, self.record_id),
            already_received=meaning == "duplicate",
        )

    def _meaning(self, status: int, said: Any, code: str | None) -> Meaning:
        if (stated := self.statuses.get(str(status))) is not None:
            return stated
        if status in (408, 425, 429) or status >= 500:
            return "temporary"
        if said is None or (self.code is not None and code is None):
            return _without_a_code(status)
        meaning = "success" if self.code is None else self.codes.get(code or "", self.unknown)
        if status < 300 or meaning not in ("success", "permanent"):
            return meaning
        return "credentials" if status in (401, 403) else "permanent"

    def _failure(
        self, meaning: Meaning, response: Response, said: Any, code: str | None, now: datetime
    ) -> DeliveryFailure:
        answer = _shown(code, response.status)
        if meaning == "temporary":
            return TemporaryFailure("rest.busy", retry_after=self._wait(response, said, now), answer=answer)
        if meaning == "credentials":
            return TemporaryFailure("rest.credentials_refused", answer=answer)
        return PermanentFailure("rest.delivery_refused", answer=answer)

    def _wait(self, response: Response, said: Any, now: datetime) -> float | None:
        stated = retry_after.seconds(response.headers, now)
        if stated is None and (text := text_at(said, self.wait, 9)) is not None and text.isascii() and text.isdigit():
            stated = float(text)
        return stated if stated is not None and stated <= LONGEST_WAIT else None

    def _read(self, response: Response) -> Any:
        try:
            said = self.body.read(response)
        except Undecodable:
            return None
        return said if isinstance(said, Mapping) and said else None


def read_answers(form: Form, body: Body) -> Answers:
    """Return how a partner's answers are read, from its settings. Raises ConfigurationFault."""
    format_ = form.choice("format", FORMATS, "xml" if body.format == "xml" else "json")
    codes: dict[str, Meaning] = {}
    for meaning in MEANINGS:
        for code in form.words(meaning):
            if code in codes:
                why = f"the code {code} is {codes[code]} already"
                raise form.fault(meaning, "rest.code_twice", why, said=code, other=codes[code])
            codes[code] = meaning
    path = form.text_or_none("code")
    if path is not None and "success" not in codes.values():
        raise form.fault("success", "configuration.missing_field", "this field must be given where there is a code")
    statuses = form.inner("statuses")
    return Answers(
        body=Body(format=format_, charset=body.charset),  # type: ignore[arg-type]  # one of them
        code=path,
        codes=codes,
        unknown=form.choice("unknown", MEANINGS, "permanent"),
        statuses={status: statuses.choice(status, MEANINGS) for status in form.mapping("statuses")},
        case_id=form.text_or_none("case_id"),
        record_id=form.text_or_none("record_id"),
        echo=form.text_or_none("echo"),
        wait=form.text_or_none("retry_after"),
    )


def _without_a_code(status: int) -> Meaning:
    if status in (401, 403):
        return "credentials"
    # A page of some proxy in between: whether the record arrived is unknown.
    return "temporary" if status < 400 else "permanent"


def _shown(code: str | None, status: int) -> str:
    return code if code is not None and _SHOWABLE.fullmatch(code) else f"HTTP {status}"
