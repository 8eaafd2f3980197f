"""Which period runs in which state, when it is called to mind, and what it brings about when it has run out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any, get_args

import pytest

from gateway.canonical.messages import Message
from gateway.configuration.calendar import CalendarFile, calendar_of
from gateway.lifecycle import NATIONAL, Accepted, Case, Profile, Refused, decide
from gateway.lifecycle.calendar import UNKNOWN, WorkingCalendar
from gateway.lifecycle.calls import spoken
from gateway.lifecycle.clocks import Call, Clock, ClockKind, clock_of
from gateway.lifecycle.states import Event
from gateway.lifecycle.steps import steps
from gateway.texts import catalogue
from tests.gateway.lifecycle import lifecycle_messages as m

KNOWN = calendar_of(CalendarFile())
_TAKEN = (m.referral, m.acceptance)
_SETTLED = (*_TAKEN, m.success)
_SUPPLEMENT = partial(m.status, "supplement")
_RULED = (*_SETTLED, m.application, partial(m.status, "accepted"), partial(m.status, "reviewing"),
          partial(m.ruling, "valid"))  # fmt: skip
_RELEASED = (partial(m.notice, "verified"), partial(m.notice, "released"))
PATHS: dict[str, tuple[Any, ...]] = {
    "DISPATCHED": (m.referral,),
    "ACCEPTED": _TAKEN,
    "ASSIGNED": (*_TAKEN, m.assignment),
    "MEDIATING": (*_TAKEN, m.assignment, m.progress),
}
# What only the clock says: the step, from which states, to where, and who must act then.
TIMERS: tuple[tuple[Event, str, str, str], ...] = (
    ("silence", "DISPATCHED", "READY", m.TRIBUNAL),
    *(("expiry", state, "FAILED", m.VILLAGE) for state in ("ACCEPTED", "ASSIGNED", "MEDIATING")),
)
# What is lawful only because it was said in time, before the clock did.
BELATED: tuple[tuple[Event, str], ...] = (
    ("acceptance", "UNANSWERED"), ("extension", "FAILED"), ("return_consultation", "FAILED"),
)  # fmt: skip
LAWFUL = {(event, state) for event, state, _, _ in TIMERS} | set(BELATED)


def day(text: str) -> date:
    return date.fromisoformat(text)


def clock(case: Case, profile: Profile = NATIONAL, calendar: WorkingCalendar = KNOWN) -> Clock:
    found = clock_of(case, profile, calendar)
    assert found is not None
    return found


def rung(case: Case, call: Call, profile: Profile = NATIONAL, calendar: WorkingCalendar = KNOWN) -> Case:
    """Return the case after the clock has said what it has to say."""
    message = spoken(call, clock(case, profile, calendar), case)
    step: Event | None = call if call in {"silence", "expiry"} else None
    decision = decide(case, message, case_id=case.id, now=message.time, profile=profile, by_clock=step)
    assert isinstance(decision, Accepted), decision
    assert decision.case is not None
    return decision.case


def refused(case: Case, message: Message, profile: Profile = NATIONAL) -> str:
    decision = m.judge(case, message, profile)
    assert type(decision) is Refused, decision
    return decision.code


@pytest.mark.parametrize(("event", "state", "after", "holder"), TIMERS)
def test_a_period_that_has_run_out_takes_effect(event: Any, state: str, after: str, holder: str) -> None:
    case = rung(m.after(*(step() for step in PATHS[state])), event)
    assert (case.state, case.holder) == (after, holder)
    assert steps()[event, state].basis


@pytest.mark.parametrize(
    ("path", "kind", "holder", "since", "due_on"),
    [
        (_TAKEN[:1], "acceptance", m.VILLAGE, "2026-03-02", "2026-03-05"),
        (_TAKEN, "mediation", m.VILLAGE, "2026-03-03", "2026-04-02"),
        (_SETTLED, "application", m.VILLAGE, "2026-03-27", "2026-04-27"),  # the 26th is a Sunday
        ((*_SETTLED, m.application), "filing", m.COURT, "2026-04-01", "2026-04-07"),  # over 清明
        ((*_SETTLED, m.application, _SUPPLEMENT), "supplement", m.VILLAGE, "2026-04-04", "2026-04-11"),
        ((*_SETTLED, m.application, lambda: m.status("accepted")), "review", m.COURT, "2026-04-04", "2026-05-04"),
        ((*_RULED, *_RELEASED), "service", m.VILLAGE, "2026-04-22", "2026-05-06"),  # over 劳动节
    ],
)  # fmt: skip
def test_each_state_has_the_period_of_whoever_holds_the_case(
    path: tuple[Any, ...], kind: str, holder: str, since: str, due_on: str
) -> None:
    case = m.after(*(step() for step in path))
    found = clock(case)
    assert (found.kind, found.holder, case.holder) == (kind, holder, holder)
    assert (found.since, found.due_on, found.provisional) == (day(since), day(due_on), False)


@pytest.mark.parametrize(
    "path",
    [
        (*_TAKEN, m.appraisal_started), (*_TAKEN, m.return_), (m.referral, m.decline), (*_TAKEN, m.success_at_once),
        (*_TAKEN, m.success_at_once, m.closure), (m.filing_alone,),
    ],
)  # fmt: skip
def test_where_nobody_has_to_act_by_a_day_no_period_runs(path: tuple[Any, ...]) -> None:
    assert clock_of(m.after(*(step() for step in path)), NATIONAL, KNOWN) is None


def test_a_reminder_comes_before_the_end_and_its_consequence_after_the_last_day() -> None:
    answer = clock(m.after(m.referral()))
    assert answer.calls == (("reminder", day("2026-03-04")), ("silence", day("2026-03-06")))
    said = [answer.call_on(day(f"2026-03-0{n}")) for n in range(3, 8)]
    assert said == [None, "reminder", "reminder", "silence", "silence"]
    assert answer.next_day(day("2026-03-04")) == day("2026-03-06")
    assert answer.next_day(day("2026-03-06")) is None
    may = clock(m.after(*(step() for step in _SETTLED)))
    assert [may.call_on(day(f"2026-04-2{n}")) for n in (1, 2, 7, 8)] == [None, "reminder", "reminder", None]
    quiet = clock(m.after(m.referral()), replace(NATIONAL, remind_workdays=0, unanswered="urge"))
    assert quiet.calls == (("order", day("2026-03-06")),)


def test_nobody_must_answer_what_has_not_arrived() -> None:
    case = m.after(m.referral())
    late = clock_of(case, NATIONAL, KNOWN, reached=day("2026-03-09"))
    assert late is not None
    assert (late.due_on, late.key) == (day("2026-03-12"), clock(case).key)
    message = m.referral()
    decision = decide(None, message, case_id="c", now=message.time + timedelta(days=7))
    assert isinstance(decision, Accepted)
    assert decision.case is not None
    assert clock(decision.case).due_on == day("2026-03-12"), "the gateway itself had it on the 9th only"


def test_a_last_day_of_a_year_that_nobody_knows_is_provisional_and_nobody_is_late_by_it() -> None:
    case = m.after(m.referral())
    known, unknown = clock(case), clock(case, calendar=UNKNOWN)
    assert (unknown.due_on, unknown.provisional) == (known.due_on, True)
    assert unknown.runs_out_on == known.runs_out_on + timedelta(days=9)
    assert unknown.key == known.key, "what was said of it is said, whatever becomes known"


def test_a_jurisdiction_may_let_a_period_that_ends_on_a_holiday_last_longer() -> None:
    """Accepted on 3 March for 33 days: 5 April, 清明; the first working day after is the 7th."""
    rolls = Profile(name="rolls", period_days=33, period_rolls=True)
    case = m.after(m.referral(), m.acceptance(), profile=rolls)
    assert clock(case, rolls).due_on == day("2026-04-07")
    assert clock(case, replace(rolls, period_rolls=False)).due_on == day("2026-04-05")

    def late(on: float, profile: Profile) -> bool:
        decision = decide(case, m.success(day=on), case_id="c", now=m.at(on), profile=profile, calendar=KNOWN)
        assert isinstance(decision, Accepted)
        assert decision.case is not None
        return "late" in decision.case.flags

    assert [late(36, rolls), late(37, rolls), late(36, NATIONAL)] == [False, True, True]


# What comes after the clock -----------------------------------------------------------------------------------------


def test_after_a_silence_the_case_goes_to_somebody_else() -> None:
    case = rung(m.after(m.referral()), "silence")
    assert case.leg
    assert (case.leg.state, case.leg.answer_by) == ("UNANSWERED", day("2026-03-05"))
    assert refused(case, m.referral(day=5)) == "lifecycle.addressee_declined"
    assert m.after(m.referral(day=5, to=m.INDUSTRY), case=case).holder == m.INDUSTRY


def test_an_acceptance_given_in_time_counts_although_it_came_after_the_silence() -> None:
    silent = rung(m.after(m.referral()), "silence")
    back = m.after(m.acceptance(day=3), case=silent)
    assert back.leg
    assert (back.state, back.holder, back.leg.open, back.leg.answer_by) == ("ACCEPTED", m.VILLAGE, True, None)
    assert refused(silent, m.acceptance(day=4)) == "lifecycle.accepted_too_late"
    elsewhere = m.after(m.referral(day=5, to=m.INDUSTRY), case=silent)
    assert refused(elsewhere, m.acceptance(day=3)) == "lifecycle.given_to_another"
    sued = m.after(m.transfer(day=5), case=silent)
    assert refused(sued, m.acceptance(day=3)) == "lifecycle.given_to_another"


def test_an_extension_agreed_to_in_time_counts_although_it_came_after_the_end() -> None:
    over = rung(m.after(m.referral(), m.acceptance()), "expiry")
    assert over.leg
    assert (over.leg.state, over.leg.expired_on) == ("FAILED", day("2026-04-02"))
    again = m.after(m.extension(day=31.6, consents=m.consents(30)), case=over)
    assert (again.state, clock(again).due_on) == ("MEDIATING", m.at(60).date())
    assert clock(again).key != "mediation:1:2026-04-02", "its end is called to mind anew"
    assert refused(over, m.extension(day=32)) == "lifecycle.extension_after_expiry"


def test_a_result_after_the_end_is_taken_and_flagged() -> None:
    over = rung(m.after(m.referral(), m.acceptance()), "expiry")
    late = m.after(m.success(day=40), case=over)
    assert (late.state, "late" in late.flags) == ("SETTLED", True)
    assert m.after(m.return_(day=40), case=over).state == "RETURNED"


def test_what_failed_by_the_origins_word_is_not_extended() -> None:
    case = m.after(*(step() for step in (*_TAKEN, m.consultation, m.opinion_return)), profile=m.CONSULTING)
    assert refused(case, m.extension(day=28), m.CONSULTING) == "lifecycle.not_expired"
    assert refused(case, m.consultation(day=28), m.CONSULTING) == "lifecycle.not_expired"


def test_where_the_origin_is_to_be_asked_the_end_of_the_period_does_not_save_the_question() -> None:
    over = rung(m.after(*(step() for step in _TAKEN), profile=m.CONSULTING), "expiry", m.CONSULTING)
    assert refused(over, m.return_(day=40), m.CONSULTING) == "lifecycle.consultation_required"
    answered = m.after(m.consultation(day=40), m.opinion_return(day=41), case=over, profile=m.CONSULTING)
    assert m.after(m.return_(day=42), case=answered, profile=m.CONSULTING).state == "RETURNED"


def test_no_partner_can_say_what_only_the_clock_says() -> None:
    for sender in (m.TRIBUNAL, m.VILLAGE):
        case = m.after(m.referral(), m.acceptance())
        decision = m.judge(case, m.supervision(sender))
        assert not (isinstance(decision, Accepted) and decision.case and decision.case.state == "FAILED")


# What is said -------------------------------------------------------------------------------------------------------


def test_what_is_said_is_the_same_message_whenever_it_is_said() -> None:
    case = m.after(m.referral())
    first, again = (spoken("reminder", clock(case), case) for _ in range(2))
    assert first == again
    ids = {spoken(call, clock(case), case).id for call in ("reminder", "silence", "order")}  # type: ignore[arg-type]
    assert len(ids) == 3


def test_whoever_referred_the_case_urges_and_a_court_is_never_ordered() -> None:
    case = m.after(m.referral(), m.acceptance())
    order: Any = spoken("order", clock(case), case)
    assert (order.sender, order.addressee, order.data.degree) == (m.TRIBUNAL, m.VILLAGE, "order")
    assert "2026-04-02" in order.data.missing
    to_court: Any = spoken("order", clock(case), case, to_court=True)
    assert to_court.data.degree == "reminder"
    fresh = m.after(m.referral())
    refusal: Any = spoken("silence", clock(fresh), fresh)
    assert (refusal.type, refusal.sender, refusal.addressee) == ("fengqiao.decline", m.VILLAGE, m.TRIBUNAL)
    assert refusal.data.explanation
    assert refusal.data.note


def test_every_period_has_its_words() -> None:
    for kind in get_args(ClockKind):
        assert {f"clock.{kind}.reminder", f"clock.{kind}.over", f"clock.kind.{kind}"} <= set(catalogue())


def test_a_case_is_kept_with_its_clocks() -> None:
    silent = rung(m.after(m.referral()), "silence")
    over = rung(m.after(*(step() for step in _TAKEN)), "expiry")
    for case in (silent, over, m.after(*(step() for step in _SETTLED))):
        assert Case.from_dict(case.to_dict()) == case
