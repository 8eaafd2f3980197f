"""Random sequences of messages: whatever comes, the case stays inside the tables and somebody holds it."""

from __future__ import annotations

from typing import Any, get_args

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from gateway.lifecycle import Accepted, Case, CaseState, Conflict, LegState, Parked, Profile, Refused
from gateway.lifecycle.steps import steps
from gateway.texts import catalogue
from tests.gateway.lifecycle import lifecycle_messages as m

UNITS = (m.VILLAGE, m.TOWNSHIP, m.INDUSTRY)
ANYONE = st.sampled_from([*UNITS, m.TRIBUNAL, m.STRANGER, None])
STEPS = {
    "acceptance": m.acceptance, "decline": m.decline, "assignment": m.assignment, "progress": m.progress,
    "appraisal started": m.appraisal_started, "appraisal ended": m.appraisal_ended, "extension": m.extension,
    "success": m.success, "consultation": m.consultation, "continue": m.opinion_continue, "back": m.opinion_return,
    "return": m.return_, "transfer": m.transfer, "filing": m.filing, "supervision": m.supervision,
}  # fmt: skip
MESSAGES = {
    "acceptance", "decline", "assignment", "progress", "extension", "success", "escalation", "return_consultation",
    "return_opinion", "return", "litigation", "supervision", "referral",
}  # fmt: skip


class AnyCase(RuleBasedStateMachine):
    """One case and everything that anybody may send about it."""

    case: Case | None = None
    profile = Profile()

    @initialize(consult=st.booleans(), escalates=st.booleans())
    def live_somewhere(self, consult: bool, escalates: bool) -> None:
        self.profile = Profile(consult_before_return=consult, escalation=escalates)

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
            self._follows(before, decision.case)
            self.case = decision.case
            return
        assert decision.code in catalogue()
        if isinstance(decision, Parked):
            assert set(decision.waits_for) <= MESSAGES
        if isinstance(decision, Conflict):
            assert before is not None

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
        with_the_origin = {"READY", "RETURN_CONSULT", "RETURNED", "TO_LITIGATION", "FILED"}
        expected = self.case.origin if self.case.state in with_the_origin else self.case.leg.unit
        assert self.case.holder == expected

    @invariant()
    def only_the_last_leg_may_be_open_and_then_the_case_is_where_the_leg_is(self) -> None:
        if self.case is None:
            return
        assert not any(leg.open for leg in self.case.legs[:-1])
        if self.case.leg.open:
            assert self.case.state == self.case.leg.state

    @invariant()
    def there_is_a_way_on_until_the_case_is_settled_or_filed(self) -> None:
        if self.case is None or self.case.state in {"SETTLED", "FILED"}:
            return
        ways = {event for event, state in steps() if state in {self.case.state, self.case.leg.state}}
        assert ways - {"supervision", "progress", "assignment"}

    @invariant()
    def it_can_be_kept(self) -> None:
        if self.case is not None:
            assert Case.from_dict(self.case.to_dict()) == self.case


AnyCase.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestAnyCase = AnyCase.TestCase
