"""The catalogue: of every message type its number, who says it to whom, who gets it, and what goes before what.

What a type must carry, its class says; what it changes in a case, ``lifecycle/steps.py`` and the text
``canonical.effect.<type>``. Kinds of organisation bind where the directory knows the organisation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from gateway.canonical.organisations import OrganisationKind

Family = Literal["referral", "intake", "guidance", "warning", "performance", "confirmation", "registry"]
# By whom a type is said where its place in the case decides, not the kind of organisation.
Part = Literal["referrer", "unit", "lead", "applicant", "asked", "gateway"]
# Who gets it where the message names nobody.
Route = Literal[
    "addressee",  # nobody else: it has to name one
    "origin",  # who referred the case
    "holder",  # who must act in it
    "asker",  # who sent what it answers
    "area",  # the bodies of the sender's area: the narrowest of each kind
    "applicant",  # who applied for confirmation
    "court",  # the court that reviews the application
    "subscribers",  # whoever subscribed
]
Kinds = frozenset[OrganisationKind]

_ANY: Kinds = frozenset()
_COURTS: Kinds = frozenset({"court", "tribunal"})
_UNITS: Kinds = frozenset(
    {"mediation_center", "township", "village", "peoples_mediation_committee", "industry_mediation", "studio", "union",
     "womens_federation", "justice_office", "department", "other"}
)  # fmt: skip
_POLICE: Kinds = frozenset({"police_station"})
_PEACE: Kinds = frozenset({"peace_office"})
_GUARDS: Kinds = frozenset({"tribunal", "police_station", "justice_office"})  # 一庭两所
_FOUR: Kinds = _GUARDS | _PEACE  # 一办一庭两所
_BODIES: Kinds = _FOUR | _COURTS
_REPORTERS: Kinds = _UNITS | _PEACE | _POLICE


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One row of the catalogue.

    ``number``: in the procedure's own list, or the rule. ``said_by``: its place in the case; ``senders`` and
    ``recipients``: kinds of organisation, empty for any. ``answers``: the types it may answer. ``route``: who gets it
    where it names nobody; ``bodies``: of which kinds, where that is the area. ``copied``: also to the bodies of the
    area. ``independent``: it may pass other messages of its case. ``priority``: 0 goes first, 2 last. ``proved``: it
    stays here, subscribers or not, until it has passed every check and is released (``gateway/releasing``).
    """

    family: Family
    number: str
    said_by: Part | None = None
    senders: Kinds = _ANY
    recipients: Kinds = _ANY
    answers: frozenset[str] = frozenset()
    route: Route = "addressee"
    bodies: Kinds = _ANY
    copied: Kinds = _ANY
    independent: bool = False
    priority: int = 1
    proved: bool = False


def _referral(number: str, said_by: Part, route: Route, priority: int = 1) -> Entry:
    return Entry(family="referral", number=number, said_by=said_by, route=route, priority=priority)


def _answer(family: Family, number: str, answers: set[str], senders: Kinds = _ANY, priority: int = 1) -> Entry:
    return Entry(
        family=family, number=number, said_by="asked", senders=senders, answers=frozenset(answers), route="asker",
        independent=True, priority=priority,
    )  # fmt: skip


def _told(number: str, senders: Kinds, bodies: Kinds, priority: int = 1) -> Entry:
    return Entry(
        family="warning", number=number, senders=senders, route="area", bodies=bodies, independent=True,
        priority=priority,
    )  # fmt: skip


def _of_court(number: str, route: Route, *, independent: bool = False, proved: bool = False) -> Entry:
    return Entry(
        family="confirmation", number=number, senders=_COURTS, route=route, independent=independent, proved=proved
    )


def _of_applicant(number: str, route: Route) -> Entry:
    return Entry(family="confirmation", number=number, said_by="applicant", recipients=_COURTS, route=route)


