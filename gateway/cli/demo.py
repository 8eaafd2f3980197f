"""``demo``: play the village-to-township story against pretend partners, each its own process, and tell its account."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.shell import stop
from gateway.cli.terminal import of
from gateway.demo import demonstrate


def demo(
    context: typer.Context,
    keep: Annotated[bool, typer.Option("--keep", help="cli.option.keep")] = False,
    folder: Annotated[Path | None, typer.Option("--folder", help="cli.option.demo_folder", metavar="FOLDER")] = None,
) -> None:
    """Play the demonstration; exit with 1 when the story does not end as it should."""
    stop(demonstrate(keep=keep, language=of(context).language, folder=folder))
