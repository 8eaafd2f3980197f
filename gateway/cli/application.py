"""The table of commands. Texts are codes of the catalogue, put into the user's language when a command runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from gateway import __version__
from gateway.cli import config, directory, documents, duplicates, ledger, mapping, partners, reconcile, ruling
from gateway.cli.backup import backup, restore
from gateway.cli.carrier import carrier
from gateway.cli.cases import cases
from gateway.cli.demo import demo
from gateway.cli.diagram import diagram
from gateway.cli.doctor import doctor
from gateway.cli.health import health
from gateway.cli.mend import replay, withdraw
from gateway.cli.migrate import migrate
from gateway.cli.retention import hold, prune
from gateway.cli.schema import schema
from gateway.cli.serve import serve
from gateway.cli.shell import Shell
from gateway.cli.simulate import simulate
from gateway.cli.terminal import of
from gateway.cli.trace import trace
from gateway.cli.up import up
from gateway.cli.waiting import deliveries, messages
from gateway.cli.worker import clock, worker
from gateway.texts import Language

RUN, LOOK, MEND, SET_UP = "cli.panel.run", "cli.panel.look", "cli.panel.mend", "cli.panel.set_up"


def application() -> typer.Typer:
    """Return the command ``fengqiao`` with everything below it."""
    app = typer.Typer(
        name="fengqiao", cls=Shell, help="cli.help", epilog="cli.exit_codes", no_args_is_help=True,
        add_completion=False, rich_markup_mode="rich", pretty_exceptions_enable=False,
    )  # fmt: skip
    app.callback()(root)
    app.command("serve", help="cli.help.serve", rich_help_panel=RUN)(serve)
    app.command("worker", help="cli.help.worker", rich_help_panel=RUN)(worker)
    app.command("clock", help="cli.help.clock", rich_help_panel=RUN)(clock)
    app.command("carrier", help="cli.help.carrier", hidden=True)(carrier)  # started by serve
    app.command("up", help="cli.help.up", rich_help_panel=RUN)(up)
    app.command("demo", help="cli.help.demo", rich_help_panel=RUN)(demo)
    app.command("simulate", help="cli.help.simulate", rich_help_panel=RUN)(simulate)
    app.command("trace", help="cli.help.trace", rich_help_panel=LOOK)(trace)
    app.command("cases", help="cli.help.cases", rich_help_panel=LOOK)(cases)
    app.command("messages", help="cli.help.messages", rich_help_panel=LOOK)(messages)
    app.command("deliveries", help="cli.help.deliveries", rich_help_panel=LOOK)(deliveries)
    app.command("doctor", help="cli.help.doctor", rich_help_panel=LOOK)(doctor)
    app.command("health", help="cli.help.health", rich_help_panel=LOOK)(health)
    app.command("replay", help="cli.help.replay", rich_help_panel=MEND)(replay)
    app.command("withdraw", help="cli.help.withdraw", rich_help_panel=MEND)(withdraw)
    app.command("hold", help="cli.help.hold", rich_help_panel=MEND)(hold)
    app.command("prune", help="cli.help.prune", rich_help_panel=MEND)(prune)
    app.command("migrate", help="cli.help.migrate", rich_help_panel=MEND)(migrate)
    app.command("backup", help="cli.help.backup", rich_help_panel=MEND)(backup)
    app.command("restore", help="cli.help.restore", rich_help_panel=MEND)(restore)
    app.add_typer(reconcile.commands(), name="reconcile", rich_help_panel=MEND)
    app.add_typer(ledger.commands(), name="ledger", rich_help_panel=MEND)
    app.add_typer(duplicates.commands(), name="duplicates", rich_help_panel=LOOK)
    app.add_typer(documents.commands(), name="documents", rich_help_panel=LOOK)
    app.add_typer(ruling.commands(), name="ruling", rich_help_panel=LOOK)
    app.add_typer(partners.commands(), name="partners", rich_help_panel=SET_UP)
    app.add_typer(directory.commands(), name="directory", rich_help_panel=SET_UP)
    app.add_typer(config.commands(), name="config", rich_help_panel=SET_UP)
    app.add_typer(mapping.commands(), name="mapping", rich_help_panel=SET_UP)
    app.command("schema", help="cli.help.schema", rich_help_panel=SET_UP)(schema)
    app.command("diagram", help="cli.help.diagram", rich_help_panel=SET_UP)(diagram)
    return app


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"fengqiao {__version__}")
        raise typer.Exit


def main() -> None:
    """Run the command that the process's arguments name."""
    application()()


def root(
    context: typer.Context,
    data_dir: Annotated[Path | None, typer.Option("--data-dir", help="cli.option.data_dir", metavar="FOLDER")] = None,
    config_dir: Annotated[
        Path | None, typer.Option("--config-dir", help="cli.option.config_dir", metavar="FOLDER")
    ] = None,
    language: Annotated[Language | None, typer.Option("--language", help="cli.option.language")] = None,
    version: Annotated[
        bool, typer.Option("--version", help="cli.option.version", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """Take the options that stand before every command."""
    del language, version  # taken before and handled by now
    given: dict[str, Any] = {"data_dir": data_dir, "config_dir": config_dir}
    of(context).given.update({name: value for name, value in given.items() if value is not None})
