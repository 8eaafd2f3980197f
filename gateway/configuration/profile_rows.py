"""What an administrator writes in ``profiles.yaml``: the policies of jurisdictions, and whose cases each holds for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field, PlainSerializer

from gateway.canonical.messages.confirmation_data import ApplicationChannel, MediationKind
from gateway.canonical.organisations import OrganisationKind
from gateway.configuration.written import Area, Day, Name, Text, Written, frozen, none
from gateway.lifecycle.profile import Eligibility, Unanswered

Days = Annotated[int, Field(ge=1, le=365)]
Before = Annotated[int, Field(ge=0, le=30)]
Apart = Annotated[int, Field(ge=0, le=365)]
Months = Annotated[int, Field(ge=1, le=12)]


class EligibilityRow(Written):
    """Which mediations' agreements may be confirmed, for agreements that took effect from a day on."""

    since: Day
    mediations: Annotated[tuple[MediationKind, ...], Field(min_length=1)]


class ProfileRow(Written):
    """One jurisdiction's policy, as ``gateway.lifecycle.profile`` describes it.

    What a row leaves out is as in the shipped profile of that name; where there is none, as in the national one.
    """

    consult_before_return: bool | None = None
    escalation: bool | None = None
    lead_unit_rule: bool | None = None
    dispatchers: tuple[OrganisationKind, ...] | None = None
    guidance: tuple[OrganisationKind, ...] | None = None
    convener: tuple[OrganisationKind, ...] | None = None
    conference_months: Months | None = None
    report_months: Months | None = None
    eligibility: tuple[EligibilityRow, ...] | None = None
    channels: (
        Annotated[Mapping[ApplicationChannel, tuple[MediationKind, ...]], AfterValidator(frozen), PlainSerializer(dict)]
        | None
    ) = None
    not_confirmable: tuple[Text, ...] | None = None
    period_days: Days | None = None
    accept_workdays: Days | None = None
    application_days: Days | None = None
    filing_days: Days | None = None
    review_days: Days | None = None
    service_days: Days | None = None
    period_rolls: bool | None = None
    unanswered: Unanswered | None = None
    remind_workdays: Before | None = None
    remind_days: Before | None = None
    duplicate_days: Apart | None = None

    def changes(self) -> dict[str, Any]:
        """Return what the row says, as the fields of a profile."""
        said = {name: getattr(self, name) for name in self.model_fields_set if getattr(self, name) is not None}
        for kinds in {"dispatchers", "guidance", "convener"} & said.keys():
            said[kinds] = frozenset(said[kinds])
        if self.eligibility is not None:
            said["eligibility"] = tuple(
                Eligibility(since=row.since, mediations=frozenset(row.mediations)) for row in self.eligibility
            )
        if self.channels is not None:
            said["channels"] = tuple((name, frozenset(kinds)) for name, kinds in self.channels.items())
        return said


class ProfilesFile(Written):
    """``profiles.yaml``: policies by name, and which one holds for the cases of an organisation.

    ``organisations`` (by id) go before ``divisions`` (the narrowest one), these before ``default``.
    """

    default: Text = "national"
    divisions: Annotated[
        Mapping[Area, Text], AfterValidator(frozen), PlainSerializer(dict), Field(default_factory=none)
    ]
    organisations: Annotated[
        Mapping[Text, Text], AfterValidator(frozen), PlainSerializer(dict), Field(default_factory=none)
    ]
    profiles: Annotated[
        Mapping[Name, ProfileRow], AfterValidator(frozen), PlainSerializer(dict), Field(default_factory=none)
    ]
