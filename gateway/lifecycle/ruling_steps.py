"""One file of a ruling as a table: what was found about it, what a person decided, and what became of it.

                       ┌──────────── a person releases it ────────────┐
                       │                                              ▼
    ● ─► AWAITING ─► UNDECIDED ─ a person refuses it ─┐            VERIFIED ─released─► SERVING ─served─► SERVED
            │ ▲  └────────── every check passed ──────┼───────────────▲
            │ └─ to be verified again ─ QUARANTINED ◄─┤
            └───────────── a check failed ────────────┘
    from everywhere: superseded ─► SUPERSEDED ●          revoked ─► REVOKED ●

What was verified long ago and could not be released then is verified again, too, before it goes out.
Nothing leads from QUARANTINED to VERIFIED but a new verification in which every check passes: no person can release
what failed one. An application follows its current file (``confirmation_steps.py``).
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.lifecycle.states import RulingEvent, RulingState


@dataclass(frozen=True, slots=True)
class RulingStep:
    """One row: from which states an event leads to which."""

    event: RulingEvent
    before: tuple[RulingState, ...]
    after: RulingState


_FOUND: tuple[RulingState, ...] = ("AWAITING", "UNDECIDED", "QUARANTINED", "VERIFIED", "SERVING", "SERVED")
RULING_STEPS: tuple[RulingStep, ...] = (
    RulingStep("verified", ("AWAITING",), "VERIFIED"),
    RulingStep("undecided", ("AWAITING",), "UNDECIDED"),
    RulingStep("quarantined", ("AWAITING",), "QUARANTINED"),
    RulingStep("reopened", ("UNDECIDED", "QUARANTINED", "VERIFIED"), "AWAITING"),
    RulingStep("decided_release", ("UNDECIDED",), "VERIFIED"),
    RulingStep("decided_refusal", ("UNDECIDED",), "QUARANTINED"),
    RulingStep("released", ("VERIFIED",), "SERVING"),
    RulingStep("served", ("SERVING",), "SERVED"),
    RulingStep("superseded", _FOUND, "SUPERSEDED"),
    RulingStep("revoked", (*_FOUND, "SUPERSEDED"), "REVOKED"),
)
# The states of a file in which somebody may hold it: as far as anybody was told, it counts.
RELEASED: frozenset[RulingState] = frozenset({"SERVING", "SERVED"})


def ruling_after(state: RulingState, event: RulingEvent) -> RulingState | None:
    """Return the state after an event, None where it is not possible."""
    return next((step.after for step in RULING_STEPS if step.event == event and state in step.before), None)
