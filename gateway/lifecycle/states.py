"""The states of a case and of a leg, and the steps that lead from one to the next.

A case is the dispute's whole life; a leg is one unit's handling of it. While a leg is open the case is in the state of
that leg; between two legs, and after the last one, the case has states of its own.
"""

from __future__ import annotations

from typing import Literal

CaseState = Literal[
    "READY", "DISPATCHED", "ACCEPTED", "ASSIGNED", "MEDIATING", "APPRAISAL", "RETURN_CONSULT", "FAILED",
    "RETURNED", "SETTLED", "TO_LITIGATION", "FILED",
]  # fmt: skip
LegState = Literal[
    "DISPATCHED", "ACCEPTED", "ASSIGNED", "MEDIATING", "APPRAISAL", "RETURN_CONSULT", "FAILED",
    "DECLINED", "ESCALATED", "RETURNED", "SETTLED",
]  # fmt: skip
# A message type; with its kind where kinds of one type are different steps.
Event = Literal[
    "referral", "acceptance", "decline", "assignment",
    "progress", "progress:appraisal_started", "progress:appraisal_ended",
    "extension", "success", "escalation",
    "return_consultation", "return_opinion:continue", "return_opinion:return", "return",
    "litigation:transferred", "litigation:filed", "supervision",
]  # fmt: skip
Actor = Literal["dispatcher", "unit", "origin", "addressee"]
Machine = Literal["case", "leg"]

# The states of a leg that its unit has ended; nothing leads out of them.
LEG_ENDED: frozenset[LegState] = frozenset({"DECLINED", "ESCALATED", "RETURNED", "SETTLED"})
# The states of a case in which nobody need act any more.
CASE_TERMINAL: frozenset[CaseState] = frozenset({"FILED"})
# The steps by which a unit ends its leg: a second one contradicts the first.
ENDING: frozenset[str] = frozenset({"decline", "success", "escalation", "return"})
