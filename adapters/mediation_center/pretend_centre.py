"""The book of a pretend mediation centre: which cases it has, which records it took, and what it objects to.

frame ─► known type? ─► sent before? ─► required fields ─► files whole? ─► which case? ─► kept once
                            │                                                   │
                            └─► the first answer again                          └─► opened for a dispatch or escalation
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

BEIJING = timezone(timedelta(hours=8))
OPENS_A_CASE = frozenset({"case.dispatch", "case.escalate"})
WITHOUT_A_CASE = frozenset({"org.upsert", "person.upsert"})

# What the centre's own forms insist on, and the words in which it asks for it.
REQUIRED: Mapping[str, Mapping[str, str]] = {
    "case.dispatch": {"dispatchType": "派单方式", "disputeTypeCode": "纠纷类型", "partyList": "当事人"},
    "case.accept": {"acceptTime": "受理时间"},
    "case.reject": {"rejectReasonCode": "不予受理原因"},
    "case.assign": {"mediatorList": "调解员"},
    "case.progress": {"stageCode": "进展阶段"},
    "case.extend": {"extendTo": "延长至"},
    "case.success": {"agreementType": "协议形式", "agreementContent": "协议内容"},
    "case.escalate": {"failReasonCode": "化解不成功原因", "levelCode": "上报层级"},
    "case.returnConsult": {"failReasonCode": "拟退回原因"},
    "case.returnOpinion": {"opinionCode": "答复意见"},
    "case.return": {"failReasonCode": "化解不成功原因"},
    "case.litigation": {"litigationReasonCode": "转诉讼原因"},
    "case.supervise": {"superviseContent": "督办内容"},
    "case.confirmApply": {"applyTime": "申请时间", "partyList": "申请人", "agreementContent": "协议内容"},
    "case.statementApply": {"applyTime": "申请时间", "partyList": "申请人", "agreementContent": "协议内容"},
    "case.confirmStatus": {"statusCode": "审核状态", "decideTime": "审核时间"},
    "case.confirmSupply": {"supplyType": "补充类型", "supplyTime": "补充时间"},
    "case.confirmWithdraw": {"withdrawTime": "撤回时间"},
    "case.ruling": {
        "confirmCaseNo": "司法确认案号",
        "documentId": "文书标识",
        "rulingResult": "裁定结果",
        "rulingDate": "裁定日期",
    },
    "case.rulingNotice": {"documentId": "文书标识", "noticeResult": "处理结果", "noticeTime": "处理时间"},
    "case.rulingRevoke": {"confirmCaseNo": "司法确认案号", "revokeResult": "处理结果", "decideDate": "裁定日期"},
    "case.serveTask": {"taskNo": "送达任务编号", "documentList": "送达文书", "addresseeName": "受送达人"},
    "case.serveReceipt": {"documentList": "送达文书", "addresseeName": "受送达人", "serveResult": "送达结果"},
    "case.objection": {"confirmCaseNo": "司法确认案号", "objectorName": "异议人", "objectDate": "提出日期"},
    "case.perform": {"performState": "履行状态", "reportTime": "反馈时间"},
    "case.performCert": {"certNo": "证明书编号", "performerName": "履行人", "performDate": "履行完毕日期"},
    "org.upsert": {"orgCode": "机构代码", "orgName": "机构名称"},
    "person.upsert": {"userId": "人员编号", "userName": "姓名"},
}
REQUIRED_TO_OPEN: Mapping[str, str] = {"disputeTypeCode": "纠纷类型", "partyList": "当事人"}
REQUIRED_OF_A_PARTY: Mapping[str, str] = {"partyName": "姓名或名称", "partyKind": "当事人类型", "partyRole": "诉讼地位"}


class Objection(Exception):
    """The centre does not take a record, and says why in its own words."""

    def __init__(self, code: str, message: str, field_path: str | None = None) -> None:
        self.code, self.message, self.field_path = code, message, field_path
        super().__init__(code)


@dataclass
class Kept:
    """One record the centre took, and how often it came."""

    id: str
    kind: str
    case: str | None
    receipt_no: str
    fields: dict[str, Any]
    attachments: list[dict[str, Any]]
    received_at: str
    times: int = 1


@dataclass
class Book:
    """Everything the pretend centre remembers."""

    records: dict[str, Kept] = field(default_factory=dict)
    cases: dict[str, list[str]] = field(default_factory=dict)  # its own case id -> ids of the records it took for it
    case_of_gateway: dict[str, str] = field(default_factory=dict)
    acts: list[str] = field(default_factory=list)  # ids of the records it acted on, each time it did

    def take(self, frame: Mapping[str, Any], now: datetime) -> tuple[Kept, bool]:
        """Return what is kept for ``frame``, and whether it had been kept before. Raises Objection."""
        record_id, kind, fields = _framed(frame)
        known = self.records.get(record_id)
        if known is not None:
            known.times += 1
            return known, True
        _check_fields(kind, fields)
        files = [_file(item, position) for position, item in enumerate(frame.get("fileList") or [])]
        if kind == "case.ruling":
            _check_ruling(fields, files)
        case = None if kind in WITHOUT_A_CASE else self._case(kind, fields, now)
        local = now.astimezone(BEIJING)
        kept = Kept(
            id=record_id,
            kind=kind,
            case=case,
            receipt_no=f"HZ{local:%Y%m%d}{len(self.records) + 1:05d}",
            fields=fields,
            attachments=files,
            received_at=local.isoformat(),
        )
        self.records[record_id] = kept
        self.acts.append(record_id)
        if case is not None:
            self.cases[case].append(record_id)
        return kept, False

    def _case(self, kind: str, fields: Mapping[str, Any], now: datetime) -> str:
        own, gateway = fields.get("eventId"), fields.get("gatewayCaseNo")
        case = str(own) if own else self.case_of_gateway.get(str(gateway))
        if case is None:
            if kind not in OPENS_A_CASE:
                raise Objection("EVENT_NOT_FOUND", "事件不存在，请先派单", "eventId")
            _require(fields, REQUIRED_TO_OPEN)
            case = f"SJ{now.astimezone(BEIJING):%Y%m%d}{len(self.cases) + 1:05d}"
        # An id it has not seen in this run is a case from before the simulator started.
        self.cases.setdefault(case, [])
        if gateway:
            self.case_of_gateway[str(gateway)] = case
        return case


def _framed(frame: Mapping[str, Any]) -> tuple[str, str, dict[str, Any]]:
    record_id, kind, fields = frame.get("recordId"), frame.get("type"), frame.get("body")
    if not isinstance(record_id, str) or not record_id:
        raise Objection("PARAM_MISSING", "缺少报文编号", "recordId")
    if not isinstance(kind, str) or kind not in REQUIRED:
        raise Objection("TYPE_UNSUPPORTED", "本中心不接收该类型的报文", "type")
    if not isinstance(fields, dict):
        raise Objection("PARAM_MISSING", "缺少报文内容", "body")
    return record_id, kind, fields


def _check_fields(kind: str, fields: Mapping[str, Any]) -> None:
    _require(fields, REQUIRED[kind])
    for position, party in enumerate(fields.get("partyList") or []):
        if not isinstance(party, dict):
            raise Objection("PARAM_INVALID", "当事人格式不正确", f"partyList[{position}]")
        _require(party, REQUIRED_OF_A_PARTY, f"partyList[{position}].")


def _check_ruling(fields: Mapping[str, Any], files: list[dict[str, Any]]) -> None:
    """What is printed and served has to be the very file that the court named."""
    if not any(file["size"] == fields.get("documentSize") for file in files):
        raise Objection("FILE_INVALID", "裁定书缺少文件，或文件大小不一致", "fileList")
    if fields.get("documentSha256") not in (None, *(file["sha256"] for file in files)):
        raise Objection("FILE_INVALID", "裁定书文件与其摘要不一致", "documentSha256")


def _require(fields: Mapping[str, Any], names: Mapping[str, str], prefix: str = "") -> None:
    for name, title in names.items():
        if fields.get(name) in (None, "", [], {}):
            raise Objection("PARAM_MISSING", f"{title}不能为空", f"{prefix}{name}")


def _file(item: Any, position: int) -> dict[str, Any]:
    path = f"fileList[{position}].fileContent"
    try:
        content = base64.b64decode(item["fileContent"], validate=True)
    except (binascii.Error, KeyError, TypeError, ValueError) as error:
        raise Objection("FILE_INVALID", "附件内容无法读取", path) from error
    digest = hashlib.sha256(content).hexdigest()
    if item.get("fileSha256") not in (None, digest):
        raise Objection("FILE_INVALID", "附件摘要不一致", path)
    return {"name": item.get("fileName"), "kind": item.get("fileType"), "sha256": digest, "size": len(content)}
