"""The five founding documents, one profile each: the same question, and the answer that each of them gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from gateway.canonical.identifiers import BEIJING
from gateway.configuration import load, shipped_files
from gateway.lifecycle import Accepted, Decision, Parked, Profile, Refused
from gateway.lifecycle.entitlement import not_entitled
from tests.gateway.lifecycle import lifecycle_messages as m

NAMES = ("jiaozuo", "shihe", "heihe", "yanbian-forest", "yudi")
_SHIPPED = load(None, shipped_files()).profiles.named
_TAKEN = (m.referral, m.acceptance)


def said(decision: Decision) -> str:
    """Return the fate of a message in one word: accepted, parked, or the code of the refusal."""
    if isinstance(decision, Accepted):
        return "accepted"
    return "parked" if isinstance(decision, Parked) else decision.code.removeprefix("lifecycle.")


def after_acceptance(message: Callable[[], Any]) -> Callable[[Profile], str]:
    return lambda profile: said(m.judge(m.after(*(step() for step in _TAKEN)), message(), profile))


def refers(kind: str) -> Callable[[Profile], str]:
    def asked(profile: Profile) -> str:
        refused = not_entitled(m.referral(), sender=kind, recipients={}, asked=None, profile=profile)  # type: ignore[arg-type]
        return "accepted" if refused is None else refused.code.removeprefix("lifecycle.")

    return asked


def confirms(mediation: str, year: int, month: int, day: int, channel: str = "parties") -> Callable[[Profile], str]:
    """Ask whether an agreement of that day may be confirmed, applied about three days later."""

    def asked(profile: Profile) -> str:
        effective = datetime(year, month, day, 10, 0, tzinfo=BEIJING)
        agreement = {"reached_at": effective, "effective_at": effective}
        applied = effective.replace(day=day + 3)
        message = m.application(
            mediation=mediation, channel=channel, agreement=agreement, applied_at=applied,
        )  # fmt: skip
        return said(m.judge(m.after(m.referral(), m.acceptance(), m.success()), message, profile))

    return asked


def leads(profile: Profile) -> str:
    plan = m.joint_plan(lead=m.TOWNSHIP, first=m.VILLAGE)
    return said(m.judge(m.after(m.referral(), m.acceptance()), plan, profile))


def guided_by(profile: Profile) -> str:
    return ", ".join(sorted(profile.guidance))


def conference(profile: Profile) -> str:
    return f"{profile.conference_months or '-'} {', '.join(sorted(profile.convener)) or '-'}"


# The question, and the answers of 焦作, 浉河, 黑河, 延边林区 and 腴地.
QUESTIONS: list[tuple[str, Callable[[Profile], str], tuple[str, str, str, str, str]]] = [
    ("a tribunal refers a case", refers("tribunal"),
     ("accepted", "dispatcher_elsewhere", "dispatcher_elsewhere", "dispatcher_elsewhere", "accepted")),
    ("the court's filing division refers a case", refers("court"),
     ("dispatcher_elsewhere", "accepted", "accepted", "accepted", "dispatcher_elsewhere")),
    ("who is asked for guidance", guided_by,
     ("tribunal", "court", "court", "court", "justice_office, police_station, tribunal")),
    ("a unit returns a case without asking", after_acceptance(m.return_),
     ("accepted", "accepted", "accepted", "accepted", "consultation_required")),
    ("a unit asks before it returns a case", after_acceptance(m.consultation),
     ("consultation_not_foreseen",) * 4 + ("accepted",)),
    ("a village hands a case up", after_acceptance(m.escalation),
     ("accepted", "accepted", "accepted", "accepted", "escalation_not_foreseen")),
    ("another unit than the first receiver leads", leads,
     ("accepted", "accepted", "accepted", "accepted", "lead_unit")),
    ("an administrative agreement of 2021-12-20", confirms("administrative", 2021, 12, 20),
     ("not_eligible", "not_eligible", "accepted", "not_eligible", "not_eligible")),
    ("an administrative agreement of 2022-01-05", confirms("administrative", 2022, 1, 5),
     ("accepted",) * 5),
    ("an invited mediator's agreement of 2021-12-20", confirms("invited", 2021, 12, 20),
     ("accepted", "not_eligible", "accepted", "not_eligible", "not_eligible")),
    ("the mediator applies about an industry's agreement", confirms("industry", 2023, 5, 4, channel="mediator"),
     ("channel_closed", "accepted", "accepted", "channel_closed", "channel_closed")),
    ("the mediator applies about a people's agreement", confirms("peoples", 2023, 5, 4, channel="mediator"),
     ("channel_closed", "accepted", "accepted", "channel_closed", "accepted")),
    ("the liaison applies", confirms("peoples", 2023, 5, 4, channel="liaison"),
     ("accepted", "accepted", "accepted", "accepted", "channel_closed")),
    ("how often the conference meets, and who calls it", conference,
     ("1 tribunal", "- court", "- -", "6 court", "3 peace_office")),
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("question", "ask", "answers"), QUESTIONS, ids=[question for question, _, _ in QUESTIONS])
def test_each_document_gives_its_own_answer(
    name: str, question: str, ask: Callable[[Profile], str], answers: tuple[str, ...]
) -> None:
    assert ask(_SHIPPED[name]) == answers[NAMES.index(name)], question


def test_no_two_documents_are_the_same_policy() -> None:
    policies = [replace(_SHIPPED[name], name="") for name in NAMES]
    assert all(policies.count(policy) == 1 for policy in policies)


def test_what_a_document_leaves_open_it_takes_from_the_national_rules() -> None:
    national = _SHIPPED["national"]
    for name in NAMES:
        profile = _SHIPPED[name]
        assert profile.application_days == national.application_days == 30
        assert profile.accept_workdays == national.accept_workdays == 3
        assert profile.not_confirmable == national.not_confirmable
    assert _SHIPPED["shihe"].eligibility == national.eligibility
    assert _SHIPPED["shihe"].channels == national.channels
    assert isinstance(m.judge(None, m.acceptance(), national), Parked | Refused)
