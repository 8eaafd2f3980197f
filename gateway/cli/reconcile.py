"""``reconcile``: compare with partners now; ``reconcile report``: what the comparisons found, and who must act."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

import typer
from rich.padding import Padding
from rich.text import Text

from gateway import bootstrap, texts
from gateway.api.reconciliations import with_texts
from gateway.assembling import load_revision
from gateway.cli import exits
from gateway.cli.hands import hands
from gateway.cli.options import AsJson, OfPartner
from gateway.cli.reading import reading
from gateway.cli.shell import stop
from gateway.cli.terminal import Terminal, of, plain
from gateway.posts import unknown_partner
from gateway.reconciliation import day_of
from gateway.settings import Settings
from gateway.store import reconciliations

Row = dict[str, Any]
OfDay = Annotated[
    datetime | None, typer.Option("--day", help="cli.option.day", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD")
]
YESTERDAY = timedelta(days=1)
COLUMNS = ("day", "partner", "state", "ours", "theirs", "matched", "unsettled")


def commands() -> typer.Typer:
    """Return the group of commands; without one it compares."""
    app = typer.Typer(help="cli.help.reconcile", invoke_without_command=True, rich_markup_mode="rich")
    app.callback()(reconcile)
    app.command("report", help="cli.help.reconcile_report")(report)
    return app


def reconcile(
    context: typer.Context,
    *,
    partner: OfPartner = None,
    day: OfDay = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="cli.option.dry_run")] = False,
    as_json: AsJson = False,
) -> None:
    """Compare one day (yesterday) with one partner or with all."""
    if context.invoked_subcommand is not None:
        return
    terminal = of(context)
    settings = terminal.settings()
    chosen = day.date() if day else day_of(datetime.now(UTC)) - YESTERDAY
    with terminal.busy("cli.reconcile.busy"):
        done = asyncio.run(_compared(settings, _partners(settings, partner), chosen, dry_run=dry_run))
    _show(terminal, done, as_json=as_json)


def report(
    context: typer.Context,
    *,
    partner: OfPartner = None,
    day: OfDay = None,
    days: Annotated[int, typer.Option("--days", help="cli.option.days", min=1, max=366)] = 7,
    as_json: AsJson = False,
) -> None:
    """Show what the comparisons of one day, or of the last days, found."""
    terminal = of(context)
    until = day.date() if day else day_of(datetime.now(UTC))
    since = until if day else until - timedelta(days=days)
    with reading(terminal.settings()) as connection:
        found = reconciliations.report(
            connection, since=since.isoformat(), until=until.isoformat(), partner=partner
        )  # fmt: skip
    _show(terminal, [with_texts(each) for each in found], as_json=as_json)


def _partners(settings: Settings, chosen: str | None) -> list[str]:
    revision = load_revision(settings, bootstrap.shipped_adapters())
    if chosen is not None and chosen not in revision.partners:
        raise unknown_partner(chosen)
    return [chosen] if chosen else sorted(revision.partners)


async def _compared(settings: Settings, partners: Sequence[str], day: date, *, dry_run: bool) -> list[Row]:
    async with hands(settings) as at:
        return [await at.reconcile(each, day, dry_run=dry_run) for each in partners]


def _show(terminal: Terminal, runs: list[Row], *, as_json: bool) -> None:
    wrong = sum(_needs_somebody(each) for each in runs)
    if as_json:
        terminal.json({"comparisons": runs, "wrong": wrong})
    elif not runs:
        terminal.say("cli.reconcile.none")
    else:
        terminal.print(terminal.table(COLUMNS, [_line(terminal, each) for each in runs]))
        for each in runs:
            _differences(terminal, each)
    stop(exits.WRONG if wrong else exits.OK)


def _line(terminal: Terminal, run: Row) -> tuple[object, ...]:
    state = terminal.word("cli.reconcile.state", run["state"])
    if run["code"]:
        state.append(f"\n{_said(terminal, run)}", style="default")
    counted = [run.get(name, 0) for name in COLUMNS[3:]] if run["state"] == "done" else ["—"] * len(COLUMNS[3:])
    return (run["day"], run["partner"], state, *counted)


def _differences(terminal: Terminal, run: Row) -> None:
    if not run["items"]:
        return
    terminal.print()
    terminal.print(Text(f"{run['day']}  {plain(run['partner'])}", style="bold"))
    for item in run["items"]:
        line = terminal.word("cli.reconcile.outcome", item["outcome"])
        if item.get("settled_at") or item.get("settled"):
            line.append(f"  {terminal.text('cli.reconcile.settled')}", style="green")
        line.append(plain(f"  {item['kind'] or '—'}  {item['record_id']}  {item['case_id'] or ''}"), style="dim")
        terminal.print(Padding(line, (0, 0, 0, 2)))
        who = terminal.text(f"cli.who.{texts.actor(item['code'])}")
        why = f"{_said(terminal, item)}\n{terminal.text('cli.error_code', code=item['code'], who=who)}"
        terminal.print(Padding(Text(why, style="dim"), (0, 0, 0, 4)))


def _said(terminal: Terminal, row: Row) -> str:
    return plain(terminal.text(row["code"], **(row["facts"] or {})))


def _needs_somebody(run: Row) -> bool:
    """Say whether a person has to look: a comparison that failed, or a difference that nobody but a person settles."""
    if run["state"] == "failed":
        return True
    return any(texts.actor(each["code"]) != "nobody" and not each.get("settled_at") for each in run["items"])
