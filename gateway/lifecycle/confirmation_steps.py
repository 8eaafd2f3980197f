"""The review of an agreement by a court as a table, one row per step: from where, who says it, if what, to where.

     ● ─application─► SUBMITTED ◄─supplied─ SUPPLEMENT        the court lists once what is missing
                       │   └──── supplement ────▲
                       ├─not accepted─► NOT_ACCEPTED ●
                       └─accepted─► FILED ─► REVIEWING ◄─stated─ SUPPLEMENT_STATEMENT
                                      │         └── supplementary statement ──▲
        WITHDRAWN ● ◄──withdrawn──────┼─────────┤
        TERMINATED ● ◄─terminated─────┴─────────┤
                                                ├─► VALID ─────┐
                                                ├─► DISMISSED ─┴─► SEALING ◄─► SEAL_REJECTED
                                                │                     │
                                                └────── ruling ───────┴─► RETURNED_ONLINE  awaiting verification:
                                                        ▲ another file ▲   │          │   delivered to nobody
                                                        │              │   │ failed   │ every check passed
                                                        │              └─ QUARANTINED └► VERIFIED ─released─► SERVING
                                                        └────────────────────────────────┴───────────────────┤
                                                             SERVED ◄── receipts of every addressee ─────────┘
        from RETURNED_ONLINE to SERVED: objection ─► OBJECTED ─┬─ rejected ─► where it was
                                                               └─ revoked, changed ─► REVOKED ●

What the sources leave open is decided here:

* Courts differ in what they report: a review may start with its acceptance, and a ruling may come without a word about
  its sealing. Every later word is lawful from every state before it; none leads back.
* While an application is before a court the court holds the case; while materials or a statement are wanted, or a
  ruling is to be served, the applicant does. A returned ruling stays with the court until it has been verified.
* A ruling that replaces the one that is here, by its document id or as a later version of it, is a correction; any
  other second ruling is a conflict. One that was quarantined proves nothing: whatever the court issues anew takes its
  place. Each new file is verified anew.
* What the gateway finds about a file is a step that only the gateway takes. While an objection is decided upon nothing
  is released that was not released before.
* An objection is not refused because a verification hangs: the court may have served the ruling itself.
* After a review that ended without a ruling on the agreement the parties may apply again, within the 30 days.
* A withdrawal is asked for by the applicants and granted by the court (民诉法解释 357).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from gateway.lifecycle.states import ConfirmationActor, ConfirmationEvent, ConfirmationState


@dataclass(frozen=True, slots=True)
class ConfirmationStep:
    """One row. ``before``: states of the application, None: there is none yet; ``after``: None: as before."""

    event: ConfirmationEvent
    before: tuple[ConfirmationState | None, ...]
    who: ConfirmationActor
    guards: tuple[str, ...] = ()
    after: ConfirmationState | None = None
    basis: str = ""


_LAW = "民事诉讼法"
_READING = "民诉法解释"
_YD = "腴地府发〔2022〕45号 二(四)"
_PROOF = "GB/T 38540-2020 7"
_AGAIN: tuple[ConfirmationState | None, ...] = (None, "NOT_ACCEPTED", "WITHDRAWN", "TERMINATED")
_PENDING: tuple[ConfirmationState, ...] = ("SUBMITTED", "SUPPLEMENT")
_REVIEW: tuple[ConfirmationState, ...] = ("FILED", "REVIEWING", "SUPPLEMENT_STATEMENT")
_BOTH = ("everybody_applies", "agreement_is_in_effect")
_MAY_CONFIRM = (*_BOTH, "channel_is_open", "organisation_is_eligible", "content_can_be_confirmed", "within_30_days")
_FILE: tuple[ConfirmationState, ...] = ("RETURNED_ONLINE", "QUARANTINED", "VERIFIED", "SERVING", "SERVED")
_OVER: tuple[ConfirmationState, ...] = ("NOT_ACCEPTED", "WITHDRAWN", "TERMINATED", "REVOKED")
_SAME = ("number_is_this_ones",)
_NEW_FILE = ("number_is_this_ones", "replaces_the_one_that_is_here")

# fmt: off
CONFIRMATION_STEPS: tuple[ConfirmationStep, ...] = (
    ConfirmationStep("confirmation_application", _AGAIN, "applicant", _MAY_CONFIRM,
                     after="SUBMITTED", basis=f"{_LAW} 205；{_READING} 351-355；{_YD}"),
    ConfirmationStep("statement_application", _AGAIN, "applicant", _BOTH,
                     after="SUBMITTED", basis="焦中法〔2021〕155号 18、19；腴地府发〔2022〕45号附件(五)"),
    ConfirmationStep("confirmation_status:supplement", ("SUBMITTED",), "court", ("told_once",),
                     after="SUPPLEMENT", basis=f"{_READING} 354"),
    ConfirmationStep("confirmation_supplement:supplement", ("SUPPLEMENT",), "applicant",
                     after="SUBMITTED", basis=f"{_READING} 354"),
    ConfirmationStep("confirmation_status:not_accepted", _PENDING, "court",
                     after="NOT_ACCEPTED", basis=f"{_READING} 355"),
    ConfirmationStep("confirmation_status:accepted", _PENDING, "court",
                     after="FILED", basis="法释〔2011〕5号 4"),
    ConfirmationStep("confirmation_status:reviewing", ("FILED", "REVIEWING"), "court", _SAME,
                     after="REVIEWING", basis=f"{_READING} 356"),
    ConfirmationStep("confirmation_status:supplementary_statement", ("FILED", "REVIEWING"), "court", _SAME,
                     after="SUPPLEMENT_STATEMENT", basis=f"{_READING} 356"),
    ConfirmationStep("confirmation_supplement:supplementary_statement", ("SUPPLEMENT_STATEMENT",), "applicant",
                     after="REVIEWING", basis=f"{_READING} 356"),
    ConfirmationStep("confirmation_status:review_extended", _REVIEW, "court", (*_SAME, "review_is_longer"),
                     basis=f"{_LAW} 187"),
    ConfirmationStep("confirmation_withdrawal", (*_PENDING, *_REVIEW), "applicant",
                     basis=f"{_READING} 357"),
    ConfirmationStep("confirmation_status:withdrawn", (*_PENDING, *_REVIEW), "court", _SAME,
                     after="WITHDRAWN", basis=f"{_READING} 357"),
    ConfirmationStep("confirmation_status:deemed_withdrawn", (*_PENDING, *_REVIEW), "court", _SAME,
                     after="WITHDRAWN", basis=f"{_READING} 357"),
    ConfirmationStep("confirmation_status:terminated", _REVIEW, "court", _SAME,
                     after="TERMINATED", basis=f"{_LAW} 186"),
    ConfirmationStep("confirmation_status:valid", _REVIEW, "court", _SAME,
                     after="VALID", basis=f"{_LAW} 187、206"),
    ConfirmationStep("confirmation_status:dismissed", _REVIEW, "court", _SAME,
                     after="DISMISSED", basis=f"{_LAW} 206；{_READING} 358"),
    ConfirmationStep("confirmation_status:sealing", ("VALID", "DISMISSED", "SEAL_REJECTED"), "court", _SAME,
                     after="SEALING", basis=_YD),
    ConfirmationStep("confirmation_status:seal_rejected", ("SEALING",), "court", _SAME,
                     after="SEAL_REJECTED", basis=_YD),
    ConfirmationStep("ruling:valid", ("FILED", "REVIEWING", "VALID", "SEALING", "SEAL_REJECTED"), "court",
                     (*_SAME, "rules_as_was_said"), after="RETURNED_ONLINE", basis=f"{_LAW} 206；{_YD}"),
    ConfirmationStep("ruling:dismissed", ("FILED", "REVIEWING", "DISMISSED", "SEALING", "SEAL_REJECTED"), "court",
                     (*_SAME, "rules_as_was_said"), after="RETURNED_ONLINE", basis=f"{_LAW} 206；{_READING} 358"),
    ConfirmationStep("ruling:valid", ("RETURNED_ONLINE", "VERIFIED", "SERVING", "SERVED"), "court",
                     (*_NEW_FILE, "rules_as_was_said"), after="RETURNED_ONLINE", basis=_YD),
    ConfirmationStep("ruling:valid", ("QUARANTINED",), "court", _SAME,
                     after="RETURNED_ONLINE", basis=_YD),
    ConfirmationStep("ruling:dismissed", ("RETURNED_ONLINE", "VERIFIED", "SERVING", "SERVED"), "court",
                     (*_NEW_FILE, "rules_as_was_said"), after="RETURNED_ONLINE", basis=_YD),
    ConfirmationStep("ruling:dismissed", ("QUARANTINED",), "court", _SAME,
                     after="RETURNED_ONLINE", basis=_YD),
    ConfirmationStep("ruling:not_accepted", (*_PENDING, "NOT_ACCEPTED"), "court", ("replaces_the_one_that_is_here",),
                     after="NOT_ACCEPTED", basis=f"{_READING} 355"),
    ConfirmationStep("ruling:withdrawal_granted", (*_PENDING, *_REVIEW, "WITHDRAWN"), "court", _NEW_FILE,
                     after="WITHDRAWN", basis=f"{_READING} 357"),
    ConfirmationStep("ruling:terminated", (*_REVIEW, "TERMINATED"), "court", _NEW_FILE,
                     after="TERMINATED", basis=f"{_LAW} 186"),
    ConfirmationStep("ruling_notice:verified", ("RETURNED_ONLINE",), "gateway",
                     after="VERIFIED", basis=_PROOF),
    ConfirmationStep("ruling_notice:verified", _OVER, "gateway", basis=_PROOF),
    ConfirmationStep("ruling_notice:undecided", ("RETURNED_ONLINE", *_OVER), "gateway", basis=_PROOF),
    ConfirmationStep("ruling_notice:quarantined", ("RETURNED_ONLINE",), "gateway",
                     after="QUARANTINED", basis=_PROOF),
    ConfirmationStep("ruling_notice:quarantined", _OVER, "gateway", basis=_PROOF),
    ConfirmationStep("ruling_notice:reopened", ("RETURNED_ONLINE", "QUARANTINED", "VERIFIED"), "gateway",
                     after="RETURNED_ONLINE", basis=_PROOF),
    ConfirmationStep("ruling_notice:reopened", _OVER, "gateway", basis=_PROOF),
    ConfirmationStep("ruling_notice:released", ("VERIFIED",), "gateway",
                     after="SERVING", basis=_YD),
    ConfirmationStep("ruling_notice:released", _OVER, "gateway", basis=_YD),
    ConfirmationStep("service_receipt:served", ("SERVING", "SERVED"), "server", (*_SAME, "serves_on_an_addressee"),
                     basis=f"{_LAW} 87-90"),
    ConfirmationStep("service_receipt:served", ("OBJECTED", *_OVER), "server",
                     (*_SAME, "ruling_was_released", "serves_on_an_addressee"), basis=f"{_LAW} 87-90"),
    ConfirmationStep("service_receipt:other", ("SERVING", "SERVED"), "server", (*_SAME, "serves_on_an_addressee"),
                     basis=f"{_LAW} 87-90"),
    ConfirmationStep("service_receipt:other", ("OBJECTED", *_OVER), "server",
                     (*_SAME, "ruling_was_released", "serves_on_an_addressee"), basis=f"{_LAW} 87-90"),
    ConfirmationStep("objection", _FILE, "anybody", (*_SAME, "objects_in_time"),
                     after="OBJECTED", basis=f"{_READING} 372"),
    ConfirmationStep("revocation:revoked", ("OBJECTED",), "court", _SAME,
                     after="REVOKED", basis=f"{_READING} 372"),
    ConfirmationStep("revocation:changed", ("OBJECTED",), "court", _SAME,
                     after="REVOKED", basis=f"{_READING} 372"),
    ConfirmationStep("revocation:rejected", ("OBJECTED",), "court", _SAME,
                     after="RETURNED_ONLINE", basis=f"{_READING} 372"),
    ConfirmationStep("ruling:revoked", ("OBJECTED", "REVOKED"), "court", _NEW_FILE,
                     after="REVOKED", basis=f"{_READING} 372"),
    ConfirmationStep("ruling:changed", ("OBJECTED", "REVOKED"), "court", _NEW_FILE,
                     after="REVOKED", basis=f"{_READING} 372"),
)
# fmt: on
_DECIDING: tuple[ConfirmationEvent, ...] = ("revocation:revoked", "revocation:changed", "revocation:rejected")
# What may arrive before its predecessor although the same side says both: event, states before, what comes first.
CONFIRMATION_WAITS: Mapping[tuple[ConfirmationEvent, ConfirmationState], str] = {
    ("confirmation_supplement:supplement", "SUBMITTED"): "confirmation_status",
    ("confirmation_supplement:supplementary_statement", "FILED"): "confirmation_status",
    ("confirmation_supplement:supplementary_statement", "REVIEWING"): "confirmation_status",
    ("confirmation_status:seal_rejected", "VALID"): "confirmation_status",
    ("confirmation_status:seal_rejected", "DISMISSED"): "confirmation_status",
    ("confirmation_status:reviewing", "SUBMITTED"): "confirmation_status",
    ("ruling:valid", "SUBMITTED"): "confirmation_status",
    ("ruling:dismissed", "SUBMITTED"): "confirmation_status",
    **{(event, state): "objection" for event in _DECIDING for state in _FILE},
}


@lru_cache(maxsize=1)
def confirmation_steps() -> Mapping[tuple[ConfirmationEvent, ConfirmationState | None], ConfirmationStep]:
    """Return the row for each event and state before it."""
    return {(step.event, state): step for step in CONFIRMATION_STEPS for state in step.before}


@lru_cache(maxsize=1)
def first_confirmation_rows() -> Mapping[ConfirmationEvent, ConfirmationStep]:
    """Return the row that stands for each event where no state fits: it names the actor and the basis."""
    first: dict[ConfirmationEvent, ConfirmationStep] = {}
    for step in CONFIRMATION_STEPS:
        first.setdefault(step.event, step)
    return first
