"""How a try of a delivery ends: closed with the partner's receipt, postponed, buried, or left to a person.

receipt ──────────► delivered │ handed
temporary failure ► pending, or in_doubt where the partner may have acted; dead once the deadline has passed
permanent failure ► dead
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from gateway import attempts
from gateway.attempts import Observed
from gateway.canonical.identifiers import uuid7
from gateway.contract import Handed, Receipt
from gateway.errors import AnswerLost, GatewayError, NeverReached, StoreUnavailable, TemporaryFailure
from gateway.redelivery import Backoff
from gateway.store.outbox import Claimed, Closing
from gateway.store.times import millis, moment

log = structlog.get_logger("fengqiao.outbound")
PASSING: dict[type[GatewayError], str] = {
    TemporaryFailure: "temporary",
    StoreUnavailable: "temporary",
    NeverReached: "never_reached",
    AnswerLost: "in_doubt",
}
LONGEST_ID = 128


class Waits(Exception):
    """In doubt, and the partner's row leaves it to a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endings:
    """Turn what came of a try into the closing of its delivery."""

    now: Callable[[], datetime]
    backoff: Backoff
    random: Callable[[], float] = field(default=random.random)

    def closed(self, claimed: Claimed, watch: Observed, receipt: Receipt | Handed, *, lost: Sequence[str]) -> Closing:
        """Close a delivery with what the partner answered. ``lost``: the fields that its record had no place for."""
        if lost:
            log.debug(  # the lane says it once for a turn (outbound.py)
                "delivery.fields_lost", partner=claimed.partner, message_id=claimed.message_id, type=claimed.type,
                count=len(lost), field=", ".join(lost),
            )  # fmt: skip
        if isinstance(receipt, Handed):
            attempted = attempts.tried(claimed, watch, "handed")
            due = millis(receipt.receipt_due)
            return Closing(claimed=claimed, status="handed", receipt_due=due, lost=tuple(lost), attempted=attempted)
        log.debug("delivery.delivered", partner=claimed.partner, message_id=claimed.message_id)
        return Closing(
            claimed=claimed,
            status="delivered",
            delivered_at=millis(self.now()),
            partner_case_id=_storable(claimed, receipt.case_id),
            partner_record_id=_storable(claimed, receipt.record_id),
            lost=tuple(lost),
            attempted=attempts.tried(claimed, watch, "delivered"),
        )

    def failed(self, claimed: Claimed, watch: Observed, error: Exception) -> Closing:
        """Postpone what may work later, bury what will not, and give a fault of our own an id to find it by."""
        if isinstance(error, TimeoutError):
            error = AnswerLost("delivery.lease_ended")
        if isinstance(error, Waits):
            return self._left_to_a_person(claimed)
        if not isinstance(error, GatewayError):
            fault_id = uuid7()
            log.error(
                "delivery.fault", partner=claimed.partner, message_id=claimed.message_id, fault_id=fault_id,
                exc_info=error,
            )  # fmt: skip
            return self._buried(claimed, watch, GatewayError("gateway.fault", fault=fault_id), "fault")
        outcome = next((outcome for kind, outcome in PASSING.items() if isinstance(error, kind)), None)
        if outcome is None:
            return self._buried(claimed, watch, error, "permanent")
        return self._postponed(claimed, watch, error, outcome, retry_after=getattr(error, "retry_after", None))

    def given_back(self, claimed: Claimed) -> Closing:
        """Close a delivery that was claimed and never begun, as it was before."""
        status = "in_doubt" if claimed.resumed else "pending"
        return Closing(claimed=claimed, status=status, due_at=millis(self.now()))

    def _postponed(
        self, claimed: Claimed, watch: Observed, error: GatewayError, outcome: str, *, retry_after: float | None = None
    ) -> Closing:
        log.warning(
            "delivery.postponed", partner=claimed.partner, message_id=claimed.message_id, code=error.code,
            attempt=claimed.attempts + 1,
        )  # fmt: skip
        again = self.backoff.next_attempt(
            attempts=claimed.attempts + 1,
            now=self.now(),
            deadline=moment(claimed.deadline_at),
            retry_after=retry_after,
            random=self.random,
        )
        if again is None:
            passed = GatewayError("delivery.deadline_passed", last=error.code)
            return self._buried(claimed, watch, passed, outcome, met=error)
        attempted = attempts.tried(claimed, watch, outcome, error)
        return Closing(
            claimed=claimed, status="in_doubt" if outcome == "in_doubt" or claimed.resumed else "pending",
            due_at=millis(again), code=error.code, facts=attempted.facts, attempted=attempted,
        )  # fmt: skip

    def _buried(
        self, claimed: Claimed, watch: Observed, error: GatewayError, outcome: str, *, met: GatewayError | None = None
    ) -> Closing:
        """Close a delivery as dead for ``error``; ``met`` is what the attempt itself met, where that differs."""
        log.error("delivery.dead", partner=claimed.partner, message_id=claimed.message_id, code=error.code)
        attempted = attempts.tried(claimed, watch, outcome, met or error)
        facts = attempts.kept_facts(error)
        return Closing(claimed=claimed, status="dead", code=error.code, facts=facts, attempted=attempted)

    def _left_to_a_person(self, claimed: Claimed) -> Closing:
        error = GatewayError("delivery.in_doubt_waits", partner=claimed.partner)
        log.error("delivery.waits", partner=claimed.partner, message_id=claimed.message_id, code=error.code)
        facts = attempts.kept_facts(error)
        return Closing(claimed=claimed, status="in_doubt", due_at=None, code=error.code, facts=facts)


def _storable(claimed: Claimed, value: object) -> str | None:
    """Return a partner's id if a column can hold it: else PostgreSQL would refuse whatever is closed beside it."""
    if value is None:
        return None
    if isinstance(value, str) and 0 < len(value) <= LONGEST_ID and value.isprintable():
        return value
    log.warning("receipt.id_unusable", partner=claimed.partner, message_id=claimed.message_id)
    return None
