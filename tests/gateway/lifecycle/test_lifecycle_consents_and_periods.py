"""Who has to agree before a step, and until when: consents, periods, extensions, appraisals, lateness."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from gateway.canonical.messages import Message
from gateway.lifecycle import Accepted, Case, Decision, Parked, Profile, Refused
from tests.gateway.lifecycle import lifecycle_messages as m

ENTRUSTED = {"variant": "entrusted", "case": {"acceptance_number": "测受〔2026〕2号"}}
INDIVIDUAL = {"variant": "individual", "individual": {"name": "测试调解员"}}


def _code(decision: Decision) -> str:
    assert isinstance(decision, Refused), decision
    return decision.code


def _in_mediation(**referral: Any) -> Case:
    """Accepted on day 1, due on day 31."""
    return m.after(m.referral(**referral), m.acceptance(day=1), m.progress(day=2))


@pytest.mark.parametrize("variant", [{"variant": "delegated"}, ENTRUSTED, INDIVIDUAL])
@pytest.mark.parametrize(
    "asked",
    [[], m.consents()[:1], m.consents(**{m.RESPONDENT: False}), [{"party": "别人", "given": True, "at": m.at(0)}] * 2],
)
def test_a_referral_needs_the_consent_of_every_party(variant: dict[str, Any], asked: list[dict[str, Any]]) -> None:
    decision = m.judge(None, m.referral(**variant, consents=asked))
    assert _code(decision) == "lifecycle.consent_missing"
    assert isinstance(decision, Refused)
    assert decision.facts["needed"] == 2
    assert not any(name in str(decision.facts) for name in (m.APPLICANT, m.RESPONDENT))


def test_an_invitation_to_assist_in_proceedings_needs_no_consent() -> None:
    assert m.after(m.referral(variant="invited", consents=[])).state == "DISPATCHED"


def test_the_latest_answer_of_a_party_counts() -> None:
    refused_then_agreed = [*m.consents(1), {"party": m.APPLICANT, "given": False, "at": m.at(0)}]
    assert m.after(m.referral(consents=refused_then_agreed)).state == "DISPATCHED"
    agreed_then_refused = [*m.consents(1), {"party": m.APPLICANT, "given": False, "at": m.at(2)}]
    assert _code(m.judge(None, m.referral(consents=agreed_then_refused))) == "lifecycle.consent_missing"


def test_spaces_and_width_do_not_make_another_party() -> None:
    spaced = [
        {"party": "测试 甲", "given": True, "at": m.at(0)},
        {"party": "测试乙\u3000有限公司", "given": True, "at": m.at(0)},
    ]
    assert m.after(m.referral(consents=spaced)).parties == 2


def test_a_case_referred_again_needs_consents_again() -> None:
    case = m.after(m.referral(), m.decline())
    assert _code(m.judge(case, m.referral(to=m.INDUSTRY, consents=[]))) == "lifecycle.consent_missing"


@pytest.mark.parametrize("asked", [m.consents(25, **{m.RESPONDENT: False})])
def test_an_escalation_needs_parties_that_are_willing(asked: list[dict[str, Any]]) -> None:
    assert _code(m.judge(_in_mediation(), m.escalation(consents=asked))) == "lifecycle.consent_missing"


def test_one_willing_party_is_enough_where_nobody_refuses() -> None:
    assert m.after(m.escalation(consents=m.consents(25)[:1]), case=_in_mediation()).holder == m.TOWNSHIP


def test_where_nobody_was_asked_neither_escalation_nor_extension_passes() -> None:
    """The common language refuses this before; the rules do not rely on it."""
    for message in (m.escalation(), m.extension()):
        silent = message.model_copy(update={"data": message.data.model_copy(update={"consents": ()})})
        assert _code(m.judge(_in_mediation(), silent)) == "lifecycle.consent_missing"


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (m.escalation(to=None), "lifecycle.addressee_missing"),
        (m.escalation(to=m.VILLAGE), "lifecycle.addressee_is_sender"),
        (m.escalation(level="village"), "lifecycle.level_not_higher"),
    ],
)
def test_an_escalation_leads_to_another_unit_of_a_higher_level(message: Message, code: str) -> None:
    assert _code(m.judge(_in_mediation(), message)) == code


def test_where_no_level_is_known_an_escalation_passes() -> None:
    assert m.after(m.escalation(), case=_in_mediation(level=None)).leg.level == "township"


@pytest.mark.parametrize("asked", [m.consents(20)[:1], m.consents(20, **{m.APPLICANT: False})])
def test_an_extension_needs_the_consent_of_all_parties(asked: list[dict[str, Any]]) -> None:
    assert _code(m.judge(_in_mediation(), m.extension(consents=asked))) == "lifecycle.consent_missing"


def test_an_extension_moves_the_last_day() -> None:
    case = m.after(m.extension(day=20, until=60), case=_in_mediation())
    assert (case.leg.due_on, case.state, case.holder) == (m.at(60).date(), "MEDIATING", m.VILLAGE)


def test_an_extension_agreed_in_time_may_arrive_after_the_period() -> None:
    """The period ends with day 31; the message comes an hour into day 32."""
    midnight = m.at(32).replace(hour=1)
    message = m.extension(day=32, consents=m.consents(30))
    assert isinstance(m.judge(_in_mediation(), message, now=midnight), Accepted)


def test_an_extension_agreed_after_the_period_is_refused() -> None:
    decision = m.judge(_in_mediation(), m.extension(day=31, consents=m.consents(32)))
    assert _code(decision) == "lifecycle.extension_after_expiry"
    assert isinstance(decision, Refused)
    assert decision.facts["due_on"] == str(m.at(31).date())


def test_the_last_day_itself_is_in_time() -> None:
    assert isinstance(m.judge(_in_mediation(), m.extension(day=31)), Accepted)


def test_an_extension_makes_the_period_longer() -> None:
    assert _code(m.judge(_in_mediation(), m.extension(until=31))) == "lifecycle.extension_not_longer"


def test_the_period_is_counted_from_the_day_after_acceptance() -> None:
    case = m.after(m.referral(), m.acceptance(day=0))
    assert case.leg.due_on == date(2026, 4, 1)  # 2 March is not counted: thirty days from the 3rd


@pytest.mark.parametrize(("days", "profile", "expected"), [(15, 30, 15), (None, 30, 30), (None, 7, 7)])
def test_the_referral_names_the_period_before_the_jurisdiction_does(
    days: int | None, profile: int, expected: int
) -> None:
    case = m.after(m.referral(period_days=days), m.acceptance(day=0), profile=Profile(period_days=profile))
    assert case.leg.due_on == m.at(expected).date()


def test_the_period_of_the_referral_holds_for_the_township_too() -> None:
    case = m.after(m.referral(period_days=15), m.acceptance(day=1), m.escalation(day=10), m.acceptance(m.TOWNSHIP, 12))
    assert case.leg.due_on == m.at(27).date()


def test_the_days_of_an_appraisal_are_not_counted() -> None:
    case = m.after(m.appraisal_started(day=4), case=_in_mediation())
    assert (case.state, case.leg.paused_on) == ("APPRAISAL", m.at(4).date())
    case = m.after(m.appraisal_ended(day=14), case=case)
    assert (case.state, case.leg.due_on, case.leg.paused_on) == ("MEDIATING", m.at(41).date(), None)


def test_an_extension_during_an_appraisal_contains_the_days_saved_so_far() -> None:
    case = m.after(m.appraisal_started(day=4), m.extension(day=35, until=70), case=_in_mediation())
    case = m.after(m.appraisal_ended(day=40), case=case)
    assert case.leg.due_on == m.at(75).date()


def test_the_end_of_an_appraisal_that_has_not_begun_waits() -> None:
    waiting = m.judge(_in_mediation(), m.appraisal_ended(day=5))
    assert isinstance(waiting, Parked)
    assert waiting.waits_for == ("progress",)


def test_the_end_of_an_earlier_appraisal_does_not_end_this_one() -> None:
    case = m.after(m.appraisal_started(day=4), case=_in_mediation())
    assert _code(m.judge(case, m.appraisal_ended(day=3))) == "lifecycle.appraisal_ended_before"


@pytest.mark.parametrize("result", [m.success, m.return_, m.escalation])
@pytest.mark.parametrize(("day", "flags"), [(31, set()), (32, {"late"})])
def test_a_result_after_the_period_is_accepted_and_flagged(result: Any, day: int, flags: set[str]) -> None:
    assert m.after(result(day=day), case=_in_mediation()).flags == flags


def test_a_result_of_the_last_day_that_travelled_long_is_not_late() -> None:
    decision = m.judge(_in_mediation(), m.success(day=31), now=m.at(31) + timedelta(days=9))
    assert isinstance(decision, Accepted)
    assert decision.case is not None
    assert decision.case.flags == frozenset()


def test_a_result_during_an_appraisal_is_not_late() -> None:
    case = m.after(m.appraisal_started(day=4), m.success(day=50), case=_in_mediation())
    assert case.flags == frozenset()
    assert case.leg.due_on == m.at(77).date()
