"""The whole configuration as one immutable value, named by the digest of what it was made from.

folder ─┐
        ├─► texts by path ─► id = sha256 of them ─► partners, directory, routes, profiles, …: one Revision
shipped ┘         └──────────► pack ─► store ─► unpack: the same id, so the same revision
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from gateway.configuration.calendar import CalendarFile, calendar_of
from gateway.configuration.directory import Directory
from gateway.configuration.directory_rows import DirectoryFile, OrganisationRow, OrganisationsFile
from gateway.configuration.files import DivisionsFile, PartnerRow, RoutesFile
from gateway.configuration.folder import SHIPPED_PROFILES, check_path, normalised, read_folder, together, translations
from gateway.configuration.form import Model, read_as
from gateway.configuration.profile_rows import ProfilesFile
from gateway.configuration.profiles import Profiles, profiles_of
from gateway.errors import ConfigurationFault
from gateway.lifecycle.calendar import WorkingCalendar
from gateway.mapping import MappingSet, check_set, compile_set
from gateway.routing import Copy, Routes
from gateway.wire.yaml_marks import Marked


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One configuration. Two revisions are equal when their ids are; ``files`` are the normalised texts by path."""

    id: str  # "sha256:…"
    files: Mapping[str, str] = field(repr=False, compare=False)
    partners: Mapping[str, PartnerRow] = field(repr=False, compare=False)
    directory: Directory = field(repr=False, compare=False)
    imported: frozenset[str] = field(repr=False, compare=False)  # organisations that stand in directory.yaml
    routes: Routes = field(repr=False, compare=False)
    mappings: MappingSet = field(repr=False, compare=False)
    divisions: Mapping[str, str] = field(repr=False, compare=False)
    profiles: Profiles = field(repr=False, compare=False)
    calendar: WorkingCalendar = field(repr=False, compare=False)


def load(folder: Path | None, shipped: Mapping[str, str]) -> Revision:
    """Read a configuration folder (None, missing or empty: a valid empty one) over the shipped mappings.

    Raises ConfigurationFault for the first thing that is wrong; ``faults`` returns all of them.
    """
    return from_files(together(read_folder(folder), shipped))


def from_files(files: Mapping[str, str]) -> Revision:
    """Build a revision from texts by path. Raises ConfigurationFault for the first thing that is wrong."""
    texts = {path: normalised(text) for path, text in sorted(files.items())}
    read = _Read(texts)
    if read.faults:
        raise read.faults[0]
    organisations = read.rows
    divisions = read.divisions.divisions
    return Revision(
        id=revision_id(texts),
        files=MappingProxyType(texts),
        partners=MappingProxyType(read.partners),
        directory=Directory(organisations, people=read.directory.people, partners=read.partners, divisions=divisions),
        imported=frozenset(row.id for row in read.directory.organisations),
        routes=_routes(read.routes),
        mappings=compile_set(read.translations),
        divisions=divisions,
        profiles=profiles_of(read.profiles, read.shipped_profiles),
        calendar=calendar_of(read.calendar),
    )


def faults(files: Mapping[str, str]) -> list[ConfigurationFault]:
    """Return everything that is wrong with the form of these files, mappings last."""
    read = _Read({path: normalised(text) for path, text in sorted(files.items())})
    return [*read.faults, *check_set(read.translations)]


def revision_id(files: Mapping[str, str]) -> str:
    """Return the name of a configuration: the SHA-256 over its sorted paths and normalised texts, and nothing else."""
    canonical = json.dumps(sorted(files.items()), ensure_ascii=False, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(canonical.encode('utf-8')).hexdigest()}"


def pack(revision: Revision) -> bytes:
    """Return a revision's files as bytes for the store."""
    return zlib.compress(json.dumps(dict(revision.files), ensure_ascii=False).encode("utf-8"), level=9)


def unpack(packed: bytes) -> Revision:
    """Rebuild a stored revision. Raises ConfigurationFault when the bytes are damaged."""
    try:
        files = json.loads(zlib.decompress(packed))
    except (zlib.error, ValueError):
        files = None
    if not isinstance(files, dict) or not all(isinstance(text, str) for text in files.values()):
        why = "the stored revision is damaged"
        raise ConfigurationFault("configuration.damaged", file=None, line=None, field=None, why=why)
    return from_files(files)


class _Read:
    """Every file read as what its path says it is, and all faults found on the way."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.faults: list[ConfigurationFault] = []
        self.partners: dict[str, PartnerRow] = {}
        self.organisations, marked = self._one(OrganisationsFile, "organisations.yaml", files)
        self._refuse_the_same_id_twice(marked)
        self.directory, marked = self._one(DirectoryFile, "directory.yaml", files)
        self._refuse_what_is_written_by_hand(marked)
        self.routes, _ = self._one(RoutesFile, "routes.yaml", files)
        self.divisions, _ = self._one(DivisionsFile, "divisions.yaml", files)
        self.profiles, _ = self._one(ProfilesFile, "profiles.yaml", files)
        self.shipped_profiles, _ = self._one(ProfilesFile, SHIPPED_PROFILES, files)
        self.calendar, _ = self._one(CalendarFile, "calendar.yaml", files)
        self.translations = translations(files)
        for path, text in files.items():
            self._path(path)
            if path.startswith("partners/"):
                self._partner(path, text)

    def _one(self, model: type[Model], path: str, files: Mapping[str, str]) -> tuple[Model, Marked | None]:
        found, marked, faults = read_as(model, files.get(path, ""), file=path)
        self.faults += faults
        return found or model(), marked

    def _path(self, path: str) -> None:
        try:
            check_path(path)
        except ConfigurationFault as fault:
            self.faults.append(fault)

    def _partner(self, path: str, text: str) -> None:
        row, marked, faults = read_as(PartnerRow, text, file=path)
        self.faults += faults
        name = PurePosixPath(path).stem
        if row and marked and row.partner != name:
            why = f"the file's name says {name}"
            self.faults.append(marked.fault(["partner"], why, "configuration.other_name", name=name))
        if row:
            self.partners[row.partner] = row

    @property
    def rows(self) -> tuple[OrganisationRow, ...]:
        """Return the organisations of both files."""
        return self.organisations.organisations + self.directory.organisations

    def _refuse_what_is_written_by_hand(self, marked: Marked | None) -> None:
        named = {
            "organisations": [row.id for row in self.rows],
            "people": [row.id for row in self.directory.people],
        }
        for name, ids in named.items():
            by_hand = len(ids) - len(getattr(self.directory, name))
            for number, said in enumerate(ids[by_hand:]):
                if marked and said in ids[: by_hand + number]:
                    why = "it stands twice, here or in organisations.yaml"
                    self.faults.append(marked.fault((name, number, "id"), why, "configuration.directory_twice"))

    def _refuse_the_same_id_twice(self, marked: Marked | None) -> None:
        first: dict[str, int] = {}
        for number, row in enumerate(self.organisations.organisations):
            if marked and row.id in first:
                line = marked.line(("organisations", first[row.id]))
                why = f"the organisation stands twice, first in line {line}"
                place = ("organisations", number, "id")
                self.faults.append(marked.fault(place, why, "configuration.organisation_twice", first=line))
            first.setdefault(row.id, number)


def _routes(file: RoutesFile) -> Routes:
    return Routes(
        copies=tuple(
            Copy(types=frozenset(row.types), when_sender_partner=row.when_sender_partner, to=row.to)
            for row in file.copies
        )
    )
