"""The steps before a referral and after an agreement, from every state, as a grid written by hand."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from gateway.canonical.messages import Message
from gateway.lifecycle import Accepted, Case, Conflict, Parked, Refused
from tests.gateway.lifecycle import lifecycle_messages as m

_TAKEN = (m.referral, m.acceptance)
_FAILED = (*_TAKEN, m.consultation, m.opinion_return)
PATHS: dict[str, tuple[Callable[[], Message], ...]] = {
    "nothing": (),
    "REGISTERED": (m.intake,),
    "CONSENT": (m.intake, partial(m.inquiry, "asked")),
    "READY": (m.intake, partial(m.inquiry, "given")),
    "REFUSED": (m.intake, m.intake_refusal),
    "DISPATCHED": (m.referral,),
    "ACCEPTED": _TAKEN,
    "APPRAISAL": (*_TAKEN, m.appraisal_started),
    "FAILED": _FAILED,
    "SETTLED": (*_TAKEN, m.success),
    "PERFORMING": (*_TAKEN, m.success, partial(m.performance, "started")),
    "FULFILLED": (*_TAKEN, m.success_at_once),
    "DEFAULTED": (*_TAKEN, m.success, partial(m.performance, "defaulted")),
    "FILED": (m.filing_alone,),
    "WITHDRAWN": (*_TAKEN, m.withdrawal),
    "CLOSED": (*_TAKEN, m.success_at_once, m.closure),
}
NAMES = {"CONSENT": "CONSENT_PENDING", "REFUSED": "REFUSED_INTAKE", "LITIG": "TO_LITIGATION"}
SAYS: dict[str, tuple[Callable[..., Message], str, str]] = {  # how, by whom, the event
    "intake": (m.intake, m.STRANGER, "intake"),
    "intake refusal": (m.intake_refusal, m.TRIBUNAL, "intake_refusal"),
    "asked": (partial(m.inquiry, "asked"), m.TRIBUNAL, "consent_inquiry:asked"),
    "given": (partial(m.inquiry, "given"), m.TRIBUNAL, "consent_inquiry:given"),
    "refused": (partial(m.inquiry, "refused"), m.TRIBUNAL, "consent_inquiry:refused"),
    "unreachable": (partial(m.inquiry, "unreachable"), m.TRIBUNAL, "consent_inquiry:unreachable"),
    "referral": (m.referral, m.TRIBUNAL, "referral"),
    "transfer": (m.transfer, m.TRIBUNAL, "litigation:transferred"),
    "filing": (m.filing, m.TRIBUNAL, "litigation:filed"),
    "supervision": (m.supervision, m.TRIBUNAL, "supervision"),
    "joint plan": (m.joint_plan, m.PEACE_OFFICE, "joint_plan"),
    "success at once": (m.success_at_once, m.VILLAGE, "success:performed"),
    "withdrawal": (m.withdrawal, m.VILLAGE, "withdrawal"),
    "started": (partial(m.performance, "started"), m.VILLAGE, "performance:started"),
    "partial": (partial(m.performance, "partial"), m.VILLAGE, "performance:partial"),
    "performed": (partial(m.performance, "performed"), m.VILLAGE, "performance:performed"),
    "defaulted": (partial(m.performance, "defaulted"), m.VILLAGE, "performance:defaulted"),
    "closure": (m.closure, m.TRIBUNAL, "closure"),
}
# = stays; wait: parked; no: refused; !: conflict; otherwise the state of the case after the step.
GRID = """
                 nothing    REGISTERED CONSENT    READY      REFUSED DISPATCHED ACCEPTED  APPRAISAL FAILED    SETTLED    PERFORMING FULFILLED DEFAULTED  FILED  WITHDRAWN CLOSED
