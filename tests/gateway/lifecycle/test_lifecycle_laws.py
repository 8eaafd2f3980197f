"""Random sequences of messages: whatever comes, the case stays inside the tables and somebody holds it."""

from __future__ import annotations

from functools import partial
from typing import Any, get_args

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from gateway.canonical.messages import short_type
from gateway.canonical.messages.catalogue import CATALOGUE
from gateway.lifecycle import Accepted, Case, CaseState, Conflict, LegState, Parked, Profile, Refused
from gateway.lifecycle.confirmation_rules import CONFIRMING, confirmation_event
from gateway.lifecycle.confirmation_steps import confirmation_steps
from gateway.lifecycle.situation import event_of
from gateway.lifecycle.states import CASE_TERMINAL
from gateway.lifecycle.steps import steps
from gateway.texts import catalogue
from tests.gateway.lifecycle import lifecycle_messages as m

UNITS = (m.VILLAGE, m.TOWNSHIP, m.INDUSTRY)
ANYONE = st.sampled_from([*UNITS, m.TRIBUNAL, m.COURT, m.STRANGER, None])
STEPS = {
    "acceptance": m.acceptance, "decline": m.decline, "assignment": m.assignment, "progress": m.progress,
    "appraisal started": m.appraisal_started, "appraisal ended": m.appraisal_ended, "extension": m.extension,
    "success": m.success, "consultation": m.consultation, "continue": m.opinion_continue, "back": m.opinion_return,
    "return": m.return_, "transfer": m.transfer, "filing": m.filing, "supervision": m.supervision,
    "refusal": m.refusal, "filing alone": m.filing_alone,
    "intake": m.intake, "intake refusal": m.intake_refusal, "success at once": m.success_at_once,
    "withdrawal": m.withdrawal, "closure": m.closure, "joint plan": m.joint_plan,
    **{f"inquiry {outcome}": partial(m.inquiry, outcome) for outcome in ("asked", "given", "refused", "unreachable")},
    **{f"performance {state}": partial(m.performance, state)
       for state in ("started", "partial", "performed", "defaulted")},
    "application": m.application, "statement": m.statement, "take back": m.take_back, "objection": m.objection,
    **{f"status {state}": partial(m.status, state) for state in (
        "accepted", "supplement", "not_accepted", "reviewing", "supplementary_statement", "review_extended",
        "withdrawn", "deemed_withdrawn", "terminated", "valid", "dismissed", "sealing", "seal_rejected")},
    **{f"supply {subject}": partial(m.supply, subject) for subject in ("supplement", "supplementary_statement")},
    **{f"ruling {result}": partial(m.ruling, result) for result in (
        "valid", "dismissed", "not_accepted", "withdrawal_granted", "terminated", "revoked", "changed")},
    **{f"revocation {outcome}": partial(m.revocation, outcome) for outcome in ("revoked", "changed", "rejected")},
}  # fmt: skip
# The way that most cases take, so that what lies at its end is reached: each step by whoever may say it.
MAIN_ROAD = (
    ("acceptance", m.VILLAGE), ("success", m.VILLAGE), ("application", m.VILLAGE), ("status accepted", m.COURT),
    ("status reviewing", m.COURT), ("ruling valid", m.COURT), ("objection", m.VILLAGE), ("revocation revoked", m.COURT),
)  # fmt: skip


WITH_THE_ORIGIN = {
    "REGISTERED", "CONSENT_PENDING", "READY", "RETURN_CONSULT", "RETURNED", "FULFILLED", "TO_LITIGATION", "FILED",
    "WITHDRAWN", "REFUSED_INTAKE", "CLOSED",
}  # fmt: skip
WITH_THE_LEAD = {"SETTLED", "PERFORMING", "DEFAULTED"}


