"""Compare what we delivered with what the partner says it has. Pure: what follows is decided elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from gateway.contract import Holding
from gateway.errors import Fact
from gateway.store.compared import OPEN, Sent

Outcome = Literal["missing", "closed", "unknown", "undelivered", "differs"]
GIVEN_UP = {"dead": "reconciliation.dead_but_held", "withdrawn": "reconciliation.withdrawn_but_held"}
_SHOWN = 12  # digits of a digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One difference: our side of it, theirs, or both."""

    record_id: str
    outcome: Outcome
    code: str
    sent: Sent | None = None
    held: Holding | None = None
    facts: Mapping[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What one comparison found. ``ours``, ``theirs``: how many each side counts for the day."""

    ours: int
    theirs: int
    matched: frozenset[str]
    findings: tuple[Finding, ...]


def compare(
    ours: Mapping[str, Sent],
    theirs: Mapping[str, Holding],
    *,
    known: Mapping[str, Sent],
    elsewhere: Mapping[str, Holding],
) -> Comparison:
    """Compare a day's deliveries with the partner's list, both by message id.

    ``known``: our deliveries of what the list names beyond the day's; ``elsewhere``: what the partner lists for other
    days of what is not in its list for this one.
    """
    findings: list[Finding] = []
    matched: set[str] = set()
    for record_id, sent, held in _pairs(ours, theirs, known, elsewhere):
        found = _judged(record_id, sent, held)
        if found is not None:
            findings.append(found)
        elif sent is not None and not sent.leased:
            matched.add(record_id)
    return Comparison(ours=len(ours), theirs=len(theirs), matched=frozenset(matched), findings=tuple(findings))


def _pairs(
    ours: Mapping[str, Sent], theirs: Mapping[str, Holding], known: Mapping[str, Sent], elsewhere: Mapping[str, Holding]
) -> Iterator[tuple[str, Sent | None, Holding | None]]:
    for record_id, sent in ours.items():
        yield record_id, sent, theirs.get(record_id) or elsewhere.get(record_id)
    for record_id, held in theirs.items():
        if record_id not in ours:
            yield record_id, known.get(record_id), held


def _judged(record_id: str, sent: Sent | None, held: Holding | None) -> Finding | None:
    if sent is None:
        return Finding(record_id=record_id, outcome="unknown", code="reconciliation.unknown", held=held)
    if held is None:
        return Finding(record_id=record_id, outcome="missing", code="reconciliation.sent_again", sent=sent)
    if sent.status == "delivered":
        return _altered(record_id, sent, held)
    if sent.status in OPEN:
        found = Finding(record_id=record_id, outcome="closed", code="reconciliation.closed", sent=sent, held=held)
        return None if sent.leased else found  # under way just now: its receipt closes it
    return Finding(record_id=record_id, outcome="undelivered", code=GIVEN_UP[sent.status], sent=sent, held=held)


def _altered(record_id: str, sent: Sent, held: Holding) -> Finding | None:
    if not sent.digest or not held.digest or sent.digest == held.digest:
        return None
    facts = {"ours": sent.digest[:_SHOWN], "theirs": held.digest[:_SHOWN]}
    code = "reconciliation.differs"
    return Finding(record_id=record_id, outcome="differs", code=code, sent=sent, held=held, facts=facts)
