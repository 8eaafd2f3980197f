"""What follows from a comparison, written in short transactions: sent again, closed, or marked with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from gateway.contract import Holding
from gateway.reconciliation.comparison import Comparison, Finding
from gateway.reconciliation.days import bounds
from gateway.store import compared, reconciliations
from gateway.store.compared import Sent
from gateway.store.journal import Journal
from gateway.store.reconciliations import Item
from gateway.store.times import millis


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequences:
    """Draw the consequences of one comparison with one partner.

    ``now``, ``deadline_at``: milliseconds; ``most_resends``: how often a delivery is sent again before a person is
    told.
    """

    journal: Journal
    partner: str
    day: date
    now: int
    deadline_at: int
    most_resends: int

    def draw(self, connection: Connection, findings: Sequence[Finding]) -> set[str]:
        """Heal or mark some of the differences. Returns the partners with something due."""
        missing = [each.sent.delivery_id for each in findings if each.outcome == "missing" and each.sent]
        before = compared.resends(connection, missing)
        closed: list[tuple[Sent, Holding]] = []
        items = []
        for finding in findings:
            item = self._item(connection, finding, before)
            if item is not None:
                items.append(item)
                if finding.outcome == "closed" and finding.sent and finding.held:
                    closed.append((finding.sent, finding.held))
        reconciliations.put_items(connection, self.partner, self.day.isoformat(), items, self.now)
        return {self.partner} | self._learnt(connection, closed)

    def finish(self, connection: Connection, comparison: Comparison) -> None:
        """Settle what is no difference any more, and write that the day is done."""
        day = self.day.isoformat()
        reconciliations.settle(connection, self.partner, comparison.matched, self.now)
        found = {each.record_id for each in comparison.findings}
        reconciliations.settle_gone(connection, self.partner, day, found, self.now)
        reconciliations.end(
            connection, self.partner, day, "done", now=self.now,
            ours=comparison.ours, theirs=comparison.theirs, matched=len(comparison.matched),
        )  # fmt: skip

    def _item(self, connection: Connection, finding: Finding, before: dict[str, int]) -> Item | None:
        """Return what is kept of a difference; None where the delivery has moved on since it was looked at."""
        sent, held = finding.sent, finding.held
        if finding.outcome == "missing" and sent:
            return self._missing(connection, finding, sent, before.get(sent.delivery_id, 0))
        if finding.outcome == "closed" and sent and held:
            at, day = self._received(sent, held), self.day.isoformat()
            if not compared.close(connection, self.partner, sent, held, day=day, at=at, now=self.now):
                return None
            return item_of(finding, settled=True)
        return item_of(finding)

    def _missing(self, connection: Connection, finding: Finding, sent: Sent, before: int) -> Item | None:
        if before >= self.most_resends:
            return item_of(finding, code="reconciliation.missing_again", facts={"resends": before})
        if not compared.send_again(connection, sent, now=self.now, deadline_at=self.deadline_at):
            return None
        return item_of(finding, facts={"resends": before + 1, "most": self.most_resends}, resends=1)

    def _received(self, sent: Sent, held: Holding) -> int:
        """Return when the partner received it, by its word; within that day where it names no time."""
        _, midnight = bounds(self.day)
        stated = millis(held.received_at) if held.received_at else midnight - 1
        return max(sent.created_at, min(stated, self.now))

    def _learnt(self, connection: Connection, closed: Sequence[tuple[Sent, Holding]]) -> set[str]:
        """Decide again what was parked for an id of a case that the list has just taught us."""
        fresh = compared.learn_names(connection, self.partner, closed, self.now)
        if not fresh:
            return set()
        return self.journal.case_named(connection, [name for name, _ in fresh], [case for _, case in fresh])


def item_of(finding: Finding, **changes: object) -> Item:
    """Return a difference as it is kept and shown."""
    sent, held = finding.sent, finding.held
    given = {
        "record_id": finding.record_id,
        "outcome": finding.outcome,
        "code": finding.code,
        "delivery_id": sent.delivery_id if sent else None,
        "case_id": sent.case_id if sent else None,
        "kind": sent.kind if sent else held.kind if held else None,
        "facts": finding.facts,
    }
    return Item(**{**given, **changes})  # type: ignore[arg-type]  # the fields of an item
