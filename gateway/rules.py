"""The rules as the journal wants them: lifecycle (what a message does to its case) and routing (who must get it)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime

from gateway.canonical.identifiers import BEIJING
from gateway.canonical.messages import Message, short_type
from gateway.canonical.messages.catalogue import Kinds
from gateway.configuration import Revision
from gateway.configuration.directory import Directory
from gateway.lifecycle import Accepted, Case, Confirmation, Parked, Profile, Refused, Standing, decide
from gateway.lifecycle.clocks import Call, Clock, clock_of
from gateway.lifecycle.entitlement import not_entitled
from gateway.lifecycle.likeness import Digester, likeness_of
from gateway.lifecycle.states import Event
from gateway.routing import Around, Place, Routing, named_in, route
from gateway.store.advancing import GATEWAY
from gateway.store.arrivals import (
    Asked,
    CaseAfter,
    CaseFile,
    ClockRow,
    ConfirmationRow,
    DueDelivery,
    Judgement,
    LegRow,
    Likeness,
)

_DISPATCHED = frozenset({"referral", "escalation"})  # what the addressee's standing decides
_SPOKEN_FOR = frozenset({"assignment", "litigation"})  # what the sender's own standing decides


class Rules:
    """Judge messages by the lifecycle, the policy profiles, the roster and the routes of the active revision.

    ``digester`` keeps the parties of a case recognisable; without one, only what a message itself names is compared.
    """

    def __init__(self, revision: Callable[[], Revision], digester: Digester | None = None) -> None:
        self._revision = revision
        self._digester = digester

    def __call__(
        self, case: CaseFile | None, message: Message, *, case_id: str, partner: str, now: datetime,
        corrects: str | None = None, asked: Asked | None = None,
    ) -> Judgement:  # fmt: skip
        """Decide one message: pure, and the same for the same arguments and revision."""
        before, revision = Case.from_dict(case.snapshot) if case else None, self._revision()
        message = _in_the_place_of(message, before, revision.directory)
        # The court that refers a case brings the policy of its jurisdiction with it.
        profile = revision.profiles.of(before.origin if before else message.sender, revision.directory)
        refused = _not_entitled(revision.directory, message, asked, profile)
        if refused is not None:
            return Judgement(fate="refused", code=refused.code, facts=refused.facts)
        decision = decide(
            before,
            message,
            case_id=case_id,
            now=now,
            profile=profile,
            corrects=corrects,
            standing=_standing(revision.directory, message),
            digester=self._digester,
            calendar=revision.calendar,
        )
        if isinstance(decision, Parked):
            return Judgement(fate="parked", code=decision.code, facts=decision.facts, waits_for=decision.waits_for)
        if isinstance(decision, Refused):
            return Judgement(fate="refused", code=decision.code, facts=decision.facts)
        around = _around(case, asked, decision, _usual(profile, short_type(message)))
        clock = clock_of(decision.case, profile, revision.calendar) if decision.case else None
        judged = _routed(revision, case, message, decision, partner=partner, around=around, clock=clock)
        likeness = self._likeness(message, profile)
        return replace(judged, likeness=likeness) if likeness else judged

    def _likeness(self, message: Message, profile: Profile) -> Likeness | None:
        return likeness_of(message, profile.duplicate_days, self._digester) if self._digester else None

    def clock(self, case: CaseFile, *, reached: date | None = None) -> tuple[Case, Clock | None]:
        """Return a case as the lifecycle has it, and the period that runs for its holder."""
        before, revision = Case.from_dict(case.snapshot), self._revision()
        profile = revision.profiles.of(before.origin, revision.directory)
        return before, clock_of(before, profile, revision.calendar, reached=reached)

    def of_the_clock(self, case: CaseFile, message: Message, clock: Clock, call: Call, *, now: datetime) -> Judgement:
        """Decide what the gateway itself says because of a period: it passes whatever else is due in the case.

        What follows from a period that is over is also told to whoever referred the case.
        """
        before, revision = Case.from_dict(case.snapshot), self._revision()
        profile = revision.profiles.of(before.origin, revision.directory)
        step: Event | None = call if call in {"silence", "expiry"} else None
        decision = decide(
            before, message, case_id=case.id, now=now, profile=profile, calendar=revision.calendar, by_clock=step
        )
        if not isinstance(decision, Accepted):
            return Judgement(fate="refused", code=decision.code, facts=decision.facts)
        around = _around(case, None, decision, None)
        around = around if call == "reminder" else replace(around, also=(before.origin,))
        after = clock_of(decision.case, profile, revision.calendar) if decision.case else None
        past = now.astimezone(BEIJING).date() if after and after.key == clock.key else date.min
        judged = _routed(
            revision, case, message, decision, partner=GATEWAY, around=around, clock=after, rings_after=past
        )  # fmt: skip
        return replace(judged, due=[replace(each, independent=True, priority=0) for each in judged.due])

    def of_the_gateway(self, case: CaseFile, message: Message, *, now: datetime) -> Judgement:
        """Decide what the gateway itself says of a ruling; who gets it, whoever speaks says."""
        before, revision = Case.from_dict(case.snapshot), self._revision()
        profile = revision.profiles.of(before.origin, revision.directory)
        decision = decide(
            before, message, case_id=case.id, now=now, profile=profile, calendar=revision.calendar,
            digester=self._digester, by_gateway=True,
        )  # fmt: skip
        if not isinstance(decision, Accepted) or decision.case is None:
            code, facts = getattr(decision, "code", "gateway.fault"), getattr(decision, "facts", {})
            return Judgement(fate="refused", code=code, facts=facts)
        clock = clock_of(decision.case, profile, revision.calendar)
        return Judgement(fate="accepted", after=_after(case, decision.case, decision.leg, clock, date.min))

    def release(self, case: CaseFile, message: Message, *, number: int, sender_partner: str) -> Routing:
        """Return who gets a ruling that passed every check: whoever applied, whomever the court named."""
        before, revision = Case.from_dict(case.snapshot), self._revision()
        here = next((each for each in before.confirmations if each.number == number), None)
        applicant = Place(organisation=here.applicant) if here else Place()
        return route(
            message.model_copy(update={"addressee": None}), sender_partner=sender_partner,
            directory=revision.directory, routes=revision.routes, around=Around(applicant=applicant), released=True,
        )  # fmt: skip

    def give_out(self, case: CaseFile, message: Message, *, sender_partner: str) -> Routing:
        """Return who gets a certificate that passed every check: whom it names, else whoever holds the case."""
        revision, origin = self._revision(), Place(organisation=case.origin, partner=case.origin_partner)
        return route(
            message, sender_partner=sender_partner, directory=revision.directory, routes=revision.routes,
            around=Around(origin=origin, holder=case.holder), released=True,
        )  # fmt: skip


def clock_row(clock: Clock | None, *, rings_on: date | None, uncertain: bool = False) -> ClockRow | None:
    """Return a clock as the store keeps it; ``uncertain``: its holder has not got yet what began it."""
    if clock is None:
        return None
    return ClockRow(
        kind=clock.kind,
        since=clock.since.isoformat(),
        until=clock.due_on.isoformat(),
        provisional=clock.provisional or uncertain,
        rings_on=rings_on.isoformat() if rings_on else None,
    )


def held_until(case: Case, clock: Clock | None) -> str | None:
    """Return the day by which the holder must have acted; None where it need not, or no period runs."""
    if clock is not None:
        return clock.due_on.isoformat() if clock.duty else None
    return case.until.isoformat() if case.until else None


def _routed(
    revision: Revision, case: CaseFile | None, message: Message, decision: Accepted, *, partner: str, around: Around,
    clock: Clock | None, rings_after: date = date.min,
) -> Judgement:  # fmt: skip
    routing: Routing = route(
        message, sender_partner=partner, directory=revision.directory, routes=revision.routes, around=around
    )
    if routing.fault:
        return Judgement(fate="held", code=routing.fault, facts={"addressee": routing.at or message.addressee})
    due = [
        DueDelivery(
            partner=each.partner,
            why=each.why,
            independent=each.independent,
            priority=each.priority,
            deadline_days=revision.partners[each.partner].deadline_days,
        )
        for each in routing.due
    ]
    after = _after(case, decision.case, decision.leg, clock, rings_after) if decision.case else None
    return Judgement(fate="accepted", after=after, due=due)


def _around(case: CaseFile | None, asked: Asked | None, decision: Accepted, bodies: Kinds | None) -> Around:
    here = decision.case.confirmation if decision.case else None
    return Around(
        origin=Place(organisation=case.origin, partner=case.origin_partner) if case else Place(),
        holder=case.holder if case else None,
        asker=Place(organisation=asked.sender, partner=asked.partner) if asked else Place(),
        applicant=Place(organisation=here.applicant) if here else Place(),
        court=here.court if here else None,
        also=(here.court,) if here and here.live and "agreement_changed" in here.flags else (),
        bodies=bodies,
    )


def _usual(profile: Profile, kind: str) -> Kinds | None:
    """Return the kinds of body that a jurisdiction sends this type to, None where it does not say."""
    return {"guidance_request": profile.guidance, "conference_request": profile.convener}.get(kind) or None


def _not_entitled(directory: Directory, message: Message, asked: Asked | None, profile: Profile) -> Refused | None:
    sender = directory.by_id(message.sender) if message.sender else None
    rows = (directory.by_id(name) for name in named_in(message))
    return not_entitled(
        message,
        sender=sender.kind if sender else None,
        recipients={row.id: row.kind for row in rows if row},
        asked=asked.kind if asked else None,
        profile=profile,
    )


def _in_the_place_of(message: Message, case: Case | None, directory: Directory) -> Message:
    """Read what a merger changed: whom a new dispatch is for, and in whose place the sender acts in a kept case.

    The case keeps the name of the unit that had it, so its successor speaks with that one's voice; what the sender
    wrote is kept as it is.
    """
    if not directory.merged:
        return message
    day, changed = message.time.date(), {}
    if message.addressee and short_type(message) in _DISPATCHED:
        changed["addressee"] = directory.heir(message.addressee, day)
    if case is not None and message.sender:
        units = (case.holder, *(leg.unit for leg in reversed(case.legs)), case.origin)
        # Whoever must act next comes first, then what the sender is itself in the case.
        order = (case.holder, *(unit for unit in units if unit == message.sender), *units)
        stands_for = (unit for unit in order if directory.heir(unit, day) == message.sender)
        changed["sender"] = next(stands_for, message.sender)
    return message.model_copy(update=changed) if changed else message


def _standing(directory: Directory, message: Message) -> Standing | None:
    """Return what the roster says of the organisation that the step depends on; None where it depends on none."""
    kind = short_type(message)
    who = message.addressee if kind in _DISPATCHED else message.sender if kind in _SPOKEN_FOR else None
    row = directory.by_id(who) if who else None
    if row is None:
        return None
    return Standing(
        id=row.id,
        name=row.name,
        kind=row.kind,
        level=row.level,
        credit_code=row.credit_code,
        active=row.active_on(message.time.date()),
        disputes=row.handles.disputes,
        variants=row.handles.variants,
        mediators=directory.mediators(row.id, message.time.date()),
    )


def _after(
    before: CaseFile | None, case: Case, leg_number: int | None, clock: Clock | None, rings_after: date
) -> CaseAfter:
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
        holder_until=held_until(case, clock),
        clock=clock_row(clock, rings_on=clock.next_day(rings_after) if clock else None),
        origin=case.origin,
        snapshot=case.to_dict(),
        legs=legs,
        confirmations=[_confirmation(each) for each in case.confirmations],
        leg=leg_number,
        opens_leg=len(case.legs) > (len(before.snapshot.get("legs", ())) if before else 0),
        closed=case.closed_at is not None,
    )


def _confirmation(here: Confirmation) -> ConfirmationRow:
    def day(value: date | None) -> str | None:
        return value.isoformat() if value else None

    return ConfirmationRow(
        number=here.number,
        kind=here.kind,
        state=here.state,
        since=here.since,
        applicant=here.applicant,
        court=here.court,
        court_number=here.court_number,
        submitted_at=here.submitted_at,
        effective_on=day(here.effective_on),
        review_due_on=day(here.review_due_on),
        supply_by=day(here.supply_by),
        result=here.result,
        document=here.document,
        version=here.version,
    )
