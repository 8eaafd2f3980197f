"""Every message the gateway carries, as one discriminated union over ``type``.

A new family adds its classes to ``TYPES`` and nothing else changes: the union, the published schemas and the mapping
engine read this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, TypeAlias

from pydantic import ConfigDict, Field, TypeAdapter

from gateway.canonical.messages.envelope import SCHEMA_VERSION, Envelope, Sensitivity
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
    "organisation": OrganisationUpsert,
    "person": PersonUpsert,
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
    "Assignment",
    "Decline",
    "Envelope",
    "Escalation",
    "Extension",
    "Litigation",
    "Message",
    "OrganisationUpsert",
    "PersonUpsert",
    "Progress",
    "Referral",
    "Return",
    "ReturnConsultation",
    "ReturnOpinion",
    "Sensitivity",
    "Success",
    "Supervision",
    "any_message",
    "parse",
    "short_type",
]
