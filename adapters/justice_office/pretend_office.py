"""The book of a pretend justice office: which cases it has, which records it took, and what it objects to.

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
OPENS_A_CASE = frozenset({"register.intake", "mediation.refer", "mediation.escalate"})
WITHOUT_A_CASE = frozenset(
    {"register.dispute", "register.hazard", "registry.organisation", "registry.person", "warning.notice",
     "warning.confirm"}
)  # fmt: skip

# What the office's own forms insist on, and the words in which it asks for it.
REQUIRED: Mapping[str, Mapping[str, str]] = {
    "mediation.refer": {"referral_way": "派单方式", "dispute_type": "纠纷类型", "parties": "当事人"},
    "mediation.accept": {"accept_time": "受理时间"},
    "mediation.decline": {"reject_reason_code": "不予受理原因"},
    "mediation.assign": {"mediator_list": "调解员"},
    "mediation.progress": {"stage_code": "进展阶段"},
    "mediation.extend": {"extend_to": "延长至"},
    "mediation.succeed": {"agreement_type": "协议形式", "agreement_content": "协议内容"},
    "mediation.escalate": {"fail_reason_code": "化解不成功原因", "level_code": "上报层级"},
    "mediation.ask_return": {"fail_reason_code": "拟退回原因"},
    "mediation.answer_return": {"opinion_code": "答复意见"},
    "mediation.return": {"fail_reason_code": "化解不成功原因"},
    "mediation.litigate": {"litigation_reason_code": "转诉讼原因"},
    "mediation.supervise": {"supervise_content": "督办内容"},
    "register.dispute": {"dispute_type": "纠纷类型", "facts": "事件简述"},
    "register.intake": {"dispute_type": "纠纷类型", "parties": "当事人"},
    "register.hazard": {"risk": "风险等级", "facts": "情况"},
    "warning.notice": {"warning_level": "预警级别", "facts": "事件简述"},
    "warning.confirm": {"warning_no": "预警编号", "confirm_time": "确认时间"},
    "registry.organisation": {"org_code": "机构代码", "org_name": "机构名称"},
    "registry.person": {"user_id": "人员编号", "user_name": "姓名"},
}
REQUIRED_TO_OPEN: Mapping[str, str] = {"dispute_type": "纠纷类型", "parties": "当事人"}
REQUIRED_OF_A_PARTY: Mapping[str, str] = {
    "party_name": "姓名或名称",
    "party_kind": "当事人类型",
    "party_role": "诉讼地位",
}


class Objection(Exception):
    """The office does not take a record, and says why in its own words."""

    def __init__(self, code: str, message: str, field_path: str | None = None) -> None:
        self.code, self.message, self.field_path = code, message, field_path
        super().__init__(code)


@dataclass
class Kept:
    """One record the office took, and how often it came."""

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
    """Everything the pretend office remembers."""

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
        files = [_file(item, position) for position, item in enumerate(frame.get("files") or [])]
        case = None if kind in WITHOUT_A_CASE else self._case(kind, fields, now)
        local = now.astimezone(BEIJING)
        kept = Kept(
            id=record_id,
            kind=kind,
            case=case,
            receipt_no=f"SL{local:%Y%m%d}{len(self.records) + 1:05d}",
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
        own, gateway = fields.get("mediation_no"), fields.get("gateway_no")
        case = str(own) if own else self.case_of_gateway.get(str(gateway))
        if case is None:
            if kind not in OPENS_A_CASE:
                raise Objection("EVENT_NOT_FOUND", "事件不存在，请先派单", "mediation_no")
            _require(fields, REQUIRED_TO_OPEN)
            case = f"TJ{now.astimezone(BEIJING):%Y%m%d}{len(self.cases) + 1:05d}"
        # An id it has not seen in this run is a case from before the simulator started.
        self.cases.setdefault(case, [])
        if gateway:
            self.case_of_gateway[str(gateway)] = case
        return case


def _framed(frame: Mapping[str, Any]) -> tuple[str, str, dict[str, Any]]:
    record_id, kind, fields = frame.get("record_no"), frame.get("kind"), frame.get("content")
    if not isinstance(record_id, str) or not record_id:
        raise Objection("PARAM_MISSING", "缺少报文编号", "record_no")
    if not isinstance(kind, str) or kind not in REQUIRED:
        raise Objection("TYPE_UNSUPPORTED", "本所不接收该类型的报文", "kind")
    if not isinstance(fields, dict):
        raise Objection("PARAM_MISSING", "缺少报文内容", "content")
    return record_id, kind, fields


def _check_fields(kind: str, fields: Mapping[str, Any]) -> None:
    _require(fields, REQUIRED[kind])
    for position, party in enumerate(fields.get("parties") or []):
        if not isinstance(party, dict):
            raise Objection("PARAM_INVALID", "当事人格式不正确", f"parties[{position}]")
        _require(party, REQUIRED_OF_A_PARTY, f"parties[{position}].")


def _require(fields: Mapping[str, Any], names: Mapping[str, str], prefix: str = "") -> None:
    for name, title in names.items():
        if fields.get(name) in (None, "", [], {}):
            raise Objection("PARAM_MISSING", f"{title}不能为空", f"{prefix}{name}")


def _file(item: Any, position: int) -> dict[str, Any]:
    path = f"files[{position}].file_content"
    try:
        content = base64.b64decode(item["file_content"], validate=True)
    except (binascii.Error, KeyError, TypeError, ValueError) as error:
        raise Objection("FILE_INVALID", "附件内容无法读取", path) from error
    digest = hashlib.sha256(content).hexdigest()
    if item.get("fileSha256") not in (None, digest):
        raise Objection("FILE_INVALID", "附件摘要不一致", path)
    return {"name": item.get("file_name"), "kind": item.get("file_type"), "sha256": digest, "size": len(content)}
