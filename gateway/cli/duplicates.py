"""``duplicates``: which cases may be one dispute and why; ``confirm`` and ``dismiss``: what somebody says of it."""

from __future__ import annotations

import asyncio
import getpass
from typing import Annotated, Any

import typer
from rich.text import Text

from gateway.cli.hands import hands
from gateway.cli.options import AsJson, Limit
from gateway.cli.reading import reading
from gateway.cli.terminal import Terminal, clock, of, plain
from gateway.errors import NotFound
from gateway.settings import Settings
from gateway.store import shown, suspicions
from gateway.store.suspicions import Verdict

Row = dict[str, Any]
Suspected = Annotated[str, typer.Argument(help="cli.argument.suspicion", metavar="SUSPICION")]
Reason = Annotated[str, typer.Option("--reason", help="cli.option.duplicate_reason", metavar="TEXT")]
By = Annotated[str | None, typer.Option("--by", help="cli.option.by", metavar="NAME")]


def commands() -> typer.Typer:
    """Return the group of commands; without one it lists."""
    app = typer.Typer(help="cli.help.duplicates", invoke_without_command=True, rich_markup_mode="rich")
    app.callback()(duplicates)
    app.command("confirm", help="cli.help.duplicates_confirm")(confirm)
    app.command("dismiss", help="cli.help.duplicates_dismiss")(dismiss)
    return app


def duplicates(
    context: typer.Context,
    *,
    case: Annotated[str | None, typer.Option("--case", help="cli.option.duplicates_of", metavar="CASE")] = None,
    open_only: Annotated[bool, typer.Option("--open", help="cli.option.duplicates_open")] = False,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List suspected duplicates, the newest first."""
    if context.invoked_subcommand is not None:
        return
    terminal = of(context)
    found = _found(terminal.settings(), case, open_only=open_only, limit=limit)
    if as_json:
        terminal.json({"duplicates": found})
        return
    if found:
        terminal.print(terminal.table(("suspicion", "cases"), [_row(terminal, each) for each in found]))
    terminal.say("cli.duplicates.sum", count=len(found))


def confirm(
    context: typer.Context, suspicion: Suspected, reason: Reason, by: By = None, as_json: AsJson = False
) -> None:  # fmt: skip
    """Say that two cases are one dispute; neither of them changes."""
    _judge(of(context), suspicion, "confirmed", reason, by, as_json=as_json)


def dismiss(
    context: typer.Context, suspicion: Suspected, reason: Reason, by: By = None, as_json: AsJson = False
) -> None:  # fmt: skip
    """Say that two cases are different disputes."""
    _judge(of(context), suspicion, "dismissed", reason, by, as_json=as_json)


def grounds(terminal: Terminal, found: Row) -> str:
    """Return the grounds of a suspicion in words."""
    return terminal.text("cli.duplicates.and").join(
        terminal.text(f"cli.duplicates.{each}") for each in found["grounds"]
    )


def verdict_of(terminal: Terminal, found: Row) -> str:
    """Return what somebody said of a suspicion, in words."""
    return terminal.text(f"cli.duplicates.{found['verdict'] or 'open'}")


def _judge(
    terminal: Terminal, suspicion: str, verdict: Verdict, reason: str, by: str | None, *, as_json: bool
) -> None:  # fmt: skip
    if not 3 <= len(reason.strip()) <= 500:
        raise typer.BadParameter(terminal.text("cli.withdraw.reason"))
    done = asyncio.run(_judged(terminal.settings(), suspicion, verdict, reason.strip(), by or getpass.getuser()))
    if as_json:
        terminal.json(done)
    else:
        said = "now" if done["changed"] else "already"
        terminal.say(f"cli.duplicates.{said}", suspicion=done["suspicion"], verdict=verdict_of(terminal, done))


async def _judged(settings: Settings, suspicion: str, verdict: Verdict, reason: str, by: str) -> Row:
    async with hands(settings) as at:
        return await at.judge_duplicate(suspicion, verdict, reason, by)


def _found(settings: Settings, case: str | None, *, open_only: bool, limit: int) -> list[Row]:
    with reading(settings) as connection:
        case_id = shown.find_case(connection, case) if case is not None else None
        if case is not None and case_id is None:
            raise NotFound("case.unknown")
        return suspicions.suspected(connection, case_id=case_id, open_only=open_only, limit=limit)


def _row(terminal: Terminal, found: Row) -> tuple[Text, Text]:
    said = [found["id"], grounds(terminal, found), verdict_of(terminal, found)]
    if found["verdict"]:
        said.append(plain(f"{found['decided_by']}, {clock(found['decided_at'])}: {found['reason']}"))
    cases = [f"{case['id']}\n{plain(_about(terminal, case))}" for case in found["cases"]]
    return Text("\n".join(said)), Text("\n".join(cases))


def _about(terminal: Terminal, case: Row) -> str:
    return f"{case['origin_partner'] or case['origin'] or ''}  {terminal.text('lifecycle.state.' + case['state'])}"
