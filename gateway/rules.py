"""The rules as the journal wants them: lifecycle (what a message does to its case) and routing (who must get it)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from gateway.canonical.messages import Message
from gateway.configuration import Revision
from gateway.lifecycle import Accepted, Case, Parked, Refused, decide
from gateway.routing import Routing, route
from gateway.store.arrivals import CaseAfter, CaseFile, DueDelivery, Judgement, LegRow


class Rules:
    """Judge messages by the lifecycle and the routes of the active revision."""

    def __init__(self, revision: Callable[[], Revision]) -> None:
        self._revision = revision

    def __call__(
        self, case: CaseFile | None, message: Message, *, case_id: str, partner: str, now: datetime,
        corrects: str | None = None,
    ) -> Judgement:  # fmt: skip
        """Decide one message: pure, and the same for the same arguments and revision."""
        before = Case.from_dict(case.snapshot) if case else None
        decision = decide(before, message, case_id=case_id, now=now, corrects=corrects)
        if isinstance(decision, Parked):
            return Judgement(fate="parked", code=decision.code, facts=decision.facts, waits_for=decision.waits_for)
        if isinstance(decision, Refused):
            return Judgement(fate="refused", code=decision.code, facts=decision.facts)
        return self._routed(case, message, decision, partner)

    def _routed(self, case: CaseFile | None, message: Message, decision: Accepted, partner: str) -> Judgement:
        revision = self._revision()
        routing: Routing = route(
            message,
            sender_partner=partner,
            case_origin=case.origin if case else None,
            case_origin_partner=case.origin_partner if case else None,
            holder=case.holder if case else None,
            directory=revision.directory,
            routes=revision.routes,
        )
        if routing.fault:
            return Judgement(fate="held", code=routing.fault, facts={"addressee": message.addressee})
        due = [
            DueDelivery(
                partner=each.partner,
                why=each.why,
                independent=each.independent,
                deadline_days=revision.partners[each.partner].deadline_days,
            )
            for each in routing.due
        ]
        after = _after(case, decision.case, decision.leg) if decision.case else None
        return Judgement(fate="accepted", after=after, due=due)


def _after(before: CaseFile | None, case: Case, leg_number: int | None) -> CaseAfter:
    legs = [
        LegRow(
            number=leg.number,
            unit=leg.unit,
            level=leg.level,
            state=leg.state,
            dispatched_at=leg.dispatched_at,
            accepted_at=leg.accepted_at,
            due_on=leg.due_on.isoformat() if leg.due_on else None,
        )
        for leg in case.legs
    ]
    return CaseAfter(
        state=case.state,
        holder=case.holder,
        origin=case.origin,
        snapshot=case.to_dict(),
        legs=legs,
        leg=leg_number,
        opens_leg=len(case.legs) > (len(before.snapshot.get("legs", ())) if before else 0),
        closed=case.closed_at is not None,
    )
