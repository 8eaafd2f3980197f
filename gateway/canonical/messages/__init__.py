"""Every message the gateway carries, as one discriminated union over ``type``.

A new family adds its classes to ``TYPES`` and nothing else changes: the union, the published schemas and the mapping
engine read this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, TypeAlias

from pydantic import ConfigDict, Field, TypeAdapter

from gateway.canonical.messages.confirmation import (
    ConfirmationApplication,
    ConfirmationStatus,
    ConfirmationSupplement,
    ConfirmationWithdrawal,
    Objection,
    Revocation,
    Ruling,
    RulingNotice,
    ServiceReceipt,
    ServiceTask,
    StatementApplication,
)
from gateway.canonical.messages.envelope import SCHEMA_VERSION, Envelope, Sensitivity
from gateway.canonical.messages.guidance import (
    ConferenceRequest,
    Consultation,
    ConsultationAnswer,
    Content,
    Feedback,
    GuidanceAnswer,
    GuidanceRequest,
    ServiceAnswer,
    ServiceRequest,
)
from gateway.canonical.messages.intake import (
    Closure,
    ConsentInquiry,
    Intake,
    IntakeRefusal,
    Withdrawal,
)
from gateway.canonical.messages.performance import (
    Certificate,
    Performance,
)
from gateway.canonical.messages.referral import (
    Acceptance,
    Assignment,
    Decline,
    Escalation,
    Extension,
    Litigation,
    Progress,
    Referral,
    Return,
    ReturnConsultation,
    ReturnOpinion,
    Success,
    Supervision,
)
from gateway.canonical.messages.registry import OrganisationUpsert, PersonUpsert
from gateway.canonical.messages.reports import (
    CodeTable,
    Ledger,
    Statistics,
)
from gateway.canonical.messages.warning import (
    Alarm,
    CourtInvitation,
    DisputeNotice,
    Emergency,
    Hazard,
    JointPlan,
    JointResult,
    MajorNotice,
    WarningAcknowledgement,
    WarningNotice,
)

Message: TypeAlias = (
    Referral
    | Acceptance
    | Decline
    | Assignment
    | Progress
    | Extension
    | Success
    | Escalation
    | ReturnConsultation
    | ReturnOpinion
    | Return
    | Litigation
    | Supervision
    | Intake
    | IntakeRefusal
    | ConsentInquiry
    | Withdrawal
    | Closure
    | GuidanceRequest
    | GuidanceAnswer
    | Consultation
    | ConsultationAnswer
    | ServiceRequest
    | ServiceAnswer
    | Content
    | Feedback
    | ConferenceRequest
    | Hazard
    | DisputeNotice
    | MajorNotice
    | WarningNotice
    | WarningAcknowledgement
    | Emergency
    | Alarm
    | CourtInvitation
    | JointPlan
    | JointResult
    | Performance
    | Certificate
    | ConfirmationApplication
    | StatementApplication
    | ConfirmationStatus
    | ConfirmationSupplement
    | ConfirmationWithdrawal
    | Ruling
    | RulingNotice
    | ServiceTask
    | ServiceReceipt
    | Objection
    | Revocation
    | CodeTable
    | Ledger
    | Statistics
    | OrganisationUpsert
    | PersonUpsert
)

PREFIX = "fengqiao."
TYPES: Mapping[str, type[Message]] = {
    "referral": Referral,
    "acceptance": Acceptance,
    "decline": Decline,
    "assignment": Assignment,
    "progress": Progress,
    "extension": Extension,
    "success": Success,
    "escalation": Escalation,
    "return_consultation": ReturnConsultation,
    "return_opinion": ReturnOpinion,
    "return": Return,
    "litigation": Litigation,
    "supervision": Supervision,
    "intake": Intake,
    "intake_refusal": IntakeRefusal,
    "consent_inquiry": ConsentInquiry,
    "withdrawal": Withdrawal,
    "closure": Closure,
    "guidance_request": GuidanceRequest,
    "guidance_answer": GuidanceAnswer,
    "consultation": Consultation,
    "consultation_answer": ConsultationAnswer,
    "service_request": ServiceRequest,
    "service_answer": ServiceAnswer,
    "content": Content,
    "feedback": Feedback,
    "conference_request": ConferenceRequest,
    "hazard": Hazard,
    "dispute_notice": DisputeNotice,
    "major_notice": MajorNotice,
    "warning": WarningNotice,
    "warning_acknowledgement": WarningAcknowledgement,
    "emergency": Emergency,
    "alarm": Alarm,
    "court_invitation": CourtInvitation,
    "joint_plan": JointPlan,
    "joint_result": JointResult,
    "performance": Performance,
    "certificate": Certificate,
    "confirmation_application": ConfirmationApplication,
    "statement_application": StatementApplication,
    "confirmation_status": ConfirmationStatus,
    "confirmation_supplement": ConfirmationSupplement,
    "confirmation_withdrawal": ConfirmationWithdrawal,
    "ruling": Ruling,
    "ruling_notice": RulingNotice,
    "service_task": ServiceTask,
    "service_receipt": ServiceReceipt,
    "objection": Objection,
    "revocation": Revocation,
    "organisation": OrganisationUpsert,
    "person": PersonUpsert,
    "code_table": CodeTable,
    "ledger": Ledger,
    "statistics": Statistics,
}


@lru_cache(maxsize=1)
def any_message() -> TypeAdapter[Message]:
    """Return the validator of the union."""
    hidden = ConfigDict(hide_input_in_errors=True)  # an error text may be logged: it shows no value
    return TypeAdapter(Annotated[Message, Field(discriminator="type")], config=hidden)


def parse(value: Mapping[str, Any] | bytes | str) -> Message:
    """Validate a message given as JSON or as a mapping. Raises pydantic.ValidationError."""
    if isinstance(value, bytes | str):
        return any_message().validate_json(value)
    return any_message().validate_python(value)


def short_type(message: Envelope) -> str:
    """Return the type without its prefix: ``referral``."""
    return str(getattr(message, "type", "")).removeprefix(PREFIX)


__all__ = [
    "PREFIX",
    "SCHEMA_VERSION",
    "TYPES",
    "Acceptance",
    "Alarm",
    "Assignment",
    "Certificate",
    "Closure",
    "CodeTable",
    "ConferenceRequest",
    "ConfirmationApplication",
    "ConfirmationStatus",
    "ConfirmationSupplement",
    "ConfirmationWithdrawal",
    "ConsentInquiry",
    "Consultation",
    "ConsultationAnswer",
    "Content",
    "CourtInvitation",
    "Decline",
    "DisputeNotice",
    "Emergency",
    "Envelope",
    "Escalation",
    "Extension",
    "Feedback",
    "GuidanceAnswer",
    "GuidanceRequest",
    "Hazard",
    "Intake",
    "IntakeRefusal",
    "JointPlan",
    "JointResult",
    "Ledger",
    "Litigation",
    "MajorNotice",
    "Message",
    "Objection",
    "OrganisationUpsert",
    "Performance",
    "PersonUpsert",
    "Progress",
    "Referral",
    "Return",
    "ReturnConsultation",
    "ReturnOpinion",
    "Revocation",
    "Ruling",
    "RulingNotice",
    "Sensitivity",
    "ServiceAnswer",
    "ServiceReceipt",
    "ServiceRequest",
    "ServiceTask",
    "StatementApplication",
    "Statistics",
    "Success",
    "Supervision",
    "WarningAcknowledgement",
    "WarningNotice",
    "Withdrawal",
    "any_message",
    "parse",
    "short_type",
]
