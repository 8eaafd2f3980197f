"""``health``: are the processes of this machine well? For people; a container asks ``python -m gateway.beat``."""

from __future__ import annotations

import typer

from gateway import beat
from gateway.cli import exits
from gateway.cli.options import AsJson
from gateway.cli.shell import stop
from gateway.cli.terminal import of


def health(context: typer.Context, as_json: AsJson = False) -> None:
    """Say of each process of this data folder whether it is well."""
    terminal = of(context)
    said = beat.look(terminal.settings().data_dir)
    well = bool(said) and all(word == "well" for word in said.values())
    if as_json:
        terminal.json({"well": well, "processes": said})
    elif not said:
        terminal.say("cli.health.nobody")
    for name, word in said.items() if not as_json else ():
        terminal.say("cli.health.well" if word == "well" else "cli.health.not_well", process=name, why=word)
    stop(exits.OK if well else exits.WRONG)
