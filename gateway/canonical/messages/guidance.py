"""The guidance family: a unit asks a judge or another body, and is answered (M-12, M-13, M-31, M-33 … M-36)."""

from __future__ import annotations

from typing import Annotated, Literal

from gateway.canonical.base import Canonical, LongText, Moment, PartnerId, ShortText, said
from gateway.canonical.dispute import Dispute
from gateway.canonical.messages.bodies import Answering, Circular, Contact, MayNameACase, Recipients, Urgency
from gateway.canonical.messages.envelope import Envelope, Sensitivity

# 推送典型案例、专业（法律）指导、法官远程在线联合调解、现场调解、实地参与化解
GuidanceForm = Literal["typical_case", "legal_guidance", "remote_joint", "on_site", "participation"]
ServiceNeed = Literal["legal_support", "mediation_guidance", "confirmation", "publicity"]
ServiceState = Literal["accepted", "done", "declined"]
ContentKind = Literal["legal_publicity", "guiding_case", "mediation_guide", "training", "other"]
FeedbackKind = Literal["opinion", "guidance_need", "public_expectation", "other"]


class GuidanceRequestData(MayNameACase):
    """A unit or mediator asks for a judge's guidance during mediation (JZ 8; XY 二(四); YL 二(一)3)."""

    question: Annotated[LongText, said("指导事项", "What guidance is asked for", personal="text")]
    wished: Annotated[GuidanceForm | None, said("希望的指导方式", "Form that is wished for")] = None
    urgency: Annotated[Urgency, said("紧急程度", "How urgent it is")] = "normal"
    dispute: Annotated[Dispute | None, said("纠纷", "The dispute, where the case is not known to the court")] = None
    grid: Annotated[ShortText | None, said("网格", "Grid whose judge is asked")] = None
    wished_at: Annotated[Moment | None, said("希望时间", "When it is wished for")] = None
    contact: Annotated[Contact | None, said("联系人", "Whom to call")] = None


class GuidanceRequest(Envelope):
    """M-12 法官指导申请."""

    type: Annotated[Literal["fengqiao.guidance_request"], said("指导申请", "Request for guidance")] = (
        "fengqiao.guidance_request"
    )
    data: Annotated[GuidanceRequestData, said("内容", "What it says")]


class GuidanceAnswerData(Answering):
    """A judge's answer: in which form, what it says, or when and where the judge takes part."""

    form: Annotated[GuidanceForm, said("指导方式", "Form of the guidance")]
    text: Annotated[LongText | None, said("指导意见", "What the judge says", personal="text")] = None
    judge: Annotated[Contact | None, said("指导法官", "The judge")] = None
    appointment: Annotated[Moment | None, said("约定时间", "When the judge takes part")] = None
    place: Annotated[ShortText | None, said("地点", "Where", personal="address")] = None


class GuidanceAnswer(Envelope):
    """M-13 法官指导答复."""

    type: Annotated[Literal["fengqiao.guidance_answer"], said("指导答复", "Answer with guidance")] = (
        "fengqiao.guidance_answer"
    )
    data: Annotated[GuidanceAnswerData, said("内容", "What it says")]


class ConsultationData(MayNameACase):
    """A question of law, policy or a difficult case, to a tribunal, police station or justice office (YD 二(二))."""

    question: Annotated[LongText, said("咨询问题", "The question", personal="text")]
    urgency: Annotated[Urgency, said("紧急程度", "How urgent it is")] = "normal"
    contact: Annotated[Contact | None, said("联系人", "Whom to call")] = None


class Consultation(Envelope):
    """M-34 咨询."""

    type: Annotated[Literal["fengqiao.consultation"], said("咨询", "Consultation")] = "fengqiao.consultation"
    data: Annotated[ConsultationData, said("内容", "What it says")]


class ConsultationAnswerData(Answering):
    """The answer to a consultation."""

    text: Annotated[LongText, said("答复内容", "The answer", personal="text")]
    contact: Annotated[Contact | None, said("答复人", "Who answered")] = None


class ConsultationAnswer(Envelope):
    """M-34 咨询答复."""

    type: Annotated[Literal["fengqiao.consultation_answer"], said("咨询答复", "Answer to a consultation")] = (
        "fengqiao.consultation_answer"
    )
    data: Annotated[ConsultationAnswerData, said("内容", "What it says")]


