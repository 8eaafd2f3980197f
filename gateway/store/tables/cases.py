"""Cases: whose they are, how far they have come, what runs in them, and which may be one dispute."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from gateway.store.tables.columns import Id, Millis, Name, metadata, partial_index

CLOSED = "closed_at IS NOT NULL"
FULL = "closed_at IS NOT NULL AND (emptied_step IS NULL OR emptied_step < step)"
WATCHED = "watch_on IS NOT NULL"
TIMED = "closed_at IS NULL AND holder_until IS NOT NULL"
UNDECIDED = "verdict IS NULL"
PROVISIONAL = "closed_at IS NULL AND clock_provisional"
REVOKED = "state = 'REVOKED'"

dispute_case = Table(
    "dispute_case",
    metadata,
    Column("id", Id, primary_key=True),
    Column("state", String(32), nullable=False),
    Column("holder", Name),
    Column("holder_since", Millis),
    Column("holder_until", String(10)),  # the day by which it must have acted, where a rule sets one
    Column("origin", Name),  # organisation that referred it first
    Column("origin_partner", Name),
    Column("opened_by", Id, nullable=False),  # the message that opened the case
    Column("leg_opened_by", Id, nullable=False),  # the message that opened the current leg
    Column("step", Integer, nullable=False),  # of the last message
    Column("parties", Text, nullable=False),  # JSON: partners that may speak of it
    Column("snapshot", Text, nullable=False),  # JSON of lifecycle.Case: no personal data
    Column("opened_at", Millis, nullable=False),
    Column("closed_at", Millis),
    Column("emptied_step", Integer),  # the last one whose content is gone
    # The day on which somebody has to look at it next; empty: nobody has looked yet.
    Column("watch_on", String(10), server_default=""),
    Column("clock", String(16)),  # which period runs for the holder
    Column("clock_since", String(10)),
    Column("clock_until", String(10)),  # also of a period in which the holder may act, and need not
    Column("clock_provisional", Boolean),  # its last day is not certain yet
    Index("ix_dispute_case_holder", "holder"),
    partial_index("ix_dispute_case_until", "holder_until", where=TIMED),
    partial_index("ix_dispute_case_watch_on", "watch_on", where=WATCHED),
    partial_index("ix_dispute_case_provisional", "id", where=PROVISIONAL),
    partial_index("ix_dispute_case_closed", "closed_at", "id", where=CLOSED),
    partial_index("ix_dispute_case_contents", "closed_at", "id", where=FULL),
)

case_reference = Table(
    "case_reference",
    metadata,
    Column("partner", Name, primary_key=True),  # "" for what is the same for everybody (a court case number)
    Column("value", Name, primary_key=True),
    Column("case_id", Id, ForeignKey("dispute_case.id"), nullable=False),
    Column("kind", String(16), nullable=False),  # partner_id | number | acceptance
    Column("since", Millis, nullable=False),
    Index("ix_case_reference_case_id", "case_id"),
)

leg = Table(
    "leg",
    metadata,
    Column("case_id", Id, ForeignKey("dispute_case.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("unit", Name),
    Column("level", String(16)),
    Column("state", String(32), nullable=False),
    Column("dispatched_at", Millis),
    Column("accepted_at", Millis),
    Column("due_on", String(10)),
)

confirmation = Table(
    "confirmation",
    metadata,
    Column("case_id", Id, ForeignKey("dispute_case.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("kind", String(16), nullable=False),  # confirmation | statement
    Column("state", String(32), nullable=False),
    Column("since", Millis, nullable=False),
    Column("applicant", Name, nullable=False),
    Column("court", Name, nullable=False),
    Column("court_number", Name),  # the confirmation's own case number
    Column("submitted_at", Millis, nullable=False),
    Column("effective_on", String(10)),
    Column("review_due_on", String(10)),
    Column("supply_by", String(10)),
    Column("result", String(32)),
    Column("document", Name),  # the court's id of the ruling
    Column("version", Integer),
    partial_index("ix_confirmation_revoked", "case_id", "number", where=REVOKED),
)

legal_hold = Table(
    "legal_hold",
    metadata,
    Column("id", Id, primary_key=True),
    Column("case_id", Id, ForeignKey("dispute_case.id"), nullable=False),
    Column("reason", Text, nullable=False),
    Column("placed_by", Name, nullable=False),
    Column("placed_at", Millis, nullable=False),
    Column("released_by", Name),
    Column("released_at", Millis),  # None: in force
    Index("ix_legal_hold_case_id", "case_id"),
    partial_index("uq_legal_hold_in_force", "case_id", where="released_at IS NULL", unique=True),
)

# What the gateway has said of a period: each degree once for each run of it.
reminder = Table(
    "reminder",
    metadata,
    Column("case_id", Id, ForeignKey("dispute_case.id"), primary_key=True),
    Column("clock", String(16), primary_key=True),
    Column("number", Integer, primary_key=True),  # of the leg, or of the application
    Column("last", String(10), primary_key=True),  # tells one run from the next: as counted, before any holiday
    Column("degree", String(8), primary_key=True),  # reminder | silence | expiry | order
    Column("organisation", Name, nullable=False),  # that must act
    Column("message_id", Id),  # None: nobody could be told
    Column("code", Name),  # why not
    Column("at", Millis, nullable=False),
)

# Two parties of a case, recognisable in another one: keyed digests, gone with the case's contents.
party_pair = Table(
    "party_pair",
    metadata,
    Column("digest", BigInteger, primary_key=True, autoincrement=False),  # 64 bits of a keyed one
    Column("day", Integer, primary_key=True, autoincrement=False),  # of the business, as date.toordinal counts
    Column("case_id", Id, primary_key=True),
    Column("within", SmallInteger, nullable=False),  # days that another case may be away
    Column("type", String(32), nullable=False),  # of the dispute
    Column("division", String(12)),
    Column("place", BigInteger),  # keyed likewise
    Index("ix_party_pair_case_id", "case_id"),
    sqlite_with_rowid=False,
)

# Two cases that may be one dispute, the smaller id first, and what somebody says of it.
suspicion = Table(
    "suspicion",
    metadata,
    Column("id", Id, primary_key=True),
    Column("case_id", Id, nullable=False),
    Column("other_case_id", Id, nullable=False),
    Column("grounds", String(64), nullable=False),  # parties, type, place; comma separated
    Column("found_at", Millis, nullable=False),
    Column("verdict", String(16)),  # confirmed | dismissed; None: open
    Column("reason", Text),
    Column("decided_by", Name),
    Column("decided_at", Millis),
    UniqueConstraint("case_id", "other_case_id"),
    Index("ix_suspicion_other_case_id", "other_case_id"),
    partial_index("ix_suspicion_open", "found_at", where=UNDECIDED),
)
