"""What may happen next in a case, who says it and who must act then: the rules of the procedure, without I/O.

    message ─► rules.decide ─► steps.py   is there a row from these states?     no ─► Parked │ Refused │ Conflict
                  │            guards.py  are its conditions met?               no ─► Refused
                  ▼            effects.py the case and the leg after it        yes ─► Accepted

                  └─► confirmation_rules.py, the same for a court's review of an agreement: _steps, _guards, _effects

``steps.py`` and ``confirmation_steps.py`` hold the tables and their drawings, ``ruling_steps.py`` that of one file of
a ruling; start there.
"""

from gateway.lifecycle.case import Case, Leg
from gateway.lifecycle.confirmation import Confirmation
from gateway.lifecycle.decision import Accepted, Conflict, Decision, Parked, Refused
from gateway.lifecycle.describe import diagram
from gateway.lifecycle.interests import Digester
from gateway.lifecycle.profile import NATIONAL, Profile
from gateway.lifecycle.rules import decide
from gateway.lifecycle.ruling_steps import RELEASED, ruling_after
from gateway.lifecycle.standing import Standing
from gateway.lifecycle.states import CaseState, ConfirmationState, LegState, RulingEvent, RulingState

__all__ = [
    "NATIONAL",
    "RELEASED",
    "Accepted",
    "Case",
    "CaseState",
    "Confirmation",
    "ConfirmationState",
    "Conflict",
    "Decision",
    "Digester",
    "Leg",
    "LegState",
    "Parked",
    "Profile",
    "Refused",
    "RulingEvent",
    "RulingState",
    "Standing",
    "decide",
    "diagram",
    "ruling_after",
]
