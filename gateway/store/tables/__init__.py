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

from gateway.store.tables.arrivals import CERTIFICATE, KEPT, RULING, inbox, message, nonce, request
from gateway.store.tables.cases import (
    CLOSED,
    FULL,
    PROVISIONAL,
    REVOKED,
    TIMED,
    UNDECIDED,
    WATCHED,
    case_reference,
    confirmation,
    dispute_case,
    leg,
    legal_hold,
    party_pair,
    reminder,
    suspicion,
)
from gateway.store.tables.columns import metadata
from gateway.store.tables.comparisons import reconciliation, reconciliation_item
from gateway.store.tables.deliveries import OPEN, attempt, delivery, document, message_document
from gateway.store.tables.rulings import UNFINISHED, ruling, ruling_certificate
from gateway.store.tables.running import (
    breaker,
    compatibility,
    ferry,
    ferry_package,
    keyring,
    lane,
    leader,
    pace,
    partner_session,
    poll,
    revision,
)

__all__ = [
    "CERTIFICATE",
    "CLOSED",
    "FULL",
    "KEPT",
    "OPEN",
    "PROVISIONAL",
    "REVOKED",
    "RULING",
    "TIMED",
    "UNDECIDED",
    "UNFINISHED",
    "WATCHED",
    "attempt",
    "breaker",
    "case_reference",
    "compatibility",
    "confirmation",
    "delivery",
    "dispute_case",
    "document",
    "ferry",
    "ferry_package",
    "inbox",
    "keyring",
    "lane",
    "leader",
    "leg",
    "legal_hold",
    "message",
    "message_document",
    "metadata",
    "nonce",
    "pace",
    "partner_session",
    "party_pair",
    "poll",
    "reconciliation",
    "reconciliation_item",
    "reminder",
    "request",
    "revision",
    "ruling",
    "ruling_certificate",
    "suspicion",
]
