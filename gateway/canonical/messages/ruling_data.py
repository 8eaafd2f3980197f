"""What is said of a ruling: its file, its service on the parties, and what may still change it (M-28 … M-30)."""

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
    Phone,
    Sha256,
    ShortText,
    Sm3,
    said,
)
from gateway.canonical.messages.bodies import AboutACase, Contact

RulingResult = Literal["valid", "dismissed", "not_accepted", "withdrawal_granted", "terminated", "revoked", "changed"]
RulingFormat = Literal["ofd", "pdf"]
CheckVerdict = Literal["passed", "failed", "not_applicable", "not_possible"]
NoticeOutcome = Literal["verified", "undecided", "quarantined", "reopened", "released", "superseded", "revoked"]
ServiceMethod = Literal["direct", "left_behind", "entrusted", "post", "electronic", "handed_on"]
ServiceOutcome = Literal["served", "refused", "not_found", "failed"]
Objector = Literal["party", "interested_person"]
ObjectionOutcome = Literal["revoked", "changed", "rejected"]


class RulingData(AboutACase):
    """A signed ruling as the court's signing sends it. What is said here of the file is the court's word, and is
    proved by nobody yet: until every check has passed it is delivered to nobody.
    """

    confirmation_number: Annotated[CaseNumber, said("司法确认案号", "The court's number of the confirmation case")]
    court: Annotated[PartnerId | None, said("作出法院", "Directory id of the court that ruled")] = None
    document_id: Annotated[PartnerId, said("文书标识", "The court's id of this document")]
    version: Annotated[int, said("文书版本", "1, 2, 3 …", ge=1, le=1000)] = 1
    replaces: Annotated[PartnerId | None, said("替代的文书标识", "Document id that this one replaces")] = None
    result: Annotated[RulingResult, said("裁定结果", "What is ruled")]
    format: Annotated[RulingFormat, said("文书格式", "OFD or PDF")]
    size: Annotated[int, said("字节数", "Size in bytes", ge=1, le=2**53)]
    sm3: Annotated[Sm3, said("SM3摘要", "SM3 over the file (GB/T 32905), hexadecimal")]
    sha256: Annotated[Sha256 | None, said("SHA-256摘要", "SHA-256 over the file, hexadecimal")] = None
    page_count: Annotated[int | None, said("页数", "Number of pages", ge=1, le=10_000)] = None
    seal_id: Annotated[ShortText | None, said("印章标识", "Id of the electronic seal")] = None
    seal_name: Annotated[ShortText | None, said("印章名称", "Name of the electronic seal")] = None
    signer_serial: Annotated[
        str | None, said("签章证书序列号", "Serial number of the signer's certificate", pattern=r"^[0-9A-F]{2,64}$")
    ] = None
    signed_at: Annotated[Moment | None, said("签章时间", "When it was sealed")] = None
    ruled_on: Annotated[Day, said("裁定日期", "Day of the ruling")]
    application: Annotated[
        PartnerId | None, said("所裁定的申请", "The application that it rules on, by the id of the gateway's message")
    ] = None
    agreement_sha256: Annotated[
        Sha256 | None, said("调解协议SHA-256摘要", "SHA-256 over the agreement's file that was ruled on, hexadecimal")
    ] = None
    applicants: Annotated[
        tuple[ShortText, ...], said("申请人", "Names of the applicants", personal="name"), Field(max_length=500)
    ] = ()
    judge: Annotated[ShortText | None, said("审判员", "Judge")] = None

    @model_validator(mode="after")
    def _is_carried(self) -> Self:
        if not self.documents:
            raise Inconsistent("canonical.ruling_without_document")
        return self


class CheckFound(Canonical):
    """What one check of a ruling has found, in the order of GB/T 38540-2020 §7."""

    number: Annotated[int, said("检查序号", "1 … 12", ge=1, le=12)]
    verdict: Annotated[CheckVerdict, said("结论", "Passed, failed, not applicable or not possible")]
    code: Annotated[ShortText, said("代码", "Code of the catalogue, for programs")]
    text: Annotated[LongText, said("说明", "What was found, in Chinese")]


class RulingNoticeData(AboutACase):
    """What the gateway itself says of a ruling's file: what verifying it has found, and what became of it."""

    confirmation_number: Annotated[
        CaseNumber | None, said("司法确认案号", "The court's number of the confirmation case")
    ] = None
    document_id: Annotated[PartnerId, said("文书标识", "The court's id of this document")]
    version: Annotated[int, said("文书版本", "1, 2, 3 …", ge=1, le=1000)] = 1
    outcome: Annotated[
        NoticeOutcome,
        said("处理结果", "Verified, undecided (for a person), quarantined, reopened, released, superseded, revoked"),
    ]
    at: Annotated[Moment, said("处理时间", "When")]
    sm3: Annotated[Sm3 | None, said("SM3摘要", "SM3 over the file that is here, hexadecimal")] = None
    checks: Annotated[tuple[CheckFound, ...], said("检查结果", "What each check found"), Field(max_length=100)] = ()
    replaced_by: Annotated[PartnerId | None, said("替代文书标识", "Document id that takes its place")] = None
    addressees: Annotated[
        tuple[ShortText, ...], said("受送达人", "On whom it is to be served", personal="name"), Field(max_length=500)
    ] = ()
    decided_by: Annotated[ShortText | None, said("决定人", "Who decided, where a person did", personal="name")] = None
    reason: Annotated[LongText | None, said("决定理由", "Why, where a person decided", personal="text")] = None


class ServiceItem(Canonical):
    """One document to be served, with the number of its copies."""

    name: Annotated[ShortText, said("文书名称", "Name of the document")]
    document_id: Annotated[PartnerId | None, said("文书标识", "The court's id of the document")] = None
    copies: Annotated[int, said("份数", "Number of copies", ge=1, le=1000)] = 1


