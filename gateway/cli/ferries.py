"""Can a ferry's folders be used? They are looked at, on this machine or on their server; nothing is put there."""

from __future__ import annotations

import os
from pathlib import Path

from gateway.assembling import folders_of
from gateway.cli import findings
from gateway.cli.findings import Found
from gateway.configuration import FerryRow, PartnerRow, secrets_of
from gateway.errors import GatewayError
from gateway.settings import Settings
from gateway.transports.ferry import Folder, LocalFolder


async def folders_found(settings: Settings, row: PartnerRow, ferry: FerryRow) -> list[Found]:
    """Say of both folders of a ferry whether they are there and can be read."""
    try:
        incoming, outgoing = folders_of(row, ferry, secrets_of(row, base=settings.config_folder))
    except GatewayError as error:
        return [findings.of_error(error)]
    try:
        places = ((ferry.incoming, incoming), (ferry.outgoing, outgoing))
        return [await _looked_at(row.partner, path, folder) for path, folder in places]
    finally:
        await incoming.aclose()
        await outgoing.aclose()


async def _looked_at(partner: str, path: str, folder: Folder) -> Found:
    if isinstance(folder, LocalFolder) and not _is_usable(folder.path):  # never made here, by whoever happens to look
        return findings.warning("cli.partners.no_folder", partner=partner, folder=path)
    try:
        names = await folder.names()
    except GatewayError as error:
        why = findings.of_error(error)
        return findings.error("cli.partners.not_reached", partner=partner, why_zh=why.text("zh"), why_en=why.text("en"))
    return findings.ok("cli.partners.folder", partner=partner, folder=path, count=len(names))


def _is_usable(path: Path) -> bool:
    return path.is_dir() and os.access(path, os.R_OK | os.W_OK | os.X_OK)
