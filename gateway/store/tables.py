"""The tables. Both databases have the same; times are integers, milliseconds since 1970-01-01 UTC.

    request ─┬─ inbox ──── message ─┬─ delivery ── attempt
             │     (fate of each    ├─ message_document ── document
             │      record)         └─ dispute_case ─┬─ leg
             └─ nonce                                └─ case_reference
    partner_session   revision   keyring

Columns named ``*_sealed`` are encrypted (``cipher.py``). Nothing else in a row is personal: codes, ids, states, times.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id = String(36)
Name = String(128)
Code = String(64)
Millis = BigInteger

OPEN = "status IN ('pending', 'in_doubt')"

request = Table(
    "request",
    metadata,
    Column("id", Id, primary_key=True),
    Column("partner", Name, nullable=False),
    Column("key_id", Name),
    Column("method", String(16), nullable=False),
    Column("path_sealed", LargeBinary, nullable=False),  # path and query: a dialect may put an id there
    Column("headers_sealed", LargeBinary, nullable=False),  # JSON, without secrets
    Column("body_sealed", LargeBinary),  # None when spooled
    Column("document", String(64)),  # SHA-256 of the spooled body
    Column("size", Integer, nullable=False),  # bytes of the body
    Column("code", Code),  # why the request as a whole was not taken
    Column("facts", Text),
    Column("trace_id", String(64)),
    Column("received_at", Millis, nullable=False),
    Index("ix_request_received_at", "received_at"),
)

inbox = Table(
    "inbox",
    metadata,
    Column("id", Id, primary_key=True),  # the receipt id a partner can quote
    Column("request_id", Id, ForeignKey("request.id"), nullable=False),
    Column("position", Integer, nullable=False),  # of the record in its request
    Column("partner", Name, nullable=False),
    Column("kind", Name, nullable=False),
    Column("record_id", Name, nullable=False),
    Column("version", Name, nullable=False, server_default=""),
    Column("digest", LargeBinary(32), nullable=False),  # keyed, over the record's contents
    Column("fate", String(16), nullable=False),
    Column("message_id", Id),
    Column("case_id", Id),
    Column("code", Code),
    Column("facts", Text),  # JSON, safe to show
    Column("field", Text),  # the partner's own field path
    Column("waits_for", Text),  # parked: short types, comma separated
    Column("case_value", Name),  # parked: the partner's id of a case we do not know yet
    Column("content_sealed", LargeBinary),  # parked: the message, to be decided again without translating it again
    Column("deadline_at", Millis),  # parked: until when
    Column("revision", String(80)),
    Column("received_at", Millis, nullable=False),
    Column("decided_at", Millis, nullable=False),
    Index("ix_inbox_record", "partner", "record_id", "kind", "version"),
    Index(
        "uq_inbox_bound",
        "partner",
        "kind",
        "record_id",
        "version",
        unique=True,
        sqlite_where=text("fate IN ('accepted', 'held', 'parked')"),
        postgresql_where=text("fate IN ('accepted', 'held', 'parked')"),
    ),
    Index("ix_inbox_request_id", "request_id"),
    Index("ix_inbox_case_id", "case_id"),
    Index(
        "ix_inbox_waiting",
        "fate",
        "received_at",
        sqlite_where=text("fate IN ('held', 'parked')"),
        postgresql_where=text("fate IN ('held', 'parked')"),
    ),
)

message = Table(
    "message",
    metadata,
    Column("id", Id, primary_key=True),
    Column("type", Name, nullable=False),
    Column("case_id", Id),
    Column("leg", Integer),
    Column("step", Integer, nullable=False, server_default="0"),  # 1, 2, 3 … within its case
    Column("causation_id", Id),
    Column("partner", Name, nullable=False),  # it came from
    Column("sender", Name),
    Column("addressee", Name),
    Column("time", Millis, nullable=False),
    Column("received_at", Millis, nullable=False),
    Column("state", String(32)),  # of the case after it
    Column("holder", Name),  # of the case after it
    Column("revision", String(80), nullable=False),
    Column("mapping", Name),
    Column("unmapped", Integer, nullable=False, server_default="0"),  # partner fields no row names
    Column("content_sealed", LargeBinary, nullable=False),  # JSON: the message, and the partner's unmapped fields
    Index("ix_message_case_id_step", "case_id", "step"),
    Index("ix_message_received_at", "received_at"),
)

dispute_case = Table(
    "dispute_case",
    metadata,
    Column("id", Id, primary_key=True),
    Column("state", String(32), nullable=False),
    Column("holder", Name),
    Column("holder_since", Millis),
    Column("origin", Name),  # organisation that referred it first
    Column("origin_partner", Name),
    Column("opened_by", Id, nullable=False),  # the message that opened the case
    Column("leg_opened_by", Id, nullable=False),  # the message that opened the current leg
    Column("step", Integer, nullable=False),  # of the last message
    Column("parties", Text, nullable=False),  # JSON: partners that may speak of it
    Column("snapshot", Text, nullable=False),  # JSON of lifecycle.Case: no personal data
    Column("opened_at", Millis, nullable=False),
    Column("closed_at", Millis),
    Index("ix_dispute_case_holder", "holder"),
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
    UniqueConstraint("message_id", "partner"),
    Index("ix_delivery_due", "partner", "due_at", sqlite_where=text(OPEN), postgresql_where=text(OPEN)),
    Index(
        "ix_delivery_order",
        "case_id",
        "partner",
        "step",
        sqlite_where=text("status IN ('pending', 'in_doubt', 'handed', 'dead')"),
        postgresql_where=text("status IN ('pending', 'in_doubt', 'handed', 'dead')"),
    ),
    Index(
        "ix_delivery_dead",
        "partner",
        "status",
        sqlite_where=text("status IN ('dead', 'handed')"),
        postgresql_where=text("status IN ('dead', 'handed')"),
    ),
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
    Column("state", String(16), nullable=False),  # kept | awaited | failed
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
    Index(
        "ix_document_due",
        "partner",
        "due_at",
        sqlite_where=text("state = 'awaited'"),
        postgresql_where=text("state = 'awaited'"),
    ),
)

message_document = Table(
    "message_document",
    metadata,
    Column("message_id", Id, ForeignKey("message.id"), primary_key=True),
    Column("position", Integer, primary_key=True),  # in data.documents
    Column("document_id", Id, ForeignKey("document.id"), nullable=False),
    Index("ix_message_document_document_id", "document_id"),
)

nonce = Table(
    "nonce",
    metadata,
    Column("partner", Name, primary_key=True),
    Column("value", Name, primary_key=True),
    Column("expires_at", Millis, nullable=False),
    Index("ix_nonce_expires_at", "expires_at"),
)

partner_session = Table(
    "partner_session",
    metadata,
    Column("partner", Name, primary_key=True),
    Column("name", Name, primary_key=True),
    Column("value_sealed", LargeBinary, nullable=False),
    Column("expires_at", Millis),
)

revision = Table(
    "revision",
    metadata,
    Column("id", String(80), primary_key=True),
    Column("packed", LargeBinary, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("created_at", Millis, nullable=False),
    Column("activated_at", Millis),
)

keyring = Table(
    "keyring",
    metadata,
    Column("name", Name, primary_key=True),
    Column("canary_sealed", LargeBinary, nullable=False),  # shows at start that the key given is the key used
)
