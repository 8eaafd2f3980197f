"""The dialect of partners that speak our own language: canonical messages, Standard Webhooks or a bearer token.

    POST /v1/messages   one message, or {"messages": [...]}      ─► {"results": [{receipt, fate, …}]}
Refusals are problems of RFC 9457, in Chinese and English. It is the left half of an adapter only: nothing is delivered
through it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, TypeGuard

import orjson

from gateway import texts
from gateway.contract import (
    Attachment,
    Authentic,
    Exchange,
    Handed,
    Outcome,
    Partner,
    Receipt,
    Record,
    Request,
    Response,
)
from gateway.errors import (
    Conflicting,
    GatewayError,
    NotAuthentic,
    NotAuthorised,
    NotFound,
    Overloaded,
    PermanentFailure,
    StoreUnavailable,
    TooMany,
    Undecodable,
    seconds_to_wait,
)
from gateway.wire import json_guard, standard_webhooks

STATUS: Mapping[type[GatewayError], int] = {
    NotAuthentic: 401,
    NotAuthorised: 403,
    NotFound: 404,
    Undecodable: 400,
    Conflicting: 409,
    TooMany: 429,
    Overloaded: 503,
    StoreUnavailable: 503,
}
TOO_LARGE = frozenset({"wire.too_large", "store.document_too_big"})
PROBLEM = "application/problem+json"
MAX_MESSAGES = 1000  # in one request: each is translated while others wait
LONGEST_NAME = 128


class Proofs(Protocol):
    """How a partner proves who it is: digests of its tokens, and the names of the secrets that it signs with."""

    @property
    def bearer_sha256(self) -> tuple[str, ...]: ...

    @property
    def webhook_secrets(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """Proofs that no row of configuration holds."""

    bearer_sha256: tuple[str, ...] = ()
    webhook_secrets: tuple[str, ...] = ()


class CanonicalDialect:
    """Authenticate, decode and answer requests in the common language."""

    name: ClassVar[str] = "canonical"
    inlines_up_to: ClassVar[int] = 0
    recognises_resends: ClassVar[bool] = True

    def __init__(self, partner: Partner, door: Proofs | None = None) -> None:
        self._partner = partner
        self._door = door or Proven()

    def authenticate(self, request: Request) -> Authentic:
        """Accept a Standard Webhooks signature or a bearer token whose digest the row holds. Raises NotAuthentic."""
        authorization = request.headers.get("authorization", "")
        if authorization.lower().startswith("bearer "):
            return self._by_token(authorization[7:].strip())
        secrets = [self._partner.secret(name) for name in self._door.webhook_secrets]
        body = request.body if isinstance(request.body, bytes) else b""
        standard_webhooks.verify(secrets, request.headers, body, now=self._partner.now())
        return Authentic(key_id="canonical:webhook")

    def decode(self, request: Request) -> list[Record]:
        """Return one record per message. Raises Undecodable."""
        value = json_guard.loads(request.body if isinstance(request.body, bytes) else b"")
        messages = value.get("messages") if isinstance(value, dict) and "messages" in value else [value]
        if not isinstance(messages, list) or not messages or not all(isinstance(each, dict) for each in messages):
            raise Undecodable("canonical.not_messages")
        if len(messages) > MAX_MESSAGES:
            raise Undecodable("canonical.too_many_messages", count=len(messages), limit=MAX_MESSAGES)
        return [_record(message) for message in messages]

    def acknowledge(self, request: Request, outcomes: Sequence[Outcome]) -> Response:
        """Answer what became of each message: 202 when any was taken, 422 when every one was refused."""
        language = texts.preferred(request.headers.get("accept-language"))
        refused = all(outcome.fate == "refused" for outcome in outcomes)
        if refused and len(outcomes) == 1:
            return problem(outcomes[0].code or "gateway.fault", 422, language, outcomes[0].facts, _told(outcomes[0]))
        body = {"results": [_told(outcome) for outcome in outcomes]}
        headers = {"content-type": "application/json", "content-language": "zh, en"}
        return Response(status=422 if refused else 202, headers=headers, body=orjson.dumps(body))

    def refuse(self, request: Request, error: GatewayError) -> Response:
        """Answer a problem (RFC 9457)."""
        language = texts.preferred(request.headers.get("accept-language"))
        return problem(error.code, status_of(error), language, error.facts, wait=seconds_to_wait(error))

    def deliver(self, record: Record) -> Exchange[Receipt | Handed]:  # noqa: ARG002  # the contract's
        """Refuse: this dialect receives only. Raises PermanentFailure."""
        yield from ()  # a generator, as the contract has it
        raise PermanentFailure("delivery.no_address", partner=self._partner.name)

    def _by_token(self, token: str) -> Authentic:
        digest = hashlib.sha256(token.encode()).hexdigest()
        if not any(hmac.compare_digest(digest, known) for known in self._door.bearer_sha256):
            raise NotAuthentic("auth.token_unknown")
        return Authentic(key_id=f"canonical:bearer:{digest[:12]}")


def status_of(error: GatewayError) -> int:
    """Return the HTTP status of an error at a door that speaks HTTP plainly."""
    if error.code in TOO_LARGE:
        return 413
    return next((status for kind, status in STATUS.items() if isinstance(error, kind)), 500)


def problem(
    code: str,
    status: int,
    language: texts.Language,
    facts: Mapping[str, Any],
    extra: Mapping[str, Any] | None = None,
    *,
    wait: int = 5,
) -> Response:
    """Return a problem document (RFC 9457) with its text in both languages, the asked one as ``detail``.

    ``wait``: seconds after which a sender that was too early may come again.
    """
    both = texts.both(code, **facts)
    body = {
        "type": f"urn:fengqiao:problem:{code}",
        "title": both[language],
        "status": status,
        "detail": both[language],
        "code": code,
        "texts": both,
        **(extra or {}),
    }
    headers = {"content-type": PROBLEM, "content-language": language}
    if status in (429, 503):
        headers["retry-after"] = str(wait)
    return Response(status=status, headers=headers, body=orjson.dumps(body))


def _record(message: Mapping[str, Any]) -> Record:
    kind, record_id = message.get("type"), message.get("id")
    data = message.get("data")
    listed = data.get("documents") if isinstance(data, dict) else None
    papers = listed if isinstance(listed, list) else ()
    return Record(
        kind=kind if _is_name(kind) else "unreadable",
        id=record_id if _is_name(record_id) else _digest(message),
        fields=message,
        attachments=tuple(_attachment(paper) for paper in papers if isinstance(paper, dict)),
    )


def _is_name(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_NAME


def _attachment(paper: Mapping[str, Any]) -> Attachment:
    def text(name: str) -> str | None:
        value = paper.get(name)
        return value if isinstance(value, str) else None

    size = paper.get("size")
    return Attachment(
        id=text("partner_id") or "",
        name=text("name") or "",
        kind=text("kind") or "other",
        media_type=text("media_type") or "application/octet-stream",
        size=size if isinstance(size, int) else None,
        sha256=text("sha256"),
        sm3=text("sm3"),
    )


def _digest(message: Mapping[str, Any]) -> str:
    return hashlib.sha256(orjson.dumps(message, option=orjson.OPT_SORT_KEYS, default=str)).hexdigest()


def _told(outcome: Outcome) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": outcome.record_id,
        "receipt": outcome.receipt_id,
        "fate": outcome.fate,
        "message": outcome.message_id,
        "case": outcome.case_id,
        "repeated": outcome.repeated,
    }
    if outcome.code:
        told |= {"code": outcome.code, "field": outcome.field, "texts": texts.both(outcome.code, **outcome.facts)}
    return told
