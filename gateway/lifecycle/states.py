"""The states of a case, a leg and an application for confirmation, and the steps that lead from one to the next.

A case is the dispute's whole life; a leg is one unit's handling of it; an application is one review by the court. While
a leg is open the case is in the state of that leg; between two legs, and after the last one, the case has states of its
own.
"""

from __future__ import annotations

from typing import Literal

CaseState = Literal[
    "REGISTERED", "CONSENT_PENDING", "READY", "DISPATCHED", "ACCEPTED", "ASSIGNED", "MEDIATING", "APPRAISAL",
    "RETURN_CONSULT", "FAILED", "RETURNED", "SETTLED", "PERFORMING", "FULFILLED", "DEFAULTED", "TO_LITIGATION",
    "FILED", "WITHDRAWN", "REFUSED_INTAKE", "CLOSED",
]  # fmt: skip
LegState = Literal[
    "DISPATCHED", "ACCEPTED", "ASSIGNED", "MEDIATING", "APPRAISAL", "RETURN_CONSULT", "FAILED",
    "DECLINED", "UNANSWERED", "ESCALATED", "RETURNED", "SETTLED", "WITHDRAWN",
]  # fmt: skip
ConfirmationState = Literal[
    "SUBMITTED", "SUPPLEMENT", "NOT_ACCEPTED", "FILED", "REVIEWING", "SUPPLEMENT_STATEMENT", "WITHDRAWN", "TERMINATED",
    "VALID", "DISMISSED", "SEALING", "SEAL_REJECTED", "RETURNED_ONLINE", "QUARANTINED", "VERIFIED", "SERVING", "SERVED",
    "OBJECTED", "REVOKED",
]  # fmt: skip
# One file of a ruling, from its arrival on.
RulingState = Literal[
    "AWAITING", "UNDECIDED", "QUARANTINED", "VERIFIED", "SERVING", "SERVED", "SUPERSEDED", "REVOKED",
]  # fmt: skip
# A message type; with its kind where kinds of one type are different steps.
Event = Literal[
    "intake", "intake_refusal",
    "consent_inquiry:asked", "consent_inquiry:given", "consent_inquiry:refused", "consent_inquiry:unreachable",
    "referral", "acceptance", "decline", "assignment",
    "progress", "progress:appraisal_started", "progress:appraisal_ended",
    "extension", "success", "success:performed", "escalation", "withdrawal",
    "return_consultation", "return_opinion:continue", "return_opinion:return", "return",
    "litigation:transferred", "litigation:filed", "supervision",
    "joint_plan", "performance:started", "performance:partial", "performance:performed", "performance:defaulted",
    "closure",
    "silence", "expiry",  # what a period that has run out brings about: the gateway says so
]  # fmt: skip
ConfirmationEvent = Literal[
    "confirmation_application", "statement_application",
    "confirmation_status:accepted", "confirmation_status:supplement", "confirmation_status:not_accepted",
    "confirmation_status:reviewing", "confirmation_status:supplementary_statement",
    "confirmation_status:review_extended", "confirmation_status:withdrawn", "confirmation_status:deemed_withdrawn",
    "confirmation_status:terminated", "confirmation_status:valid", "confirmation_status:dismissed",
    "confirmation_status:sealing", "confirmation_status:seal_rejected",
    "confirmation_supplement:supplement", "confirmation_supplement:supplementary_statement", "confirmation_withdrawal",
    "ruling:valid", "ruling:dismissed", "ruling:not_accepted", "ruling:withdrawal_granted", "ruling:terminated",
    "ruling:revoked", "ruling:changed",
    "ruling_notice:verified", "ruling_notice:undecided", "ruling_notice:quarantined", "ruling_notice:reopened",
    "ruling_notice:released", "ruling_notice:superseded", "ruling_notice:revoked",  # the gateway itself says so
    "service_receipt:served", "service_receipt:other",
    "objection", "revocation:revoked", "revocation:changed", "revocation:rejected",
]  # fmt: skip
RulingEvent = Literal[
    "verified", "undecided", "quarantined", "reopened", "decided_release", "decided_refusal", "released", "served",
    "superseded", "revoked",
]  # fmt: skip
Actor = Literal["dispatcher", "unit", "origin", "addressee", "registrar", "office", "lead", "body"]
ConfirmationActor = Literal["applicant", "court", "server", "gateway", "anybody"]
Machine = Literal["case", "leg", "confirmation"]

# The states of an ended leg. Nothing leads out of them, but for an answer that was given in time and came later.
LEG_ENDED: frozenset[LegState] = frozenset({"DECLINED", "UNANSWERED", "ESCALATED", "RETURNED", "SETTLED", "WITHDRAWN"})
# The states of a case in which nobody need act any more; all that may still happen is that the file is closed.
CASE_TERMINAL: frozenset[CaseState] = frozenset({"FILED", "WITHDRAWN", "REFUSED_INTAKE", "CLOSED"})
# The steps by which a unit ends its leg: a second one contradicts the first.
ENDING: frozenset[str] = frozenset({"decline", "success", "success:performed", "escalation", "return", "withdrawal"})
# The states of an application in which nobody need act on it any more.
CONFIRMATION_ENDED: frozenset[ConfirmationState] = frozenset({"NOT_ACCEPTED", "WITHDRAWN", "TERMINATED", "REVOKED"})
