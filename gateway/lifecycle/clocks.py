"""Which periods run in a case: who must have acted by when, when that is called to mind, and what follows if not.

    clock         runs for      until                                        when it has run out
    acceptance    the unit      working days after the referral              the case goes back, or the unit is urged
    mediation     the unit      days after acceptance, or as extended        the mediation has failed, the unit is urged
    application   the lead      days after the agreement took effect         nothing: it is the parties' right
    filing        the court     days after the application                   the court is reminded
    supplement    the applicant as the court says                            the applicant is urged
    review        the court     days after filing, or as the court extends   the court is reminded
    service       the applicant days after the ruling was released           the applicant is urged

A clock stands while an appraisal is under way or the origin considers a return. What the law leaves to a jurisdiction
stands in its profile; a clock whose last day rests on a year nobody has laid down yet is provisional, and runs out only
when the longest holiday would be over too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from gateway.canonical.identifiers import BEIJING
from gateway.lifecycle.calendar import Reckoned, WorkingCalendar
from gateway.lifecycle.case import Case, Leg
from gateway.lifecycle.confirmation import Confirmation
from gateway.lifecycle.periods import LONGEST_REST
from gateway.lifecycle.profile import Profile
from gateway.lifecycle.states import ConfirmationState, LegState
from gateway.lifecycle.steps import AGREED

ClockKind = Literal["acceptance", "mediation", "application", "filing", "supplement", "review", "service"]
Call = Literal["reminder", "silence", "expiry", "order"]

_MEDIATING: frozenset[LegState] = frozenset({"ACCEPTED", "ASSIGNED", "MEDIATING"})
_REVIEWING: frozenset[ConfirmationState] = frozenset({"FILED", "REVIEWING"})
_RULED: frozenset[ConfirmationState] = frozenset({"SERVED", "REVOKED"})
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """One period that runs. ``since`` is the day it counts from, ``due_on`` its last day.

    ``number`` is that of the leg or the application; ``turn``, of ten characters at most, tells one run from the next
    (an extension is a new one), and does not change when a holiday becomes known. ``begun_by``: the message without
    which ``holder`` knows nothing of it. ``remind_on``: when its end is called to mind, None: never. ``then``: what it
    brings about when it has run out, None: nothing. ``duty``: whether its holder must act, or merely may.
    """

    kind: ClockKind
    number: int
    turn: str
    holder: str
    since: date
    due_on: date
    provisional: bool = False
    begun_by: str | None = None
    remind_on: date | None = None
    then: Call | None = None
    duty: bool = True

    @property
    def key(self) -> str:
        """Return what is the same for this run of the clock, and for no other one of its case."""
        return f"{self.kind}:{self.number}:{self.turn}"

    @property
    def runs_out_on(self) -> date:
        """Return the first day on which it is certain that the period is over."""
        return self.due_on + (LONGEST_REST if self.provisional else timedelta()) + _DAY

    @property
    def calls(self) -> tuple[tuple[Call, date], ...]:
        """Return what is to be said, and from which day on."""
        then: tuple[tuple[Call, date], ...] = ((self.then, self.runs_out_on),) if self.then else ()
        return ((("reminder", self.remind_on),) if self.remind_on else ()) + then

    def call_on(self, today: date) -> Call | None:
        """Return what is to be said now: only the last one that is due matters, and nothing past is called to mind."""
        call = next((call for call, day in reversed(self.calls) if day <= today), None)
        return None if call == "reminder" and today > self.due_on else call

    def next_day(self, after: date) -> date | None:
        """Return the next day on which there is something to say."""
        return next((day for _, day in self.calls if day > after), None)


def clock_of(case: Case, profile: Profile, calendar: WorkingCalendar, *, reached: date | None = None) -> Clock | None:
    """Return the period that runs for the holder of a case; None where none does.

    ``reached``: the day on which what began it was delivered, where that is known: nobody must answer what has not
    arrived.
    """
    here, leg = case.confirmation, case.leg
    if case.closed_at is not None:
        return None
    if here is not None and here.live:
        make = _OF_A_REVIEW.get(here.state)
        return make(here, profile, calendar, reached) if make else None
    if leg is not None and leg.state == "DISPATCHED":
        return _acceptance(leg, profile, calendar, reached)
    if leg is not None and leg.state in _MEDIATING:
        return _mediation(leg, profile, calendar)
    if case.state in AGREED and case.agreed_on and (here is None or here.state not in _RULED):
        return _application(case, case.agreed_on, profile, calendar)
    return None


def _acceptance(leg: Leg, profile: Profile, calendar: WorkingCalendar, reached: date | None) -> Clock:
    # Business times may lie before the day on which anybody could know of it.
    since = max(filter(None, (leg.dispatched_at.date(), leg.arrived_on, reached)))
    due = calendar.after(since, profile.accept_workdays)
    remind = calendar.before(due.day, profile.remind_workdays) if profile.remind_workdays else None
    return Clock(
        kind="acceptance", number=leg.number, turn="", holder=leg.unit, since=since, due_on=due.day,
        provisional=due.provisional, begun_by=leg.opened_by, remind_on=_within(remind, since),
        then="silence" if profile.unanswered == "return" else "order",
    )  # fmt: skip


def _mediation(leg: Leg, profile: Profile, calendar: WorkingCalendar) -> Clock | None:
    if leg.due_on is None or leg.accepted_at is None or leg.paused_on is not None:
        return None
    due = calendar.rolled(leg.due_on) if profile.period_rolls else Reckoned(leg.due_on, False)
    since = leg.accepted_at.date()
    return Clock(
        kind="mediation", number=leg.number, turn=leg.due_on.isoformat(), holder=leg.unit, since=since, due_on=due.day,
        provisional=due.provisional, remind_on=_before(due.day, since, profile), then="expiry",
    )  # fmt: skip


def _application(case: Case, agreed_on: date, profile: Profile, calendar: WorkingCalendar) -> Clock:
    due = calendar.rolled(agreed_on + timedelta(days=profile.application_days))
    return Clock(
        kind="application", number=len(case.confirmations), turn=agreed_on.isoformat(), holder=case.keeper,
        since=agreed_on, due_on=due.day, provisional=due.provisional,
        remind_on=_before(due.day, agreed_on, profile), duty=False,
    )  # fmt: skip


def _filing(here: Confirmation, profile: Profile, calendar: WorkingCalendar, reached: date | None) -> Clock:
    # Materials that were supplied start the period anew.
    since = max(filter(None, (_day_of(here.submitted_at), _day_of(here.since), reached)))
    due = calendar.rolled(since + timedelta(days=profile.filing_days))
    return Clock(
        kind="filing", number=here.number, turn=str(here.supplements), holder=here.court, since=since, due_on=due.day,
        provisional=due.provisional, begun_by=here.application, then="order",
    )  # fmt: skip


def _supplement(here: Confirmation, profile: Profile, _: WorkingCalendar, __: date | None) -> Clock | None:
    if here.supply_by is None:
        return None
    since = _day_of(here.since)
    return Clock(
        kind="supplement", number=here.number, turn=here.supply_by.isoformat(), holder=here.applicant, since=since,
        due_on=here.supply_by, remind_on=_before(here.supply_by, since, profile), then="order",
    )  # fmt: skip


def _review(here: Confirmation, profile: Profile, _: WorkingCalendar, __: date | None) -> Clock | None:
    if here.review_due_on is None or here.ruling is not None:
        return None
    since, due = here.filed_on or _day_of(here.since), here.review_due_on
    return Clock(
        kind="review", number=here.number, turn=due.isoformat(), holder=here.court, since=since, due_on=due,
        remind_on=_before(due, since, profile), then="order",
    )  # fmt: skip


def _service(here: Confirmation, profile: Profile, calendar: WorkingCalendar, reached: date | None) -> Clock:
    since = max(filter(None, (_day_of(here.since), reached)))
    due = calendar.rolled(since + timedelta(days=profile.service_days))
    return Clock(
        kind="service", number=here.number, turn=str(here.version or 1), holder=here.applicant, since=since,
        due_on=due.day, provisional=due.provisional, begun_by=here.ruling, remind_on=_before(due.day, since, profile),
        then="order",
    )  # fmt: skip


def _before(due: date, since: date, profile: Profile) -> date | None:
    """Return the day for the reminder: None where that would be before the period has begun."""
    return _within(due - timedelta(days=profile.remind_days), since) if profile.remind_days else None


def _within(day: date | None, since: date) -> date | None:
    return day if day is not None and day > since else None


def _day_of(moment: datetime) -> date:
    return moment.astimezone(BEIJING).date()


_OfAReview = Callable[[Confirmation, Profile, WorkingCalendar, date | None], Clock | None]
_OF_A_REVIEW: Mapping[ConfirmationState, _OfAReview] = {
    "SUBMITTED": _filing,
    "SUPPLEMENT": _supplement,
    "SUPPLEMENT_STATEMENT": _supplement,
    **dict.fromkeys(_REVIEWING, _review),
    "SERVING": _service,
}
