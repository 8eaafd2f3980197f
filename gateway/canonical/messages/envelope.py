"""The envelope of every message: CloudEvents 1.0 attributes and the gateway's extensions to them."""

from __future__ import annotations

from typing import Annotated, Literal

from gateway.canonical.base import Canonical, MessageId, Moment, PartnerId, ShortText, said

Sensitivity = Literal["public", "internal", "personal", "sensitive"]
SCHEMA_VERSION = "1.0"


class Envelope(Canonical):
    """What is said about a message, whatever it says. Attribute names are CloudEvents names on the wire."""

    specversion: Annotated[Literal["1.0"], said("规范版本", "CloudEvents version")] = "1.0"
    id: Annotated[MessageId, said("消息编号", "Message id, UUIDv7, given by the gateway")]
    source: Annotated[ShortText, said("来源系统", "The partner it came from, /partners/<name>")]
    subject: Annotated[PartnerId | None, said("案件", "The gateway's id of the case")] = None
    time: Annotated[Moment, said("业务时间", "When it happened, by the sender's clock")]
    receivedtime: Annotated[Moment | None, said("接收时间", "When the gateway received it")] = None
    datacontenttype: Annotated[Literal["application/json"], said("数据格式", "Format of data")] = "application/json"
    schemaversion: Annotated[ShortText, said("模型版本", "Version of the canonical schema")] = SCHEMA_VERSION
    correlationid: Annotated[PartnerId | None, said("关联编号", "Names one conversation: the referral's id")] = None
    causationid: Annotated[MessageId | None, said("起因消息编号", "The message that this one answers")] = None
    sender: Annotated[PartnerId | None, said("发送机构", "Directory id of the organisation that says it")] = None
    addressee: Annotated[PartnerId | None, said("接收机构", "Directory id of the organisation it is meant for")] = None
    sensitivity: Annotated[Sensitivity, said("敏感级别", "How its contents are to be protected")] = "personal"
