"""What the bodies of messages have in common: the case they speak of, remarks, documents, and whom they answer."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gateway.canonical.base import Canonical, LongText, MessageId, Moment, PartnerId, Phone, ShortText, said
from gateway.canonical.cases import CaseIdentity
from gateway.canonical.documents import Documents
from gateway.canonical.parties import Party

ConsentMethod = Literal["written", "oral", "online", "phone"]
Urgency = Literal["normal", "urgent", "immediate"]
Parties = Annotated[tuple[Party, ...], Field(min_length=1, max_length=500)]
Recipients = Annotated[tuple[PartnerId, ...], Field(max_length=100)]


class Consent(Canonical):
    """One party's answer to the question whether it agrees."""

    party: Annotated[ShortText, said("当事人", "Name of the party that was asked", personal="name")]
    given: Annotated[bool, said("是否同意", "Whether it agreed")]
    at: Annotated[Moment, said("征询时间", "When it answered")]
    method: Annotated[ConsentMethod, said("征询方式", "How it answered")] = "written"
    evidence: Annotated[PartnerId | None, said("凭证编号", "Partner's id of the document that shows it")] = None


Consents = Annotated[tuple[Consent, ...], Field(max_length=500)]


class Contact(Canonical):
    """Somebody to call about this message."""

    name: Annotated[ShortText, said("联系人", "Name", personal="name")]
    phones: Annotated[tuple[Phone, ...], said("联系电话", "Phone numbers", personal="phone")] = ()


class AboutACase(Canonical):
    """A body that speaks of one case."""

    case: Annotated[CaseIdentity, said("案件", "The case")]
    note: Annotated[LongText | None, said("备注", "Remarks", personal="text")] = None
    documents: Annotated[Documents, said("材料", "Documents")] = ()


class MayNameACase(Canonical):
    """A body that may speak of a case, and need not."""

    case: Annotated[CaseIdentity | None, said("案件", "The case, where it speaks of one")] = None
    note: Annotated[LongText | None, said("备注", "Remarks", personal="text")] = None
    documents: Annotated[Documents, said("材料", "Documents")] = ()


class Answering(MayNameACase):
    """A body that answers a message; the answer goes to whoever asked."""

    answers: Annotated[
        MessageId | None, said("答复的消息编号", "The gateway's id of the message that this answers")
    ] = None


class Circular(MayNameACase):
    """A body meant for several organisations at once."""

    recipients: Annotated[
        Recipients,
        said("通报对象", "Directory ids of everybody it is meant for; empty: the bodies of the sender's area"),
    ] = ()


__all__ = [
    "AboutACase",
    "Answering",
    "Circular",
    "Consent",
    "ConsentMethod",
    "Consents",
    "Contact",
    "MayNameACase",
    "Parties",
    "Recipients",
    "Urgency",
]
