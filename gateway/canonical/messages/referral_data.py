"""What the messages of the referral family say: the bodies of M-01 … M-11."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from gateway.canonical.base import (
    Canonical,
    Day,
    Inconsistent,
    LongText,
    Moment,
    PartnerId,
    Phone,
    ShortText,
    Yuan,
    said,
)
from gateway.canonical.dispute import Dispute
from gateway.canonical.messages.bodies import AboutACase, Consents, Contact, Parties
from gateway.canonical.organisations import Level, PersonCategory
from gateway.canonical.parties import Party

Variant = Literal["delegated", "individual", "entrusted", "invited"]
FailureReason = Literal[
    "unreachable", "unwilling", "differences", "expired", "refused_to_sign", "application_withdrawn", "sham", "other",
]  # fmt: skip
DeclineReason = Literal["out_of_scope", "not_in_area", "overloaded", "conflict_of_interest", "incomplete", "other"]
Stage = Literal[
    "contacted", "started", "session_held", "appraisal_started", "appraisal_ended", "mediator_changed",
    "agreement_drafted", "other",
]  # fmt: skip
AgreementKind = Literal["written", "oral", "online"]
EffectiveBasis = Literal["all_signed_and_sealed", "reached_orally", "parties_signed", "all_e_signed"]
LitigationReason = Literal["consent_refused", "mediation_failed", "unreachable", "other"]
FilingState = Literal["transferred", "filed"]
Disclosure = Literal["nothing_to_disclose", "no_objection", "objected"]


class Mediator(Canonical):
    """A mediator as named in an assignment."""

    id: Annotated[PartnerId | None, said("调解员编号", "The partner's id of the mediator")] = None
    name: Annotated[ShortText, said("调解员姓名", "Name", personal="name")]
    category: Annotated[PersonCategory, said("人员类别", "Category")] = "mediator"
    phones: Annotated[tuple[Phone, ...], said("联系电话", "Phone numbers", personal="phone")] = ()


class Obligation(Canonical):
    """What one party owes under an agreement."""

    debtor: Annotated[ShortText, said("义务人", "Who must perform", personal="name")]
    content: Annotated[LongText, said("履行内容", "What must be done", personal="text")]
    amount: Annotated[Yuan | None, said("金额", "Amount in yuan")] = None
    due_on: Annotated[Day | None, said("履行期限", "Last day to perform")] = None


class Signature(Canonical):
    """When one party signed; online, its electronic signature."""

    party: Annotated[ShortText, said("签名人", "Name of who signed", personal="name")]
    at: Annotated[Moment, said("签名时间", "When it was signed")]


class Agreement(Canonical):
    """A mediation agreement (人民调解法 28-31). ``effective_at`` starts the 30 days for confirmation.

    Online it takes effect with the last of all signatures (人民法院在线调解规则 19): that of ``signatures``, where they
    are given.
    """

    kind: Annotated[AgreementKind, said("协议形式", "Written, oral or online")]
    number: Annotated[ShortText | None, said("协议编号", "Number, unique per committee and year")] = None
    reached_at: Annotated[Moment, said("达成时间", "When it was reached")]
    effective_at: Annotated[Moment | None, said("生效时间", "When it took effect")] = None
    effective_basis: Annotated[EffectiveBasis | None, said("生效依据", "By which rule it took effect")] = None
    signatures: Annotated[
        tuple[Signature, ...], said("签名", "When each party and mediator signed"), Field(max_length=500)
    ] = ()
    terms: Annotated[LongText, said("协议内容", "Terms", personal="text")]
    obligations: Annotated[tuple[Obligation, ...], said("履行义务", "Obligations")] = ()
    performed_at_once: Annotated[bool, said("当场履行", "Performed on the spot")] = False


class ReferralData(AboutACase):
    """A dispute handed to somebody who is to mediate it."""

    variant: Annotated[Variant, said("委派方式", "M-01 delegated, M-01b individual, M-01c entrusted, M-01d invited")]
    parties: Annotated[Parties, said("当事人", "Parties")]
    dispute: Annotated[Dispute, said("纠纷", "The dispute")]
    consents: Annotated[Consents, said("同意调解", "Consents of the parties")] = ()
    level: Annotated[Level | None, said("要求层级", "Level that should mediate")] = None
    period_days: Annotated[int | None, said("调解期限", "Days from acceptance", ge=1, le=365)] = None
    reply_by: Annotated[Moment | None, said("接收期限", "Accept or decline by")] = None
    individual: Annotated[Mediator | None, said("受派个人", "The individual it is pushed to (M-01b)")] = None
    contact: Annotated[Contact | None, said("分流员", "The dispatcher to call")] = None

    @model_validator(mode="after")
    def _carries_what_its_variant_needs(self) -> Self:
        if self.variant == "individual" and self.individual is None:
            raise Inconsistent("canonical.individual_not_named")
        if self.variant == "entrusted" and not (self.case.acceptance_number or self.case.number):
            raise Inconsistent("canonical.entrusted_without_number")
        return self


class AcceptanceData(AboutACase):
    """The unit takes the case; the mediation period starts (JZ 14)."""

    accepted_at: Annotated[Moment, said("接收时间", "When it was accepted")]
    accepted_by: Annotated[Contact | None, said("接收人", "Who accepted")] = None


class DeclineData(AboutACase):
    """The unit does not take the case."""

    reason: Annotated[DeclineReason, said("不予接收原因", "Why not")]
    explanation: Annotated[LongText | None, said("原因说明", "The reason in words", personal="text")] = None


class AssignmentData(AboutACase):
    """Who will mediate, when and where."""

    mediators: Annotated[
        tuple[Mediator, ...], said("调解员", "Mediators; the first one leads"), Field(min_length=1, max_length=20)
    ]
    session_at: Annotated[Moment | None, said("调解时间", "First session")] = None
    place: Annotated[ShortText | None, said("调解地点", "Where", personal="address")] = None
    by_liaison: Annotated[bool, said("联络员自行调解", "The liaison mediates personally")] = False
    disclosure: Annotated[
        Disclosure | None,
        said("披露情况", "What the mediators disclosed and whether a party objects: nothing, no objection, objected"),
    ] = None


class ProgressData(AboutACase):
    """How far it has come."""

    stage: Annotated[Stage, said("进展阶段", "Stage")]
    text: Annotated[LongText | None, said("进展说明", "What happened", personal="text")] = None
    next_at: Annotated[Moment | None, said("下次时间", "Next date")] = None


class ExtensionData(AboutACase):
    """A longer period, with every party's consent (JZ 14)."""

    until: Annotated[Day, said("延长至", "New last day")]
    consents: Annotated[Consents, said("延期同意", "Consents of all parties", min_length=1)]
    reason: Annotated[LongText | None, said("延期理由", "Why", personal="text")] = None


