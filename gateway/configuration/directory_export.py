"""The directory as tables: whole for administrators, or the public roster with masked telephones."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from gateway.canonical.identifiers import mask_phone
from gateway.configuration.directory import Directory
from gateway.configuration.directory_columns import ORGANISATION, PERSON, word
from gateway.configuration.directory_rows import OrganisationRow, PersonRow, PlaceRow
from gateway.wire.workbook import Cell, Table

_PUBLIC_UNIT = ("name", "kind", "level", "former_name")
_PUBLIC_PERSON = ("name", "category", "title", "phones", "organisation", "role", "grids")


def tables(directory: Directory, day: date, *, public: bool) -> tuple[Table, Table]:
    """Return the organisations and the people; of the public roster only those that are there on the day."""
    units = [_unit(row) for row in directory.organisations.values() if not public or row.active_on(day)]
    people = [
        _person(person, place, directory, public=public)
        for person in directory.people.values()
        for place in person.places
        if not public or (person.active and place.holds_on(day))
    ]
    unit_columns = _PUBLIC_UNIT if public else tuple(ORGANISATION)
    person_columns = _PUBLIC_PERSON if public else tuple(name for name in PERSON if name != "number")
    return (
        Table(name="机构", title=None, header=[ORGANISATION[name][0] for name in unit_columns],
              rows=[[row.get(name) for name in unit_columns] for row in units]),
        Table(name="人员", title=None, header=[PERSON[name][0] for name in person_columns],
              rows=[[row.get(name) for name in person_columns] for row in people]),
    )  # fmt: skip


def _unit(row: OrganisationRow) -> dict[str, Cell]:
    last = max((each for each in row.former if each.name), key=lambda each: each.until, default=None)
    return {
        "id": row.id,
        "name": row.name,
        "kind": word("kind", row.kind),
        "level": word("level", row.level),
        "credit_code": row.credit_code,
        "division": row.division,
        "since": row.since,
        "until": row.until,
        "former_name": last.name if last else None,
        "former_until": last.until if last else None,
        "successor": row.successor,
    }


def _person(person: PersonRow, place: PlaceRow, directory: Directory, *, public: bool) -> dict[str, Cell]:
    unit = directory.by_id(place.organisation)
    named = unit.name if unit and public else place.organisation
    return {
        "id": person.id,
        "name": person.name,
        "category": word("category", person.category),
        "title": person.title,
        "phones": "、".join(_shown(person.phones, public=public)) or None,
        "organisation": named,
        "role": word("role", place.role),
        "grids": "、".join(person.grids) or None,
        "since": place.since,
        "until": place.until,
    }


def _shown(phones: tuple[str, ...], *, public: bool) -> Iterator[str]:
    return (mask_phone(each) if public else each for each in phones)
