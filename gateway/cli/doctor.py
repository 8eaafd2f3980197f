"""``doctor``: look at everything a gateway needs, and say what is wrong, how bad it is, and who must act."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Annotated

import typer

from gateway import configuration
from gateway.cli import examination, findings
from gateway.cli.findings import Found
from gateway.cli.options import AsJson
from gateway.cli.partners import reached
from gateway.cli.probing import probe
from gateway.cli.shell import stop
from gateway.cli.terminal import of
from gateway.configuration import PartnerRow
from gateway.errors import ConfigurationFault
from gateway.settings import Settings


def doctor(
    context: typer.Context,
    network: Annotated[bool, typer.Option("--network", help="cli.option.network")] = False,
    as_json: AsJson = False,
) -> None:
    """Examine this installation."""
    terminal = of(context)
    with terminal.busy("cli.doctor.busy"):
        found = list(_examined(terminal.settings(), network=network))
    if as_json:
        terminal.json(findings.as_document(found))
    else:
        findings.show(terminal, found)
    stop(findings.exit_code(found))


def _examined(settings: Settings, *, network: bool) -> Iterator[Found]:
    yield from examination.program()
    yield from examination.folders(settings)
    yield from examination.store(settings)
    yield from examination.server(settings)
    yield from examination.folder_of_configuration(settings)
    if network:
        yield from asyncio.run(_reached(settings, _with_address(settings)))


def _with_address(settings: Settings) -> list[PartnerRow]:
    try:
        revision = configuration.load(settings.config_folder, configuration.shipped_files())
    except ConfigurationFault:
        return []  # said already, with everything else that is wrong in the folder
    return [row for row in revision.partners.values() if row.base_url is not None]


async def _reached(settings: Settings, rows: list[PartnerRow]) -> list[Found]:
    probed = await asyncio.gather(*[probe(row) for row in rows])
    return [finding for row, each in zip(rows, probed, strict=True) for finding in reached(settings, row, each)]
