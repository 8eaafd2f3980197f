"""``demo``: play five stories against pretend partners, each platform its own process, and tell the account."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli import running
from gateway.cli.shell import stop
from gateway.cli.terminal import Terminal, of
from gateway.demo import Host, demonstrate
from gateway.errors import GatewayError


def demo(
    context: typer.Context,
    keep: Annotated[bool, typer.Option("--keep", help="cli.option.keep")] = False,
    folder: Annotated[Path | None, typer.Option("--folder", help="cli.option.demo_folder", metavar="FOLDER")] = None,
    here: Annotated[bool, typer.Option("--here", help="cli.option.demo_here")] = False,
) -> None:
    """Play the demonstration; exit with 1 when the story does not end as it should."""
    terminal = of(context)
    host = _host(terminal) if here else None
    stop(demonstrate(keep=keep and not here, language=terminal.language, folder=folder, host=host))


def _host(terminal: Terminal) -> Host:
    """Return the gateway that runs over this data folder. Raises GatewayError where none does."""
    settings = terminal.settings()
    serving = running.announced(settings)
    if serving is None:
        raise GatewayError("demo.nobody_serves", folder=str(settings.data_dir.absolute()))
    return Host(url=serving.url, token=running.read_token(settings), config=settings.config_folder.absolute())