intake           REGISTERED no         no         no         no      no         no        no        no        no         no         no        no         no     no        no
intake refusal   wait       REFUSED    REFUSED    no         no      no         no        no        no        no         no         no        no         no     no        no
asked            wait       CONSENT    =          no         no      no         no        no        no        no         no         no        no         no     no        no
given            wait       READY      READY      no         no      no         no        no        no        no         no         no        no         no     no        no
refused          wait       LITIG      LITIG      no         no      no         no        no        no        no         no         no        no         no     no        no
unreachable      wait       LITIG      LITIG      no         no      no         no        no        no        no         no         no        no         no     no        no
referral         DISPATCHED DISPATCHED DISPATCHED DISPATCHED no      !          !         !         !         no         no         no        no         no     no        no
transfer         wait       LITIG      LITIG      LITIG      no      no         no        no        no        !          !          !         LITIG      !      no        !
filing           wait       FILED      FILED      FILED      no      no         no        no        no        !          !          !         FILED      !      no        !
supervision      wait       no         no         no         no      =          =         =         =         =          =          no        =          no     no        no
joint plan       wait       =          =          =          no      =          =         =         =         =          =          no        =          no     no        no
success at once  wait       no         no         no         no      wait       FULFILLED FULFILLED FULFILLED !          !          !         !          no     !         !
withdrawal       wait       no         no         no         no      wait       WITHDRAWN WITHDRAWN WITHDRAWN !          !          !         !          no     !         !
started          wait       no         no         no         no      no         no        no        no        PERFORMING =          no        PERFORMING no     no        no
partial          wait       no         no         no         no      no         no        no        no        PERFORMING =          no        PERFORMING no     no        no
performed        wait       no         no         no         no      no         no        no        no        FULFILLED  FULFILLED  no        FULFILLED  no     no        no
defaulted        wait       no         no         no         no      no         no        no        no        DEFAULTED  DEFAULTED  no        no         no     no        no
closure          wait       no         no         CLOSED     CLOSED  no         no        no        no        CLOSED     no         CLOSED    CLOSED     CLOSED CLOSED    no
"""  # noqa: E501  # a grid is read across


def _cells() -> list[tuple[str, str, str]]:
    header, *rows = GRID.strip("\n").splitlines()
    states = header.split()
    return [
        (row[:17].strip(), state, cell) for row in rows for state, cell in zip(states, row[17:].split(), strict=True)
    ]


CELLS = _cells()
# States of a leg that behave as ACCEPTED and RETURN_CONSULT do here, and as RETURNED: READY with a leg behind it.
_ALIKE = {"ACCEPTED": ("ASSIGNED", "MEDIATING"), "FAILED": ("RETURN_CONSULT",), "READY": ("RETURNED",)}


def _lawful() -> set[tuple[str, str | None]]:
    found: set[tuple[str, str | None]] = set()
    for event, state, cell in CELLS:
        if cell not in {"wait", "no", "!"}:
            name = None if state == "nothing" else NAMES.get(state, state)
            found.add((SAYS[event][2], name))
            if SAYS[event][2] in {"joint_plan", "success:performed", "withdrawal", "closure"}:
                found |= {(SAYS[event][2], alike) for alike in _ALIKE.get(state, ())}
    return found - {("closure", "FAILED")}


LAWFUL = _lawful()


def case_in(state: str) -> Case | None:
    path = PATHS[state]
    return m.after(*(step() for step in path), profile=m.CONSULTING) if path else None


@pytest.mark.parametrize(("event", "state", "outcome"), CELLS)
def test_the_step_does_what_the_grid_says(event: str, state: str, outcome: str) -> None:
    make, _, _ = SAYS[event]
    before = case_in(state)
    decision = m.judge(before, make(), m.CONSULTING)
    if outcome == "wait":
        assert isinstance(decision, Parked)
    elif outcome == "!":
        assert isinstance(decision, Conflict)
    elif outcome == "no":
        assert type(decision) is Refused
    else:
        assert isinstance(decision, Accepted)
        assert decision.case is not None
        wanted = state if outcome == "=" else outcome
        assert decision.case.state == NAMES.get(wanted, wanted)
        assert decision.case.holder


@pytest.mark.parametrize(
    ("event", "state"),
    [(event, state) for event, state, cell in CELLS
     if cell not in {"wait", "no", "!"} and state != "nothing" and event != "joint plan"],
)  # fmt: skip
def test_nobody_else_may_say_a_lawful_step(event: str, state: str) -> None:
    make, actor, _ = SAYS[event]
    before = case_in(state)
    for other in {m.TRIBUNAL, m.VILLAGE, "org-nobody"} - {actor}:
        decision = m.judge(before, make(other), m.CONSULTING)
        assert type(decision) is Refused
        assert decision.code == "lifecycle.wrong_actor"
        assert decision.facts["basis"]


def test_an_intake_is_for_the_office_that_takes_it_in_and_it_refers_the_case() -> None:
    case = m.after(m.intake())
    assert (case.holder, case.origin, case.parties) == (m.TRIBUNAL, m.TRIBUNAL, 2)
    assert m.after(m.intake(m.TRIBUNAL, to=None)).holder == m.TRIBUNAL
    assert m.after(m.referral(), case=case).holder == m.VILLAGE


def test_a_consent_that_is_not_everybodys_does_not_make_a_case_ready() -> None:
    one = m.say("consent_inquiry", m.TRIBUNAL, 1, outcome="given", consents=m.consents(1)[:1])
    decision = m.judge(m.after(m.intake()), one)
    assert isinstance(decision, Refused)
    assert decision.code == "lifecycle.consent_missing"


def test_an_agreement_performed_at_once_needs_nobody_to_watch_over_it() -> None:
    case = m.after(m.referral(), m.acceptance(), m.success_at_once())
    assert (case.state, case.holder, case.result) == ("FULFILLED", m.TRIBUNAL, case.legs[0].result)


def test_a_file_that_is_closed_twice_keeps_its_first_closing_time() -> None:
    filed = m.after(m.filing_alone())
    assert m.after(m.closure(day=90), case=filed).closed_at == filed.closed_at
