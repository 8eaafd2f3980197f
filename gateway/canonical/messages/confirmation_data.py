"""What the messages of the confirmation family say, from the application to the end of its review (M-25 … M-27)."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from gateway.canonical.base import (
    Canonical,
    CaseNumber,
    Day,
    Inconsistent,
    LongText,
    Moment,
    PartnerId,
    ShortText,
    said,
)
from gateway.canonical.messages.bodies import AboutACase, Consents, Parties
from gateway.canonical.messages.referral_data import Agreement
from gateway.canonical.organisations import OrganisationKind

MediationKind = Literal["peoples", "invited", "administrative", "industry", "lawyer", "other"]
ApplicationChannel = Literal["parties", "mediator", "liaison"]
# 民诉法解释 355: what is decided in other procedures and cannot be confirmed.
Matter = Literal["payment", "conduct", "identity_relation", "title", "other_procedure", "other"]
Declaration = Literal["voluntary", "no_collusion", "no_harm_to_others", "truthful"]
ReviewState = Literal[
    "accepted", "supplement", "not_accepted", "reviewing", "supplementary_statement", "review_extended", "withdrawn",
    "deemed_withdrawn", "terminated", "valid", "dismissed", "sealing", "seal_rejected",
]  # fmt: skip
Ground = Literal[
    "out_of_scope", "no_jurisdiction", "identity_relation", "other_procedure", "title_confirmation", "mandatory_law",
    "harms_interests", "public_order", "involuntary", "unclear", "rights_dispute", "other",
]  # fmt: skip
StatementSubject = Literal["supplement", "supplementary_statement"]
OfficerRole = Literal["judge", "assistant", "clerk"]


class Presider(Canonical):
    """The organisation that presided over the mediation (民诉法解释 354): what makes the agreement eligible."""

    id: Annotated[PartnerId | None, said("调解组织标识", "Directory id of the organisation")] = None
    name: Annotated[ShortText, said("调解组织名称", "Its name")]
    kind: Annotated[OrganisationKind | None, said("机构类型", "Kind of organisation")] = None
    mediation: Annotated[MediationKind, said("调解类别", "People's, invited, administrative … mediation")]
    mediator: Annotated[ShortText | None, said("调解员姓名", "Mediator", personal="name")] = None
    invited_by_court: Annotated[
        bool, said("法院邀请先行调解", "The court invited it to mediate first: that court is competent")
    ] = False


class ApplicationData(AboutACase):
    """What both kinds of application say: who applies, on which agreement, with whose authority."""

    application_number: Annotated[PartnerId | None, said("申请书编号", "The sender's number of the application")] = None
    applied_at: Annotated[Moment, said("申请时间", "When it was applied for")]
    channel: Annotated[
        ApplicationChannel, said("申请方式", "By the parties themselves, by mediator or by liaison on their behalf")
    ]
    applicants: Annotated[Parties, said("申请人", "All parties; they apply jointly")]
    authorisations: Annotated[Consents, said("当事人授权", "Every party's authority for this application")] = ()
    agreement: Annotated[Agreement, said("调解协议", "The agreement")]
    presider: Annotated[Presider, said("调解组织", "The organisation that presided")]
    request: Annotated[LongText | None, said("请求事项", "What is asked of the court", personal="text")] = None
    facts: Annotated[LongText | None, said("事实与理由", "Facts and reasons", personal="text")] = None


class ConfirmationApplicationData(ApplicationData):
    """The joint application for judicial confirmation (民事诉讼法 205; 民诉法解释 351-355), with its materials."""

    matters: Annotated[tuple[Matter, ...], said("协议事项", "What the agreement is about"), Field(max_length=20)] = ()
    declarations: Annotated[
        tuple[Declaration, ...], said("声明", "What the applicants declare"), Field(max_length=4)
    ] = ()
    service_consents: Annotated[Consents, said("电子送达同意", "Each party's consent to electronic service")] = ()


class StatementApplicationData(ApplicationData):
    """The application for a court mediation statement in place of a confirmation (JZ 18, 19; YD 附件(五))."""


class SupplementItem(Canonical):
    """One thing that the court asks for."""

    name: Annotated[ShortText, said("补正事项", "What is missing")]
    explanation: Annotated[LongText | None, said("说明", "What about it", personal="text")] = None


class Officer(Canonical):
    """Somebody of the court who deals with the application."""

    role: Annotated[OfficerRole, said("职务", "Judge, assistant or clerk")]
    name: Annotated[ShortText, said("姓名", "Name")]


class ConfirmationStatusData(AboutACase):
    """How the court's review stands: accepted, to be supplemented, not accepted, withdrawn, being sealed …"""

    state: Annotated[ReviewState, said("审核状态", "State of the review")]
    application_number: Annotated[PartnerId | None, said("申请书编号", "The applicant's number")] = None
    confirmation_number: Annotated[
        CaseNumber | None, said("司法确认案号", "The court's number of the confirmation case")
    ] = None
    decided_at: Annotated[Moment, said("审核时间", "When the court said so")]
    filed_on: Annotated[Day | None, said("立案日期", "Day of filing")] = None
    review_due_on: Annotated[Day | None, said("审查期限", "Last day of the review")] = None
    items: Annotated[tuple[SupplementItem, ...], said("补正清单", "What is asked for"), Field(max_length=100)] = ()
    supply_by: Annotated[Day | None, said("补正期限", "To be supplied by")] = None
    ground: Annotated[Ground | None, said("不予受理等理由", "Ground of a refusal")] = None
    explanation: Annotated[LongText | None, said("说明", "The reason in words", personal="text")] = None
    officers: Annotated[tuple[Officer, ...], said("承办人员", "Judge, assistant, clerk"), Field(max_length=10)] = ()

    @model_validator(mode="after")
    def _carries_what_its_state_needs(self) -> Self:
        if self.state == "accepted" and self.confirmation_number is None:
            raise Inconsistent("canonical.accepted_without_number")
        if self.state in {"supplement", "supplementary_statement"} and not (self.items and self.supply_by):
            raise Inconsistent("canonical.supplement_without_list")
        if self.state == "not_accepted" and self.ground is None:
            raise Inconsistent("canonical.refused_without_ground")
        return self


class SupplementData(AboutACase):
    """What the applicants supply: the missing materials, or their statement in answer to the court's questions."""

    subject: Annotated[StatementSubject, said("补充类型", "Missing materials, or a supplementary statement")]
    application_number: Annotated[PartnerId | None, said("申请书编号", "The applicant's number")] = None
    supplied_at: Annotated[Moment, said("补充时间", "When it was supplied")]
    text: Annotated[LongText | None, said("陈述内容", "What the applicants state", personal="text")] = None
    statements: Annotated[Consents, said("当事人确认", "Each party's word that it stands by the statement")] = ()


class ConfirmationWithdrawalData(AboutACase):
    """The applicants take the application back before it is decided (民诉法解释 357)."""

    application_number: Annotated[PartnerId | None, said("申请书编号", "The applicant's number")] = None
    withdrawn_at: Annotated[Moment, said("撤回时间", "When")]
    consents: Annotated[Consents, said("当事人意愿", "Who withdraws")] = ()
    reason: Annotated[LongText | None, said("撤回理由", "Why", personal="text")] = None
