"""The referral family: a dispute is handed on, taken, worked on, and comes back with its result (M-01 … M-11)."""

from __future__ import annotations

from typing import Annotated, Literal

from gateway.canonical.base import said
from gateway.canonical.messages.envelope import Envelope
from gateway.canonical.messages.referral_data import (
    AcceptanceData,
    AssignmentData,
    DeclineData,
    EscalationData,
    ExtensionData,
    LitigationData,
    ProgressData,
    ReferralData,
    ReturnConsultationData,
    ReturnData,
    ReturnOpinionData,
    SuccessData,
    SupervisionData,
)


class Referral(Envelope):
    """M-01 委派 / M-01b 个人推送 / M-01c 委托 / M-01d 邀请协助."""

    type: Annotated[Literal["fengqiao.referral"], said("委派", "Referral")] = "fengqiao.referral"
    data: Annotated[ReferralData, said("内容", "What it says")]


class Acceptance(Envelope):
    """M-02 确认接收."""

    type: Annotated[Literal["fengqiao.acceptance"], said("接收", "Acceptance")] = "fengqiao.acceptance"
    data: Annotated[AcceptanceData, said("内容", "What it says")]


class Decline(Envelope):
    """M-03 不予接收."""

    type: Annotated[Literal["fengqiao.decline"], said("不予接收", "Non-acceptance")] = "fengqiao.decline"
    data: Annotated[DeclineData, said("内容", "What it says")]


class Assignment(Envelope):
    """M-04 指定人员."""

    type: Annotated[Literal["fengqiao.assignment"], said("指定调解员", "Assignment")] = "fengqiao.assignment"
    data: Annotated[AssignmentData, said("内容", "What it says")]


class Progress(Envelope):
    """M-05 进展跟踪."""

    type: Annotated[Literal["fengqiao.progress"], said("进展", "Progress")] = "fengqiao.progress"
    data: Annotated[ProgressData, said("内容", "What it says")]


class Extension(Envelope):
    """M-06 延长期限."""

    type: Annotated[Literal["fengqiao.extension"], said("延期", "Extension")] = "fengqiao.extension"
    data: Annotated[ExtensionData, said("内容", "What it says")]


class Success(Envelope):
    """M-07 化解成功记录."""

    type: Annotated[Literal["fengqiao.success"], said("调解成功", "Success")] = "fengqiao.success"
    data: Annotated[SuccessData, said("内容", "What it says")]


class Escalation(Envelope):
    """M-08 推送乡镇."""

    type: Annotated[Literal["fengqiao.escalation"], said("升级", "Escalation")] = "fengqiao.escalation"
    data: Annotated[EscalationData, said("内容", "What it says")]


class ReturnConsultation(Envelope):
    """M-09a 返回前征询."""

    type: Annotated[Literal["fengqiao.return_consultation"], said("退回征询", "Consultation before return")] = (
        "fengqiao.return_consultation"
    )
    data: Annotated[ReturnConsultationData, said("内容", "What it says")]


class ReturnOpinion(Envelope):
    """M-09a 征询答复."""

    type: Annotated[Literal["fengqiao.return_opinion"], said("退回征询答复", "Opinion on a return")] = (
        "fengqiao.return_opinion"
    )
    data: Annotated[ReturnOpinionData, said("内容", "What it says")]


class Return(Envelope):
    """M-09 退回人民法庭."""

    type: Annotated[Literal["fengqiao.return"], said("退回", "Return")] = "fengqiao.return"
    data: Annotated[ReturnData, said("内容", "What it says")]


class Litigation(Envelope):
    """M-10 转入诉讼程序."""

    type: Annotated[Literal["fengqiao.litigation"], said("转诉讼", "Transfer to litigation")] = "fengqiao.litigation"
    data: Annotated[LitigationData, said("内容", "What it says")]


class Supervision(Envelope):
    """M-11 督促督办."""

    type: Annotated[Literal["fengqiao.supervision"], said("督办", "Supervision")] = "fengqiao.supervision"
    data: Annotated[SupervisionData, said("内容", "What it says")]
