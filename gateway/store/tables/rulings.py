"""Rulings and certificates: what was found, what a person decided, and what they rest on."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from gateway.store.tables.columns import Code, Id, Millis, Name, metadata, partial_index

UNFINISHED = "state IN ('AWAITING', 'UNDECIDED', 'QUARANTINED', 'VERIFIED', 'SERVING')"

# One file of a ruling, or of a certificate of performance: what was found, what a person decided, what became of it.
ruling = Table(
    "ruling",
    metadata,
    Column("message_id", Id, ForeignKey("message.id"), primary_key=True),  # that brought it
    Column("case_id", Id, ForeignKey("dispute_case.id"), nullable=False),
    Column("paper", String(16), nullable=False, server_default="ruling"),  # ruling | certificate
    Column("number", Integer, nullable=False),  # of the application in its case; 0 for a certificate
    Column("document_id", Name, nullable=False),  # the court's; of a certificate its number
    Column("version", Integer, nullable=False),
    Column("replaces", Name),
    Column("replaced_by", Name),
    Column("result", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("code", Code),  # why it is where it is
    Column("sha256", String(64)),  # of the file that is here
    Column("sm3", String(64)),
    Column("checks", Text),  # JSON: number, verdict and code of each check
    Column("evidence", String(64)),  # SHA-256 of the archive of evidence, a document
    Column("verified_at", Millis),
    Column("decided_by", Name),
    Column("decided_reason", Text),
    Column("decided_at", Millis),
    Column("released_at", Millis),
    Column("ended_at", Millis),  # superseded or revoked
    Column("received_at", Millis, nullable=False),
    Index("ix_ruling_case_id", "case_id"),
    Index("ix_ruling_evidence", "evidence"),
    partial_index("ix_ruling_unfinished", "state", "received_at", where=UNFINISHED),
)

# What a ruling rests on, so that a withdrawal lists it.
ruling_certificate = Table(
    "ruling_certificate",
    metadata,
    Column("message_id", Id, ForeignKey("ruling.message_id"), primary_key=True),
    Column("kind", String(16), primary_key=True),  # certificate | seal
    Column("value", Name, primary_key=True),  # SHA-256 of a certificate of a chain, or the id of a seal
    Index("ix_ruling_certificate_value", "kind", "value"),
)
