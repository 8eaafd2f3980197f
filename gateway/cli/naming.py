"""What people call organisations and partners: the names in the configuration folder, beside their ids."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.configuration.directory_rows import DirectoryFile, OrganisationsFile
from gateway.configuration.folder import read_folder
from gateway.configuration.form import read_as
from gateway.errors import ConfigurationFault
from gateway.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The names of organisations by id."""

    organisations: dict[str, str] = field(default_factory=dict)

    def organisation(self, organisation_id: str | None) -> str:
        """Return an organisation's name and id; the id alone where the folder has no name for it."""
        if not organisation_id:
            return ""
        name = self.organisations.get(organisation_id)
        return f"{name} ({organisation_id})" if name else organisation_id


def names(settings: Settings) -> Names:
    """Read the names; a configuration that is wrong costs the names and nothing else."""
    try:
        written = read_folder(settings.config_folder)
    except ConfigurationFault:
        return Names()
    by_hand, _, _ = read_as(OrganisationsFile, written.get("organisations.yaml", ""), file="organisations.yaml")
    imported, _, _ = read_as(DirectoryFile, written.get("directory.yaml", ""), file="directory.yaml")
    rows = [row for file in (imported, by_hand) if file for row in file.organisations]
    return Names(organisations={row.id: row.name for row in rows})
