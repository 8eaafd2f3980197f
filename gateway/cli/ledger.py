"""``ledger import`` and ``ledger export``: a partner's ledger (台账) as a workbook, in and out."""

from __future__ import annotations

import asyncio
import base64
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli import exits
from gateway.cli.hands import hands
from gateway.cli.options import AsJson
from gateway.cli.shell import stop
from gateway.cli.terminal import of
from gateway.reconciliation import day_of
from gateway.settings import Settings

Partner = Annotated[str, typer.Option("--partner", help="cli.option.partner", metavar="NAME")]
_DAY = ["%Y-%m-%d"]


def commands() -> typer.Typer:
    """Return the group of commands."""
    app = typer.Typer(help="cli.help.ledger", no_args_is_help=True, rich_markup_mode="rich")
    app.command("import", help="cli.help.ledger_import")(bring)
    app.command("export", help="cli.help.ledger_export")(write)
    return app


def bring(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="cli.argument.ledger", metavar="FILE", exists=True, dir_okay=False)],
    partner: Partner,
    as_json: AsJson = False,
) -> None:
    """Take a ledger in; the workbook with the verdicts is written beside it."""
    terminal = of(context)
    with terminal.busy("cli.ledger.busy"):
        done = asyncio.run(_brought(terminal.settings(), partner, file.read_bytes()))
    report = file.with_name(f"{file.stem}.report.xlsx")
    report.write_bytes(base64.b64decode(done["report"]))
    if as_json:
        terminal.json({"partner": partner, "fates": done["fates"], "report": str(report)})
    else:
        counts = {fate: done["fates"].get(fate, 0) for fate in ("accepted", "held", "parked", "refused")}
        terminal.say("cli.ledger.brought", report=str(report), **counts)
    stop(exits.WRONG if done["fates"].get("refused") or done["fates"].get("held") else exits.OK)


def write(
    context: typer.Context,
    partner: Partner,
    out: Annotated[Path, typer.Option("--output", "-o", help="cli.option.ledger_output", metavar="FILE")],
    *,
    first: Annotated[
        datetime | None, typer.Option("--from", help="cli.option.first_day", formats=_DAY, metavar="YYYY-MM-DD")
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", help="cli.option.last_day", formats=_DAY, metavar="YYYY-MM-DD")
    ] = None,
) -> None:
    """Write the ledger of what a partner said."""
    terminal = of(context)
    until = last.date() if last else day_of(datetime.now(UTC))
    since = first.date() if first else until.replace(month=1, day=1)
    made = asyncio.run(_written(terminal.settings(), partner, since, until))
    out.write_bytes(made)
    terminal.say("cli.ledger.written", file=str(out))


async def _brought(settings: Settings, partner: str, workbook: bytes) -> dict[str, Any]:
    async with hands(settings) as at:
        return await at.bring_ledger(partner, workbook)


async def _written(settings: Settings, partner: str, first: date, last: date) -> bytes:
    async with hands(settings) as at:
        return await at.write_ledger(partner, first, last)
