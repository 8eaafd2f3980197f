"""What a partner is answered: a template around the fate of each record, and the codes and statuses of its row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from adapters.rest.bodies import Body
from adapters.rest.templates import checked, filled
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
from gateway.texts import text
from gateway.wire.settings_form import Form

FATES = ("accepted", "held", "parked", "refused")
# Class of the error ─► its name in the row, and the HTTP status unless the row has another.
ERRORS: tuple[tuple[type[GatewayError], str, int], ...] = (
    (NotAuthentic, "not_authentic", 401),
    (NotAuthorised, "not_authorised", 403),
    (Undecodable, "undecodable", 400),
    (Conflicting, "conflicting", 409),
    (NotFound, "not_found", 404),
    (Overloaded, "busy", 429),
    (StoreUnavailable, "unavailable", 503),
)
OTHER = "fault"
NAMES = (*FATES, *(name for _, name, _ in ERRORS), OTHER)
WHOLE = frozenset({"code", "text", "results", "result", "count"})
EACH = frozenset(
    {"record_id", "kind", "receipt", "message_id", "case_id", "state", "code", "reason", "reason_code", "field"}
)
# What was only kept is called received (已收), never accepted (已受理): nobody has judged it yet.
STATES = {"accepted": "已受理", "held": "已收", "parked": "已收", "refused": "退回"}
_EVERYTHING = {name: f"{{{name}}}" for name in ("record_id", "receipt", "case_id", "state", "field", "reason")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """How a partner is answered. ``codes`` and ``statuses`` by fate and by error, as ``NAMES`` has them."""

    body: Body = field(default_factory=Body)
    template: Any = field(default_factory=lambda: {"code": "{code}", "msg": "{text}", "data": "{results}"})
    each: Any = field(default_factory=lambda: _EVERYTHING)
    codes: Mapping[str, Any] = field(default_factory=dict)
    statuses: Mapping[str, int] = field(default_factory=dict)

    def of(self, outcomes: Sequence[Outcome]) -> Response:
        """Say what became of records; nothing here depends on how often they were sent."""
        results = [filled(self.each, self._told(outcome)) for outcome in outcomes]
        fates = {outcome.fate for outcome in outcomes}
        fate = next(iter(fates)) if len(fates) == 1 else "held"
        said = _reason(outcomes[0]) if len(outcomes) == 1 else text("rest.batch", "zh", count=len(outcomes))
        return self._response(fate, said, results, self.statuses.get(fate, 200))

    def refusal(self, error: GatewayError) -> Response:
        """Say that a request as a whole was not taken."""
        known = ((name, status) for kind, name, status in ERRORS if isinstance(error, kind))
        name, status = next(known, (OTHER, 500))
        status = self.statuses.get(name, status)
        headers = {"retry-after": str(seconds_to_wait(error))} if status in (429, 503) else {}
        return self._response(name, error.text("zh"), [], status, headers)

    def _response(
        self, name: str, said: str, results: list[Any], status: int, headers: Mapping[str, str] | None = None
    ) -> Response:
        values = {
            "code": self._code(name), "text": said, "results": results, "count": len(results),
            "result": results[0] if results else None,
        }  # fmt: skip
        body = self.body.write(filled(self.template, values))
        return Response(status=status, headers={"content-type": self.body.media_type, **(headers or {})}, body=body)

    def _code(self, name: str) -> Any:
        return self.codes.get(name, 0 if name in ("accepted", "held", "parked") else 1)

    def _told(self, outcome: Outcome) -> dict[str, Any]:
        refused = outcome.fate == "refused"
        return {
            "record_id": outcome.record_id, "kind": outcome.kind, "receipt": outcome.receipt_id,
            "message_id": outcome.message_id, "case_id": outcome.case_id, "state": STATES[outcome.fate],
            "code": self._code(outcome.fate), "reason": _reason(outcome), "field": outcome.field if refused else None,
            "reason_code": outcome.code if refused else None,
        }  # fmt: skip


def read_acknowledgement(form: Form, body: Body) -> Acknowledgement:
    """Return how a partner is answered, from its settings. Raises ConfigurationFault."""
    format_ = form.choice("format", ("json", "xml"), "xml" if body.format == "xml" else "json")
    usual = Acknowledgement()
    whole = {"Response": usual.template} if format_ == "xml" else usual.template
    template, each = checked(form, "body", WHOLE), checked(form, "result", EACH)
    template = whole if template is None else template
    if format_ == "xml" and (not isinstance(template, Mapping) or len(template) != 1):
        raise form.fault("body", "rest.body_shape", "XML has one element around everything")
    statuses = form.inner("statuses")
    return Acknowledgement(
        body=Body(format=format_, charset=body.charset),  # type: ignore[arg-type]  # one of them
        template=template,
        each=usual.each if each is None else each,
        codes=_codes(form),
        statuses={
            name: statuses.whole(name, 200, least=200, most=599) for name in NAMES if name in statuses
        },
    )  # fmt: skip


def _codes(form: Form) -> Mapping[str, Any]:
    codes = form.mapping("codes")
    for name, code in codes.items():
        if name not in NAMES:
            raise Form(codes, f"{form.at}.codes").fault(
                name, "configuration.not_one_of", f"it must be one of {', '.join(NAMES)}", known=", ".join(NAMES)
            )
        if not isinstance(code, str | int):
            raise Form(codes, f"{form.at}.codes").fault(
                name, "configuration.expected_text", "it must be text or a number"
            )
    return codes


def _reason(outcome: Outcome) -> str:
    if outcome.fate == "refused":
        return text(outcome.code or "gateway.fault", "zh", **outcome.facts)
    return text(f"rest.{outcome.fate}", "zh")
