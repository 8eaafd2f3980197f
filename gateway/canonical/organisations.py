"""Who handles disputes: organisations, their people, and the roster that names who serves where."""

from __future__ import annotations

from typing import Annotated, Literal

from gateway.canonical.base import Canonical, CreditCode, Day, DivisionCode, PartnerId, Phone, ShortText, said

OrganisationKind = Literal[
    "court", "tribunal", "mediation_center", "township", "village", "peoples_mediation_committee",
    "industry_mediation", "police_station", "justice_office", "peace_office", "studio", "union",
    "womens_federation", "department", "other",
]  # fmt: skip
Level = Literal["village", "township", "county", "city", "province", "nation"]
Docking = Literal["system", "own_platform", "portal"]
PersonCategory = Literal[
    "mediator", "invited_mediator", "grid_worker", "township_cadre", "village_cadre", "judge", "dispatcher",
    "liaison", "police_officer", "other",
]  # fmt: skip
Status = Literal["active", "suspended", "removed"]
RosterRole = Literal["member", "liaison", "dispatcher", "mediator", "grid_judge", "service_point"]


class Organisation(Canonical):
    """One organisation; it keeps its id through renames and mergers."""

    id: Annotated[PartnerId, said("机构标识", "Id of the organisation in the directory")]
    name: Annotated[ShortText, said("机构名称", "Name")]
    kind: Annotated[OrganisationKind, said("机构类型", "Kind of organisation")]
    level: Annotated[Level | None, said("层级", "Administrative level")] = None
    credit_code: Annotated[CreditCode | None, said("统一社会信用代码", "Unified social credit code")] = None
    division: Annotated[DivisionCode | None, said("行政区划代码", "Division code of its area")] = None
    parent: Annotated[PartnerId | None, said("上级机构标识", "Id of the organisation above it")] = None
    tribunal: Annotated[PartnerId | None, said("对接的人民法庭", "Id of the tribunal it works with")] = None
    docking: Annotated[Docking | None, said("对接模式", "How it is connected")] = None
    former_names: Annotated[tuple[ShortText, ...], said("曾用名", "Names it had before")] = ()
    status: Annotated[Status, said("状态", "Active, suspended or removed")] = "active"
    valid_from: Annotated[Day | None, said("生效日期", "First day of this state")] = None


class Person(Canonical):
    """Somebody who handles disputes: a mediator, liaison, dispatcher, judge or grid worker."""

    id: Annotated[PartnerId, said("人员标识", "Id of the person")]
    name: Annotated[ShortText, said("姓名", "Name", personal="name")]
    category: Annotated[PersonCategory, said("人员类别", "Category")]
    employer: Annotated[PartnerId | None, said("工作单位", "Id of the organisation the person works for")] = None
    title: Annotated[ShortText | None, said("职务", "Title")] = None
    phones: Annotated[tuple[Phone, ...], said("联系方式", "Phone numbers", personal="phone")] = ()
    tribunal: Annotated[PartnerId | None, said("对接的人民法庭", "Id of the tribunal the person works with")] = None
    grids: Annotated[tuple[ShortText, ...], said("负责网格", "Grids the person is responsible for")] = ()
    status: Annotated[Status, said("状态", "Active, suspended or removed")] = "active"
    status_reason: Annotated[ShortText | None, said("状态变更原因", "Why the status changed")] = None


class RosterEntry(Canonical):
    """One line of the roster (名册): a person's place in an organisation."""

    organisation: Annotated[PartnerId, said("机构标识", "Id of the organisation")]
    person: Annotated[PartnerId, said("人员标识", "Id of the person")]
    role: Annotated[RosterRole, said("名册角色", "What the person is there")] = "member"
    since: Annotated[Day | None, said("起始日期", "First day")] = None
    until: Annotated[Day | None, said("终止日期", "Last day")] = None
