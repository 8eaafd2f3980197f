"""Who stands in the directory: organisations with what they were called before, and people with their places.

organisations.yaml   OrganisationsFile   written by hand
directory.yaml       DirectoryFile       written by ``fengqiao directory import``
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Annotated, Self

from pydantic import AfterValidator, Field, PlainSerializer, model_validator
from pydantic_core import PydanticCustomError

from gateway.canonical.dispute import DisputeType
from gateway.canonical.messages.referral_data import Variant
from gateway.canonical.organisations import Level, OrganisationKind, PersonCategory, RosterRole
from gateway.configuration.written import Codes, CreditCode, Day, Division, Phones, Text, Texts, Written, frozen, none


class FormerRow(Written):
    """What an organisation was called until its last day of that name, by people and by partners."""

    until: Day
    since: Day | None = None
    name: Text | None = None
    codes: Annotated[Mapping[str, Codes], AfterValidator(frozen), PlainSerializer(dict), Field(default_factory=none)]


class Handles(Written):
    """What an organisation takes: empty, every type of dispute, and every kind of referral that its own kind takes."""

    disputes: tuple[DisputeType, ...] = ()
    variants: tuple[Variant, ...] = ()


class OrganisationRow(Written):
    """One organisation of the directory and its place in the roster: who it is, who reaches it, what it may be given.

    A partner may know it by several codes (a renamed centre); the first one is written, every one is read. ``since``
    and ``until`` are its first and last day. ``mediators`` are ids or names as its partner writes them; empty: anybody.
    ``former``: what it was called before. ``successor``: into which it was merged after its last day.
    """

    id: Text
    name: Text
    kind: OrganisationKind
    level: Level | None = None
    division: Division | None = None
    partner: Text | None = None
    codes: Annotated[Mapping[str, Codes], AfterValidator(frozen), PlainSerializer(dict), Field(default_factory=none)]
    credit_code: CreditCode | None = None
    active: bool = True
    since: Day | None = None
    until: Day | None = None
    handles: Handles = Handles()
    mediators: tuple[Text, ...] = ()
    former: tuple[FormerRow, ...] = ()
    successor: Text | None = None

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.since and self.until and self.until < self.since:
            raise PydanticCustomError("configuration.until_before_since", "its last day lies before its first day")
        return self

    @model_validator(mode="after")
    def _ends_where_another_follows(self) -> Self:
        if self.successor is not None and self.until is None:
            raise PydanticCustomError("configuration.successor_without_until", "say the last day before its merger")
        return self

    def name_on(self, day: date) -> str:
        """Return what the organisation was called on a day."""
        return next((each.name for each in _formers(self.former, day) if each.name), self.name)

    def codes_on(self, day: date) -> Mapping[str, tuple[str, ...]]:
        """Return what each partner called the organisation on a day."""
        found = dict(self.codes)
        for each in reversed(list(_formers(self.former, day))):
            found.update(each.codes)
        return found

    def active_on(self, day: date) -> bool:
        """Say whether the organisation is in the roster on a day; the first and the last day count."""
        return self.active and (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


class PlaceRow(Written):
    """What somebody is in one organisation, from when until when."""

    organisation: Text
    role: RosterRole = "member"
    since: Day | None = None
    until: Day | None = None

    def holds_on(self, day: date) -> bool:
        """Say whether the place is held on a day; the first and the last day count."""
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


class PersonRow(Written):
    """Somebody who handles disputes, or a service point: telephones are those of the office, identity numbers none."""

    id: Text
    name: Text
    category: PersonCategory
    title: Text | None = None
    phones: Phones = ()
    grids: Texts = ()
    places: tuple[PlaceRow, ...] = ()
    active: bool = True


class OrganisationsFile(Written):
    """``organisations.yaml``."""

    organisations: tuple[OrganisationRow, ...] = ()


class DirectoryFile(Written):
    """``directory.yaml``."""

    organisations: tuple[OrganisationRow, ...] = ()
    people: tuple[PersonRow, ...] = ()


def _formers(former: Iterable[FormerRow], day: date) -> Iterator[FormerRow]:
    """Return what held on a day, the earliest end first."""
    for each in sorted(former, key=lambda each: each.until):
        if day <= each.until and (each.since is None or each.since <= day):
            yield each
