"""The directory: which organisation a partner's code means, which partner reaches an organisation, what a division is.

partner's code ──organisation──► id ──code──► the same organisation's code at another partner
 today's or a former one          ├─heir─────────► the organisation that it was merged into
                                  ├─partner_of──► the partner that reaches it
                                  └─mediators───► who may mediate for it
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from types import MappingProxyType

from gateway.canonical import identifiers
from gateway.canonical.identifiers.folding import compact
from gateway.canonical.organisations import OrganisationKind
from gateway.configuration.directory_rows import OrganisationRow, PersonRow, PlaceRow

_NOBODY = "\x00"  # on a roster whose people all left: a list that nobody is on still is one
_MEDIATES = frozenset({"mediator", "invited_mediator"})
_LENGTHS = (2, 4, 6, 9)  # province, city, county, township; a village has all twelve digits


class Directory:
    """Answer look-ups in one revision's organisations; immutable."""

    __slots__ = ("_by_code", "_divisions", "_mediators", "_organisations", "_partners", "_people", "merged")

    def __init__(
        self,
        organisations: Iterable[OrganisationRow] = (),
        *,
        people: Iterable[PersonRow] = (),
        partners: Iterable[str] = (),
        divisions: Mapping[str, str] | None = None,
    ) -> None:
        self._organisations = MappingProxyType({row.id: row for row in organisations})
        self._by_code = MappingProxyType(_by_code(self._organisations.values()))
        self._mediators = {
            row.id: frozenset(map(compact, row.mediators)) - {""} for row in self._organisations.values()
        }
        self._partners = frozenset(partners)
        self._people = MappingProxyType({row.id: row for row in people})
        self.merged = any(row.successor for row in self._organisations.values())
        self._divisions = MappingProxyType(dict(divisions or {}))

    @property
    def organisations(self) -> Mapping[str, OrganisationRow]:
        """Return every organisation by its id."""
        return self._organisations

    @property
    def people(self) -> Mapping[str, PersonRow]:
        """Return everybody by id."""
        return self._people

    def by_id(self, organisation_id: str) -> OrganisationRow | None:
        """Return an organisation, or None when the directory does not have it."""
        return self._organisations.get(organisation_id)

    def organisation(self, partner: str, code: str) -> str | None:
        """Return the id of the organisation that ``partner`` calls ``code``; None when unknown or ambiguous.

        A former code means what it meant, unless another organisation has it now.
        """
        return self._by_code.get((partner, code))

    def code(self, partner: str, organisation_id: str) -> str | None:
        """Return what ``partner`` calls an organisation, or the one that it was merged into; None without a code."""
        for row in self._line(organisation_id):
            if codes := row.codes.get(partner):
                return codes[0]
        return None

    def partner_of(self, organisation_id: str) -> str | None:
        """Return the partner that reaches an organisation, or the one it was merged into; None when nobody does."""
        return next((row.partner for row in self._line(organisation_id) if row.partner), None)

    def heir(self, organisation_id: str, day: date) -> str:
        """Return the organisation that stands in an organisation's place on a day: itself until it is merged."""
        heir = organisation_id
        for row in self._line(organisation_id):
            heir = row.id
            if row.until is None or day <= row.until:
                break
        return heir

    def places_in(self, organisation_id: str, day: date | None = None) -> Iterator[tuple[PersonRow, PlaceRow]]:
        """Yield who has a place in an organisation, on a day or ever."""
        for person in self._people.values():
            for place in person.places:
                if place.organisation == organisation_id and (day is None or (person.active and place.holds_on(day))):
                    yield person, place

    def bodies_near(self, organisation_id: str, kinds: frozenset[OrganisationKind]) -> tuple[str, ...]:
        """Return the connected organisations of these kinds in whose area an organisation lies: the narrowest each."""
        area = _stem(self._organisations.get(organisation_id))
        nearest: dict[OrganisationKind, tuple[int, str]] = {}
        for row in self._organisations.values():
            stem = _stem(row)
            if row.kind not in kinds or not row.active or not row.partner or not stem or not area.startswith(stem):
                continue
            if row.kind not in nearest or len(stem) > nearest[row.kind][0]:
                nearest[row.kind] = (len(stem), row.id)
        return tuple(name for _, name in nearest.values())

    def mediators(self, organisation_id: str, day: date | None = None) -> frozenset[str]:
        """Return the ids and names on an organisation's roster, folded and without spaces; empty when it keeps none.

        They are those of its row, and the people who mediate there; on a day, where one is given.
        """
        listed = self._mediators.get(organisation_id, frozenset())
        if not self._people or not any(map(_mediates, self.places_in(organisation_id))):
            return listed
        there = [each for each in self.places_in(organisation_id, day) if _mediates(each)]
        named = {compact(said) for person, _ in there for said in (person.id, person.name)}
        return listed | named | {_NOBODY}

    def has_partner(self, partner: str) -> bool:
        """Say whether a partner of this name is configured."""
        return partner in self._partners

    def division_name(self, code: str) -> str | None:
        """Return a division's own name: the administrator's table first, then GB/T 2260; None when neither has it."""
        return identifiers.division_name(code, self._divisions)

    def _line(self, organisation_id: str) -> Iterator[OrganisationRow]:
        """Yield an organisation and those that came after it, each once."""
        seen: set[str] = set()
        row = self._organisations.get(organisation_id)
        while row is not None and row.id not in seen:
            seen.add(row.id)
            yield row
            row = self._organisations.get(row.successor) if row.successor else None

    def __repr__(self) -> str:
        return f"<Directory of {len(self._organisations)} organisations>"


def _stem(row: OrganisationRow | None) -> str:
    """Return the significant digits of an organisation's division: what every division below it begins with."""
    division = row.division if row and row.division else ""
    for length in _LENGTHS:
        if len(division) > length and not division[length:].strip("0"):
            return division[:length]
    return division


def _mediates(each: tuple[PersonRow, PlaceRow]) -> bool:
    person, place = each
    return place.role == "mediator" or (place.role == "member" and person.category in _MEDIATES)


def _by_code(organisations: Iterable[OrganisationRow]) -> dict[tuple[str, str], str | None]:
    rows = list(organisations)
    now = _meaning((partner, code, row.id) for row in rows for partner, code in _said(row.codes))
    before = _meaning(
        (partner, code, row.id) for row in rows for each in row.former for partner, code in _said(each.codes)
    )
    return {**before, **now}


def _said(codes: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, str]]:
    return ((partner, code) for partner, several in codes.items() for code in several)


def _meaning(said: Iterable[tuple[str, str, str]]) -> dict[tuple[str, str], str | None]:
    found: dict[tuple[str, str], str | None] = {}
    for partner, code, organisation in said:
        # Two organisations under one code: better held until somebody says which than sent to the wrong one.
        same = found.get((partner, code), organisation) == organisation
        found[partner, code] = organisation if same else None
    return found
