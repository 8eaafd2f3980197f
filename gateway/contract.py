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
    """What one poll brought, and the cursor to continue from; ``more``: the partner has more at once.

    ``answer`` is the body that the records came in. The gateway keeps it as it came, and has ``decode`` read it again
    where a held record is replayed, from a request whose method is ``POLLED``.
    """

    records: tuple[Record, ...]
    cursor: str | None
    answer: bytes = field(repr=False)
    more: bool = False


POLLED = "POLLED"  # the method of a request that was never made: what it holds was fetched


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One record of ours that a partner says it has.

    ``id`` is the id that we sent it under. ``digest`` is over the record as the partner received it, in the form of
    ``Reconciling.digest_of``; None where the dialect has no digests. ``case_id`` and ``record_id`` are the partner's
    own, as in a receipt.
    """

    id: str
    kind: str | None = None
    digest: str | None = None
    received_at: datetime | None = None  # by the partner's clock
    case_id: str | None = None
    record_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """Everything that a partner says it received from us on one day of its calendar (Asia/Shanghai): all its pages."""

    day: date
    items: tuple[Holding, ...]


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


def is_collected(adapter: type[Adapter] | Adapter) -> bool:
    """Say whether a partner fetches what is due to it (``collected: ClassVar[bool] = True``).

    Then ``deliver`` yields nothing and ends in ``Handed``; the gateway asks it for whoever opens the mailbox.
    """
    return bool(getattr(adapter, "collected", False))


def is_canonical(adapter: type[Adapter] | Adapter) -> bool:
    """Say whether a partner's records are in the common language (``canonical: ClassVar[bool] = True``): no mapping."""
    return bool(getattr(adapter, "canonical", False))


@runtime_checkable
class Polled(Protocol):
    """A partner that accepts no inbound call and pushes nothing; where it is a setting, ``polls: bool`` says so."""

    def poll(self, cursor: str | None) -> Exchange[Batch]:
        """Fetch what is new since ``cursor``; None: from the beginning. Raises TemporaryFailure or PermanentFailure.

        What was fetched before may come again, as far back as the partner may still have added something: the same
        record is recognised by its id. The cursor is kept in the same commit as the records.
        """


def is_polled(adapter: Adapter) -> bool:
    """Say whether this partner is polled: its dialect can be, and its row does not say otherwise."""
    return isinstance(adapter, Polled) and bool(getattr(adapter, "polls", True))


@runtime_checkable
class Ledgers(Protocol):
    """A partner whose records also come and go as rows of a workbook (台账)."""

    def ledger_request(self, workbook: bytes) -> Request:
        """Return the request in which the partner would upload this workbook; its answer is a workbook, too."""

    def write_ledger(self, records: Sequence[Record]) -> bytes:
        """Return the workbook that holds these records. Raises Undecodable where none can be written here."""


@runtime_checkable
class Ferried(Protocol):
    """A partner that can be reached across one-way gates: what is delivered is answered by a file, much later.

    Then ``deliver`` yields one request, its body bytes and the record's id its ``idempotency-key``, is sent 202, and
    ends in ``Handed``. ``decode`` reads what came across from a request whose method is ``POLLED``.
    """

    def receipt(self, answer: bytes) -> Receipt:
        """Read the answer to a record. Raises TemporaryFailure (it says nothing), PermanentFailure (a refusal)."""


@runtime_checkable
class Describing(Protocol):
    """A partner whose software reads a description of our door before it calls (a WSDL)."""

    def describe(self, request: Request) -> Response | None:
        """Return the description that ``request`` asks for; None where it asks for none.

        It is shown to whoever may come to the door at all, before anybody has proved who it is.
        """


@runtime_checkable
class Confirming(Protocol):
    """A partner that can be asked whether it got a record."""

    def confirm(self, record: Record) -> Exchange[Receipt | None]:
        """Return the receipt of ``record`` if the partner has it, else None."""


@runtime_checkable
class Reconciling(Protocol):
    """A partner that can list what it holds from us, for the daily comparison.

    ``cannot_reconcile``: code of the text that says why this partner cannot although its dialect can; None: it can.
    """

    @property
    def cannot_reconcile(self) -> str | None: ...

    def digest_of(self, record: Record) -> str | None:
        """Return the digest that the partner reports of ``record`` if it has it unaltered; None: it reports none."""

    def holdings(self, day: date) -> Exchange[Holdings]:
        """Return what the partner received from us on ``day``, whole.

        Raises TemporaryFailure or PermanentFailure where that cannot be had, or not all of it: what is missing from
        the list counts as lost there.
        """
