"""The rules of a case and its legs as two tables, one row per step: from where, who says it, if what, to where.

    the case                                                                    the holder is who must act next

     ● ─intake─► REGISTERED ─asked─► CONSENT_PENDING ─given─► READY │ ─refused, unreachable─► TO_LITIGATION
                     └─ intake refusal ─┴─► REFUSED_INTAKE ●
     ● ─litigation, nobody having been asked to mediate─► TO_LITIGATION or, reported alone, FILED: a case without a leg
     ● ─referral─► DISPATCHED ─acceptance─► in the unit's hands ─success─► SETTLED
                    ▲  ▲    │                │       │
          referral  │  │    │decline         │       └─return─► RETURNED ─litigation─► TO_LITIGATION ─filed─► FILED ●
       (to another) │  │    ▼                │                  │   │                                           ▲
                    │  └─ READY ─────────────┼─── litigation ───┼───┴───────────────────────────────────────────┘
                    ├────────────────────────┼──────────────────┘ referral
                    └─────── escalation ─────┘ (to the township: a new leg)

                                      SETTLED ─performance─► PERFORMING ─► FULFILLED     the lead unit's to watch
                                         └──────────┴──► DEFAULTED ─► PERFORMING, FULFILLED or TO_LITIGATION
     in the unit's hands ─withdrawal─► WITHDRAWN ●     every state without an open part ─closure─► CLOSED ●

    the leg: one unit's handling
                                                            ┌─ appraisal ended ─┐
     ● ─► DISPATCHED ─► ACCEPTED ─► ASSIGNED ─► MEDIATING ◄─┘                   │
               │            └──── progress ────▲  ▲  └──────────────────► APPRAISAL (the clock stands)
               ▼                                  └─ continue ◄─ RETURN_CONSULT ─► return ─► FAILED
     DECLINED ● or, by silence, UNANSWERED ●           what expires is FAILED too, until an extension of before arrives
     each state after DISPATCHED ─► SETTLED ● or RETURNED ●;  all of them but RETURN_CONSULT ─► ESCALATED ●;
     ACCEPTED, ASSIGNED, MEDIATING and APPRAISAL ─► RETURN_CONSULT by a consultation before return;
     each state after DISPATCHED ─► WITHDRAWN ● where the parties settle by themselves or take the dispute back

What the sources leave open is decided here:

* An assignment is not required. Many units accept, mediate and report: every step of mediation is lawful from ACCEPTED.
* A unit that does not accept, also after an escalation, gives the case to its origin, never to the unit below.
* Silence for the whole period to answer is a refusal (规则 12): the case goes back to its origin, unless the
  profile has the unit urged instead. An acceptance of before that arrives later counts while nobody else has the case.
* A period of mediation that ends without an extension makes the leg FAILED (规则 25): the unit still has to give the
  case back or hand it up. An agreement is an agreement all the same, and is flagged late; an extension that was agreed
  to in time and arrives later takes the mediation up again.
* Only the gateway's own clock says that a period has run out, and says it once for each period.
* Only a profile that asks for it knows a consultation before a return; one that is under way is answered under any.
* While the origin considers a return it is the holder. Its opinion "return" makes the leg FAILED: the unit still has to
  give the case back or hand it up. An agreement reached meanwhile is an agreement.
* A returned case may be referred again, with fresh consents, or go to litigation; a court may report the filing alone.
* A dispute may go to litigation without ever being referred: a party refuses mediation or cannot be reached (规则 15;
  row 4 of the states). The transfer then opens the case, without a leg, in the hands of the court that says so; the
  reason is mandatory, in words where it is "other". A filing reported alone opens and ends it: the court's duty to file
  (民事诉讼法 126) hangs on no transfer, it may report a filing alone of a referred case too, and suits are counted by
  filings. Such a case is never referred: its parties have refused, or could not be asked.
* "Mediation failed" speaks of a mediation that was referred to somebody: of an unknown case it waits for the referral,
  as does whatever a unit says, a litigation too.
* A note or an assignment that was made before a leg ended and arrives after it is kept and changes no state.
* Whoever an intake is addressed to takes the case in and refers it: the channel that reported it has no part in it.
* An agreement that was performed on the spot is FULFILLED at once. A dispute may be sued over after a default.
* Agreements are watched over by the lead unit: the one that a joint plan names, else the unit that reached it. A new
  plan may name another one, and the duty moves with it.
* A file is closed by whoever referred the case, once no part of it is open: no leg, no performance, no application.
* What one unit says in the wrong order waits. An answer waits for nothing: what it answers came through the gateway,
  so either it is here or there was nothing to answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

from gateway.lifecycle.states import CASE_TERMINAL, LEG_ENDED, Actor, CaseState, Event, LegState

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

_YD_JOINT = "腴地府发〔2022〕45号 三(二)"

_MEDIATING: tuple[LegState, ...] = ("ACCEPTED", "ASSIGNED", "MEDIATING")
_RUNNING: tuple[LegState, ...] = (*_MEDIATING, "APPRAISAL")
_ENDED: tuple[LegState, ...] = ("ESCALATED", "RETURNED", "SETTLED", "WITHDRAWN")
AGREED: tuple[CaseState, ...] = ("SETTLED", "PERFORMING", "DEFAULTED")
_FIT = ("addressee_is_active", "addressee_takes_such_cases", "addressee_is_of_that_level", "addressee_is_no_party")
_MAY_MEDIATE = ("mediators_are_on_the_roster", "no_mediator_is_party")
_MAY_ASSIGN = (*_MAY_MEDIATE, "nobody_objects_to_the_mediator")
_MAY_REFER = ("names_an_addressee", "every_party_consents", "addressee_has_not_declined", *_FIT, *_MAY_MEDIATE)
_IN_TIME = ("was_accepted_in_time", "nobody_else_has_it")
_MAY_EXTEND = ("every_party_agrees", "agreed_before_expiry", "is_longer")
_MAY_ESCALATE = ("profile_escalates", "names_an_addressee", "the_parties_are_willing", "leads_upwards",
                 "addressee_has_not_declined", *_FIT)  # fmt: skip

# fmt: off
# Said about the case by the organisation that refers it: ``before`` and ``case`` are states of the case.
CASE_STEPS: tuple[Step, ...] = (
    Step("intake", (None,), "registrar",
         case="REGISTERED", holder="office", basis=f"{_RULES} 8；{_JZ} 9"),
    Step("intake_refusal", ("REGISTERED", "CONSENT_PENDING"), "origin", ("says_why",),
         case="REFUSED_INTAKE", holder="origin", basis=f"{_RULES} 9"),
    Step("consent_inquiry:asked", ("REGISTERED", "CONSENT_PENDING"), "origin",
         case="CONSENT_PENDING", holder="origin", basis=f"{_RULES} 4、15；{_JZ} 9"),
    Step("consent_inquiry:given", ("REGISTERED", "CONSENT_PENDING"), "origin", ("every_party_agrees",),
         case="READY", holder="origin", basis=f"{_RULES} 4；{_JZ} 10、12"),
    Step("consent_inquiry:refused", ("REGISTERED", "CONSENT_PENDING"), "origin",
         case="TO_LITIGATION", holder="origin", basis=f"{_RULES} 15；民事诉讼法 125；{_JZ} 9"),
    Step("consent_inquiry:unreachable", ("REGISTERED", "CONSENT_PENDING"), "origin",
         case="TO_LITIGATION", holder="origin", basis=f"{_RULES} 15；民事诉讼法 125"),
    Step("referral", (None,), "dispatcher", _MAY_REFER,
         case="DISPATCHED", holder="addressee", opens_leg=True, basis=f"{_RULES} 10；{_JZ} 7、9-12"),
    Step("referral", ("REGISTERED", "CONSENT_PENDING", "READY", "RETURNED"), "origin", _MAY_REFER,
         case="DISPATCHED", holder="addressee", opens_leg=True, basis=f"{_RULES} 10、12；{_JZ} 7"),
    Step("litigation:transferred", (None,), "dispatcher", ("says_why",),
         case="TO_LITIGATION", holder="origin", basis=f"{_RULES} 15；民事诉讼法 125；{_JZ} 9"),
    Step("litigation:filed", (None,), "dispatcher", ("says_why",),
         case="FILED", holder="origin", basis=f"民事诉讼法 125、126；{_RULES} 15；{_JZ} 9"),
    Step("litigation:transferred", ("REGISTERED", "CONSENT_PENDING", "READY", "RETURNED", "DEFAULTED"), "origin",
         case="TO_LITIGATION", holder="origin", basis=f"{_RULES} 21；{_JZ} 9-12"),
    Step("litigation:filed",
         ("REGISTERED", "CONSENT_PENDING", "READY", "RETURNED", "DEFAULTED", "TO_LITIGATION"), "origin",
         case="FILED", holder="origin", basis=f"民事诉讼法 126；{_RULES} 21"),
    Step("supervision", ("DISPATCHED", *_RUNNING, "FAILED", "SETTLED", "PERFORMING", "DEFAULTED"), "origin",
         basis=f"{_JZ} 2、5"),
    Step("joint_plan", ("REGISTERED", "CONSENT_PENDING", "READY", "DISPATCHED", *_RUNNING, "RETURN_CONSULT", "FAILED",
                        "RETURNED"), "body", ("lead_follows_the_rule",),
         basis=f"{_YD_JOINT}；{_JZ} 15"),
    Step("joint_plan", AGREED, "body", ("lead_follows_the_rule",),
         holder="lead", basis=f"{_YD_JOINT}；{_JZ} 15"),
    Step("performance:started", AGREED, "lead",
         case="PERFORMING", holder="lead", basis=f"{_YD_JOINT}；人民调解法 31"),
    Step("performance:partial", AGREED, "lead",
         case="PERFORMING", holder="lead", basis=f"{_YD_JOINT}；人民调解法 31"),
    Step("performance:performed", AGREED, "lead",
         case="FULFILLED", holder="origin", basis="腴地府发〔2022〕45号 二(四)；人民调解法 31"),
    Step("performance:defaulted", ("SETTLED", "PERFORMING"), "lead",
         case="DEFAULTED", holder="lead", basis="人民调解法 31、32、33"),
    Step("closure", ("READY", "RETURNED", "SETTLED", "FULFILLED", "DEFAULTED", "FILED", "WITHDRAWN", "REFUSED_INTAKE"),
         "origin", ("no_application_is_open",),
         case="CLOSED", holder="origin", basis="人民调解法 27"),
)

# Said by the unit that has the leg, or to it: ``before`` and ``leg`` are states of the leg.
LEG_STEPS: tuple[Step, ...] = (
    Step("acceptance", ("DISPATCHED",), "unit",
         leg="ACCEPTED", case="ACCEPTED", holder="unit", basis=f"{_RULES} 12、24；{_JZ} 14"),
    Step("decline", ("DISPATCHED",), "unit",
         leg="DECLINED", case="READY", holder="origin", basis=f"{_RULES} 12"),
    Step("silence", ("DISPATCHED",), "unit",
         leg="UNANSWERED", case="READY", holder="origin", basis=f"{_RULES} 12"),
    Step("acceptance", ("UNANSWERED",), "unit", _IN_TIME,
         leg="ACCEPTED", case="ACCEPTED", holder="unit", basis=f"{_RULES} 12、24；{_JZ} 14"),
    Step("assignment", ("ACCEPTED",), "unit", _MAY_ASSIGN,
         leg="ASSIGNED", case="ASSIGNED", holder="unit", basis=f"{_RULES} 13；{_JZ} 10"),
    Step("assignment", ("ASSIGNED", "MEDIATING", "APPRAISAL"), "unit", _MAY_ASSIGN,
         basis=f"{_RULES} 14"),
    Step("assignment", _ENDED, "unit", ("was_made_before_the_end", *_MAY_ASSIGN),
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
    Step("expiry", _MEDIATING, "origin",
         leg="FAILED", case="FAILED", holder="unit", basis=f"{_RULES} 24、25；{_JZ} 14"),
    Step("extension", ("FAILED",), "unit", ("expired", *_MAY_EXTEND),
         leg="MEDIATING", case="MEDIATING", holder="unit", basis=f"{_RULES} 24；{_JZ} 14"),
    Step("success", (*_RUNNING, "RETURN_CONSULT", "FAILED"), "unit",
         leg="SETTLED", case="SETTLED", holder="lead", basis=f"{_RULES} 19、20；人民调解法 31；{_JZ} 10、11"),
    Step("success:performed", (*_RUNNING, "RETURN_CONSULT", "FAILED"), "unit",
         leg="SETTLED", case="FULFILLED", holder="origin", basis=f"{_RULES} 19、20；人民调解法 31；{_JZ} 10、11"),
    Step("withdrawal", (*_RUNNING, "RETURN_CONSULT", "FAILED"), "unit",
         leg="WITHDRAWN", case="WITHDRAWN", holder="origin", basis=f"{_RULES} 25(二)"),
    Step("escalation", (*_RUNNING, "FAILED"), "unit", _MAY_ESCALATE,
         leg="ESCALATED", case="DISPATCHED", holder="addressee", opens_leg=True, basis=f"{_JZ} 10、11"),
    Step("return_consultation", _RUNNING, "unit", ("profile_consults",),
         leg="RETURN_CONSULT", case="RETURN_CONSULT", holder="origin", basis=_YD),
    Step("return_consultation", ("FAILED",), "unit", ("expired", "profile_consults"),
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
      "success:performed", "escalation", "withdrawal", "return_consultation", "return"), ("DISPATCHED",), "acceptance"),
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
    rows = (*LEG_STEPS, *CASE_STEPS)
    opening = (step for step in rows if None in step.before)
    first: dict[Event, Step] = {}
    for step in chain((step for step in rows if None not in step.before), opening):
        first.setdefault(step.event, step)
    return first


def expected(case: CaseState, leg: LegState | None, actors: frozenset[Actor]) -> tuple[str, ...]:
    """Return the short types that ``actors`` may say in these states (None: no leg), in the order of the tables.

    What may still arrive about a leg that has ended is not expected of anybody.
    """
    of_the_leg = (step for step in LEG_STEPS if leg and leg in step.before and leg not in LEG_ENDED)
    of_the_case = (step for step in CASE_STEPS if case in step.before and case not in CASE_TERMINAL)
    said = (step.event.partition(":")[0] for step in chain(of_the_leg, of_the_case) if step.who in actors)
    return tuple(dict.fromkeys(said))
