"""A court's review of an agreement: every step from every state, who may take it, and what it asks for first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from gateway.canonical.messages import Message
from gateway.lifecycle import NATIONAL, RELEASED, Accepted, Case, Conflict, Parked, Refused, ruling_after
from gateway.lifecycle.calendar import WorkingCalendar
from gateway.lifecycle.confirmation_guards import task_of
from gateway.lifecycle.confirmation_steps import CONFIRMATION_STEPS, confirmation_steps
from gateway.lifecycle.rules import decide
from gateway.lifecycle.ruling_steps import RULING_STEPS
from gateway.texts import catalogue, text
from tests.gateway.lifecycle import lifecycle_messages as m

_AGREED = (m.referral, m.acceptance, m.success)
_APPLIED = (*_AGREED, m.application)
_FILED = (*_APPLIED, partial(m.status, "accepted"))
_REVIEWED = (*_FILED, partial(m.status, "reviewing"))
_RULED = (*_REVIEWED, partial(m.ruling, "valid"))
_VERIFIED = (*_RULED, partial(m.notice, "verified"))
_SERVING = (*_VERIFIED, partial(m.notice, "released"))
_SERVED = (*_SERVING, m.receipt, partial(m.receipt, on=m.RESPONDENT))
PATHS: dict[str, tuple[Callable[[], Message], ...]] = {
    "none": _AGREED,
    "SUBMITTED": _APPLIED,
    "SUPPLEMENT": (*_APPLIED, partial(m.status, "supplement")),
    "NOT_ACCEPTED": (*_APPLIED, partial(m.status, "not_accepted")),
    "FILED": _FILED,
    "REVIEWING": _REVIEWED,
    "STATEMENT": (*_FILED, partial(m.status, "supplementary_statement")),
    "WITHDRAWN": (*_FILED, m.take_back, partial(m.status, "withdrawn")),
    "TERMINATED": (*_REVIEWED, partial(m.status, "terminated")),
    "VALID": (*_REVIEWED, partial(m.status, "valid")),
    "DISMISSED": (*_REVIEWED, partial(m.status, "dismissed")),
    "SEALING": (*_REVIEWED, partial(m.status, "valid"), partial(m.status, "sealing")),
    "REJECTED": (
        *_REVIEWED,
        partial(m.status, "valid"),
        partial(m.status, "sealing"),
        partial(m.status, "seal_rejected"),
    ),
    "RETURNED": _RULED,
    "QUARANTINED": (*_RULED, partial(m.notice, "quarantined")),
    "VERIFIED": _VERIFIED,
    "SERVING": _SERVING,
    "SERVED": _SERVED,
    "OBJECTED": (*_RULED, m.objection),
    "REVOKED": (*_RULED, m.objection, partial(m.revocation, "revoked")),
}
NAMES = {"STATEMENT": "SUPPLEMENT_STATEMENT", "REJECTED": "SEAL_REJECTED", "RETURNED": "RETURNED_ONLINE"}
SAYS: dict[str, Callable[..., Message]] = {
    "confirmation_application": m.application,
    "statement_application": m.statement,
    **{
        f"confirmation_status:{state}": partial(m.status, state)
        for state in (
            "accepted",
            "supplement",
            "not_accepted",
            "reviewing",
            "supplementary_statement",
            "review_extended",
            "withdrawn",
            "deemed_withdrawn",
            "terminated",
            "valid",
            "dismissed",
            "sealing",
            "seal_rejected",
        )
    },
    **{
        f"confirmation_supplement:{subject}": partial(m.supply, subject)
        for subject in ("supplement", "supplementary_statement")
    },
    "confirmation_withdrawal": m.take_back,
    **{
        f"ruling:{result}": partial(m.ruling, result, document="D-2", replaces="D-1")
        for result in ("valid", "dismissed", "not_accepted", "withdrawal_granted", "terminated", "revoked", "changed")
    },
    "objection": m.objection,
    **{f"revocation:{outcome}": partial(m.revocation, outcome) for outcome in ("revoked", "changed", "rejected")},
}
# = stays; wait: parked; no: refused; !: conflict; otherwise the state of the application after the step.
GRID = """
                                                none      SUBMITTED    SUPPLEMENT   NOT_ACCEPTED FILED      REVIEWING  STATEMENT  WITHDRAWN TERMINATED VALID    DISMISSED SEALING  REJECTED RETURNED QUARANTINED VERIFIED SERVING  SERVED   OBJECTED REVOKED
