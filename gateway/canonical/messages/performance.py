"""The performance family: what became of an agreement, and the court's certificate (M-23, M-24)."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import model_validator

from gateway.canonical.base import Canonical, Day, Inconsistent, LongText, Moment, ShortText, Yuan, said
from gateway.canonical.messages.bodies import AboutACase
from gateway.canonical.messages.envelope import Envelope

PerformanceState = Literal["started", "partial", "performed", "defaulted"]
CertificateBasis = Literal["agreement", "ruling", "mediation_statement", "judgment"]


class Performed(Canonical):
    """What one party has done of what it owes."""

    debtor: Annotated[ShortText, said("义务人", "Who performs", personal="name")]
    content: Annotated[LongText, said("履行内容", "What was done", personal="text")]
    amount: Annotated[Yuan | None, said("履行金额", "Amount paid, yuan")] = None
    on: Annotated[Day | None, said("履行日期", "Day")] = None


class PerformanceData(AboutACase):
    """How far an agreement is performed; the lead unit supervises it and tells (YD 三(二); 人民调解法 31)."""

    state: Annotated[PerformanceState, said("履行状态", "Under way, in part, in full, or in default")]
    reported_at: Annotated[Moment, said("反馈时间", "When it was found")]
    performed: Annotated[tuple[Performed, ...], said("履行明细", "What was done")] = ()
    outstanding: Annotated[Yuan | None, said("未履行金额", "Amount still owed, yuan")] = None
    explanation: Annotated[LongText | None, said("说明", "In words", personal="text")] = None


class Performance(Envelope):
    """M-23 履行情况反馈."""

    type: Annotated[Literal["fengqiao.performance"], said("履行反馈", "Performance")] = "fengqiao.performance"
    data: Annotated[PerformanceData, said("内容", "What it says")]


class CertificateData(AboutACase):
    """The court certifies that a party performed fully and of its own accord (YD 二(四)); a document carries it."""

    number: Annotated[ShortText, said("证明书编号", "Number of the certificate")]
    performer: Annotated[ShortText, said("履行人", "Who performed", personal="name")]
    counterpart: Annotated[ShortText | None, said("权利人", "To whom", personal="name")] = None
    basis: Annotated[CertificateBasis, said("依据文书", "What was performed")]
    basis_number: Annotated[ShortText | None, said("依据文书编号", "Its number")] = None
    performed_on: Annotated[Day, said("履行完毕日期", "Day it was performed in full")]
    issued_on: Annotated[Day, said("出具日期", "Day of issue")]
    query_code: Annotated[ShortText | None, said("查验码", "Code to verify it by")] = None

    @model_validator(mode="after")
    def _is_carried(self) -> Self:
        if not self.documents:
            raise Inconsistent("canonical.certificate_without_document")
        return self


class Certificate(Envelope):
    """M-24 自动履行证明书."""

    type: Annotated[Literal["fengqiao.certificate"], said("自动履行证明书", "Certificate of performance")] = (
        "fengqiao.certificate"
    )
    data: Annotated[CertificateData, said("内容", "What it says")]
