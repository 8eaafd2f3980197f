"""What the left half hands to the journal, and what it gets back: values only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from gateway.canonical.messages import Message
from gateway.contract import Fate, Outcome, Request
from gateway.errors import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """A document that a message carries: already kept (``sha256``), or to be fetched from ``url``."""

    media_type: str
    sha256: str | None = None
    sm3: str | None = None
    size: int | None = None
    url: str | None = field(default=None, repr=False)
    expected_sha256: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return what is known of it, as JSON values."""
        return {name: getattr(self, name) for name in self.__slots__ if getattr(self, name) is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """Why a record did not become a message: held for an administrator, or refused to its sender."""

    fate: Fate
    code: str
    facts: Mapping[str, Fact] = field(default_factory=dict)
    field: str | None = None  # the partner's own field path


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One record of a request: translated to a message, or with the objection that kept it from becoming one."""

    kind: str
    record_id: str
    version: str = ""
    digests: tuple[bytes, ...]  # keyed, under every key in the ring; the first one is kept
    message: Message | None = None
    content_sealed: bytes | None = field(default=None, repr=False)
    documents: tuple[Announced, ...] = ()
    mapping: str | None = None
    unmapped: int = 0
    objection: Objection | None = None
    replays: str | None = None  # the inbox row this entry takes up again


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One authenticated request with its records. ``request`` is None when stored records are replayed."""

    id: str
    partner: str
    revision: str
    received_at: datetime
    entries: Sequence[Entry] = ()
    request: Request | None = field(default=None, repr=False)
    body_sealed: bytes | None = field(default=None, repr=False)
    path_sealed: bytes = field(default=b"", repr=False)
    headers_sealed: bytes = field(default=b"", repr=False)
    spooled: str | None = None  # SHA-256 of a body kept in the document store
    size: int = 0
    key_id: str | None = None
    nonce: str | None = None
    nonce_expires: datetime | None = None
    code: str | None = None  # why the request as a whole was not taken
    facts: Mapping[str, Fact] = field(default_factory=dict)
    trace_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What the commit made of an arrival: each record's outcome, and the partners that have something due."""

    outcomes: tuple[Outcome, ...]
    due: frozenset[str]


@dataclass(slots=True, kw_only=True)
class CaseFile:
    """A case as the store keeps it. ``snapshot`` is the lifecycle's own; the store does not read it."""

    id: str
    state: str
    holder: str | None
    holder_since: int
    origin: str | None
    origin_partner: str | None
    opened_by: str
    leg_opened_by: str
    step: int
    parties: set[str]
    snapshot: Mapping[str, Any]
    opened_at: int
    closed_at: int | None
    new: bool = False
    changed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DueDelivery:
    """One partner a message is due at."""

    partner: str
    why: str
    independent: bool
    deadline_days: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LegRow:
    """A leg as it is shown to people; the snapshot has the rest."""

    number: int
    unit: str | None
    level: str | None
    state: str
    dispatched_at: datetime | None
    accepted_at: datetime | None
    due_on: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseAfter:
    """What a case is after an accepted message."""

    state: str
    holder: str | None
    origin: str | None
    snapshot: Mapping[str, Any]
    legs: Sequence[LegRow]
    leg: int | None
    opens_leg: bool
    closed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What the rules say of one message: its fate, the case after it, and who must get it."""

    fate: Fate
    after: CaseAfter | None = None
    due: Sequence[DueDelivery] = ()
    code: str | None = None
    facts: Mapping[str, Fact] = field(default_factory=dict)
    waits_for: Sequence[str] = ()


class Decide(Protocol):
    """The rules, handed to the journal, which knows nothing of them: pure, fast, no I/O."""

    def __call__(
        self, case: CaseFile | None, message: Message, *, case_id: str, partner: str, now: datetime,
        corrects: str | None = None,
    ) -> Judgement:  # fmt: skip
        """Judge ``message`` of ``partner`` against the case as it is."""
