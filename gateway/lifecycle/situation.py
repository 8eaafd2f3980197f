"""A step about to be judged: the message, who says it, and the leg that it is about."""

from __future__ import annotations

from typing import Any, NamedTuple, cast

from gateway.canonical.messages import Message, short_type
from gateway.canonical.messages.envelope import Envelope
from gateway.canonical.messages.referral import Litigation, Progress, ReturnOpinion
from gateway.lifecycle.case import Case, Leg
from gateway.lifecycle.profile import Profile
from gateway.lifecycle.states import Actor, Event

# Message types that speak of no case.
CASELESS = frozenset({"organisation", "person"})


class Situation(NamedTuple):
    """Everything that a guard may look at. ``case`` and ``leg`` are None where the message would open the case."""

    event: Event
    message: Envelope
    sender: str
    addressee: str | None
    case: Case | None
    leg: Leg | None
    profile: Profile

    @property
    def data(self) -> Any:
        """Return what the message says; its shape follows from the event."""
        return cast(Any, self.message).data

    def who(self, actor: Actor) -> str | None:
        """Return the organisation that plays a part in this step, None where it is not known."""
        if actor == "addressee":
            return self.addressee
        if actor == "dispatcher":
            return self.case.origin if self.case else self.sender
        if actor == "origin":
            return self.case.origin if self.case else None
        return self.leg.unit if self.leg else None


def event_of(message: Message) -> Event:
    """Return which step a message of the referral family takes."""
    kind = short_type(message)
    if isinstance(message, Progress) and message.data.stage in {"appraisal_started", "appraisal_ended"}:
        kind = f"progress:{message.data.stage}"
    elif isinstance(message, Litigation):
        kind = f"litigation:{message.data.state}"
    elif isinstance(message, ReturnOpinion):
        kind = f"return_opinion:{message.data.opinion}"
    return cast(Event, kind)


def leg_meant(case: Case, sender: str, named: int | None) -> Leg:
    """Return the leg that a message of ``sender`` is about.

    A unit speaks of its own leg: the one it names by number where that is its own (partners also send numbers of their
    own counting), else its latest. Everybody else speaks of the current leg.
    """
    if named is not None and named <= len(case.legs) and case.legs[named - 1].unit == sender:
        return case.legs[named - 1]
    return case.leg_of(sender) or case.leg