class ServiceRequestData(MayNameACase):
    """One of four needs that a township, department or organisation has of the court (HH 二2)."""

    need: Annotated[ServiceNeed, said("需求类型", "Kind of need")]
    content: Annotated[LongText, said("需求内容", "What is needed", personal="text")]
    urgency: Annotated[Urgency, said("紧急程度", "How urgent it is")] = "normal"
    wished_at: Annotated[Moment | None, said("希望时间", "When it is wished for")] = None
    contact: Annotated[Contact | None, said("联系人", "Whom to call")] = None


class ServiceRequest(Envelope):
    """M-31 司法服务需求."""

    type: Annotated[Literal["fengqiao.service_request"], said("司法需求", "Request for a judicial service")] = (
        "fengqiao.service_request"
    )
    data: Annotated[ServiceRequestData, said("内容", "What it says")]


class ServiceAnswerData(Answering):
    """What the court does about a need (接诉即办)."""

    state: Annotated[ServiceState, said("办理状态", "Taken up, done or declined")]
    text: Annotated[LongText | None, said("办理说明", "What is done, or why not", personal="text")] = None
    appointment: Annotated[Moment | None, said("约定时间", "When")] = None
    contact: Annotated[Contact | None, said("承办人", "Who does it")] = None


class ServiceAnswer(Envelope):
    """M-31 司法服务需求答复."""

    type: Annotated[
        Literal["fengqiao.service_answer"], said("司法需求答复", "Answer to a judicial service request")
    ] = "fengqiao.service_answer"
    data: Annotated[ServiceAnswerData, said("内容", "What it says")]


class ContentData(Circular):
    """Publicity material, a guiding case or a mediation guide; the documents carry it (JZ 16; YL 二(二))."""

    kind: Annotated[ContentKind, said("内容类型", "Kind of content")]
    title: Annotated[ShortText, said("标题", "Title")]
    summary: Annotated[LongText | None, said("摘要", "Summary")] = None
    topics: Annotated[tuple[ShortText, ...], said("主题", "Topics")] = ()


class Content(Envelope):
    """M-33 普法资料、指导性案例、调解指引推送."""

    type: Annotated[Literal["fengqiao.content"], said("资料推送", "Content")] = "fengqiao.content"
    sensitivity: Annotated[Sensitivity, said("敏感级别", "How its contents are to be protected")] = "internal"
    data: Annotated[ContentData, said("内容", "What it says")]


class FeedbackData(Circular):
    """Opinions, needs and expectations that the bodies tell each other (YD 附件(三))."""

    kind: Annotated[FeedbackKind, said("反馈类型", "Kind of feedback")]
    text: Annotated[LongText, said("反馈内容", "The feedback", personal="text")]


class Feedback(Envelope):
    """M-35 需求与建议反馈."""

    type: Annotated[Literal["fengqiao.feedback"], said("需求建议反馈", "Feedback")] = "fengqiao.feedback"
    data: Annotated[FeedbackData, said("内容", "What it says")]


class DifficultCase(Canonical):
    """A case to be talked about at a conference."""

    partner_id: Annotated[PartnerId, said("案件编号", "The sender's id of the case")]
    problem: Annotated[LongText, said("疑难问题", "What is difficult", personal="text")]


class ConferenceRequestData(MayNameACase):
    """A liaison asks for an extra joint conference about difficult cases (JZ 20; YL 二(四)一)."""

    reason: Annotated[LongText, said("申请理由", "Why a conference is needed", personal="text")]
    cases: Annotated[tuple[DifficultCase, ...], said("疑难案件", "Difficult cases")] = ()
    participants: Annotated[Recipients, said("建议参会单位", "Directory ids of who should come")] = ()
    proposed_at: Annotated[Moment | None, said("建议时间", "Proposed time")] = None
    contact: Annotated[Contact | None, said("联系人", "Whom to call")] = None


class ConferenceRequest(Envelope):
    """M-36 联席会议临时申请."""

    type: Annotated[Literal["fengqiao.conference_request"], said("联席会议申请", "Request for a conference")] = (
        "fengqiao.conference_request"
    )
    data: Annotated[ConferenceRequestData, said("内容", "What it says")]
