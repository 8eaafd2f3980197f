"""What came in: requests, the fate of each record in them, the messages made of them, and spent nonces."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from gateway.store.tables.columns import Code, Id, Millis, Name, metadata, partial_index

KEPT = "emptied_at IS NULL"
RULING = "type = 'ruling'"
CERTIFICATE = "type = 'certificate'"

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
    Column("emptied_at", Millis),  # path, headers and body are gone since
    Index("ix_request_received_at", "received_at"),
    partial_index("ix_request_contents", "received_at", where=KEPT),
    partial_index("ix_request_document", "document", where="document IS NOT NULL"),
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
    partial_index(
        "uq_inbox_bound",
        "partner",
        "kind",
        "record_id",
        "version",
        where="fate IN ('accepted', 'held', 'parked')",
        unique=True,
    ),
    Index("ix_inbox_request_id", "request_id"),
    Index("ix_inbox_case_id", "case_id"),
    partial_index("ix_inbox_waiting", "fate", "received_at", where="fate IN ('held', 'parked')"),
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
    Column("trace_id", String(32)),  # of the request that brought it (W3C), handed on to whoever gets it
    Column("content_sealed", LargeBinary, nullable=False),  # JSON: the message, and the partner's unmapped fields
    Column("emptied_at", Millis),  # the content is gone since, and holds no byte
    Index("ix_message_case_id_step", "case_id", "step"),
    partial_index("ix_message_ruling", "received_at", where=RULING),
    partial_index("ix_message_certificate", "received_at", where=CERTIFICATE),
    Index("ix_message_received_at", "received_at"),
)

nonce = Table(
    "nonce",
    metadata,
    Column("partner", Name, primary_key=True),
    Column("value", Name, primary_key=True),
    Column("expires_at", Millis, nullable=False),
    Index("ix_nonce_expires_at", "expires_at"),
)
