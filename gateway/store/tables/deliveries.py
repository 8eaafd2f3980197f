"""What is due at partners, each try of it, and the documents that go along."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from gateway.store.tables.columns import Code, Id, Millis, Name, metadata, partial_index

OPEN = "status IN ('pending', 'in_doubt')"

delivery = Table(
    "delivery",
    metadata,
    Column("id", Id, primary_key=True),
    Column("message_id", Id, ForeignKey("message.id"), nullable=False),
    Column("case_id", Id),
    Column("step", Integer, nullable=False),
    Column("type", Name, nullable=False),
    Column("partner", Name, nullable=False),
    Column("why", String(16), nullable=False),  # addressed | answer | copy
    Column("independent", Boolean, nullable=False),
    Column("priority", SmallInteger, nullable=False, server_default="1"),  # 0 warnings, 1 what moves a case, 2 rosters
    Column("status", String(16), nullable=False),
    Column("due_at", Millis),  # the only retry schedule; while leased: when the lease ends; None: waits for a person
    Column("lease", String(36)),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("created_at", Millis, nullable=False),
    Column("deadline_at", Millis, nullable=False),
    Column("delivered_at", Millis),
    Column("receipt_due", Millis),  # handed: when the receipt is expected
    Column("partner_record_id", Name),
    Column("code", Code),
    Column("facts", Text),
    Column("lost_fields", Integer, nullable=False, server_default="0"),  # fields without a place at the partner
    Column("lost_names", Text),  # JSON: their canonical paths
    Column("sent_digest", String(64)),  # of what was sent, in the dialect's form; None: the dialect has none
    UniqueConstraint("message_id", "partner"),
    partial_index("ix_delivery_delivered", "partner", "delivered_at", where="status = 'delivered'"),
    partial_index("ix_delivery_waiting", "partner", "priority", "due_at", where=OPEN),
    partial_index(
        "ix_delivery_order", "case_id", "partner", "step", where="status IN ('pending', 'in_doubt', 'handed', 'dead')"
    ),
    partial_index("ix_delivery_dead", "partner", "status", where="status IN ('dead', 'handed')"),
    Index("ix_delivery_case_id", "case_id"),
)

attempt = Table(
    "attempt",
    metadata,
    Column("id", Id, primary_key=True),
    Column("delivery_id", Id, ForeignKey("delivery.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("started_at", Millis, nullable=False),
    Column("duration_ms", Integer, nullable=False),
    Column("outcome", String(16), nullable=False),  # delivered handed temporary permanent never_reached in_doubt fault
    Column("http_status", Integer),
    Column("exchanges", Integer, nullable=False, server_default="0"),  # HTTP requests made
    Column("request_digest", String(64)),  # SHA-256 over the last request's body
    Column("code", Code),
    Column("facts", Text),
    Index("ix_attempt_delivery_id", "delivery_id"),
)

document = Table(
    "document",
    metadata,
    Column("id", Id, primary_key=True),
    Column("partner", Name, nullable=False),  # it came from
    Column("state", String(16), nullable=False),  # kept | awaited | failed | emptied
    Column("sha256", String(64)),
    Column("sm3", String(64)),
    Column("size", BigInteger),
    Column("media_type", Name),
    Column("expected_sha256", String(64)),  # what the partner says it is
    Column("url_sealed", LargeBinary),  # awaited: where it is to be fetched
    Column("due_at", Millis),
    Column("lease", String(36)),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("deadline_at", Millis),
    Column("code", Code),
    Column("facts", Text),
    Column("created_at", Millis, nullable=False),
    Index("ix_document_sha256", "sha256"),
    partial_index("ix_document_due", "partner", "due_at", where="state = 'awaited'"),
)

message_document = Table(
    "message_document",
    metadata,
    Column("message_id", Id, ForeignKey("message.id"), primary_key=True),
    Column("position", Integer, primary_key=True),  # in data.documents
    Column("document_id", Id, ForeignKey("document.id"), nullable=False),
    Index("ix_message_document_document_id", "document_id"),
)
