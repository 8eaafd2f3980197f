"""The daily comparison: one row for a partner and day, one for each difference."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, String, Table, Text

from gateway.store.tables.columns import Code, Id, Millis, Name, metadata, partial_index

reconciliation = Table(
    "reconciliation",
    metadata,
    Column("partner", Name, primary_key=True),
    Column("day", String(10), primary_key=True),  # yyyy-MM-dd, Asia/Shanghai
    Column("state", String(16), nullable=False),  # running | done | failed | cannot
    Column("due_at", Millis),  # running: it is anybody's after that; failed: when it is tried again
    Column("runs", Integer, nullable=False, server_default="0"),
    Column("ours", Integer, nullable=False, server_default="0"),  # delivered that day
    Column("theirs", Integer, nullable=False, server_default="0"),  # listed by the partner for that day
    Column("matched", Integer, nullable=False, server_default="0"),
    Column("code", Code),
    Column("facts", Text),
    Column("started_at", Millis, nullable=False),
    Column("finished_at", Millis),
)

reconciliation_item = Table(
    "reconciliation_item",
    metadata,
    Column("partner", Name, primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("record_id", Name, primary_key=True),  # the id that the partner knows the record by
    Column("delivery_id", Id),
    Column("case_id", Id),
    Column("kind", Name),
    Column("outcome", String(16), nullable=False),  # missing | closed | unknown | undelivered | differs
    Column("code", Code, nullable=False),
    Column("facts", Text),
    Column("resends", Integer, nullable=False, server_default="0"),  # how often this day's comparison sent it again
    Column("found_at", Millis, nullable=False),
    Column("settled_at", Millis),  # since when it is no difference any more
    Index("ix_reconciliation_item_delivery_id", "delivery_id"),
    partial_index("ix_reconciliation_item_unsettled", "partner", "record_id", where="settled_at IS NULL"),
)
