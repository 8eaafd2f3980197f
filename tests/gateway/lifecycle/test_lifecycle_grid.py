"""Every step from every state, as a grid written by hand: what a lawyer expects, not what the tables say."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gateway.canonical.messages import Message
from gateway.lifecycle import NATIONAL, Accepted, Case, Conflict, Parked, Profile, Refused
from gateway.lifecycle.steps import CASE_STEPS, LEG_STEPS, steps
from gateway.texts import catalogue, text
from tests.gateway.lifecycle import lifecycle_messages as m
from tests.gateway.lifecycle import test_lifecycle_clocks, test_lifecycle_grid_around

_TAKEN = (m.referral, m.acceptance)
# How a case gets into each state.
PATHS: dict[str, tuple[Callable[[], Message], ...]] = {
    "nothing": (),
    "DISPATCHED": (m.referral,),
    "ACCEPTED": _TAKEN,
    "ASSIGNED": (*_TAKEN, m.assignment),
    "MEDIATING": (*_TAKEN, m.assignment, m.progress),
    "APPRAISAL": (*_TAKEN, m.assignment, m.appraisal_started),
    "RETURN_CONSULT": (*_TAKEN, m.consultation),
    "FAILED": (*_TAKEN, m.consultation, m.opinion_return),
    "READY": (m.referral, m.decline),
    "RETURNED": (*_TAKEN, m.return_),
    "SETTLED": (*_TAKEN, m.success),
    "TO_LITIGATION": (*_TAKEN, m.return_, m.transfer),
    "FILED": (*_TAKEN, m.return_, m.transfer, m.filing),
    "UNREFERRED": (m.refusal,),
    "SUED": (m.filing_alone,),
}
# What the columns call a state apart from others of the same name: the case was never referred, so it has no leg.
STATES = {"nothing": None, "UNREFERRED": "TO_LITIGATION", "SUED": "FILED"}
# Only one profile knows these; every other cell is judged by the national one.
CONSULTED = {"RETURN_CONSULT", "FAILED", "consultation"}
# Who must act in each state.
HOLDERS = {
    "DISPATCHED": m.VILLAGE, "ACCEPTED": m.VILLAGE, "ASSIGNED": m.VILLAGE, "MEDIATING": m.VILLAGE,
    "APPRAISAL": m.VILLAGE, "RETURN_CONSULT": m.TRIBUNAL, "FAILED": m.VILLAGE, "READY": m.TRIBUNAL,
    "RETURNED": m.TRIBUNAL, "SETTLED": m.VILLAGE, "TO_LITIGATION": m.TRIBUNAL, "FILED": m.TRIBUNAL,
    "UNREFERRED": m.TRIBUNAL, "SUED": m.TRIBUNAL,
}  # fmt: skip
# Who says each step.
SAYS: dict[str, tuple[Callable[..., Message], str]] = {
    "referral": (lambda sender=m.TRIBUNAL: m.referral(sender, to=m.INDUSTRY), m.TRIBUNAL),
    "acceptance": (m.acceptance, m.VILLAGE),
    "decline": (m.decline, m.VILLAGE),
    "assignment": (lambda sender=m.VILLAGE: m.assignment(sender, day=40), m.VILLAGE),
    "progress": (lambda sender=m.VILLAGE: m.progress(sender, day=40), m.VILLAGE),
    "appraisal started": (m.appraisal_started, m.VILLAGE),
    "appraisal ended": (m.appraisal_ended, m.VILLAGE),
    "extension": (m.extension, m.VILLAGE),
    "success": (m.success, m.VILLAGE),
    "escalation": (m.escalation, m.VILLAGE),
    "consultation": (m.consultation, m.VILLAGE),
    "opinion continue": (m.opinion_continue, m.TRIBUNAL),
    "opinion return": (m.opinion_return, m.TRIBUNAL),
    "return": (m.return_, m.VILLAGE),
    "transfer": (m.transfer, m.TRIBUNAL),
    "filing": (m.filing, m.TRIBUNAL),
    "refusal": (m.refusal, m.TRIBUNAL),
    "filing alone": (m.filing_alone, m.TRIBUNAL),
    "supervision": (m.supervision, m.TRIBUNAL),
}
# = stays; wait: parked; no: refused; !: conflict; otherwise the state of the case after the step.
GRID = """
                   nothing       DISPATCHED ACCEPTED       ASSIGNED       MEDIATING      APPRAISAL      RETURN_CONSULT FAILED     READY         RETURNED      SETTLED TO_LITIGATION FILED UNREFERRED SUED
