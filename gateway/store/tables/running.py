"""What the processes keep for themselves: revisions, keys, sessions, lanes, leads, polls and ferries."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, SmallInteger, String, Table, Text

from gateway.store.tables.columns import Code, Millis, Name, metadata

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

compatibility = Table(
    "compatibility",
    metadata,
    Column("revision", Name, primary_key=True),  # of the tables: the one they have
    Column("since", Name, nullable=False),  # the oldest revision whose gateways may work on them
)

partner_session = Table(
    "partner_session",
    metadata,
    Column("partner", Name, primary_key=True),
    Column("name", Name, primary_key=True),
    Column("value_sealed", LargeBinary, nullable=False),
    Column("expires_at", Millis),
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
