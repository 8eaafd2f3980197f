"""``diagram``: the states of a case, a leg and a confirmation as the rules have them, for a document or a wall."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from gateway.cli.terminal import of
from gateway.lifecycle import diagram as drawn


def diagram(
    context: typer.Context,
    machine: Annotated[Literal["case", "leg", "confirmation"], typer.Argument(help="cli.argument.machine")] = "case",
) -> None:
    """Print a Mermaid state diagram."""
    terminal = of(context)
    terminal.print(drawn(machine, terminal.language).rstrip("\n"))
