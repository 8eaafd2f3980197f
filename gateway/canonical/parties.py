"""Who is in dispute, and who speaks for them."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from gateway.canonical import identifiers
from gateway.canonical.base import (
    Canonical,
    CreditCode,
    Day,
    DivisionCode,
    Inconsistent,
    LongText,
    Phone,
    ShortText,
    said,
)

DocumentType = Literal["111", "112", "113", "114", "123", "335", "414", "511", "516", "553", "554", "990"]
PartyKind = Literal["natural_person", "legal_person", "unincorporated"]
PartyRole = Literal["applicant", "respondent", "plaintiff", "defendant", "third_party"]
Sex = Literal["0", "1", "2", "9"]
AgentKind = Literal["lawyer", "legal_worker", "staff", "close_relative", "citizen"]
Ethnicity = Annotated[str, Field(pattern=r"^(0[1-9]|[1-4]\d|5[0-6]|97|98)$")]
Powers = Literal["general", "special"]


class IdentityDocument(Canonical):
    """A person's identity document; a resident identity number is checked in full (GB 11643-1999)."""

    type: Annotated[DocumentType, said("证件类型", "Document type, GA/T 517")]
    number: Annotated[ShortText, said("证件号码", "Number on the document", personal="number")]

    @model_validator(mode="before")
    @classmethod
    def _check_number(cls, values: object) -> object:
        if isinstance(values, dict) and isinstance(values.get("number"), str) and isinstance(values.get("type"), str):
            return {**values, "number": identifiers.document_number(values["type"], values["number"])}
        return values


class Address(Canonical):
    """A place as written, with its division code where it is known."""

    text: Annotated[ShortText, said("详细地址", "Address as written", personal="address")]
    division: Annotated[DivisionCode | None, said("行政区划代码", "Division code, 6, 9 or 12 digits")] = None


class Representative(Canonical):
    """The legal representative or person in charge of an organisation."""

    name: Annotated[ShortText, said("法定代表人姓名", "Name of the legal representative", personal="name")]
    title: Annotated[ShortText | None, said("职务", "Title")] = None
    phones: Annotated[tuple[Phone, ...], said("联系电话", "Phone numbers", personal="phone")] = ()


class Agent(Canonical):
    """Somebody who acts for a party."""

    name: Annotated[ShortText, said("代理人姓名", "Name of the agent", personal="name")]
    kind: Annotated[AgentKind, said("代理人类型", "Kind of agent")]
    powers: Annotated[Powers, said("代理权限", "General or special powers")] = "general"
    document: Annotated[IdentityDocument | None, said("证件", "Identity document")] = None
    phones: Annotated[tuple[Phone, ...], said("联系电话", "Phone numbers", personal="phone")] = ()
    workplace: Annotated[ShortText | None, said("工作单位", "Law firm or workplace")] = None


class Party(Canonical):
    """One party to a dispute: a natural person, a legal person or an unincorporated organisation."""

    role: Annotated[PartyRole, said("诉讼地位", "Role in the dispute")]
    kind: Annotated[PartyKind, said("当事人类型", "Natural person, legal person or unincorporated organisation")]
    name: Annotated[ShortText, said("姓名或名称", "Name", personal="name")]
    partner_id: Annotated[ShortText | None, said("对方当事人编号", "The partner's own id of this party")] = None
    document: Annotated[IdentityDocument | None, said("证件", "Identity document of a natural person")] = None
    credit_code: Annotated[CreditCode | None, said("统一社会信用代码", "Unified social credit code")] = None
    representative: Annotated[Representative | None, said("法定代表人", "Legal representative")] = None
    sex: Annotated[Sex | None, said("性别", "Sex, GB/T 2261.1: 0 unknown, 1 male, 2 female, 9 not stated")] = None
    birth_date: Annotated[Day | None, said("出生日期", "Date of birth", personal="text")] = None
    ethnicity: Annotated[Ethnicity | None, said("民族", "Ethnic group, GB/T 3304 digits")] = None
    occupation: Annotated[ShortText | None, said("职业", "Occupation or workplace", personal="text")] = None
    phones: Annotated[tuple[Phone, ...], said("联系电话", "Phone numbers", personal="phone")] = ()
    domicile: Annotated[Address | None, said("住所地", "Domicile")] = None
    residence: Annotated[Address | None, said("经常居住地", "Habitual residence")] = None
    service_address: Annotated[
        ShortText | None, said("电子送达地址", "Electronic service address", personal="address")
    ] = None
    agents: Annotated[tuple[Agent, ...], said("代理人", "Agents")] = ()
    note: Annotated[LongText | None, said("备注", "Remarks", personal="text")] = None

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        if self.kind == "natural_person" and self.representative is not None:
            raise Inconsistent("canonical.person_with_representative")
        if self.kind != "natural_person" and (self.sex is not None or self.birth_date is not None):
            raise Inconsistent("canonical.organisation_with_sex")
        return self
