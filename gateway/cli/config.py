"""``config``: check the configuration folder, show what it says, and make it the active one of a running gateway."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway import bootstrap, configuration
from gateway.assembling import examined, load_revision
from gateway.cli import findings, running
from gateway.cli.findings import Found
from gateway.cli.hands import answers
from gateway.cli.options import AsJson
from gateway.cli.reading import exists, reading
from gateway.cli.shell import stop
from gateway.cli.terminal import Terminal, of
from gateway.configuration.folder import read_folder, together, translations
from gateway.errors import ConfigurationFault, GatewayError
from gateway.mapping import check_set
from gateway.settings import Settings
from gateway.store import revisions

Folder = Annotated[Path | None, typer.Argument(help="cli.argument.folder", metavar="FOLDER")]


def commands() -> typer.Typer:
    """Return the group of commands."""
    app = typer.Typer(help="cli.help.config", no_args_is_help=True, rich_markup_mode="rich")
    app.command("check", help="cli.help.config_check")(check)
    app.command("show", help="cli.help.config_show")(show)
    app.command("reload", help="cli.help.config_reload")(reload)
    return app


def check(context: typer.Context, folder: Folder = None, as_json: AsJson = False) -> None:
    """Say everything that is wrong or doubtful in a configuration folder."""
    terminal = of(context)
    place = existing(terminal, folder or terminal.settings().config_folder)
    found, revision = examine(place)
    if as_json:
        terminal.json(findings.as_document(found, folder=str(place), revision=revision.id if revision else None))
    else:
        findings.show(terminal, found)
        if revision:
            terminal.say("cli.config.revision", revision=revision.id, partners=len(revision.partners))
    stop(findings.exit_code(found))


def show(context: typer.Context, as_json: AsJson = False) -> None:
    """Show the configuration as the folder has it, and which revision is active."""
    terminal = of(context)
    settings = terminal.settings()
    revision = configuration.load(settings.config_folder, configuration.shipped_files())
    shown = {**_shown(settings, revision), "active": _active(settings)}
    if as_json:
        terminal.json(shown)
        return
    head = {name: shown[name] for name in ("folder", "revision", "active")}
    counts = {name: len(shown[name]) for name in ("partners", "organisations", "copies")}
    mappings = {"mappings": len(revision.mappings.mappings), "tables": len(revision.mappings.tables)}
    terminal.print(terminal.facts({**head, **counts, **mappings}))
    if shown["files"]:
        terminal.print()
        terminal.print(terminal.table(("file", "size"), shown["files"].items()))
    if shown["active"] not in (None, shown["revision"]):
        terminal.say("cli.config.differs")


def reload(context: typer.Context, as_json: AsJson = False) -> None:
    """Make the folder the active revision of the serving process; where nobody serves, only check it."""
    terminal = of(context)
    settings = terminal.settings()
    revision, active = asyncio.run(_reloaded(settings))
    if as_json:
        terminal.json({"revision": revision, "active": active})
    else:
        terminal.say("cli.config.reloaded" if active else "cli.config.at_next_start", revision=revision)


def existing(terminal: Terminal, folder: Path) -> Path:
    """Return a folder that exists, or refuse the command's argument."""
    if not folder.is_dir():
        raise typer.BadParameter(terminal.text("cli.no_folder", folder=folder))
    return folder


def examine(folder: Path) -> tuple[list[Found], configuration.Revision | None]:
    """Return what is wrong or doubtful in a folder, and its revision where it has the form of one."""
    try:
        files = together(read_folder(folder), configuration.shipped_files())
    except ConfigurationFault as fault:
        return [findings.of_error(fault)], None
    faults = [*configuration.faults(files), *check_set(translations(files))]
    if faults:
        return findings.of_faults(faults), None
    revision = configuration.from_files(files)
    checked = examined(revision, bootstrap.shipped_adapters(), folder)
    return [findings.of_check(finding) for finding in checked], revision


async def _reloaded(settings: Settings) -> tuple[str, bool]:
    serving = running.announced(settings)
    if serving is not None and await answers(serving):
        async with running.administration(settings, serving) as administration:
            return str((await administration.post("/admin/reload"))["revision"]), True
    revision = await asyncio.to_thread(load_revision, settings, bootstrap.shipped_adapters())
    return revision.id, False


def _shown(settings: Settings, revision: configuration.Revision) -> dict[str, Any]:
    shipped = configuration.shipped_files()
    own = {path: len(text.encode()) for path, text in revision.files.items() if path not in shipped}
    return {
        "folder": str(settings.config_folder.absolute()),
        "revision": revision.id,
        "files": own,
        "shipped_files": len(shipped),
        "partners": [row.model_dump(mode="json", exclude_none=True) for row in revision.partners.values()],
        "organisations": [row.model_dump(mode="json", exclude_none=True) for row in _organisations(revision)],
        "profiles": {name: profile.to_dict() for name, profile in revision.profiles.named.items()},
        "copies": [
            {"types": sorted(copy.types), "when_sender_partner": copy.when_sender_partner, "to": copy.to}
            for copy in revision.routes.copies
        ],
    }


def _organisations(revision: configuration.Revision) -> list[configuration.OrganisationRow]:
    return list(revision.directory.organisations.values())


def _active(settings: Settings) -> str | None:
    if not exists(settings):
        return None
    try:
        with reading(settings) as connection:
            return revisions.active(connection)
    except GatewayError:
        return None  # the store has its own commands; this one is about the folder