Items = Annotated[tuple[ServiceItem, ...], Field(min_length=1, max_length=100)]


class ServiceTaskData(AboutACase):
    """The court asks a liaison to help serve documents (JZ 6; XY 二(三))."""

    task: Annotated[PartnerId, said("送达任务编号", "The court's id of the task")]
    items: Annotated[Items, said("送达文书", "What is to be served")]
    addressee: Annotated[ShortText, said("受送达人", "On whom", personal="name")]
    phones: Annotated[tuple[Phone, ...], said("联系电话", "Phone numbers", personal="phone")] = ()
    address: Annotated[ShortText | None, said("送达地址", "Where", personal="address")] = None
    method: Annotated[ServiceMethod | None, said("送达方式", "How, where the court says so")] = None
    due_at: Annotated[Moment | None, said("送达期限", "To be served by")] = None
    contact: Annotated[Contact | None, said("承办人", "Whom to call")] = None


class Receiver(Canonical):
    """Who took the documents in the addressee's place (民事诉讼法 88)."""

    name: Annotated[ShortText, said("代收人", "Name", personal="name")]
    relation: Annotated[ShortText, said("与受送达人关系", "Relation to the addressee")]
    reason: Annotated[LongText | None, said("代收理由", "Why", personal="text")] = None


class ElectronicProof(Canonical):
    """What proves electronic service (人民法院在线诉讼规则 29-31)."""

    address: Annotated[ShortText, said("电子送达地址", "Electronic address", personal="address")]
    channel: Annotated[ShortText, said("送达渠道", "Channel")]
    consent_at: Annotated[Moment | None, said("同意电子送达时间", "When the addressee agreed")] = None
    sent_at: Annotated[Moment | None, said("发送时间", "When it was sent")] = None
    arrived_at: Annotated[Moment | None, said("到达时间", "When it reached the addressee's system")] = None
    read_at: Annotated[Moment | None, said("阅读时间", "When it was opened")] = None


class ServiceReceiptData(AboutACase):
    """The service receipt (送达回证): who got what, when and how, or why not (民事诉讼法 87-90)."""

    task: Annotated[PartnerId | None, said("送达任务编号", "The task that this answers")] = None
    confirmation_number: Annotated[CaseNumber | None, said("司法确认案号", "Number of the confirmation case")] = None
    court: Annotated[PartnerId | None, said("交付送达法院", "Directory id of the court")] = None
    items: Annotated[Items, said("送达文书", "What was served")]
    addressee: Annotated[ShortText, said("受送达人", "On whom", personal="name")]
    outcome: Annotated[ServiceOutcome, said("送达结果", "Served, refused, not found or failed")]
    method: Annotated[ServiceMethod, said("送达方式", "How")]
    place: Annotated[ShortText | None, said("送达地点", "Where", personal="address")] = None
    received_at: Annotated[Moment | None, said("签收时间", "When it was received")] = None
    receiver: Annotated[Receiver | None, said("代收人", "Who took it in the addressee's place")] = None
    refused_on: Annotated[Day | None, said("拒收日期", "Day of a refusal")] = None
    refusal_reason: Annotated[LongText | None, said("拒收事由", "Why it was refused", personal="text")] = None
    witnesses: Annotated[
        tuple[ShortText, ...], said("见证人", "Witnesses of a refusal", personal="name"), Field(max_length=20)
    ] = ()
    record_reference: Annotated[ShortText | None, said("影像记录", "Photo or video record")] = None
    electronic: Annotated[ElectronicProof | None, said("电子送达凭证", "Proof of electronic service")] = None
    issuer: Annotated[ShortText | None, said("填发人", "Who issued the receipt")] = None
    server: Annotated[ShortText | None, said("送达人", "Who served")] = None

    @model_validator(mode="after")
    def _carries_what_its_outcome_needs(self) -> Self:
        if (
            self.outcome == "served"
            and self.received_at is None
            and not (self.electronic and self.electronic.arrived_at)
        ):
            raise Inconsistent("canonical.served_without_time")
        if self.outcome == "refused" and not (self.refused_on and (self.witnesses or self.record_reference)):
            raise Inconsistent("canonical.refused_without_witness")
        return self


class ObjectionData(AboutACase):
    """A party (15 days from receipt) or an interested person (6 months from knowing) objects (民诉法解释 372)."""

    confirmation_number: Annotated[CaseNumber, said("司法确认案号", "Number of the confirmation case")]
    by: Annotated[Objector, said("异议人类型", "Party or interested person")]
    name: Annotated[ShortText, said("异议人", "Who objects", personal="name")]
    raised_on: Annotated[Day, said("提出日期", "Day it was raised")]
    known_on: Annotated[Day | None, said("收到或知悉日期", "Day of receipt, or of knowing")] = None
    reasons: Annotated[LongText, said("异议理由", "Reasons", personal="text")]


class RevocationData(AboutACase):
    """What the court decides on an objection; a revocation or change goes to everyone who got the ruling."""

    confirmation_number: Annotated[CaseNumber, said("司法确认案号", "Number of the confirmation case")]
    document_id: Annotated[PartnerId | None, said("被撤销文书标识", "Document id of the ruling")] = None
    outcome: Annotated[ObjectionOutcome, said("处理结果", "Revoked, changed, or the objection is rejected")]
    decided_on: Annotated[Day, said("裁定日期", "Day of the decision")]
    replaced_by: Annotated[PartnerId | None, said("新文书标识", "Document id of the new ruling")] = None
    reasons: Annotated[LongText | None, said("理由", "Reasons", personal="text")] = None
