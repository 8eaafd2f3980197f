"""A step about to be judged: the message, who says it, and the leg that it is about."""

from __future__ import annotations

from itertools import chain
from typing import Any, NamedTuple, cast

from gateway.canonical.messages import Message, short_type
from gateway.canonical.messages.catalogue import CATALOGUE
from gateway.canonical.messages.envelope import Envelope
from gateway.canonical.messages.intake import Intake
from gateway.canonical.messages.referral import Litigation, Progress, Referral, Success
from gateway.canonical.messages.referral_data import LitigationReason
from gateway.canonical.messages.warning import JointPlan
from gateway.canonical.organisations import OrganisationKind
from gateway.lifecycle.calendar import UNKNOWN, WorkingCalendar
from gateway.lifecycle.case import Case, Leg
from gateway.lifecycle.confirmation_steps import CONFIRMATION_STEPS
from gateway.lifecycle.interests import Digester
from gateway.lifecycle.profile import Profile
from gateway.lifecycle.standing import Standing
from gateway.lifecycle.states import Actor, Event
from gateway.lifecycle.steps import CASE_STEPS, LEG_STEPS

# Message types that change no state: they speak of no case, or go with one as it is.
ACCOMPANYING = (
    frozenset(CATALOGUE)
    - {step.event.partition(":")[0] for step in chain(CASE_STEPS, LEG_STEPS)}
    - {step.event.partition(":")[0] for step in CONFIRMATION_STEPS}
)
# Types of which each kind is a step of its own, and the field that says the kind.
_KINDS = {"litigation": "state", "return_opinion": "opinion", "consent_inquiry": "outcome", "performance": "state"}
# Why a dispute goes to litigation that nobody was asked to mediate.
NEVER_MEDIATED: frozenset[LitigationReason] = frozenset({"consent_refused", "unreachable", "other"})

# Organisations to which cases are referred; only those who refer cases take one to litigation (焦中法〔2021〕155号 9).
UNITS: frozenset[OrganisationKind] = frozenset(
    {"mediation_center", "township", "village", "peoples_mediation_committee", "industry_mediation", "studio", "union",
     "womens_federation"}
)  # fmt: skip


class Situation(NamedTuple):
    """Everything that a guard may look at.

    ``case`` is None where the message would open it, ``leg`` also where the case went to litigation without one.
    ``standing`` is the roster's word on the addressee of a dispatch, or on who assigns or goes to litigation; None: not
    known. ``calendar``: the working days.
    """

    event: Event
    message: Envelope
    sender: str
    addressee: str | None
    case: Case | None
    leg: Leg | None
    profile: Profile
    standing: Standing | None = None
    digester: Digester | None = None
    calendar: WorkingCalendar = UNKNOWN

    @property
    def data(self) -> Any:
        """Return what the message says; its shape follows from the event."""
        return cast(Any, self.message).data

    def who(self, actor: Actor) -> str | None:
        """Return the organisation that plays a part in this step, None where it is not known."""
        if actor in {"addressee", "office"}:
            return self.addressee or (self.sender if actor == "office" else None)
        if actor in {"body", "registrar"}:
            return self.sender
        if actor == "lead":
            return lead_named(self.message) or (self.case.keeper if self.case else None)
        if actor in {"dispatcher", "origin"}:
            return self.case.origin if self.case else self.sender
        return self.leg.unit if self.leg else None


def names_a_case(message: Message) -> bool:
    """Say whether a message speaks of a case at all."""
    identity = getattr(message.data, "case", None)
    return identity is not None and bool(identity.partner_id or identity.gateway_id or identity.number)


def event_of(message: Message) -> Event:
    """Return which step a message takes in its case."""
    kind = short_type(message)
    if (field := _KINDS.get(kind)) is not None:
        kind = f"{kind}:{getattr(message.data, field)}"
    elif isinstance(message, Success) and message.data.agreement.performed_at_once:
        kind = "success:performed"
    elif isinstance(message, Progress) and message.data.stage in {"appraisal_started", "appraisal_ended"}:
        kind = f"progress:{message.data.stage}"
    return cast(Event, kind)


def may_open(message: Message, sender: Standing | None) -> bool:
    """Say whether a message may be the first that is heard of a case; all others speak of one that was referred.

    A mediation that failed was referred to somebody before, a unit speaks of what was referred to it, and what the
    sender has no id for is never found again.
    """
    if not isinstance(message, Litigation):
        return isinstance(message, Referral | Intake)
    said = message.data
    return said.reason in NEVER_MEDIATED and bool(said.case.partner_id) and (not sender or sender.kind not in UNITS)


def lead_named(message: Envelope) -> str | None:
    """Return the unit that a joint plan makes the lead, None where the message is none or names no lead."""
    participants = getattr(cast(Any, message).data, "participants", ()) if isinstance(message, JointPlan) else ()
    return next((each.unit for each in participants if each.role == "lead"), None)


def leg_meant(case: Case, sender: str, named: int | None) -> Leg | None:
    """Return the leg that a message of ``sender`` is about; None where the case has none.

    A unit speaks of its own leg: the one it names by number where that is its own (partners also send numbers of their
    own counting), else its latest. Everybody else speaks of the current leg.
    """
    if named is not None and named <= len(case.legs) and case.legs[named - 1].unit == sender:
        return case.legs[named - 1]
    return case.leg_of(sender) or case.leg
