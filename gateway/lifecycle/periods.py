"""How long a leg may last: calendar days from the day after acceptance, without the days of an appraisal.

Every moment of a message is in Beijing time already, so its date is the date there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta

from gateway.canonical.messages.bodies import Consent
from gateway.canonical.messages.referral_data import Agreement
from gateway.lifecycle.calendar import WorkingCalendar
from gateway.lifecycle.case import Leg
from gateway.lifecycle.profile import Profile

# Returns the first working day from a day on; None where the year's holidays are not known.
WorkingDays = Callable[[date], date | None]
LONGEST_REST = timedelta(days=9)  # of a holiday with the weekends beside it


def last_day(accepted_at: datetime, days: int) -> date:
    """Return the last day of a period of ``days``; the day of acceptance is not counted (民事诉讼法 85)."""
    return accepted_at.date() + timedelta(days=days)


def due_on(leg: Leg, day: date) -> date | None:
    """Return the last day of the leg's period as it stands on ``day``; None before acceptance.

    The days since an appraisal stopped the clock are not counted (人民法院在线调解规则 26).
    """
    if leg.due_on is None or leg.paused_on is None:
        return leg.due_on
    return leg.due_on + max(day - leg.paused_on, timedelta())


def lasts_to(leg: Leg | None, day: date, profile: Profile, calendar: WorkingCalendar) -> date | None:
    """Return the last day to mediate as it stands on ``day``, which a holiday moves where the jurisdiction says so.

    Where the calendar of that year is not known, the longest holiday there is counts for the unit.
    """
    due = due_on(leg, day) if leg else None
    if due is None or not profile.period_rolls:
        return due
    return calendar.first_working(due) or due + LONGEST_REST


def agreed_on(consents: Iterable[Consent], message_time: datetime) -> date:
    """Return the day of the last consent; the day of the message where nobody was asked."""
    return max((consent.at for consent in consents), default=message_time).date()


def effective_on(agreement: Agreement) -> date:
    """Return the day an agreement took effect (人民调解法 29, 30; 人民法院在线调解规则 19).

    Online it is the day of the last signature. In writing it is what the agreement says, else the last signature; an
    oral one takes effect when it is reached.
    """
    signed = max((signature.at for signature in agreement.signatures), default=None)
    if agreement.kind == "oral":
        moment = agreement.effective_at or agreement.reached_at
    elif agreement.kind == "online" or agreement.effective_basis == "all_e_signed":
        moment = signed or agreement.effective_at or agreement.reached_at
    else:
        moment = agreement.effective_at or signed or agreement.reached_at
    return moment.date()


def last_day_of(start: date, days: int, working_days: WorkingDays) -> date:
    """Return the last day of a period of the procedure law: a holiday moves it to the first day after (民事诉讼法 85).

    Where the calendar of that year is not known, the longest holiday there is counts for the applicant: nobody is late
    because we do not know.
    """
    last = start + timedelta(days=days)
    return working_days(last) or last + LONGEST_REST
