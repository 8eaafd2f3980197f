"""The tables. Both databases have the same; times are integers, milliseconds since 1970-01-01 UTC.

    request ─┬─ inbox ──── message ─┬─ delivery ── attempt
             │     (fate of each    ├─ message_document ── document
             │      record)         └─ dispute_case ─┬─ leg, confirmation
             └─ nonce                                ├─ ruling ── ruling_certificate
                                                     ├─ case_reference
                                                     ├─ legal_hold
                                                     ├─ reminder
                                                     └─ party_pair, suspicion
    partner_session   revision   keyring   lane   breaker   leader   poll   reconciliation ── reconciliation_item
    ferry ── ferry_package

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
    SmallInteger,
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
CLOSED = "closed_at IS NOT NULL"
FULL = "closed_at IS NOT NULL AND (emptied_step IS NULL OR emptied_step < step)"
KEPT = "emptied_at IS NULL"
WATCHED = "watch_on IS NOT NULL"
TIMED = "closed_at IS NULL AND holder_until IS NOT NULL"
UNDECIDED = "verdict IS NULL"
PROVISIONAL = "closed_at IS NULL AND clock_provisional"
RULING = "type = 'ruling'"
CERTIFICATE = "type = 'certificate'"
REVOKED = "state = 'REVOKED'"
UNFINISHED = "state IN ('AWAITING', 'UNDECIDED', 'QUARANTINED', 'VERIFIED', 'SERVING')"

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
    Index("ix_request_contents", "received_at", sqlite_where=text(KEPT), postgresql_where=text(KEPT)),
    Index(
        "ix_request_document",
        "document",
        sqlite_where=text("document IS NOT NULL"),
        postgresql_where=text("document IS NOT NULL"),
    ),
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
    Column("trace_id", String(32)),  # of the request that brought it (W3C), handed on to whoever gets it
    Column("content_sealed", LargeBinary, nullable=False),  # JSON: the message, and the partner's unmapped fields
    Column("emptied_at", Millis),  # the content is gone since, and holds no byte
    Index("ix_message_case_id_step", "case_id", "step"),
    Index("ix_message_ruling", "received_at", sqlite_where=text(RULING), postgresql_where=text(RULING)),
    Index("ix_message_certificate", "received_at", sqlite_where=text(CERTIFICATE), postgresql_where=text(CERTIFICATE)),
    Index("ix_message_received_at", "received_at"),
)

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
    Index("ix_dispute_case_until", "holder_until", sqlite_where=text(TIMED), postgresql_where=text(TIMED)),
    Index("ix_dispute_case_watch_on", "watch_on", sqlite_where=text(WATCHED), postgresql_where=text(WATCHED)),
    Index("ix_dispute_case_provisional", "id", sqlite_where=text(PROVISIONAL), postgresql_where=text(PROVISIONAL)),
    Index("ix_dispute_case_closed", "closed_at", "id", sqlite_where=text(CLOSED), postgresql_where=text(CLOSED)),
    Index("ix_dispute_case_contents", "closed_at", "id", sqlite_where=text(FULL), postgresql_where=text(FULL)),
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
    Index(
        "uq_legal_hold_in_force",
        "case_id",
        unique=True,
        sqlite_where=text("released_at IS NULL"),
        postgresql_where=text("released_at IS NULL"),
    ),
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
    Index("ix_suspicion_open", "found_at", sqlite_where=text(UNDECIDED), postgresql_where=text(UNDECIDED)),
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
    Index("ix_confirmation_revoked", "case_id", "number", sqlite_where=text(REVOKED), postgresql_where=text(REVOKED)),
)

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
    Index(
        "ix_ruling_unfinished", "state", "received_at", sqlite_where=text(UNFINISHED), postgresql_where=text(UNFINISHED)
    ),
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
    Index(
        "ix_delivery_delivered",
        "partner",
        "delivered_at",
        sqlite_where=text("status = 'delivered'"),
        postgresql_where=text("status = 'delivered'"),
    ),
    Index("ix_delivery_waiting", "partner", "priority", "due_at", sqlite_where=text(OPEN), postgresql_where=text(OPEN)),
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

lane = Table(
    "lane",
    metadata,
    Column("partner", Name, primary_key=True),
    Column("slot", SmallInteger, primary_key=True),  # 0 .. the partner's number of workers at once, less one
    Column("holder", Name),  # the process that drains it
    Column("until", Millis, nullable=False),  # it is anybody's after that
)

breaker = Table(
    "breaker",
    metadata,
    Column("partner", Name, primary_key=True),
    Column("state", String(16), nullable=False),  # closed | open | probing
    Column("failures", Integer, nullable=False),  # in a row
    Column("opened_at", Millis),
    Column("probe_at", Millis),  # when one delivery is let through; probing: when another one is
    Column("waits", Integer, nullable=False, server_default="0"),  # probes that failed
    Column("reason", Code),
    Column("probe_lease", String(36)),  # probing: the lease of the delivery that tries it
)

pace = Table(
    "pace",
    metadata,
    Column("partner", Name, primary_key=True),
    Column("used_until", Millis, nullable=False),  # microseconds: until when what was begun uses its pace up
)

leader = Table(
    "leader",
    metadata,
    Column("name", Name, primary_key=True),
    Column("holder", Name, nullable=False),
    Column("until", Millis, nullable=False),  # anybody may lead after that
    Column("since", Millis, nullable=False),
    Column("beat_at", Millis, nullable=False),
)

poll = Table(
    "poll",
    metadata,
    Column("partner", Name, primary_key=True),
    Column("cursor_sealed", LargeBinary),  # it may hold a name or a number of a case; its context is the system's
    Column("due_at", Millis, nullable=False),  # when to poll again
    Column("polled_at", Millis),  # when the partner last answered
    Column("failures", Integer, nullable=False, server_default="0"),  # in a row
    Column("code", Code),  # why the last one failed
    Column("facts", Text),
)

ferry = Table(
    "ferry",
    metadata,
    Column("partner", Name, primary_key=True),
    Column("sent", BigInteger, nullable=False, server_default="0"),  # the last number that went out
    Column("expects", BigInteger, nullable=False, server_default="1"),  # the number that is to come in next
    Column("theirs", BigInteger, nullable=False, server_default="0"),  # the last that the other end says it sent
)

ferry_package = Table(
    "ferry_package",
    metadata,
    Column("partner", Name, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(16), nullable=False),  # record | answer
    Column("about", Name, nullable=False),
    Column("contents_sealed", LargeBinary, nullable=False),  # until the other end has it
)

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
    Index(
        "ix_reconciliation_item_unsettled",
        "partner",
        "record_id",
        sqlite_where=text("settled_at IS NULL"),
        postgresql_where=text("settled_at IS NULL"),
    ),
)

compatibility = Table(
    "compatibility",
    metadata,
    Column("revision", Name, primary_key=True),  # of the tables: the one they have
    Column("since", Name, nullable=False),  # the oldest revision whose gateways may work on them
)
