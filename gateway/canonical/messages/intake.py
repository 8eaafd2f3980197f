"""The intake family: a dispute comes in by any channel, the parties are asked, and it is let go or closed (P-01 …)."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from gateway.canonical.base import Inconsistent, LongText, Moment, ShortText, said
from gateway.canonical.dispute import Dispute
from gateway.canonical.messages.bodies import AboutACase, Consents, Contact, Parties, Urgency
from gateway.canonical.messages.envelope import Envelope

IntakeChannel = Literal[
    "hotline_12368", "mini_program", "platform", "court_window", "tribunal", "service_point", "police_alarm",
    "inspection", "other",
]  # fmt: skip
IntakeRefusalReason = Literal["not_for_courts", "no_jurisdiction", "unsuitable_online", "incomplete", "other"]
ConsentOutcome = Literal["asked", "given", "refused", "unreachable"]
WithdrawalReason = Literal["settled_privately", "withdrawn", "other"]
ClosureReason = Literal["settled", "fulfilled", "litigation", "withdrawn", "refused", "other"]


class IntakeData(AboutACase):
    """A dispute or an application as it reached one of the channels (HH 一2, 二1; 人民法院在线调解规则 8)."""

    channel: Annotated[IntakeChannel, said("受理渠道", "Channel by which it came")]
    parties: Annotated[Parties, said("当事人", "Parties")]
    dispute: Annotated[Dispute, said("纠纷", "The dispute")]
    registered_at: Annotated[Moment, said("登记时间", "When it was registered")]
    urgency: Annotated[Urgency, said("紧急程度", "How urgent it is")] = "normal"
    caller: Annotated[Contact | None, said("反映人", "Who reported it")] = None


class Intake(Envelope):
    """M-32 多渠道受理."""

    type: Annotated[Literal["fengqiao.intake"], said("受理登记", "Intake")] = "fengqiao.intake"
    data: Annotated[IntakeData, said("内容", "What it says")]


class IntakeRefusalData(AboutACase):
    """The court gives an application back before anybody was asked to mediate (人民法院在线调解规则 9)."""

    reason: Annotated[IntakeRefusalReason, said("退回申请原因", "Why it is given back")]
    explanation: Annotated[LongText | None, said("原因说明", "The reason in words", personal="text")] = None


class IntakeRefusal(Envelope):
    """规则 9 退回申请."""

    type: Annotated[Literal["fengqiao.intake_refusal"], said("退回申请", "Refusal of an application")] = (
        "fengqiao.intake_refusal"
    )
    data: Annotated[IntakeRefusalData, said("内容", "What it says")]


class ConsentInquiryData(AboutACase):
    """Whether the parties agree to mediation: they are being asked, all agree, one refuses, or cannot be reached."""

    outcome: Annotated[ConsentOutcome, said("征询结果", "Asked, given, refused or unreachable")]
    consents: Annotated[Consents, said("同意调解", "Each party's answer")] = ()
    explanation: Annotated[LongText | None, said("说明", "What was said", personal="text")] = None

    @model_validator(mode="after")
    def _given_is_shown(self) -> Self:
        if self.outcome == "given" and not (self.consents and all(consent.given for consent in self.consents)):
            raise Inconsistent("canonical.consent_not_shown")
        return self


class ConsentInquiry(Envelope):
    """P-01 引导征询."""

    type: Annotated[Literal["fengqiao.consent_inquiry"], said("征询意愿", "Consent to mediation")] = (
        "fengqiao.consent_inquiry"
    )
    data: Annotated[ConsentInquiryData, said("内容", "What it says")]


class WithdrawalData(AboutACase):
    """The parties settled by themselves, or the applicant withdrew (人民法院在线调解规则 25(二))."""

    reason: Annotated[WithdrawalReason, said("撤回原因", "Why")] = "withdrawn"
    by: Annotated[
        tuple[ShortText, ...],
        said("撤回人", "Names of the parties that withdrew", personal="name"),
        Field(max_length=500),
    ] = ()
    withdrawn_at: Annotated[Moment, said("撤回时间", "When")]
    explanation: Annotated[LongText | None, said("说明", "What was said", personal="text")] = None


class Withdrawal(Envelope):
    """规则 25 撤回."""

    type: Annotated[Literal["fengqiao.withdrawal"], said("撤回", "Withdrawal")] = "fengqiao.withdrawal"
    data: Annotated[WithdrawalData, said("内容", "What it says")]


class ClosureData(AboutACase):
    """The file is closed: nothing about the case is open any more."""

    reason: Annotated[ClosureReason, said("结案方式", "How it ended")]
    closed_at: Annotated[Moment, said("结案时间", "When")]
    archive_number: Annotated[ShortText | None, said("档案号", "Number of the archived file")] = None


class Closure(Envelope):
    """人民调解法 27 结案归档."""

    type: Annotated[Literal["fengqiao.closure"], said("结案归档", "Closure")] = "fengqiao.closure"
    data: Annotated[ClosureData, said("内容", "What it says")]
