"""The warning family: dangers are reported, told to several bodies at once, and met together (M-14 … M-22)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gateway.canonical.base import Canonical, Day, LongText, MessageId, Moment, PartnerId, ShortText, said
from gateway.canonical.dispute import Dispute, DisputeType, JointScope, Place
from gateway.canonical.messages.bodies import Answering, Circular, Contact, MayNameACase
from gateway.canonical.messages.envelope import Envelope, Sensitivity
from gateway.canonical.parties import Party

Risk = Literal["low", "medium", "high", "extreme"]
WarningLevel = Literal["blue", "yellow", "orange", "red"]
JointRole = Literal["lead", "assisting"]
JointOutcome = Literal["settled", "stabilised", "failed", "continued"]
AlarmKind = Literal["violence", "crowd", "threat", "court_security", "other"]


class _Observed(Circular):
    register_number: Annotated[PartnerId | None, said("登记编号", "The sender's number of the register entry")] = None
    type: Annotated[DisputeType, said("纠纷类型", "Type of dispute")]
    place: Annotated[Place | None, said("发生地", "Where")] = None
    people: Annotated[int | None, said("涉及人数", "Number of people involved", ge=0, le=10**9)] = None
    parties: Annotated[tuple[Party, ...], said("涉及人员", "Who is involved"), Field(max_length=500)] = ()
    facts: Annotated[LongText, said("情况", "What was found", personal="text")]
    found_at: Annotated[Moment | None, said("发现时间", "When it was found")] = None
    contact: Annotated[Contact | None, said("联系人", "Whom to call")] = None


class HazardData(_Observed):
    """A sign of trouble that a liaison found (JZ 15, 19)."""

    risk: Annotated[Risk, said("风险等级", "How dangerous it is")]
    asked: Annotated[LongText | None, said("请求事项", "What the reporter asks for", personal="text")] = None


class Hazard(Envelope):
    """M-14 苗头性问题、矛盾隐患上报."""

    type: Annotated[Literal["fengqiao.hazard"], said("隐患上报", "Hazard")] = "fengqiao.hazard"
    data: Annotated[HazardData, said("内容", "What it says")]


class DisputeNoticeData(_Observed):
    """An entry of the register of disputes, told to tribunal, police and justice office (YD 二(一))."""

    registered_on: Annotated[Day, said("登记日期", "Day of the entry")]


class DisputeNotice(Envelope):
    """M-16 矛盾纠纷信息反馈."""

    type: Annotated[Literal["fengqiao.dispute_notice"], said("纠纷信息反馈", "Dispute notice")] = (
        "fengqiao.dispute_notice"
    )
    data: Annotated[DisputeNoticeData, said("内容", "What it says")]


class MajorNoticeData(_Observed):
    """A major dispute that one of the four bodies tells the others (YD 附件(三))."""

    risk: Annotated[Risk, said("风险等级", "How dangerous it is")] = "high"
    stability: Annotated[LongText | None, said("稳定影响", "What it means for public order", personal="text")] = None


class MajorNotice(Envelope):
    """M-17 重大矛盾纠纷信息通报."""

    type: Annotated[Literal["fengqiao.major_notice"], said("重大纠纷通报", "Notice of a major dispute")] = (
        "fengqiao.major_notice"
    )
    data: Annotated[MajorNoticeData, said("内容", "What it says")]


class WarningData(_Observed):
    """A warning to the units responsible for the matter, each of which acknowledges it (YD 二(二))."""

    level: Annotated[WarningLevel, said("预警级别", "Level")]
    measures_taken: Annotated[LongText | None, said("已采取措施", "What was done", personal="text")] = None
    measures_asked: Annotated[LongText | None, said("请求措施", "What is asked", personal="text")] = None
    acknowledge_by: Annotated[Moment, said("确认期限", "To be acknowledged by")]


class WarningNotice(Envelope):
    """M-18 预警通报."""

    type: Annotated[Literal["fengqiao.warning"], said("预警通报", "Warning")] = "fengqiao.warning"
    sensitivity: Annotated[Sensitivity, said("敏感级别", "How its contents are to be protected")] = "sensitive"
    data: Annotated[WarningData, said("内容", "What it says")]


class WarningAcknowledgementData(Answering):
    """One unit has seen a warning or an emergency alert, and what it does."""

    answers: Annotated[MessageId, said("确认的消息编号", "The gateway's id of the warning")]
    acknowledged_at: Annotated[Moment, said("确认时间", "When")]
    by: Annotated[Contact | None, said("确认人", "Who acknowledged it")] = None
    measures: Annotated[LongText | None, said("处置措施", "What is being done", personal="text")] = None


class WarningAcknowledgement(Envelope):
    """M-18 预警确认."""

    type: Annotated[Literal["fengqiao.warning_acknowledgement"], said("预警确认", "Acknowledgement of a warning")] = (
        "fengqiao.warning_acknowledgement"
    )
    data: Annotated[WarningAcknowledgementData, said("内容", "What it says")]


class EmergencyData(_Observed):
    """A sudden dispute: the heads of the four bodies are called together (YD 附件(七))."""

    assemble_at: Annotated[Moment | None, said("集合时间", "When to assemble")] = None
    assemble_place: Annotated[ShortText | None, said("集合地点", "Where to assemble", personal="address")] = None


class Emergency(Envelope):
    """M-19 突发事件应急联动."""

    type: Annotated[Literal["fengqiao.emergency"], said("应急联动", "Emergency alert")] = "fengqiao.emergency"
    sensitivity: Annotated[Sensitivity, said("敏感级别", "How its contents are to be protected")] = "sensitive"
    data: Annotated[EmergencyData, said("内容", "What it says")]


class AlarmData(MayNameACase):
    """A tribunal or justice office calls the police directly (YD 附件(九))."""

    kind: Annotated[AlarmKind, said("警情类型", "What happens")]
    place: Annotated[ShortText, said("地点", "Where", personal="address")]
    raised_at: Annotated[Moment, said("报警时间", "When")]
    facts: Annotated[LongText | None, said("情况", "What happens, in words", personal="text")] = None
    contact: Annotated[Contact | None, said("联系人", "Whom to call")] = None


class Alarm(Envelope):
    """M-20 报警直通."""

    type: Annotated[Literal["fengqiao.alarm"], said("报警直通", "Direct alarm")] = "fengqiao.alarm"
    sensitivity: Annotated[Sensitivity, said("敏感级别", "How its contents are to be protected")] = "sensitive"
    data: Annotated[AlarmData, said("内容", "What it says")]


class CourtInvitationData(MayNameACase):
    """Police or justice office ask the tribunal to mediate together, before it comes to a suit (YD 附件(二))."""

    reason: Annotated[LongText, said("邀请理由", "Why the tribunal is invited", personal="text")]
    dispute: Annotated[Dispute, said("纠纷", "The dispute")]
    parties: Annotated[tuple[Party, ...], said("当事人", "Parties"), Field(max_length=500)] = ()
    proposed_at: Annotated[Moment | None, said("建议时间", "Proposed time")] = None
    place: Annotated[ShortText | None, said("地点", "Where", personal="address")] = None
    contact: Annotated[Contact | None, said("联系人", "Whom to call")] = None


class CourtInvitation(Envelope):
    """M-21 邀请法庭参与共同调解."""

    type: Annotated[Literal["fengqiao.court_invitation"], said("邀请法庭", "Invitation of the tribunal")] = (
        "fengqiao.court_invitation"
    )
    data: Annotated[CourtInvitationData, said("内容", "What it says")]


class Participant(Canonical):
    """One unit's part in a joint mediation (YD 三(二))."""

    unit: Annotated[PartnerId, said("单位标识", "Directory id of the unit")]
    role: Annotated[JointRole, said("角色", "Lead (主调方) or assisting (协调方)")] = "assisting"
    first_received: Annotated[bool, said("最先受理", "It received the dispute first")] = False
    industry: Annotated[bool, said("行业单位", "The dispute clearly belongs to its industry")] = False


