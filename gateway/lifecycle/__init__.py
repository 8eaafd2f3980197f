"""What may happen next in a case, who says it and who must act then: the rules of the referral family, without I/O.

    message ─► rules.decide ─► steps.py   is there a row from these states?     no ─► Parked │ Refused │ Conflict
                  │            guards.py  are its conditions met?               no ─► Refused
                  ▼            effects.py the case and the leg after it        yes ─► Accepted

``steps.py`` holds the tables and their drawing; start there.
"""

from gateway.lifecycle.case import Case, Leg
from gateway.lifecycle.decision import Accepted, Conflict, Decision, Parked, Refused
from gateway.lifecycle.describe import diagram
from gateway.lifecycle.profile import NATIONAL, Profile
from gateway.lifecycle.rules import decide
from gateway.lifecycle.states import CaseState, LegState

__all__ = [
    "NATIONAL",
    "Accepted",
    "Case",
    "CaseState",
    "Conflict",
    "Decision",
    "Leg",
    "LegState",
    "Parked",
    "Profile",
    "Refused",
    "decide",
    "diagram",
]