class SuccessData(AboutACase):
    """The parties agreed."""

    agreement: Annotated[Agreement, said("调解协议", "The agreement")]


class EscalationData(AboutACase):
    """The village hands the case up to the township, with the parties' consent and its history."""

    reason: Annotated[FailureReason, said("化解不成功原因", "Why the first level failed")]
    explanation: Annotated[LongText | None, said("原因说明", "The reason in words", personal="text")] = None
    consents: Annotated[Consents, said("同意升级", "Willingness of the parties", min_length=1)]
    level: Annotated[Level, said("目标层级", "Level asked to mediate")] = "township"
    history: Annotated[LongText | None, said("调解经过", "What was tried", personal="text")] = None
    handling: Annotated[
        LongText | None, said("办理记录", "Who handled it when and how each leg ended; the gateway's", personal="text")
    ] = None
    parties: Annotated[tuple[Party, ...], said("当事人", "Parties")] = ()
    dispute: Annotated[Dispute | None, said("纠纷", "The dispute")] = None


class ReturnConsultationData(AboutACase):
    """Before returning, the unit asks the tribunal (YD 附件(六))."""

    reason: Annotated[FailureReason, said("拟退回原因", "Why it would be returned")]
    explanation: Annotated[LongText | None, said("原因说明", "The reason in words", personal="text")] = None
    proposal: Annotated[LongText | None, said("建议", "What the unit proposes", personal="text")] = None


class ReturnOpinionData(AboutACase):
    """The tribunal's answer: return the case, or go on mediating."""

    opinion: Annotated[Literal["return", "continue"], said("意见", "Return it, or continue")]
    text: Annotated[LongText | None, said("意见说明", "The opinion in words", personal="text")] = None


class ReturnData(AboutACase):
    """The unit gives the case back with the reason it recorded."""

    reason: Annotated[FailureReason, said("化解不成功原因", "Why it failed")]
    explanation: Annotated[LongText | None, said("原因说明", "The reason in words", personal="text")] = None
    undisputed: Annotated[
        LongText | None, said("无争议事实", "Undisputed facts, usable only if all parties agree", personal="text")
    ] = None
    undisputed_usable: Annotated[bool, said("无争议事实可用", "All parties agree to their use")] = False


class LitigationData(AboutACase):
    """The case goes to litigation, or has been filed under a case number."""

    reason: Annotated[LitigationReason, said("转诉讼原因", "Why")]
    state: Annotated[FilingState, said("立案状态", "Handed to filing, or filed")] = "transferred"
    filed_on: Annotated[Day | None, said("立案日期", "Day of filing")] = None

    @model_validator(mode="after")
    def _filed_has_a_number(self) -> Self:
        if self.state == "filed" and not (self.case.number or self.case.legacy_number):
            raise Inconsistent("canonical.filed_without_number")
        return self


class SupervisionData(AboutACase):
    """The dispatcher reminds the unit, or orders it."""

    degree: Annotated[Literal["reminder", "order"], said("督办程度", "Reminder or order")] = "reminder"
    missing: Annotated[LongText, said("督办事项", "What is missing", personal="text")]
    due_at: Annotated[Moment | None, said("办理期限", "To be done by")] = None
