"""The configuration: one folder of files, read as one immutable revision that every message records.

load(folder, shipped_files()) ─► Revision ─► check(revision, adapters) ─► findings for the administrator
                                    └─► pack ─► store ─► unpack
"""

from gateway.configuration.check import Finding, check
from gateway.configuration.directory import Directory
from gateway.configuration.directory_rows import OrganisationRow, PersonRow
from gateway.configuration.files import (
    CanonicalDoor,
    FerryRow,
    PartnerRow,
    QuotaRow,
    SftpServerRow,
    Timeouts,
    Title,
)
from gateway.configuration.folder import shipped_files
from gateway.configuration.profiles import Profiles
from gateway.configuration.revision import Revision, faults, from_files, load, pack, revision_id, unpack
from gateway.configuration.secrets import resolve, secrets_of

__all__ = [
    "CanonicalDoor",
    "Directory",
    "FerryRow",
    "Finding",
    "OrganisationRow",
    "PartnerRow",
    "PersonRow",
    "Profiles",
    "QuotaRow",
    "Revision",
    "SftpServerRow",
    "Timeouts",
    "Title",
    "check",
    "faults",
    "from_files",
    "load",
    "pack",
    "resolve",
    "revision_id",
    "secrets_of",
    "shipped_files",
    "unpack",
]
