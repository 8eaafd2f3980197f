"""The table of commands. Texts are codes of the catalogue, put into the user's language when a command runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from gateway import __version__
from gateway.cli import config, mapping, partners
from gateway.cli.demo import demo
from gateway.cli.diagram import diagram
from gateway.cli.doctor import doctor
from gateway.cli.mend import replay, withdraw
from gateway.cli.migrate import migrate
from gateway.cli.schema import schema
from gateway.cli.serve import serve
from gateway.cli.shell import Shell
from gateway.cli.simulate import simulate
from gateway.cli.terminal import of
from gateway.cli.trace import trace
from gateway.cli.waiting import deliveries, messages
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
    app.command("demo", help="cli.help.demo", rich_help_panel=RUN)(demo)
    app.command("simulate", help="cli.help.simulate", rich_help_panel=RUN)(simulate)
    app.command("trace", help="cli.help.trace", rich_help_panel=LOOK)(trace)
    app.command("messages", help="cli.help.messages", rich_help_panel=LOOK)(messages)
    app.command("deliveries", help="cli.help.deliveries", rich_help_panel=LOOK)(deliveries)
    app.command("doctor", help="cli.help.doctor", rich_help_panel=LOOK)(doctor)
    app.command("replay", help="cli.help.replay", rich_help_panel=MEND)(replay)
    app.command("withdraw", help="cli.help.withdraw", rich_help_panel=MEND)(withdraw)
    app.command("migrate", help="cli.help.migrate", rich_help_panel=MEND)(migrate)
    app.add_typer(partners.commands(), name="partners", rich_help_panel=SET_UP)
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