confirmation_application                        SUBMITTED !            !            SUBMITTED    !          !          !          SUBMITTED SUBMITTED  !        !         !        !        !        !           !        !        !        !        !
statement_application                           SUBMITTED !            !            SUBMITTED    !          !          !          SUBMITTED SUBMITTED  !        !         !        !        !        !           !        !        !        !        !
confirmation_status:accepted                    wait      FILED        FILED        no           no         no         no         no        no         no       no        no       no       no       no          no       no       no       no       no
confirmation_status:supplement                  wait      SUPPLEMENT   no           no           no         no         no         no        no         no       no        no       no       no       no          no       no       no       no       no
confirmation_status:not_accepted                wait      NOT_ACCEPTED NOT_ACCEPTED no           no         no         no         no        no         no       no        no       no       no       no          no       no       no       no       no
confirmation_status:reviewing                   wait      wait         no           no           REVIEWING  =          no         no        no         no       no        no       no       no       no          no       no       no       no       no
confirmation_status:supplementary_statement     wait      no           no           no           STATEMENT  STATEMENT  no         no        no         no       no        no       no       no       no          no       no       no       no       no
confirmation_status:review_extended             wait      no           no           no           =          =          =          no        no         no       no        no       no       no       no          no       no       no       no       no
confirmation_status:withdrawn                   wait      WITHDRAWN    WITHDRAWN    no           WITHDRAWN  WITHDRAWN  WITHDRAWN  no        no         no       no        no       no       no       no          no       no       no       no       no
confirmation_status:deemed_withdrawn            wait      WITHDRAWN    WITHDRAWN    no           WITHDRAWN  WITHDRAWN  WITHDRAWN  no        no         no       no        no       no       no       no          no       no       no       no       no
confirmation_status:terminated                  wait      no           no           no           TERMINATED TERMINATED TERMINATED no        no         no       no        no       no       no       no          no       no       no       no       no
confirmation_status:valid                       wait      no           no           no           VALID      VALID      VALID      no        no         no       no        no       no       no       no          no       no       no       no       no
confirmation_status:dismissed                   wait      no           no           no           DISMISSED  DISMISSED  DISMISSED  no        no         no       no        no       no       no       no          no       no       no       no       no
confirmation_status:sealing                     wait      no           no           no           no         no         no         no        no         SEALING  SEALING   no       SEALING  no       no          no       no       no       no       no
confirmation_status:seal_rejected               wait      no           no           no           no         no         no         no        no         wait     wait      REJECTED no       no       no          no       no       no       no       no
confirmation_supplement:supplement              wait      wait         SUBMITTED    no           no         no         no         no        no         no       no        no       no       no       no          no       no       no       no       no
confirmation_supplement:supplementary_statement wait      no           no           no           wait       wait       REVIEWING  no        no         no       no        no       no       no       no          no       no       no       no       no
confirmation_withdrawal                         wait      =            =            no           =          =          =          no        no         no       no        no       no       no       no          no       no       no       no       no
ruling:valid                                    wait      wait         no           no           RETURNED   RETURNED   no         no        no         RETURNED no        RETURNED RETURNED =        RETURNED    RETURNED RETURNED RETURNED !        !
ruling:dismissed                                wait      wait         no           no           RETURNED   RETURNED   no         no        no         no       RETURNED  !        !        !        RETURNED    !        !        !        !        !
ruling:not_accepted                             wait      NOT_ACCEPTED NOT_ACCEPTED =            no         no         no         no        no         no       no        no       no       !        !           !        !        !        !        !
ruling:withdrawal_granted                       wait      WITHDRAWN    WITHDRAWN    no           WITHDRAWN  WITHDRAWN  WITHDRAWN  =         no         no       no        no       no       !        !           !        !        !        !        !
ruling:terminated                               wait      no           no           no           TERMINATED TERMINATED TERMINATED no        =          no       no        no       no       !        !           !        !        !        !        !
ruling:revoked                                  wait      no           no           no           no         no         no         no        no         no       no        no       no       !        !           !        !        !        REVOKED  =
ruling:changed                                  wait      no           no           no           no         no         no         no        no         no       no        no       no       !        !           !        !        !        REVOKED  =
objection                                       wait      no           no           no           no         no         no         no        no         no       no        no       no       OBJECTED OBJECTED    OBJECTED OBJECTED OBJECTED no       no
revocation:revoked                              wait      no           no           no           no         no         no         no        no         no       no        no       no       wait     wait        wait     wait     wait     REVOKED  no
revocation:changed                              wait      no           no           no           no         no         no         no        no         no       no        no       no       wait     wait        wait     wait     wait     REVOKED  no
revocation:rejected                             wait      no           no           no           no         no         no         no        no         no       no        no       no       wait     wait        wait     wait     wait     RETURNED no
"""  # noqa: E501  # a grid is read across
_SENT_BACK = (*_APPLIED, partial(m.ruling, "not_accepted"))
_TAKEN_BACK = (*_FILED, m.take_back, partial(m.ruling, "withdrawal_granted"))
_STOPPED = (*_REVIEWED, partial(m.ruling, "terminated"))
_FILE_PATHS = {
    **{name: PATHS[name] for name in ("RETURNED", "QUARANTINED", "VERIFIED", "SERVING", "SERVED", "OBJECTED")},
    "OBJECTED+": (*_SERVING, m.objection),
    "REVOKED": PATHS["REVOKED"],
    **{
        name + more: (*path, *((partial(m.notice, "released"),) if more else ()))
        for name, path in (("NOT_ACCEPTED", _SENT_BACK), ("WITHDRAWN", _TAKEN_BACK), ("TERMINATED", _STOPPED))
        for more in ("", "+")
    },
    "REVOKED+": (*_SERVING, m.objection, partial(m.revocation, "revoked")),
}
# What the gateway says of the file that is here, and receipts. + the file was released before.
FILE_GRID = """
                             RETURNED    QUARANTINED VERIFIED SERVING SERVED OBJECTED OBJECTED+ REVOKED REVOKED+ NOT_ACCEPTED NOT_ACCEPTED+ WITHDRAWN WITHDRAWN+ TERMINATED TERMINATED+
