"""How long a leg may last: calendar days from the day after acceptance, without the days of an appraisal.

Every moment of a message is in Beijing time already, so its date is the date there.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from gateway.canonical.messages.referral_data import Consent
from gateway.lifecycle.case import Leg


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


def agreed_on(consents: Iterable[Consent], message_time: datetime) -> date:
    """Return the day of the last consent; the day of the message where nobody was asked."""
    return max((consent.at for consent in consents), default=message_time).date()
