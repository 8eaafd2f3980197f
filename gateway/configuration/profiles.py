"""Which policy profile judges a case: chosen by the organisation that referred it.

organisation's own ──► else its division's, the narrowest first ──► else the default
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from gateway.configuration.directory import Directory
from gateway.configuration.profile_rows import ProfileRow, ProfilesFile
from gateway.lifecycle import NATIONAL, Profile

_LENGTHS = (12, 9, 6, 4, 2)  # village, township, county, city, province


@dataclass(frozen=True, slots=True, kw_only=True)
class Profiles:
    """The policies of one revision by name, and the choices among them; immutable.

    ``own`` are the names that the administrator's file describes.
    """

    named: Mapping[str, Profile]
    own: frozenset[str]
    default: str
    divisions: Mapping[str, str]
    organisations: Mapping[str, str]

    def of(self, organisation_id: str | None, directory: Directory) -> Profile:
        """Return the policy for the cases that an organisation refers; the default's for one that nobody knows."""
        chosen = self.organisations.get(organisation_id or "")
        row = directory.by_id(organisation_id) if organisation_id else None
        if chosen is None and row is not None and row.division:
            areas = (row.division[:length] for length in _LENGTHS)
            chosen = next((self.divisions[area] for area in areas if area in self.divisions), None)
        # A revision of before there were such checks may choose a name that nothing answers to.
        return self.named.get(chosen or self.default, NATIONAL)

    def chosen(self) -> Iterator[tuple[str, str]]:
        """Return every choice: where it stands in the file, and the name that it names."""
        yield "default", self.default
        yield from ((f"divisions: {area}", name) for area, name in self.divisions.items())
        yield from ((f"organisations: {organisation}", name) for organisation, name in self.organisations.items())


def profiles_of(own: ProfilesFile, shipped: ProfilesFile) -> Profiles:
    """Join the administrator's profiles with the shipped ones, which they may change."""
    named = {NATIONAL.name: NATIONAL}
    for file in (shipped, own):
        for name, row in file.profiles.items():
            named[name] = _changed(named.get(name) or replace(NATIONAL, name=name), row)
    return Profiles(
        named=MappingProxyType(named),
        own=frozenset(own.profiles),
        default=own.default,
        divisions=own.divisions,
        organisations=own.organisations,
    )


def _changed(profile: Profile, row: ProfileRow) -> Profile:
    return replace(profile, **row.changes())