class JointPlanData(MayNameACase):
    """When, where and by whom a dispute is mediated jointly, and who leads (JZ 15, 18; YD 三(二))."""

    scope: Annotated[JointScope, said("联合调处范围", "Why it is mediated jointly")]
    at: Annotated[Moment, said("调解时间", "When")]
    place: Annotated[ShortText, said("调解地点", "Where", personal="address")]
    participants: Annotated[
        tuple[Participant, ...], said("参加单位", "Who takes part"), Field(min_length=1, max_length=50)
    ]
    task: Annotated[LongText | None, said("工作要求", "What is to be done", personal="text")] = None
    dispute: Annotated[Dispute | None, said("纠纷", "The dispute")] = None
    parties: Annotated[tuple[Party, ...], said("当事人", "Parties"), Field(max_length=500)] = ()


class JointPlan(Envelope):
    """M-15、M-22 联合调处安排."""

    type: Annotated[Literal["fengqiao.joint_plan"], said("联合调处安排", "Joint mediation plan")] = (
        "fengqiao.joint_plan"
    )
    data: Annotated[JointPlanData, said("内容", "What it says")]


class JointResultData(Answering):
    """What came of a joint mediation, recorded on the platform."""

    outcome: Annotated[JointOutcome, said("调处结果", "What came of it")]
    text: Annotated[LongText, said("结果说明", "What was reached", personal="text")]
    held_at: Annotated[Moment, said("调处时间", "When it was held")]
    agreement_number: Annotated[ShortText | None, said("协议编号", "Number of the agreement, where there is one")] = (
        None
    )


class JointResult(Envelope):
    """M-15、M-22 联合调处结果."""

    type: Annotated[Literal["fengqiao.joint_result"], said("联合调处结果", "Joint mediation result")] = (
        "fengqiao.joint_result"
    )
    data: Annotated[JointResultData, said("内容", "What it says")]