referral           DISPATCHED    !          !              !              !              !              !              !          DISPATCHED    DISPATCHED    no      no            no    no         no
acceptance         wait          ACCEPTED   no             no             no             no             no             no         no            no            no      no            no    no         no
decline            wait          READY      no             no             no             no             no             no         !             !             !       !             !     no         no
assignment         wait          wait       ASSIGNED       =              =              =              no             no         no            no            no      no            no    no         no
progress           wait          wait       MEDIATING      MEDIATING      =              =              =              =          no            no            no      no            no    no         no
appraisal started  wait          wait       APPRAISAL      APPRAISAL      APPRAISAL      no             no             no         no            no            no      no            no    no         no
appraisal ended    wait          wait       wait           wait           wait           MEDIATING      no             no         no            no            no      no            no    no         no
extension          wait          wait       =              =              =              =              no             no         no            no            no      no            no    no         no
success            wait          wait       SETTLED        SETTLED        SETTLED        SETTLED        SETTLED        SETTLED    !             !             !       !             !     no         no
escalation         wait          wait       DISPATCHED     DISPATCHED     DISPATCHED     DISPATCHED     no             DISPATCHED !             !             !       !             !     no         no
consultation       wait          wait       RETURN_CONSULT RETURN_CONSULT RETURN_CONSULT RETURN_CONSULT no             no         no            no            no      no            no    no         no
opinion continue   wait          no         no             no             no             no             MEDIATING      no         no            no            no      no            no    no         no
opinion return     wait          no         no             no             no             no             FAILED         no         no            no            no      no            no    no         no
return             wait          wait       RETURNED       RETURNED       RETURNED       RETURNED       RETURNED       RETURNED   !             !             !       !             !     no         no
transfer           wait          no         no             no             no             no             no             no         TO_LITIGATION TO_LITIGATION !       no            !     no         !
filing             wait          no         no             no             no             no             no             no         FILED         FILED         !       FILED         !     FILED      !
refusal            TO_LITIGATION no         no             no             no             no             no             no         TO_LITIGATION TO_LITIGATION !       no            !     no         !
filing alone       FILED         no         no             no             no             no             no             no         FILED         FILED         !       FILED         !     FILED      !
supervision        wait          =          =              =              =              =              no             =          no            no            =       no            no    no         no
"""  # noqa: E501  # a grid is read across
EVENTS = {
    "appraisal started": "progress:appraisal_started", "appraisal ended": "progress:appraisal_ended",
    "consultation": "return_consultation", "opinion continue": "return_opinion:continue",
    "opinion return": "return_opinion:return", "transfer": "litigation:transferred", "filing": "litigation:filed",
    "refusal": "litigation:transferred", "filing alone": "litigation:filed",
}  # fmt: skip


def _cells() -> list[tuple[str, str, str]]:
    header, *rows = GRID.strip("\n").splitlines()
    states = header.split()
    return [
        (row[:19].strip(), state, cell) for row in rows for state, cell in zip(states, row[19:].split(), strict=True)
    ]


CELLS = _cells()
LAWFUL = [cell for cell in CELLS if cell[2] not in {"wait", "no", "!"}]


def _case_in(state: str) -> Case | None:
    path = PATHS[state]
    return m.after(*(step() for step in path), profile=_profile(state)) if path else None


def _profile(said: str) -> Profile:
    return m.CONSULTING if said in CONSULTED else NATIONAL


@pytest.mark.parametrize(("event", "state", "outcome"), CELLS)
def test_the_step_does_what_the_grid_says(event: str, state: str, outcome: str) -> None:
    make, _ = SAYS[event]
    before = _case_in(state)
    decision = m.judge(before, make(), _profile(event))
    if outcome == "wait":
        assert isinstance(decision, Parked)
    elif outcome == "!":
        assert isinstance(decision, Conflict)
    elif outcome == "no":
        assert type(decision) is Refused
    else:
        assert isinstance(decision, Accepted)
        assert decision.case is not None
        assert decision.case.state == (STATES.get(state, state) if outcome == "=" else outcome)


@pytest.mark.parametrize(("event", "state", "outcome"), LAWFUL)
def test_after_a_lawful_step_the_one_who_must_act_holds_the_case(event: str, state: str, outcome: str) -> None:
    make, _ = SAYS[event]
    decision = m.judge(_case_in(state), make(), _profile(event))
    assert isinstance(decision, Accepted)
    assert decision.case is not None
    holder = HOLDERS[state if outcome == "=" else outcome]
    if event == "escalation":
        holder = m.TOWNSHIP
    elif event == "referral":
        holder = m.INDUSTRY
    assert decision.case.holder == holder


@pytest.mark.parametrize(("event", "state", "outcome"), [cell for cell in LAWFUL if cell[1] != "nothing"])
def test_nobody_else_may_say_a_lawful_step(event: str, state: str, outcome: str) -> None:
    make, actor = SAYS[event]
    case = _case_in(state)
    for other in {m.TRIBUNAL, m.VILLAGE, m.STRANGER} - {actor}:
        decision = m.judge(case, make(other), _profile(event))
        assert type(decision) is Refused
        assert decision.code == "lifecycle.wrong_actor"
        assert decision.facts["who"] == actor
        assert decision.facts["basis"]


@pytest.mark.parametrize(("event", "state"), [(event, state) for event, state, _ in CELLS])
def test_what_names_no_sender_is_refused(event: str, state: str) -> None:
    make, _ = SAYS[event]
    decision = m.judge(_case_in(state), make(None), _profile(event))
    assert type(decision) is Refused
    assert decision.code == "lifecycle.sender_unknown"


@pytest.mark.parametrize(("event", "state", "outcome"), [c for c in CELLS if c[2] in {"wait", "no", "!"}])
def test_a_step_not_taken_is_explained_in_full_in_both_languages(event: str, state: str, outcome: str) -> None:
    make, _ = SAYS[event]
    decision = m.judge(_case_in(state), make(), _profile(event))
    assert isinstance(decision, Parked | Refused)
    assert decision.code in catalogue()
    for language in ("zh", "en"):
        sentence = text(decision.code, language, **decision.facts)  # type: ignore[arg-type]
        assert not any(gap in sentence for gap in ("…", "—", "lifecycle."))


def test_every_row_of_the_tables_stands_in_the_grid() -> None:
    ended = {"ESCALATED", "RETURNED", "SETTLED", "DECLINED", "WITHDRAWN"}  # belated notes have tests of their own
    lawful = {(EVENTS.get(event, event), STATES.get(state, state)) for event, state, _ in LAWFUL}
    of_other_grids = test_lifecycle_grid_around.LAWFUL
    rows = {(event, state) for event, state in steps() if not (event in {"assignment", "progress"} and state in ended)}
    assert rows == lawful | of_other_grids | test_lifecycle_clocks.LAWFUL


def test_no_two_rows_answer_the_same_question() -> None:
    rows = [(step.event, state) for step in (*CASE_STEPS, *LEG_STEPS) for state in step.before]
    assert len(rows) == len(set(rows))
