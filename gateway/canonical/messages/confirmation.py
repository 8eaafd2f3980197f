"""The confirmation family: an application goes to the court and comes back as a ruling (M-25 … M-30)."""

from __future__ import annotations

from typing import Annotated, Literal

from gateway.canonical.base import said
from gateway.canonical.messages.confirmation_data import (
    ConfirmationApplicationData,
    ConfirmationStatusData,
    ConfirmationWithdrawalData,
    StatementApplicationData,
    SupplementData,
)
from gateway.canonical.messages.envelope import Envelope
from gateway.canonical.messages.ruling_data import (
    ObjectionData,
    RevocationData,
    RulingData,
    RulingNoticeData,
    ServiceReceiptData,
    ServiceTaskData,
)


class ConfirmationApplication(Envelope):
    """M-25 司法确认申请."""

    type: Annotated[Literal["fengqiao.confirmation_application"], said("司法确认申请", "Confirmation application")] = (
        "fengqiao.confirmation_application"
    )
    data: Annotated[ConfirmationApplicationData, said("内容", "What it says")]


class StatementApplication(Envelope):
    """M-26 出具调解书申请."""

    type: Annotated[Literal["fengqiao.statement_application"], said("调解书申请", "Statement application")] = (
        "fengqiao.statement_application"
    )
    data: Annotated[StatementApplicationData, said("内容", "What it says")]


class ConfirmationStatus(Envelope):
    """M-27 同步审核."""

    type: Annotated[Literal["fengqiao.confirmation_status"], said("司法确认审核", "Confirmation status")] = (
        "fengqiao.confirmation_status"
    )
    data: Annotated[ConfirmationStatusData, said("内容", "What it says")]


class ConfirmationSupplement(Envelope):
    """M-27 补正与补充陈述."""

    type: Annotated[Literal["fengqiao.confirmation_supplement"], said("补正材料", "Confirmation supplement")] = (
        "fengqiao.confirmation_supplement"
    )
    data: Annotated[SupplementData, said("内容", "What it says")]


class ConfirmationWithdrawal(Envelope):
    """M-27 撤回司法确认申请."""

    type: Annotated[Literal["fengqiao.confirmation_withdrawal"], said("撤回申请", "Withdrawal of an application")] = (
        "fengqiao.confirmation_withdrawal"
    )
    data: Annotated[ConfirmationWithdrawalData, said("内容", "What it says")]


class Ruling(Envelope):
    """M-28 民事裁定书回传."""

    type: Annotated[Literal["fengqiao.ruling"], said("民事裁定书", "Ruling")] = "fengqiao.ruling"
    data: Annotated[RulingData, said("内容", "What it says")]


class RulingNotice(Envelope):
    """M-28 裁定书验签通知."""

    type: Annotated[Literal["fengqiao.ruling_notice"], said("裁定书验签通知", "Ruling notice")] = (
        "fengqiao.ruling_notice"
    )
    data: Annotated[RulingNoticeData, said("内容", "What it says")]


class ServiceTask(Envelope):
    """M-30 协助送达."""

    type: Annotated[Literal["fengqiao.service_task"], said("协助送达", "Service task")] = "fengqiao.service_task"
    data: Annotated[ServiceTaskData, said("内容", "What it says")]


class ServiceReceipt(Envelope):
    """M-29 送达回证."""

    type: Annotated[Literal["fengqiao.service_receipt"], said("送达回证", "Service receipt")] = (
        "fengqiao.service_receipt"
    )
    data: Annotated[ServiceReceiptData, said("内容", "What it says")]


class Objection(Envelope):
    """民诉法解释 372 异议."""

    type: Annotated[Literal["fengqiao.objection"], said("异议", "Objection")] = "fengqiao.objection"
    data: Annotated[ObjectionData, said("内容", "What it says")]


class Revocation(Envelope):
    """民诉法解释 372 撤销或变更."""

    type: Annotated[Literal["fengqiao.revocation"], said("撤销变更", "Revocation")] = "fengqiao.revocation"
    data: Annotated[RevocationData, said("内容", "What it says")]
