"""What an adapter is: a dialect without I/O. It yields requests, is sent responses, and opens no connection.

    records come in     Request ─► authenticate ─► decode ─► Record…      (the gateway keeps them)
                        Response ◄─ acknowledge ◄─ Outcome…   or   refuse ◄─ GatewayError
    records go out      Record ─► deliver ─► yields Request, is sent Response … returns Receipt | Handed
                                             raises TemporaryFailure | PermanentFailure

Transport failures (NeverReached, AnswerLost) are raised by the gateway around an exchange and never reach the adapter:
its generator is closed instead.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any, ClassVar, Literal, Protocol, TypeVar, runtime_checkable

from gateway.errors import GatewayError

Fate = Literal["accepted", "held", "parked", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A document that belongs to a record.

    Coming in, it has ``content`` or a ``url`` to fetch it from (a worker does, never the adapter). Going out, it has
    the digests of the kept document, and ``content`` when it is no larger than the adapter's ``inlines_up_to``.
    ``id`` is the partner's own id coming in, the SHA-256 of the bytes (hexadecimal) going out.
    """

    id: str
    name: str
    kind: str = "other"
    media_type: str = "application/octet-stream"
    size: int | None = None  # bytes
    sha256: str | None = None  # hexadecimal; coming in: what the partner says it is, checked by the gateway
    sm3: str | None = None  # hexadecimal
    content: bytes | None = field(default=None, repr=False)
    url: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a ``multipart/form-data`` body: text, or a kept document that the transport streams by its digest."""

    name: str
    text: str | None = field(default=None, repr=False)
    document: Attachment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An HTTP request, going either way.

    Coming in, ``path`` is the path below the partner's door, ``query`` the undecoded query string; going out, ``path``
    is appended to the partner's base URL. Header names are lower case. ``body`` is bytes, or parts to be streamed.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | tuple[Part, ...] = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """An HTTP response, going either way. Header names are lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A message in the partner's own words.

    Coming in, ``id`` is the partner's id of this record and ``version`` its correction number, where the dialect knows
    corrections. Going out, ``id`` is the message id, the same on every attempt. ``fields`` are nested as on the wire.
    """

    kind: str
    id: str
    version: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict, repr=False)
    attachments: tuple[Attachment, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Authentic:
    """Who sent a request: the id of the key used, and the nonce that must not come again before it expires."""

    key_id: str
    nonce: str | None = None
    nonce_expires: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one record; the same again for the same record sent again (``repeated`` says so).

    ``code`` and ``facts`` name the reason in the catalogue of texts when the fate is not ``accepted``; ``field`` is
    the partner's own field path. Held and parked are acknowledged as received (已收), never as accepted (已受理).
    """

    kind: str
    record_id: str
    fate: Fate
    receipt_id: str  # our id of this arrival: the partner can quote it
    message_id: str | None = None
    case_id: str | None = None
    code: str | None = None
    facts: Mapping[str, str | int | float | None] = field(default_factory=dict)
    field: str | None = None
    repeated: bool = False
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The partner's answer to a delivery. ``case_id`` and ``record_id`` are the partner's own ids."""

    case_id: str | None = None
    record_id: str | None = None
    already_received: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """The delivery left us and its receipt arrives later as a record (ferry, mailbox); ``receipt_due`` says when."""

    receipt_due: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one poll brought, and the cursor to continue from."""

    records: tuple[Record, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """The ids of our messages that a partner says it has, for one day."""

    day: date
    message_ids: frozenset[str]


Result = TypeVar("Result")
Exchange = Generator[Request, Response, Result]


class Session(Protocol):
    """What an exchange remembers between deliveries (an access token); the gateway keeps it, encrypted."""

    def get(self, name: str) -> str | None:
        """Return the value, or None when it was never put or has expired."""

    def put(self, name: str, value: str, *, expires_at: datetime | None = None) -> None:
        """Remember a value until ``expires_at`` (aware)."""

    def forget(self, name: str) -> None:
        """Drop a value, known or not."""


class MemorySession:
    """A session that lives as long as its object: for tests, and for what the gateway loads and saves around it."""

    def __init__(self, now: Callable[[], datetime] | None = None) -> None:
        self._now = now or (lambda: datetime.now(UTC))
        self.values: dict[str, tuple[str, datetime | None]] = {}
        self.changed = False

    def get(self, name: str) -> str | None:
        """Return a value that has not expired, or None."""
        value, expires_at = self.values.get(name, (None, None))
        return None if expires_at is not None and expires_at <= self._now() else value

    def put(self, name: str, value: str, *, expires_at: datetime | None = None) -> None:
        """Remember a value, until ``expires_at`` where that is given."""
        self.values[name] = (value, expires_at)
        self.changed = True

    def forget(self, name: str) -> None:
        """Remember a value no longer."""
        self.changed = self.values.pop(name, None) is not None or self.changed


def _now() -> datetime:
    return datetime.now(UTC)


def _nonce() -> str:
    return secrets.token_hex(16)


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """What an adapter is told about the one system it speaks to; clock and randomness are handed in.

    ``settings`` are the partner row's adapter settings (no secrets); ``secret(name)`` returns the value of a secret
    that the row names, or raises KeyError when the row names none.
    """

    name: str
    settings: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    secret: Callable[[str], str] = field(default=lambda name: {}[name], repr=False)
    session: Session = field(default_factory=MemorySession, repr=False)
    now: Callable[[], datetime] = field(default=_now, repr=False)
    nonce: Callable[[], str] = field(default=_nonce, repr=False)


class Adapter(Protocol):
    """One kind of partner system: its authentication, framing and answers; never its transport or its meaning."""

    name: ClassVar[str]
    inlines_up_to: ClassVar[int]  # bytes of an attachment that deliver() wants as content; 0: none
    recognises_resends: ClassVar[bool]  # the partner knows a record sent again by its id and does not act on it twice

    def __init__(self, partner: Partner) -> None: ...

    def authenticate(self, request: Request) -> Authentic:
        """Prove who sent ``request``. Raises NotAuthentic."""

    def decode(self, request: Request) -> list[Record]:
        """Return the records in ``request``, in its order. Raises Undecodable."""

    def acknowledge(self, request: Request, outcomes: Sequence[Outcome]) -> Response:
        """Answer in the partner's dialect what became of each record; the same answer for the same outcomes."""

    def refuse(self, request: Request, error: GatewayError) -> Response:
        """Answer in the partner's dialect that the request as a whole was not taken."""

    def deliver(self, record: Record) -> Exchange[Receipt | Handed]:
        """Hand ``record`` to the partner. Raises TemporaryFailure or PermanentFailure."""


@runtime_checkable
class Polled(Protocol):
    """A partner that accepts no inbound call and pushes nothing."""

    def poll(self, cursor: str | None) -> Exchange[Batch]:
        """Fetch what is new since ``cursor``."""


@runtime_checkable
class Confirming(Protocol):
    """A partner that can be asked whether it got a record."""

    def confirm(self, record: Record) -> Exchange[Receipt | None]:
        """Return the receipt of ``record`` if the partner has it, else None."""


@runtime_checkable
class Reconciling(Protocol):
    """A partner that can list what it holds from us."""

    def holdings(self, day: date) -> Exchange[Holdings]:
        """Return what the partner holds from us for ``day``."""
