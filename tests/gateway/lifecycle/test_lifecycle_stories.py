"""Cases told from referral to end."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from gateway.canonical.messages import Message, parse
from gateway.lifecycle import Accepted, Case, Conflict, Parked, Profile, Refused, decide
from tests.gateway.lifecycle import lifecycle_messages as m

CONSULTING = m.CONSULTING


def test_a_village_fails_and_the_township_settles() -> None:
    case = m.after(m.referral())
    assert (case.state, case.holder, case.origin, case.parties) == ("DISPATCHED", m.VILLAGE, m.TRIBUNAL, 2)
    case = m.after(m.acceptance(day=1), m.assignment(day=2), m.progress(day=5), case=case)
    assert (case.state, case.holder) == ("MEDIATING", m.VILLAGE)
    assert (case.leg.mediators, case.leg.accepted_at, case.leg.due_on) == (("M-7",), m.at(1), m.at(31).date())

    decision = m.judge(case, m.escalation(day=20))
    assert isinstance(decision, Accepted)
    assert decision.leg == 2
    case = m.after(m.escalation(day=20), case=case)
    assert (case.state, case.holder) == ("DISPATCHED", m.TOWNSHIP)
    assert [(leg.unit, leg.level, leg.state) for leg in case.legs] == [
        (m.VILLAGE, "village", "ESCALATED"),
        (m.TOWNSHIP, "township", "DISPATCHED"),
    ]

    case = m.after(m.acceptance(m.TOWNSHIP, day=22), case=case)
    assert case.leg.due_on == m.at(52).date()  # a new period from the new acceptance
    agreed = m.success(m.TOWNSHIP, day=40)
    case = m.after(agreed, case=case)
    assert (case.state, case.holder, case.result, case.flags) == ("SETTLED", m.TOWNSHIP, agreed.id, frozenset())
    assert case.closed_at is None  # somebody must still see to the performance


def test_a_case_is_returned_to_the_tribunal_and_filed() -> None:
    given_back, filed = m.return_(day=10), m.filing(day=15)
    case = m.after(m.referral(), m.acceptance(), given_back)
    assert (case.state, case.holder, case.result) == ("RETURNED", m.TRIBUNAL, None)
    assert (case.leg.state, case.leg.result, case.leg.ended_at) == ("RETURNED", given_back.id, m.at(10))
    case = m.after(m.transfer(day=11), case=case)
    assert (case.state, case.holder) == ("TO_LITIGATION", m.TRIBUNAL)
    case = m.after(filed, case=case)
    assert (case.state, case.holder, case.result, case.closed_at) == ("FILED", m.TRIBUNAL, filed.id, m.at(15))


@pytest.mark.parametrize("why", [{"reason": "consent_refused"}, {"reason": "unreachable"},
                                 {"reason": "other", "note": "当事人已另行起诉"}])  # fmt: skip
def test_a_dispute_that_nobody_would_have_mediated_goes_to_litigation_without_a_leg(why: dict[str, str]) -> None:
    refused, filed = m.refusal(day=1, **why), m.filing_alone(day=5)
    decision = m.judge(None, refused)
    assert isinstance(decision, Accepted)
    assert decision.leg is None
    case = m.after(refused)
    assert (case.state, case.holder, case.origin) == ("TO_LITIGATION", m.TRIBUNAL, m.TRIBUNAL)
    assert (case.leg, case.legs, case.variant, case.parties, case.result) == (None, (), None, 0, None)
    case = m.after(filed, case=case)
    assert (case.state, case.holder, case.result, case.closed_at) == ("FILED", m.TRIBUNAL, filed.id, m.at(5))
    assert Case.from_dict(json.loads(json.dumps(case.to_dict()))) == case


def test_a_filing_reported_alone_opens_the_case_and_ends_it() -> None:
    filed = m.filing_alone(day=3)
    case = m.after(filed)
    assert (case.state, case.result, case.opened_at, case.closed_at) == ("FILED", filed.id, m.at(3), m.at(3))
    assert isinstance(m.judge(case, m.filing_alone(day=4)), Conflict)


def test_a_mediation_that_failed_was_referred_so_its_transfer_waits_for_the_referral() -> None:
    for message in (m.transfer(), m.filing()):
        waiting = m.judge(None, message)
        assert isinstance(waiting, Parked)
        assert waiting.waits_for == ("referral",)


def test_a_dispute_without_an_id_of_its_sender_is_not_opened() -> None:
    waiting = m.judge(None, m.filing_alone(case={"number": "(2026)渝0242民初1号"}))
    assert isinstance(waiting, Parked)


@pytest.mark.parametrize("message", [m.refusal(reason="other"), m.filing_alone(reason="other")])
def test_another_reason_is_said_in_words(message: Message) -> None:
    refused = m.judge(None, message)
    assert isinstance(refused, Refused)
    assert refused.code == "lifecycle.reason_missing"
    assert "人民法院在线调解规则 15" in str(refused.facts["basis"])


def test_a_unit_that_speaks_of_a_case_nobody_referred_to_it_is_told_so() -> None:
    case = m.after(m.refusal())
    for message in (m.acceptance(), m.success(), m.progress(), m.return_(), m.opinion_return(), m.escalation()):
        refused = m.judge(case, message)
        assert type(refused) is Refused
        assert refused.code == "lifecycle.never_referred"
        assert refused.facts["who"] == m.TRIBUNAL


def test_a_case_that_goes_to_litigation_unreferred_is_not_referred_afterwards() -> None:
    refused = m.judge(m.after(m.refusal()), m.referral(day=2))
    assert type(refused) is Refused
    assert (refused.code, refused.facts["expected"]) == ("lifecycle.wrong_state", "litigation")
    closed = m.judge(m.after(m.filing_alone()), m.referral(day=2))
    assert type(closed) is Refused
    assert closed.code == "lifecycle.case_closed"


def test_a_declined_case_is_referred_to_another_unit() -> None:
    case = m.after(m.referral(), m.decline(reason="not_in_area"))
    assert (case.state, case.holder, case.leg.declined) == ("READY", m.TRIBUNAL, "not_in_area")
    refused = m.judge(case, m.referral(day=2))
    assert isinstance(refused, Refused)
    assert refused.code == "lifecycle.addressee_declined"
    case = m.after(m.referral(day=2, to=m.INDUSTRY), case=case)
    assert (case.holder, [leg.number for leg in case.legs]) == (m.INDUSTRY, [1, 2])


def test_a_unit_that_lacked_papers_may_be_asked_again() -> None:
    case = m.after(m.referral(), m.decline(reason="incomplete"), m.referral(day=2), m.acceptance(day=3))
    assert (case.state, case.holder, len(case.legs)) == ("ACCEPTED", m.VILLAGE, 2)


def test_a_township_that_declines_gives_the_case_to_the_tribunal_not_to_the_village() -> None:
    case = m.after(m.referral(), m.acceptance(), m.escalation(), m.decline(m.TOWNSHIP, day=26))
    assert (case.state, case.holder) == ("READY", m.TRIBUNAL)


def test_a_returned_case_is_referred_again_and_opens_a_new_leg() -> None:
    case = m.after(m.referral(), m.acceptance(), m.return_(), m.referral(day=30, to=m.INDUSTRY, variant="entrusted",
                   case={"acceptance_number": "测受〔2026〕1号"}))  # fmt: skip
    assert (case.state, case.holder, case.variant) == ("DISPATCHED", m.INDUSTRY, "entrusted")


def test_a_tribunal_answers_that_the_unit_is_to_go_on() -> None:
    case = m.after(m.referral(), m.acceptance(), m.consultation(), profile=CONSULTING)
    assert (case.state, case.holder) == ("RETURN_CONSULT", m.TRIBUNAL)
    case = m.after(m.opinion_continue(), case=case, profile=CONSULTING)
    assert (case.state, case.holder) == ("MEDIATING", m.VILLAGE)


def test_where_the_tribunal_is_to_be_asked_first_a_return_without_asking_is_blocked() -> None:
    case = m.after(m.referral(), m.acceptance(), m.progress(), profile=CONSULTING)
    for before in (case, m.after(m.consultation(), case=case, profile=CONSULTING)):
        blocked = m.judge(before, m.return_(), CONSULTING)
        assert isinstance(blocked, Refused)
        assert blocked.code == "lifecycle.consultation_required"
        assert "腴地府发〔2022〕45号" in str(blocked.facts["basis"])
    asked = m.after(m.consultation(), m.opinion_return(), m.return_(), case=case, profile=CONSULTING)
    assert asked.state == "RETURNED"


@pytest.mark.parametrize("state", [(), (m.assignment,), (m.progress,), (m.appraisal_started,)])
def test_where_nobody_is_to_be_asked_first_a_consultation_is_refused(state: tuple[Callable[[], Message], ...]) -> None:
    case = m.after(m.referral(), m.acceptance(), *(step() for step in state))
    refused = m.judge(case, m.consultation())
    assert isinstance(refused, Refused)
    assert (refused.code, refused.facts["profile"]) == ("lifecycle.consultation_not_foreseen", "national")
    assert "return_consultation" not in str(refused.facts["expected"])
    assert "return" in str(refused.facts["expected"])


def test_a_consultation_under_way_is_answered_where_the_policy_has_changed_meanwhile() -> None:
    asked = m.after(m.referral(), m.acceptance(), m.consultation(), profile=CONSULTING)
    assert m.after(m.opinion_continue(), case=asked).state == "MEDIATING"
    assert m.after(m.opinion_return(), m.return_(), case=asked).state == "RETURNED"
    assert m.after(m.return_(), case=asked).state == "RETURNED"


def test_a_case_names_the_policy_that_judged_its_latest_step() -> None:
    case = m.after(m.referral())
    assert case.profile == "national"
    assert m.after(m.acceptance(), case=case, profile=CONSULTING).profile == "consulting"


def test_where_there_is_no_escalation_a_unit_returns_the_case() -> None:
    case = m.after(m.referral(), m.acceptance())
    refused = m.judge(case, m.escalation(), Profile(escalation=False))
    assert isinstance(refused, Refused)
    assert refused.code == "lifecycle.escalation_not_foreseen"


def test_a_second_result_is_a_conflict_and_changes_nothing() -> None:
    settled = m.after(m.referral(), m.acceptance(), m.success())
    for second in (m.success(day=26), m.return_(day=26), m.escalation(day=26), m.transfer(), m.filing()):
        conflict = m.judge(settled, second)
        assert isinstance(conflict, Conflict)
        assert conflict.code == "lifecycle.second_result"


def test_a_village_that_escalated_cannot_report_a_success_of_its_own() -> None:
    case = m.after(m.referral(), m.acceptance(), m.escalation(), m.acceptance(m.TOWNSHIP, day=26))
    assert isinstance(m.judge(case, m.success(day=27)), Conflict)
    late_wish = m.judge(case, m.extension(day=27))
    assert type(late_wish) is Refused
    assert late_wish.code == "lifecycle.leg_ended"


def test_a_case_in_hand_cannot_be_referred_again() -> None:
    for case in (m.after(m.referral()), m.after(m.referral(), m.acceptance())):
        conflict = m.judge(case, m.referral(day=3, to=m.INDUSTRY))
        assert isinstance(conflict, Conflict)
        assert conflict.code == "lifecycle.already_referred"
        assert conflict.facts["who"] == m.VILLAGE


def test_messages_of_the_registry_need_no_case_and_no_rule() -> None:
    organisation = {"id": "org-new", "name": "测试调解委员会", "kind": "peoples_mediation_committee"}
    message = parse({
        "type": "fengqiao.organisation", "id": "01900000-0000-7000-8000-0000000fffff", "source": "/partners/test",
        "time": m.at(0), "data": {"organisation": organisation},
    })  # fmt: skip
    assert m.judge(None, message) == Accepted(case=None)


def test_records_out_of_order_wait_for_the_one_before() -> None:
    unknown = m.judge(None, m.acceptance())
    assert isinstance(unknown, Parked)
    assert unknown.waits_for == ("referral",)
    early = m.judge(m.after(m.referral()), m.success())
    assert isinstance(early, Parked)
    assert (early.waits_for, early.code) == (("acceptance",), "lifecycle.predecessor_missing")
    assert isinstance(m.judge(m.after(m.referral(), m.acceptance()), m.success()), Accepted)


def test_a_township_of_the_same_platform_may_accept_before_the_escalation_is_here() -> None:
    case = m.after(m.referral(), m.acceptance())
    early = m.judge(case, m.acceptance(m.TOWNSHIP, day=26))
    assert isinstance(early, Parked)
    assert early.waits_for == ("escalation",)
    without = m.judge(case, m.acceptance(m.TOWNSHIP, day=26), Profile(escalation=False))
    assert isinstance(without, Refused)


def test_a_note_made_before_the_end_and_arriving_after_it_is_kept() -> None:
    settled = m.after(m.referral(), m.acceptance(), m.success(day=25))
    noted = m.judge(settled, m.progress(day=24))
    assert noted == Accepted(case=settled, leg=1)
    named = m.after(m.assignment(day=2), case=settled)
    assert (named.state, named.leg.mediators) == ("SETTLED", ("M-7",))
    assert m.after(m.assignment(day=3, mediators=("M-8",)), case=named).leg.mediators == ("M-7",)
    after_it = m.judge(settled, m.progress(day=26))
    assert isinstance(after_it, Refused)
    assert after_it.code == "lifecycle.leg_ended"


def test_a_late_note_of_the_village_does_not_touch_the_townships_leg() -> None:
    case = m.after(m.referral(), m.acceptance(), m.escalation(day=25), m.acceptance(m.TOWNSHIP, day=26))
    decision = m.judge(case, m.progress(day=24))
    assert decision == Accepted(case=case, leg=1)


def test_a_unit_may_name_the_leg_by_the_gateways_number_or_by_its_own() -> None:
    case = m.after(m.referral(), m.acceptance(), m.escalation(), m.acceptance(m.TOWNSHIP, day=26))
    for number in (None, 1, 2, 9):  # 1: the township counts its own legs
        decision = m.judge(case, m.say("progress", m.TOWNSHIP, 27, leg=number, stage="started"))
        assert isinstance(decision, Accepted)
        assert decision.leg == 2


def test_the_directory_may_name_the_addressee() -> None:
    message = m.referral(to=None)
    assert isinstance(m.judge(None, message), Refused)
    decision = decide(None, message, case_id="case-9", now=m.at(1), addressee=m.TOWNSHIP)
    assert isinstance(decision, Accepted)
    assert decision.case is not None
    assert (decision.case.id, decision.case.holder, decision.case.opened_at) == ("case-9", m.TOWNSHIP, m.at(1))


def test_the_holder_is_the_holder_since_the_case_came_to_it() -> None:
    case = m.after(m.referral(day=0), m.acceptance(day=1), m.progress(day=3))
    assert case.holder_since == m.at(0)
    assert m.after(m.return_(day=28), case=case).holder_since == m.at(28)


def test_a_case_survives_being_kept_as_json() -> None:
    for case in (
        m.after(m.referral()),
        m.after(m.referral(), m.acceptance(), m.appraisal_started()),
        m.after(m.referral(), m.decline()),
        m.after(m.referral(), m.acceptance(), m.assignment(mediators=("M-7", None)), m.escalation(day=50)),
        m.after(m.referral(), m.acceptance(), m.return_(), m.filing()),
    ):
        assert Case.from_dict(json.loads(json.dumps(case.to_dict()))) == case


def test_no_name_of_a_person_is_kept_with_the_case() -> None:
    case = m.after(m.referral(), m.acceptance(), m.assignment(), m.extension(), m.success())
    kept = str(case.to_dict())
    assert not any(name in kept for name in (m.APPLICANT, m.RESPONDENT, "测试调解员"))


def test_a_later_version_of_the_result_takes_its_place_and_a_second_result_does_not() -> None:
    first = m.success()
    case = m.after(m.referral(), m.acceptance(), m.progress(), first)
    later = m.success(day=26)
    corrected = decide(case, later, case_id=case.id, now=m.at(26), corrects=first.id)
    assert isinstance(corrected, Accepted)
    assert corrected.case is not None
    assert (corrected.case.result, corrected.case.leg.result, corrected.case.state) == (later.id, later.id, "SETTLED")
    assert corrected.case.flags == {"corrected"}
    for said, corrects in ((m.success(day=27), None), (m.success(day=27), first.id), (m.return_(day=27), later.id)):
        refused = decide(corrected.case, said, case_id=case.id, now=m.at(27), corrects=corrects)
        assert isinstance(refused, Conflict), "only the result that stands is corrected, and only by a result"
    stranger = decide(corrected.case, m.success(m.TOWNSHIP, 27), case_id=case.id, now=m.at(27), corrects=later.id)
    assert isinstance(stranger, Refused)
