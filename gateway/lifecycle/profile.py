"""What a jurisdiction may decide for itself; the values given here are those of the national rules."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Literal

from gateway.canonical.messages.confirmation_data import ApplicationChannel, MediationKind
from gateway.canonical.organisations import OrganisationKind

Kinds = frozenset[OrganisationKind]
Mediations = frozenset[MediationKind]

Unanswered = Literal["return", "urge"]
ANY_MEDIATION: Mediations = frozenset({"peoples", "invited", "administrative", "industry", "lawyer", "other"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Eligibility:
    """Which mediations' agreements may be confirmed, for agreements that took effect from a day on."""

    since: date
    mediations: Mediations


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One jurisdiction's policy, under the name by which the configuration chooses it.

    ``consult_before_return``: the unit asks the referring organisation before it returns a case (腴地府发〔2022〕45号
    附件(六)). ``escalation``: a village may hand a case up to the township (焦中法〔2021〕155号 10、11).
    ``lead_unit_rule``: who received a dispute first leads its joint mediation, unless it clearly belongs to an industry
    (腴地府发〔2022〕45号 三(二)).

    ``dispatchers``: kinds of organisation that refer cases; ``guidance``: those that a request for guidance goes to;
    ``convener``: those that call the joint conference. Empty: whoever the national rules allow.
    ``conference_months``, ``report_months``: how often; None: it is not laid down.

    ``eligibility``: by the day the agreement took effect, the latest row first met from the end; ``channels``: who may
    submit an application, and of which mediations (empty: of any); ``not_confirmable``: words of a term that decides
    what only another procedure can (民诉法解释 355).

    ``period_days``: calendar days from the day after acceptance (人民法院在线调解规则 24), where the referral names
    none; ``accept_workdays``: to answer a referral (12); ``application_days``: to apply for confirmation (民事诉讼法
    205); ``filing_days``: for the court to take the application up (法释〔2011〕5号 4); ``review_days``: for its review
    (187); ``service_days``: to serve a released ruling on everybody, from the day it reached who serves it: the law
    gives no number. ``period_rolls``: whether a period of mediation that ends on a holiday lasts to the next working
    day.
    ``unanswered``: what silence brings about: the case goes back (12), or the unit is urged and keeps it.
    ``remind_workdays``, ``remind_days``: how long before the end of a period of working days, or of days, whoever must
    act is reminded; 0: not at all.

    ``duplicate_days``: how many days apart two cases with the same parties are suspected to be one dispute; 0: never.
    """

    name: str = "national"
    consult_before_return: bool = False
    escalation: bool = True
    lead_unit_rule: bool = False
    dispatchers: Kinds = frozenset()
    guidance: Kinds = frozenset()
    convener: Kinds = frozenset()
    conference_months: int | None = None
    report_months: int | None = None
    eligibility: tuple[Eligibility, ...] = (
        Eligibility(since=date(2011, 1, 1), mediations=frozenset({"peoples"})),
        Eligibility(since=date(2022, 1, 1), mediations=ANY_MEDIATION),
    )
    channels: tuple[tuple[ApplicationChannel, Mediations], ...] = (
        ("parties", frozenset()), ("mediator", frozenset()), ("liaison", frozenset()),
    )  # fmt: skip
    not_confirmable: tuple[str, ...] = (
        "自愿离婚", "准予离婚", "同意离婚", "解除婚姻关系", "婚姻关系无效", "确认亲子关系", "解除收养关系",
        "收养关系成立", "确认继承权",
    )  # fmt: skip
    period_days: int = 30
    accept_workdays: int = 3
    application_days: int = 30
    filing_days: int = 3
    review_days: int = 30
    service_days: int = 10
    period_rolls: bool = False
    unanswered: Unanswered = "return"
    remind_workdays: int = 1
    remind_days: int = 5
    duplicate_days: int = 30

    def foresees(self, event: str) -> bool:
        """Say whether the jurisdiction knows a step at all; most steps every one does."""
        return {"escalation": self.escalation, "return_consultation": self.consult_before_return}.get(event, True)

    def to_dict(self) -> dict[str, Any]:
        """Return the policy as JSON values, as the administrator's file writes it."""
        return {
            **{each.name: _plain(getattr(self, each.name)) for each in fields(self)},
            "eligibility": [
                {"since": str(row.since), "mediations": sorted(row.mediations)} for row in self.eligibility
            ],
            "channels": {name: sorted(mediations) for name, mediations in self.channels},
        }

    def eligible(self, on: date) -> Mediations:
        """Return the mediations whose agreements of that day may be confirmed."""
        rows = [row for row in self.eligibility if row.since <= on]
        return max(rows, key=lambda row: row.since).mediations if rows else frozenset()


def _plain(value: object) -> object:
    return sorted(value) if isinstance(value, frozenset) else list(value) if isinstance(value, tuple) else value


NATIONAL = Profile()
