"""The rules of the referral family as two tables, one row per step: from where, who says it, if what, to where.

    the case                                                                    the holder is who must act next

     ● ─referral─► DISPATCHED ─acceptance─► in the unit's hands ─success─► SETTLED
                    ▲  ▲    │                │       │
          referral  │  │    │decline         │       └─return─► RETURNED ─litigation─► TO_LITIGATION ─filed─► FILED ●
       (to another) │  │    ▼                │                  │   │                                           ▲
                    │  └─ READY ─────────────┼─── litigation ───┼───┴───────────────────────────────────────────┘
                    ├────────────────────────┼──────────────────┘ referral
                    └─────── escalation ─────┘ (to the township: a new leg)

    the leg: one unit's handling
                                                            ┌─ appraisal ended ─┐
     ● ─► DISPATCHED ─► ACCEPTED ─► ASSIGNED ─► MEDIATING ◄─┘                   │
               │            └──── progress ────▲  ▲  └──────────────────► APPRAISAL (the clock stands)
               ▼                                  └─ continue ◄─ RETURN_CONSULT ─► return ─► FAILED
            DECLINED ●
     each state after DISPATCHED ─► SETTLED ● or RETURNED ●;  all of them but RETURN_CONSULT ─► ESCALATED ●;
     ACCEPTED, ASSIGNED, MEDIATING and APPRAISAL ─► RETURN_CONSULT by a consultation before return

What the sources leave open is decided here:

* An assignment is not required. Many units accept, mediate and report: every step of mediation is lawful from ACCEPTED.
* A unit that does not accept, also after an escalation, gives the case to its origin, never to the unit below.
* While the origin considers a return it is the holder. Its opinion "return" makes the leg FAILED: the unit still has to
  give the case back or hand it up. An agreement reached meanwhile is an agreement.
* A returned case may be referred again, with fresh consents, or go to litigation; a court may report the filing alone.
* A note or an assignment that was made before a leg ended and arrives after it is kept and changes no state.
* What one unit says in the wrong order waits. An answer waits for nothing: what it answers came through the gateway,
  so either it is here or there was nothing to answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

from gateway.lifecycle.states import LEG_ENDED, Actor, CaseState, Event, LegState

State = CaseState | LegState


@dataclass(frozen=True, slots=True)
class Step:
    """One row.

    ``before``: states of the case (CASE_STEPS) or of the leg (LEG_STEPS); None: there is no case yet. ``leg``,
    ``case``: the states after it, None: as before. ``holder``: who must act next, None: as before. ``opens_leg``: the
    addressee gets a leg of its own. ``guards``: conditions, by their names in ``guards.py``, tried in this order.
    """

    event: Event
    before: tuple[State | None, ...]
    who: Actor
    guards: tuple[str, ...] = ()
    leg: LegState | None = None
    case: CaseState | None = None
    holder: Actor | None = None
    opens_leg: bool = False
    basis: str = ""


_RULES = "人民法院在线调解规则"
_JZ = "焦中法〔2021〕155号"
_YD = "腴地府发〔2022〕45号附件(六)"

_MEDIATING: tuple[LegState, ...] = ("ACCEPTED", "ASSIGNED", "MEDIATING")
_RUNNING: tuple[LegState, ...] = (*_MEDIATING, "APPRAISAL")
_ENDED: tuple[LegState, ...] = ("ESCALATED", "RETURNED", "SETTLED")
_MAY_REFER = ("names_an_addressee", "every_party_consents", "addressee_has_not_declined")
_MAY_EXTEND = ("every_party_agrees", "agreed_before_expiry", "is_longer")
_MAY_ESCALATE = ("profile_escalates", "names_an_addressee", "the_parties_are_willing", "leads_upwards",
                 "addressee_has_not_declined")  # fmt: skip

# fmt: off
# Said about the case by the organisation that refers it: ``before`` and ``case`` are states of the case.
CASE_STEPS: tuple[Step, ...] = (
    Step("referral", (None,), "dispatcher", _MAY_REFER,
         case="DISPATCHED", holder="addressee", opens_leg=True, basis=f"{_RULES} 10；{_JZ} 7、9-12"),
    Step("referral", ("READY", "RETURNED"), "origin", _MAY_REFER,
         case="DISPATCHED", holder="addressee", opens_leg=True, basis=f"{_RULES} 10、12；{_JZ} 7"),
    Step("litigation:transferred", ("READY", "RETURNED"), "origin",
         case="TO_LITIGATION", holder="origin", basis=f"{_RULES} 21；{_JZ} 9-12"),
    Step("litigation:filed", ("READY", "RETURNED", "TO_LITIGATION"), "origin",
         case="FILED", holder="origin", basis=f"民事诉讼法 126；{_RULES} 21"),
    Step("supervision", ("DISPATCHED", *_RUNNING, "FAILED", "SETTLED"), "origin",
         basis=f"{_JZ} 2、5"),
)

# Said by the unit that has the leg, or to it: ``before`` and ``leg`` are states of the leg.
LEG_STEPS: tuple[Step, ...] = (
    Step("acceptance", ("DISPATCHED",), "unit",
         leg="ACCEPTED", case="ACCEPTED", holder="unit", basis=f"{_RULES} 12、24；{_JZ} 14"),
    Step("decline", ("DISPATCHED",), "unit",
         leg="DECLINED", case="READY", holder="origin", basis=f"{_RULES} 12"),
    Step("assignment", ("ACCEPTED",), "unit",
         leg="ASSIGNED", case="ASSIGNED", holder="unit", basis=f"{_RULES} 13；{_JZ} 10"),
    Step("assignment", ("ASSIGNED", "MEDIATING", "APPRAISAL"), "unit",
         basis=f"{_RULES} 14"),
    Step("assignment", _ENDED, "unit", ("was_made_before_the_end",),
         basis=f"{_RULES} 13；{_JZ} 10"),
    Step("progress", _MEDIATING, "unit",
         leg="MEDIATING", case="MEDIATING", holder="unit", basis=f"{_RULES} 17；{_JZ} 2"),
    Step("progress", ("APPRAISAL", "RETURN_CONSULT", "FAILED"), "unit",
         basis=f"{_JZ} 2"),
    Step("progress", _ENDED, "unit", ("was_made_before_the_end",),
         basis=f"{_JZ} 2"),
    Step("progress:appraisal_started", _MEDIATING, "unit",
         leg="APPRAISAL", case="APPRAISAL", holder="unit", basis=f"{_RULES} 26"),
    Step("progress:appraisal_ended", ("APPRAISAL",), "unit", ("ends_after_it_started",),
         leg="MEDIATING", case="MEDIATING", holder="unit", basis=f"{_RULES} 26"),
    Step("extension", _RUNNING, "unit", _MAY_EXTEND,
         basis=f"{_RULES} 24；{_JZ} 14"),
    Step("success", (*_RUNNING, "RETURN_CONSULT", "FAILED"), "unit",
         leg="SETTLED", case="SETTLED", holder="unit", basis=f"{_RULES} 19、20；人民调解法 31；{_JZ} 10、11"),
    Step("escalation", (*_RUNNING, "FAILED"), "unit", _MAY_ESCALATE,
         leg="ESCALATED", case="DISPATCHED", holder="addressee", opens_leg=True, basis=f"{_JZ} 10、11"),
    Step("return_consultation", _RUNNING, "unit",
         leg="RETURN_CONSULT", case="RETURN_CONSULT", holder="origin", basis=_YD),
    Step("return_opinion:continue", ("RETURN_CONSULT",), "origin",
         leg="MEDIATING", case="MEDIATING", holder="unit", basis=_YD),
    Step("return_opinion:return", ("RETURN_CONSULT",), "origin",
         leg="FAILED", case="FAILED", holder="unit", basis=_YD),
    Step("return", (*_RUNNING, "RETURN_CONSULT", "FAILED"), "unit", ("origin_was_consulted",),
         leg="RETURNED", case="RETURNED", holder="origin", basis=f"{_RULES} 21、25；{_JZ} 10-12"),
)

# What may arrive before its predecessor although the same unit says both: event, states of the leg, what comes first.
WAITS: tuple[tuple[tuple[Event, ...], tuple[LegState, ...], str], ...] = (
    (("assignment", "progress", "progress:appraisal_started", "progress:appraisal_ended", "extension", "success",
      "escalation", "return_consultation", "return"), ("DISPATCHED",), "acceptance"),
    (("progress:appraisal_ended",), _MEDIATING, "progress"),
)
# Units of one platform share a door, so a unit may answer an escalation before the other unit's escalation is here.
ANSWERS_TO_ESCALATION: frozenset[Event] = frozenset({"acceptance", "decline"})
# fmt: on


@lru_cache(maxsize=1)
def steps() -> Mapping[tuple[Event, State | None], Step]:
    """Return the row for each event and state before it."""
    return {(step.event, state): step for step in chain(CASE_STEPS, LEG_STEPS) for state in step.before}


@lru_cache(maxsize=1)
def waits() -> Mapping[tuple[Event, State | None], str]:
    """Return the short type that has to come first, for each event and state of the leg that has to wait."""
    return {(event, state): first for events, states, first in WAITS for event in events for state in states}


@lru_cache(maxsize=1)
def case_events() -> frozenset[Event]:
    """Return the events that the case's own state decides; the others go by the state of the leg."""
    return frozenset(step.event for step in CASE_STEPS)


@lru_cache(maxsize=1)
def first_rows() -> Mapping[Event, Step]:
    """Return the row that stands for each event where no state fits: it names the actor and the basis."""
    rows = (step for step in chain(LEG_STEPS, CASE_STEPS) if None not in step.before)
    first: dict[Event, Step] = {}
    for step in rows:
        first.setdefault(step.event, step)
    return first


def expected(case: CaseState, leg: LegState, actors: frozenset[Actor]) -> tuple[str, ...]:
    """Return the short types that ``actors`` may say in these states, in the order of the tables.

    What may still arrive about a leg that has ended is not expected of anybody.
    """
    of_the_leg = (step for step in LEG_STEPS if leg in step.before and leg not in LEG_ENDED)
    of_the_case = (step for step in CASE_STEPS if case in step.before)
    said = (step.event.partition(":")[0] for step in chain(of_the_leg, of_the_case) if step.who in actors)
    return tuple(dict.fromkeys(said))
