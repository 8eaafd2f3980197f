"""The registry family: organisations and people as the partners know them (REG-01, REG-02)."""

from __future__ import annotations

from typing import Annotated, Literal

from gateway.canonical.base import Canonical, said
from gateway.canonical.messages.envelope import Envelope, Sensitivity
from gateway.canonical.organisations import Organisation, Person, RosterEntry


class OrganisationData(Canonical):
    """An organisation as it is now."""

    organisation: Annotated[Organisation, said("机构", "The organisation")]


class PersonData(Canonical):
    """A person as they are now, and their places in the roster."""

    person: Annotated[Person, said("人员", "The person")]
    roster: Annotated[tuple[RosterEntry, ...], said("名册", "Places in the roster")] = ()


class OrganisationUpsert(Envelope):
    """REG-02 机构信息: a unit was added or changed."""

    type: Annotated[Literal["fengqiao.organisation"], said("机构信息", "Organisation")] = "fengqiao.organisation"
    sensitivity: Annotated[Sensitivity, said("敏感级别", "How its contents are to be protected")] = "internal"
    data: Annotated[OrganisationData, said("内容", "What it says")]


class PersonUpsert(Envelope):
    """REG-01 人员信息: a mediator, liaison or other person was added or changed."""

    type: Annotated[Literal["fengqiao.person"], said("人员信息", "Person")] = "fengqiao.person"
    data: Annotated[PersonData, said("内容", "What it says")]