class AnyCase(RuleBasedStateMachine):
    """One case and everything that anybody may send about it."""

    case: Case | None = None
    profile = Profile()

    @initialize(consult=st.booleans(), escalates=st.booleans(), far=st.integers(0, len(MAIN_ROAD)))
    def live_somewhere(self, consult: bool, escalates: bool, far: int) -> None:
        self.profile = Profile(consult_before_return=consult, escalation=escalates)
        for step, sender in MAIN_ROAD[:far]:
            if self.case is None:
                self._say(m.referral())
            make: Any = STEPS[step]
            self._say(make(sender))

    @rule(sender=ANYONE, to=st.sampled_from([*UNITS, None]), agreed=st.booleans(), day=st.integers(0, 90))
    def refer(self, sender: str | None, to: str | None, agreed: bool, day: int) -> None:
        self._say(m.referral(sender, day, to=to, consents=m.consents() if agreed else []))

    @rule(sender=ANYONE, to=st.sampled_from([*UNITS, None]), willing=st.booleans(), day=st.integers(0, 90))
    def escalate(self, sender: str | None, to: str | None, willing: bool, day: int) -> None:
        self._say(m.escalation(sender, day, to=to, consents=m.consents(day, **{m.APPLICANT: willing})))

    @rule(step=st.sampled_from(sorted(STEPS)), sender=ANYONE, day=st.integers(0, 90))
    def say(self, step: str, sender: str | None, day: int) -> None:
        make: Any = STEPS[step]
        self._say(make(sender, day))

    @precondition(lambda self: self.case is not None)
    @rule(step=st.sampled_from(sorted(STEPS)), day=st.integers(0, 90))
    def let_the_holder_say(self, step: str, day: int) -> None:
        assert self.case
        make: Any = STEPS[step]
        self._say(make(self.case.holder, day))

    def _say(self, message: Any) -> None:
        before = self.case
        kept = before.to_dict() if before else None
        decision = m.judge(before, message, self.profile)
        assert isinstance(decision, Accepted | Parked | Refused)
        assert (before.to_dict() if before else None) == kept
        if isinstance(decision, Accepted):
            assert decision.case is not None
            self._is_a_row_of_the_tables(message, before, decision.case)
            self._follows(before, decision.case)
            self.case = decision.case
            return
        assert decision.code in catalogue()
        if isinstance(decision, Parked):
            assert set(decision.waits_for) <= set(CATALOGUE)
        if isinstance(decision, Conflict):
            assert before is not None

    def _is_a_row_of_the_tables(self, message: Any, before: Case | None, after: Case) -> None:
        """Let no state be reached but by a row that leads there."""
        if short_type(message) in CONFIRMING:
            event = confirmation_event(message)
            here = before.confirmation.state if before and before.confirmation else None
            row = confirmation_steps()[event, here]
            assert after.confirmation
            assert after.confirmation.state == (row.after or here)
            assert before is None or after.state == before.state
            return
        found = event_of(message)
        places = {before.state, *(leg.state for leg in before.legs)} if before else {None}
        rows = [steps()[found, place] for place in places if (found, place) in steps()]
        assert any(after.state == (row.case or (before.state if before else None)) for row in rows)

    def _follows(self, before: Case | None, after: Case) -> None:
        """Let a decision stand: no leg vanishes, no end of a leg and no result is overwritten."""
        if before is None:
            return
        assert (after.id, after.origin, after.opened_at) == (before.id, before.origin, before.opened_at)
        assert len(after.legs) - len(before.legs) in {0, 1}
        for old, new in zip(before.legs, after.legs, strict=False):
            assert (old.number, old.unit) == (new.number, new.unit)
            if not old.open:
                assert (old.state, old.result, old.ended_at, old.due_on) == (
                    new.state, new.result, new.ended_at, new.due_on)  # fmt: skip
        if before.result is not None:
            assert after.result == before.result
        assert before.flags <= after.flags
        assert len(after.confirmations) - len(before.confirmations) in {0, 1}
        for past, present in zip(before.confirmations[:-1], after.confirmations, strict=False):
            assert past == present

    @invariant()
    def the_states_are_those_of_the_tables(self) -> None:
        if self.case is None:
            return
        assert self.case.state in get_args(CaseState)
        assert all(leg.state in get_args(LegState) for leg in self.case.legs)
        assert [leg.number for leg in self.case.legs] == list(range(1, len(self.case.legs) + 1))

    @invariant()
    def one_organisation_holds_the_case(self) -> None:
        if self.case is None:
            return
        here = self.case.confirmation
        if here and here.live:
            assert self.case.holder == here.holder
        elif self.case.state in WITH_THE_ORIGIN:
            assert self.case.holder in {self.case.origin, self.case.keeper}
        elif self.case.state in WITH_THE_LEAD:
            assert self.case.holder == self.case.keeper
        else:
            assert self.case.leg
            assert self.case.holder == self.case.leg.unit

    @invariant()
    def only_the_last_leg_may_be_open_and_then_the_case_is_where_the_leg_is(self) -> None:
        if self.case is None:
            return
        assert not any(leg.open for leg in self.case.legs[:-1])
        if self.case.leg and self.case.leg.open:
            assert self.case.state == self.case.leg.state

    @invariant()
    def a_case_without_a_leg_was_never_referred(self) -> None:
        if self.case and self.case.leg is None:
            assert self.case.state not in get_args(LegState) or self.case.state in {"SETTLED", "RETURNED", "WITHDRAWN"}
            assert self.case.variant is None

    @invariant()
    def there_is_a_way_on_until_the_case_has_ended(self) -> None:
        if self.case is None or self.case.state in CASE_TERMINAL:
            return
        ways = {event for event, state in steps() if state in {self.case.state, self.case.leg and self.case.leg.state}}
        assert ways - {"supervision", "progress", "assignment", "joint_plan"}

    @invariant()
    def a_ruling_that_came_back_is_the_courts_until_it_is_verified(self) -> None:
        if self.case and self.case.confirmation and self.case.confirmation.state == "RETURNED_ONLINE":
            assert self.case.confirmation.ruling
            assert self.case.holder == self.case.confirmation.court

    @invariant()
    def it_can_be_kept(self) -> None:
        if self.case is not None:
            assert Case.from_dict(self.case.to_dict()) == self.case


AnyCase.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestAnyCase = AnyCase.TestCase