# fmt: off
CATALOGUE: Mapping[str, Entry] = {
    "referral": _referral("M-01", "referrer", "addressee"),
    "acceptance": _referral("M-02", "unit", "origin"),
    "decline": _referral("M-03", "unit", "origin"),
    "assignment": _referral("M-04", "unit", "origin"),
    "progress": _referral("M-05", "unit", "origin"),
    "extension": _referral("M-06", "unit", "origin"),
    "success": _referral("M-07", "unit", "origin"),
    "escalation": _referral("M-08", "unit", "addressee"),
    "return_consultation": _referral("M-09a", "unit", "origin"),
    "return_opinion": _referral("M-09a", "referrer", "holder"),
    "return": _referral("M-09", "unit", "origin"),
    "litigation": _referral("M-10", "referrer", "subscribers"),
    "supervision": _referral("M-11", "referrer", "holder", priority=0),

    "intake": Entry(family="intake", number="M-32", route="subscribers"),
    "intake_refusal": Entry(family="intake", number="规则 9", said_by="referrer", route="subscribers"),
    "consent_inquiry": Entry(family="intake", number="P-01", said_by="referrer", route="subscribers"),
    "withdrawal": Entry(family="intake", number="规则 25", said_by="unit", route="origin"),
    "closure": Entry(family="intake", number="人民调解法 27", said_by="referrer", route="subscribers"),

    "guidance_request": Entry(family="guidance", number="M-12", recipients=_BODIES, route="area", bodies=_COURTS,
                              independent=True),
    "guidance_answer": _answer("guidance", "M-13", {"guidance_request"}, _BODIES),
    "consultation": Entry(family="guidance", number="M-34", recipients=_BODIES, independent=True),
    "consultation_answer": _answer("guidance", "M-34", {"consultation"}, _BODIES),
    "service_request": Entry(family="guidance", number="M-31", recipients=_COURTS, route="area", bodies=_COURTS,
                             independent=True),
    "service_answer": _answer("guidance", "M-31", {"service_request"}, _COURTS),
    "content": Entry(family="guidance", number="M-33", senders=_BODIES, route="subscribers", independent=True,
                     priority=2),
    "feedback": Entry(family="guidance", number="M-35", independent=True, priority=2),
    "conference_request": Entry(family="guidance", number="M-36", recipients=_COURTS | _PEACE, route="area",
                                bodies=frozenset({"tribunal"}), independent=True),

    "hazard": _told("M-14", _REPORTERS, frozenset({"tribunal"})),
    "dispute_notice": _told("M-16", _PEACE, _GUARDS),
    "major_notice": _told("M-17", _BODIES, _FOUR),
    "warning": Entry(family="warning", number="M-18", senders=_BODIES, independent=True, priority=0),
    "warning_acknowledgement": _answer("warning", "M-18", {"warning", "emergency"}, priority=0),
    "emergency": _told("M-19", _ANY, _FOUR, priority=0),
    "alarm": Entry(family="warning", number="M-20", senders=_COURTS | {"justice_office"}, recipients=_POLICE,
                   route="area", bodies=_POLICE, independent=True, priority=0),
    "court_invitation": Entry(family="warning", number="M-21", senders=_POLICE | {"justice_office"},
                              recipients=_COURTS, route="area", bodies=frozenset({"tribunal"})),
    "joint_plan": Entry(family="warning", number="M-15, M-22", senders=_BODIES),
    "joint_result": Entry(family="warning", number="M-15, M-22", answers=frozenset({"joint_plan", "court_invitation"}),
                          route="asker"),

    "performance": Entry(family="performance", number="M-23", said_by="lead", route="origin", copied=_PEACE),
    "certificate": Entry(family="performance", number="M-24", senders=_COURTS, route="holder", proved=True),

    "confirmation_application": _of_applicant("M-25", "addressee"),
    "statement_application": _of_applicant("M-26", "addressee"),
    "confirmation_status": _of_court("M-27", "applicant"),
    "confirmation_supplement": _of_applicant("M-27", "court"),
    "confirmation_withdrawal": _of_applicant("M-27", "court"),
    "ruling": _of_court("M-28", "applicant", proved=True),
    "ruling_notice": Entry(family="confirmation", number="M-28", said_by="gateway", route="court", independent=True),
    "service_task": _of_court("M-30", "addressee", independent=True),
    "service_receipt": Entry(family="confirmation", number="M-29", recipients=_COURTS, route="court"),
    "objection": Entry(family="confirmation", number="民诉法解释 372", recipients=_COURTS, route="court"),
    "revocation": _of_court("民诉法解释 372", "applicant"),

    "organisation": Entry(family="registry", number="REG-02", route="subscribers", independent=True, priority=2),
    "person": Entry(family="registry", number="REG-01", route="subscribers", independent=True, priority=2),
    "code_table": Entry(family="registry", number="REG-01", route="subscribers", independent=True, priority=2),
    "ledger": Entry(family="registry", number="O-05", route="subscribers", independent=True, priority=2),
    "statistics": Entry(family="registry", number="M-36", route="subscribers", independent=True, priority=2),
}
# fmt: on
