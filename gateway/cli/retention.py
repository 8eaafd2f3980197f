"""``hold`` and ``prune``: which cases are kept whatever their age, and what is old enough to go."""

from __future__ import annotations

import asyncio
import getpass
from collections import Counter
from typing import Annotated, Any

import typer

from gateway.cli.hands import Hands, hands
from gateway.cli.options import AsJson
from gateway.cli.reading import reading
from gateway.cli.terminal import Terminal, of
from gateway.settings import Settings
from gateway.store import shown

Row = dict[str, Any]


def hold(
    context: typer.Context,
    case: Annotated[str | None, typer.Argument(help="cli.argument.case", metavar="CASE")] = None,
    *,
    reason: Annotated[str | None, typer.Option("--reason", help="cli.option.hold_reason", metavar="TEXT")] = None,
    release: Annotated[bool, typer.Option("--release", help="cli.option.release")] = False,
    by: Annotated[str | None, typer.Option("--by", help="cli.option.by", metavar="NAME")] = None,
    as_json: AsJson = False,
) -> None:
    """Put a case under legal hold, release it, or list the holds."""
    terminal = of(context)
    if case is None:
        if reason or release:
            raise typer.BadParameter(terminal.text("cli.hold.which"))
        _list(terminal, as_json=as_json)
        return
    if release == bool(reason) or (reason is not None and not 3 <= len(reason.strip()) <= 500):
        raise typer.BadParameter(terminal.text("cli.hold.which"))
    done = asyncio.run(_done(terminal.settings(), case, reason, by or getpass.getuser()))
    if as_json:
        terminal.json(done)
    else:
        said = "held" if done["held"] and done["changed"] else "already" if done["held"] else "released"
        terminal.say(f"cli.hold.{said}", case=done["case"])


def prune(
    context: typer.Context,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="cli.option.prune_dry_run")] = False,
    as_json: AsJson = False,
) -> None:
    """Empty and delete what is old enough, now; the clock does it every day."""
    terminal = of(context)
    settings = terminal.settings()
    with terminal.busy("cli.prune.busy"):
        counts = asyncio.run(_pruned(settings, dry_run=dry_run))
    if as_json:
        terminal.json({"dry_run": dry_run, "counts": counts})
        return
    if counts:
        rows = [(terminal.text(f"cli.prune.{name}"), count) for name, count in counts.items()]
        terminal.print(terminal.table(("what", "count"), rows))
    terminal.say("cli.prune.counted" if dry_run else "cli.prune.done", sum=sum(counts.values()))


def _list(terminal: Terminal, *, as_json: bool) -> None:
    with reading(terminal.settings()) as connection:
        found = shown.holds(connection)
    if as_json:
        terminal.json({"holds": found})
    elif found:
        columns = ("case", "since", "by", "reason")
        rows = [(each["case_id"], each["placed_at"], each["placed_by"], each["reason"]) for each in found]
        terminal.print(terminal.table(columns, rows))
    else:
        terminal.say("cli.hold.none")


async def _done(settings: Settings, case: str, reason: str | None, by: str) -> Row:
    async with hands(settings) as at:
        return await at.release(case, by) if reason is None else await at.hold(case, reason.strip(), by)


async def _pruned(settings: Settings, *, dry_run: bool) -> dict[str, int]:
    async with hands(settings) as at:
        return await _until_done(at, dry_run=dry_run)


async def _until_done(at: Hands, *, dry_run: bool) -> dict[str, int]:
    counts: Counter[str] = Counter()
    while True:
        some = await at.prune(dry_run=dry_run)
        for name, count in some["counts"].items():
            counts[name] += count
        if not some["more"]:
            return dict(counts)
