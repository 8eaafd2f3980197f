"""What the left half hands to the journal, and what it gets back: values only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from gateway.canonical.messages import Message
from gateway.contract import Fate, Outcome, Request
from gateway.errors import Fact
from gateway.store.cipher import Digests


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
    digests: Digests | tuple[bytes, ...] = field(repr=False)  # keyed, under every key of the ring; [0] is kept
    message: Message | None = None
    content_sealed: bytes | None = field(default=None, repr=False)
    documents: tuple[Announced, ...] = ()
    mapping: str | None = None
    unmapped: int = 0
    objection: Objection | None = None
    replays: str | None = None  # the inbox row this entry takes up again


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """How far a partner has been polled once this arrival is kept; ``due_at``: when to poll again, in milliseconds."""

    cursor_sealed: bytes | None = field(repr=False)
    due_at: int


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
    polled: Polled | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What the commit made of an arrival: each record's outcome, and the partners that have something due.

    ``suspicions``: what it found of cases that its records are about.
    """

    outcomes: tuple[Outcome, ...]
    due: frozenset[str]
    suspicions: tuple[Suspicion, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRow:
    """The period that runs for the holder of a case. ``rings_on``: the next day on which somebody has to look at it."""

    kind: str
    since: str
    until: str
    provisional: bool
    rings_on: str | None


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
    holder_until: str | None = None
    clock: ClockRow | None = None
    new: bool = False
    changed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A message that another one answers: its type, who sent it, through which partner, and of which case."""

    id: str
    kind: str
    sender: str | None
    partner: str
    case_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DueDelivery:
    """One partner a message is due at."""

    partner: str
    why: str
    independent: bool
    deadline_days: float
    priority: int = 1


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
class ConfirmationRow:
    """An application for confirmation as it is shown to people; the snapshot has the rest."""

    number: int
    kind: str
    state: str
    since: datetime
    applicant: str
    court: str
    court_number: str | None
    submitted_at: datetime
    effective_on: str | None
    review_due_on: str | None
    supply_by: str | None
    result: str | None
    document: str | None
    version: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseAfter:
    """What a case is after an accepted message."""

    state: str
    holder: str | None
    holder_until: str | None = None
    clock: ClockRow | None = None
    origin: str | None
    snapshot: Mapping[str, Any]
    legs: Sequence[LegRow]
    confirmations: Sequence[ConfirmationRow] = ()
    leg: int | None
    opens_leg: bool
    closed: bool


class Likeness(Protocol):
    """What the parties of a case can be recognised by in another one; the store compares digests and nothing else."""

    @property
    def pairs(self) -> Sequence[Sequence[int]]:
        """Each two parties, as keyed digests of 64 bits under every key, the present one first."""

    @property
    def day(self) -> int:
        """The day of the business, as ``date.toordinal`` counts."""

    @property
    def within(self) -> int:
        """How many days another case may be away."""

    def kept(self) -> dict[str, Any]:
        """Return the columns that are kept beside each pair."""

    def grounds(self, other: Mapping[str, Any]) -> tuple[str, ...]:
        """Say why this and another case with the same pair, of which these columns are kept, may be one dispute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """Two cases that may be one dispute, the smaller id first, and why."""

    id: str
    case_id: str
    other_case_id: str
    grounds: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What the rules say of one message: its fate, the case after it, and who must get it."""

    fate: Fate
    after: CaseAfter | None = None
    likeness: Likeness | None = None
    due: Sequence[DueDelivery] = ()
    code: str | None = None
    facts: Mapping[str, Fact] = field(default_factory=dict)
    waits_for: Sequence[str] = ()


class Decide(Protocol):
    """The rules, handed to the journal, which knows nothing of them: pure, fast, no I/O."""

    def __call__(
        self, case: CaseFile | None, message: Message, *, case_id: str, partner: str, now: datetime,
        corrects: str | None = None, asked: Asked | None = None,
    ) -> Judgement:  # fmt: skip
        """Judge ``message`` of ``partner`` against the case as it is; ``asked`` is what it answers."""