ruling_notice:verified       VERIFIED    no          no       no      no     no       no        =       =        =            =             =         =          =          =
ruling_notice:undecided      =           no          no       no      no     no       no        =       =        =            =             =         =          =          =
ruling_notice:quarantined    QUARANTINED no          no       no      no     no       no        =       =        =            =             =         =          =          =
ruling_notice:reopened       =           RETURNED    RETURNED no      no     no       no        =       =        =            =             =         =          =          =
ruling_notice:released       no          no          SERVING  no      no     no       no        =       =        =            =             =         =          =          =
service_receipt:served       no          no          no       =       =      no       =         no      =        no           =             no        =          no         =
service_receipt:other        no          no          no       =       =      no       =         no      =        no           =             no        =          no         =
"""  # noqa: E501  # a grid is read across
WITH_APPLICANT = {"SUPPLEMENT", "SUPPLEMENT_STATEMENT"}
ENDED = {"NOT_ACCEPTED", "WITHDRAWN", "TERMINATED", "REVOKED"}


def _cells(grid: str) -> list[tuple[str, str, str]]:
    header, *rows = grid.strip("\n").splitlines()
    states = header.split()
    return [
        (event, state, cell)
        for event, *cells in (row.split() for row in rows)
        for state, cell in zip(states, cells, strict=True)
    ]


CELLS, FILE_CELLS = _cells(GRID), _cells(FILE_GRID)


def case_in(state: str) -> Case:
    return m.after(*(step() for step in PATHS[state]))


@pytest.mark.parametrize(("event", "state", "outcome"), CELLS)
def test_the_step_does_what_the_grid_says(event: str, state: str, outcome: str) -> None:
    before = case_in(state)
    decision = m.judge(before, SAYS[event]())
    if outcome == "wait":
        assert isinstance(decision, Parked)
        return
    if outcome in {"!", "no"}:
        assert type(decision) is (Conflict if outcome == "!" else Refused)
        assert decision.code in catalogue()
        for language in ("zh", "en"):
            sentence = text(decision.code, language, **decision.facts)  # type: ignore[arg-type]
            assert not any(gap in sentence for gap in ("…", "—", "lifecycle."))
        return
    assert isinstance(decision, Accepted)
    assert decision.case
    assert decision.case.confirmation
    wanted = state if outcome == "=" else outcome
    after = decision.case.confirmation
    assert after.state == NAMES.get(wanted, wanted)
    assert decision.case.state == before.state  # a review changes no state of the case
    turn = m.VILLAGE if after.state in WITH_APPLICANT or after.state in ENDED else m.COURT
    assert decision.case.holder == turn


@pytest.mark.parametrize(("event", "state", "outcome"), FILE_CELLS)
def test_what_is_said_of_a_file_does_what_the_grid_says(event: str, state: str, outcome: str) -> None:
    before = m.after(*(step() for step in _FILE_PATHS[state]))
    kind, _, said = event.partition(":")
    failed = {"outcome": "not_found", "received_at": None} if said == "other" else {}
    decision = m.judge(before, m.notice(said) if kind == "ruling_notice" else m.receipt(**failed))
    if outcome == "no":
        assert isinstance(decision, Refused)
        if kind == "service_receipt":
            assert decision.code == "lifecycle.ruling_not_released"
        return
    assert isinstance(decision, Accepted)
    assert decision.case
    assert decision.case.confirmation
    wanted = state if outcome == "=" else outcome
    assert decision.case.confirmation.state == NAMES.get(wanted.rstrip("+"), wanted.rstrip("+"))


def test_a_ruling_is_served_when_every_addressee_was_and_then_waits_for_nobody() -> None:
    case = m.after(*(step() for step in _SERVING))
    assert case.confirmation
    assert (case.holder, len(case.confirmation.addressees)) == (m.VILLAGE, 2)
    assert m.APPLICANT not in str(case.to_dict()), "the case keeps no name"
    assert Case.from_dict(case.to_dict()) == case
    tried = m.after(m.receipt(on=m.RESPONDENT, outcome="not_found", received_at=None), case=case)
    assert tried.confirmation
    assert tried.confirmation.served == ()
    task = task_of(case.confirmation.ruling or "", 1)
    one = m.after(m.receipt(), m.receipt(), case=tried)
    both = m.after(m.receipt(on="代收人", task=task), case=one)
    assert one.confirmation
    assert both.confirmation
    assert (one.confirmation.state, one.confirmation.served) == ("SERVING", (0,))
    assert (both.confirmation.state, both.confirmation.served) == ("SERVED", (0, 1))
    assert not both.confirmation.live
    stranger = m.judge(both, m.receipt(on="测试丙"))
    assert isinstance(stranger, Refused)
    assert stranger.code == "lifecycle.not_an_addressee"


def test_a_receipt_of_other_papers_is_no_receipt_of_the_ruling() -> None:
    for state in ("RETURNED", "SERVED"):
        case = case_in(state)
        other = m.receipt(confirmation_number=None, task="SD-2026-0009", on="测试丙")
        assert m.after(other, case=case) == case


def test_only_the_gateway_says_what_it_has_found_about_a_file() -> None:
    for sender in (m.COURT, m.VILLAGE):
        decision = m.judge(case_in("RETURNED"), m.notice("verified", sender))
        assert isinstance(decision, Refused)
        assert decision.code == "lifecycle.gateway_only"


def test_a_rejected_objection_leads_back_to_where_the_ruling_was() -> None:
    for state in ("RETURNED", "QUARANTINED", "VERIFIED", "SERVING", "SERVED"):
        case = m.after(m.objection(), m.revocation("rejected"), case=case_in(state))
        assert case.confirmation
        assert case.confirmation.state == NAMES.get(state, state)


def test_a_file_that_takes_the_place_of_another_is_verified_and_served_anew() -> None:
    case = m.after(m.ruling("valid", document="D-2", replaces="D-1"), case=case_in("SERVED"))
    assert case.confirmation
    assert (case.confirmation.state, case.confirmation.addressees, case.holder) == ("RETURNED_ONLINE", (), m.COURT)
    past = m.notice("verified")  # of the file before
    assert m.after(past, case=case) == case


def test_a_further_document_of_one_number_is_of_this_case() -> None:
    corrected = m.ruling("valid", version=2, confirmation_number="(2026)渝0242诉前调确7号之一")
    assert m.after(corrected, case=case_in("RETURNED")).confirmation


def test_what_failed_a_check_is_released_by_nobody() -> None:
    ways = {(state, step.event) for step in RULING_STEPS if step.after == "VERIFIED" for state in step.before}
    assert ways == {("AWAITING", "verified"), ("UNDECIDED", "decided_release")}
    assert ruling_after("QUARANTINED", "decided_release") is None
    out = {step.event: step.before for step in RULING_STEPS if step.after in RELEASED}
    assert out == {"released": ("VERIFIED",), "served": ("SERVING",)}


def test_every_row_of_the_table_stands_in_the_grid() -> None:
    lawful = {
        (event, None if state == "none" else NAMES.get(state.rstrip("+"), state.rstrip("+")))
        for event, state, cell in (*CELLS, *FILE_CELLS)
        if cell not in {"wait", "no", "!"}
    }
    # After a ruling another one is taken only as its correction, so its result does not change.
    assert set(confirmation_steps()) - lawful == {
        ("ruling:dismissed", "SEALING"), ("ruling:dismissed", "SEAL_REJECTED"), ("ruling:dismissed", "RETURNED_ONLINE"),
        ("ruling:dismissed", "VERIFIED"), ("ruling:dismissed", "SERVING"), ("ruling:dismissed", "SERVED"),
    }  # fmt: skip
    assert lawful <= set(confirmation_steps())


def test_no_two_rows_answer_the_same_question() -> None:
    rows = [(step.event, state) for step in CONFIRMATION_STEPS for state in step.before]
    assert len(rows) == len(set(rows))


@pytest.mark.parametrize("event", [event for event in SAYS if event != "objection"])
def test_nobody_else_may_say_a_step_of_a_review(event: str) -> None:
    state = next(state for row, state, cell in CELLS if row == event and cell not in {"wait", "no", "!"})
    if state == "none":
        return
    decision = m.judge(case_in(state), SAYS[event](m.STRANGER))
    assert isinstance(decision, Refused)
    assert decision.code == "lifecycle.wrong_actor"


# What an application needs --------------------------------------------------------------------------------------


def refused(message: Message, profile=NATIONAL, **more) -> str:  # type: ignore[no-untyped-def]
    decision = decide(m.after(*(step() for step in _AGREED)), message, case_id="c", now=message.time, profile=profile,
                      **more)  # fmt: skip
    assert isinstance(decision, Refused), decision
    return decision.code


def test_an_application_is_everybodys() -> None:
    assert refused(m.application(authorisations=m.consents(30)[:1])) == "lifecycle.not_joint"
    assert refused(m.application(channel="parties", applicants=m.PARTIES[:1])) == "lifecycle.not_joint"


def test_an_application_names_the_court() -> None:
    assert refused(m.application(to=None)) == "lifecycle.addressee_missing"


def test_an_application_before_the_agreement_waits_for_it() -> None:
    decision = m.judge(m.after(m.referral(), m.acceptance()), m.application())
    assert isinstance(decision, Parked)
    assert decision.waits_for == ("success",)


def test_a_case_that_failed_has_nothing_to_confirm() -> None:
    decision = m.judge(m.after(m.referral(), m.acceptance(), m.return_()), m.application())
    assert isinstance(decision, Refused)
    assert decision.code == "lifecycle.nothing_to_confirm"


def test_a_status_term_of_a_divorce_cannot_be_confirmed() -> None:
    terms = {"terms": "一、双方自愿 离婚；二、婚生子女由女方抚养。"}
    assert refused(m.application(agreement=terms)) == "lifecycle.not_confirmable"
    assert refused(m.application(matters=["payment", "identity_relation"])) == "lifecycle.not_confirmable"
    money = {"terms": "一、男方于离婚后三十日内支付折价款三万元。"}
    assert m.after(*(step() for step in _AGREED), m.application(agreement=money)).confirmation


def test_online_the_agreement_takes_effect_with_the_last_signature() -> None:
    signatures = [{"party": m.APPLICANT, "at": m.at(1)}, {"party": m.RESPONDENT, "at": m.at(6)}]
    online = {"kind": "online", "reached_at": m.at(1), "effective_at": m.at(1), "signatures": signatures}
    case = m.after(*(step() for step in _AGREED), m.application(day=30, agreement=online))
    assert case.confirmation
    assert case.confirmation.effective_on == m.at(6).date()
    assert refused(m.application(day=5, agreement=online)) == "lifecycle.not_in_effect"


def test_the_thirtieth_day_moves_over_a_holiday_and_no_further() -> None:
    """Signed by the last party on day 6; day 36 is a holiday: the application of the next working day is in time."""
    signatures = [{"party": m.APPLICANT, "at": m.at(1)}, {"party": m.RESPONDENT, "at": m.at(6)}]
    online = {"kind": "online", "reached_at": m.at(1), "signatures": signatures}
    days = {m.at(n).date() for n in range(100)}
    holidays = {m.at(36).date(), m.at(37).date()}

    def said(day: float) -> object:
        message = m.application(day=day, agreement=online)
        case = m.after(*(step() for step in _AGREED))
        known = WorkingCalendar(holidays=frozenset(holidays), working=frozenset(days - holidays))
        return decide(case, message, case_id="c", now=message.time, calendar=known)

    assert isinstance(said(38), Accepted)
    late = said(39)
    assert isinstance(late, Refused)
    assert (late.code, late.facts["last_day"]) == ("lifecycle.applied_too_late", str(m.at(38).date()))
    holidays.clear()
    assert isinstance(said(36), Accepted)
    assert isinstance(said(37), Refused)


def test_nobody_is_late_because_the_holidays_of_a_year_are_not_known() -> None:
    assert m.after(*(step() for step in _AGREED), m.application(day=60)).confirmation
    assert refused(m.application(day=80)) == "lifecycle.applied_too_late"


def test_materials_are_called_for_once() -> None:
    case = m.after(m.status("supplement"), m.supply("supplement"), case=case_in("SUBMITTED"))
    decision = m.judge(case, m.status("supplement"))
    assert isinstance(decision, Refused)
    assert decision.code == "lifecycle.supplement_twice"


def test_another_cases_number_is_kept_out() -> None:
    decision = m.judge(case_in("REVIEWING"), m.ruling("valid", confirmation_number="(2026)吉7502诉前调确7号"))
    assert isinstance(decision, Refused)
    assert decision.code == "lifecycle.other_number"


def test_a_second_ruling_is_a_conflict_unless_it_replaces_the_first() -> None:
    case = case_in("RETURNED")
    second = m.judge(case, m.ruling("valid", document="D-9"))
    assert isinstance(second, Conflict)
    assert second.code == "lifecycle.second_ruling"
    later = m.after(m.ruling("valid", version=2), case=case).confirmation
    other = m.after(m.ruling("valid", document="D-2", replaces="D-1"), case=case).confirmation
    assert later
    assert other
    assert (later.document, later.version, other.document) == ("D-1", 2, "D-2")
    assert later.state == other.state == "RETURNED_ONLINE"


def test_a_ruling_does_not_contradict_the_decision_that_was_told() -> None:
    decision = m.judge(case_in("DISMISSED"), m.status("sealing"))
    assert isinstance(decision, Accepted)
    contradicting = m.judge(decision.case, m.ruling("valid"))
    assert isinstance(contradicting, Conflict)
    assert contradicting.code == "lifecycle.ruling_differs"


def test_an_objection_has_fifteen_days_from_receipt() -> None:
    assert m.after(m.objection(day=67), case=case_in("RETURNED")).confirmation
    late = m.judge(case_in("RETURNED"), m.objection(day=80))
    assert isinstance(late, Refused)
    assert late.code == "lifecycle.objection_too_late"


def test_the_court_has_thirty_days_from_filing_unless_it_extends_them() -> None:
    case = case_in("FILED")
    assert case.until == m.at(33).date() + timedelta(days=30)
    assert m.after(m.status("review_extended"), case=case).until == m.at(90).date()
    short = m.judge(case, m.status("review_extended", review_due_on=m.at(34).date()))
    assert isinstance(short, Refused)


def test_the_applicants_have_the_case_until_the_materials_are_due() -> None:
    case = case_in("SUPPLEMENT")
    assert (case.holder, case.until) == (m.VILLAGE, m.at(40).date())


def test_a_performance_report_does_not_take_a_case_from_the_court_that_reviews_it() -> None:
    case = m.after(m.performance("started"), case=case_in("REVIEWING"))
    assert (case.state, case.holder) == ("PERFORMING", m.COURT)
    closing = m.judge(case_in("REVIEWING"), m.closure())
    assert isinstance(closing, Refused)
    assert closing.code == "lifecycle.application_open"


def test_a_result_that_is_corrected_while_the_court_has_it_is_marked_and_afterwards_refused() -> None:
    def corrected(case: Case) -> object:
        return decide(case, m.success(), case_id="c", now=m.at(51), corrects=case.result)

    during = corrected(case_in("REVIEWING"))
    assert isinstance(during, Accepted)
    assert during.case
    assert during.case.confirmation
    assert during.case.confirmation.flags == {"agreement_changed"}
    assert "corrected" in during.case.flags
    after = corrected(case_in("RETURNED"))
    assert isinstance(after, Conflict)
    assert after.code == "lifecycle.result_ruled_upon"


def test_an_agreement_that_was_mediated_without_a_referral_may_be_applied_about() -> None:
    case = m.after(m.application())
    assert (case.state, case.origin, case.holder, case.legs, case.parties) == ("SETTLED", m.VILLAGE, m.COURT, (), 2)
    assert Case.from_dict(case.to_dict()) == case
    invited = {"name": "测试调解中心", "mediation": "invited", "invited_by_court": True}
    assert isinstance(m.judge(None, m.application(presider=invited)), Parked)


def test_the_lead_unit_moves_with_a_plan_and_the_duty_to_watch_moves_with_it() -> None:
    """Who received the dispute first leads; when the industry's unit appears, it does, and reports the performance."""
    ruled = replace(NATIONAL, lead_unit_rule=True)
    first = m.joint_plan(lead=m.VILLAGE, first=m.VILLAGE)
    industry = m.joint_plan(day=30, lead=m.INDUSTRY, first=m.VILLAGE, industry=m.INDUSTRY)
    case = m.after(m.referral(), m.acceptance(), first, m.success(), profile=ruled)
    assert case.holder == m.VILLAGE
    wrong = m.judge(case, m.joint_plan(lead=m.TOWNSHIP, first=m.VILLAGE), ruled)
    assert isinstance(wrong, Refused)
    assert (wrong.code, wrong.facts["right"]) == ("lifecycle.lead_unit", m.VILLAGE)
    moved = m.after(industry, case=case, profile=ruled)
    assert (moved.holder, moved.lead) == (m.INDUSTRY, m.INDUSTRY)
    assert isinstance(m.judge(moved, m.performance("performed", m.VILLAGE), ruled), Refused)
    assert m.after(m.performance("performed", m.INDUSTRY), case=moved, profile=ruled).state == "FULFILLED"
