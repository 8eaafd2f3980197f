"""``cases``: which cases there are, and which wait for one organisation, since when and until when."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from gateway.canonical.identifiers import BEIJING
from gateway.cli.naming import Names, names
from gateway.cli.options import AsJson, Limit
from gateway.cli.reading import reading
from gateway.cli.terminal import Terminal, of
from gateway.store import shown


def cases(
    context: typer.Context,
    *,
    holder: Annotated[str | None, typer.Option("--holder", help="cli.option.holder", metavar="ORGANISATION")] = None,
    open_only: Annotated[bool, typer.Option("--open", help="cli.option.open")] = False,
    overdue: Annotated[bool, typer.Option("--overdue", help="cli.option.overdue")] = False,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List cases with their holder: the newest, or those that are overdue."""
    terminal = of(context)
    settings = terminal.settings()
    today = datetime.now(BEIJING).date() if overdue else None
    with reading(settings) as connection:
        rows = shown.cases(connection, holder=holder, open_only=open_only, overdue_on=today, limit=limit)
    if as_json:
        terminal.json({"cases": rows})
        return
    if rows:
        known = names(settings)
        columns = ("case", "state", "holder", "since", "due_on", "clock")
        terminal.print(terminal.table(columns, [_row(terminal, known, row) for row in rows]))
    terminal.say("cli.cases.sum", count=len(rows))


def _row(terminal: Terminal, known: Names, row: dict[str, Any]) -> tuple[object, ...]:
    state = terminal.text(f"lifecycle.state.{row['state']}")
    holder, clock = known.organisation(row["holder"]), _clock(terminal, row)
    return row["id"], state, holder, row["holder_since"], row["holder_until"] or "", clock


def _clock(terminal: Terminal, row: dict[str, Any]) -> str:
    """Say which period runs, until when where the holder may act and need not, and that a day is not certain."""
    if not row["clock"]:
        return ""
    name = terminal.text(f"clock.kind.{row['clock']}")
    said = name if row["holder_until"] else f"{name} {row['clock_until']}"
    return terminal.text("cli.cases.provisional", clock=said) if row["clock_provisional"] else said
