"""``replay`` and ``withdraw``: what an administrator does with a record that is held or a delivery that is dead."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal

import typer

from gateway.cli import exits
from gateway.cli.hands import Hands, hands
from gateway.cli.options import AsJson, OfPartner
from gateway.cli.reading import reading
from gateway.cli.shell import stop
from gateway.cli.terminal import Terminal, of
from gateway.errors import GatewayError
from gateway.settings import Settings
from gateway.store import mending, shown

Task = Callable[[Hands], Awaitable[dict[str, Any]]]
Done = dict[str, Any]
ALL = 1_000_000
_WAITING_STILL = {"held", "refused"}


def replay(
    context: typer.Context,
    receipt: Annotated[str | None, typer.Argument(help="cli.argument.receipt", metavar="RECEIPT")] = None,
    *,
    delivery: Annotated[str | None, typer.Option("--delivery", help="cli.option.delivery", metavar="ID")] = None,
    all_held: Annotated[bool, typer.Option("--all-held", help="cli.option.all_held")] = False,
    code: Annotated[str | None, typer.Option("--code", help="cli.option.code", metavar="CODE")] = None,
    all_dead: Annotated[bool, typer.Option("--all-dead", help="cli.option.all_dead")] = False,
    partner: OfPartner = None,
    revision: Annotated[Literal["now", "then"], typer.Option("--revision", help="cli.option.revision")] = "now",
    as_json: AsJson = False,
) -> None:
    """Translate held records again, or make dead deliveries due again."""
    terminal = of(context)
    if sum((receipt is not None, delivery is not None, all_held, all_dead)) != 1:
        raise typer.BadParameter(terminal.text("cli.replay.which"))
    if (code and not all_held) or (partner and not all_dead):
        raise typer.BadParameter(terminal.text("cli.replay.narrowing"))
    settings = terminal.settings()
    if receipt or all_held:
        receipts = [receipt] if receipt else _held(settings, code)
        tasks = {each: _record(each, revision) for each in receipts}
    else:
        deliveries = [delivery] if delivery else _dead(settings, partner)
        tasks = {each: _delivery(each) for each in deliveries}
    one = receipt or delivery
    _show(terminal, asyncio.run(_mended(terminal, settings, tasks, one=bool(one))), as_json=as_json)


def withdraw(
    context: typer.Context,
    delivery: Annotated[str, typer.Argument(help="cli.argument.delivery", metavar="DELIVERY")],
    reason: Annotated[str, typer.Option("--reason", help="cli.option.reason", metavar="TEXT")],
    as_json: AsJson = False,
) -> None:
    """Give a delivery up, so that its successors may pass."""
    terminal = of(context)
    if not 3 <= len(reason.strip()) <= 500:
        raise typer.BadParameter(terminal.text("cli.withdraw.reason"))
    tasks: dict[str, Task] = {delivery: lambda at: at.withdraw(delivery, reason.strip())}
    _show(terminal, asyncio.run(_mended(terminal, terminal.settings(), tasks, one=True)), as_json=as_json)


async def _mended(terminal: Terminal, settings: Settings, tasks: dict[str, Task], *, one: bool) -> list[Done]:
    """Do the tasks one after another; of several, one that fails does not stop the others."""
    if not tasks:
        return []
    async with hands(settings) as at:
        if one:
            return [await task(at) for task in tasks.values()]
        names = terminal.progress("cli.replay.progress", list(tasks))
        return [await _or_why_not(name, tasks[name], at) for name in names]


async def _or_why_not(name: str, task: Task, at: Hands) -> Done:
    try:
        return await task(at)
    except GatewayError as error:
        texts = {"zh": error.text("zh"), "en": error.text("en")}
        return {"receipt": name, "fate": None, "code": error.code, "texts": texts}


def _record(receipt: str, by: Literal["now", "then"]) -> Task:
    return lambda at: at.replay_record(receipt, by)


def _delivery(delivery: str) -> Task:
    return lambda at: at.replay_delivery(delivery)


def _held(settings: Settings, code: str | None) -> list[str]:
    with reading(settings) as connection:
        return mending.waiting_records(connection, fate="held", code=code, limit=ALL)


def _dead(settings: Settings, partner: str | None) -> list[str]:
    with reading(settings) as connection:
        rows = shown.deliveries(connection, status="dead", partner=partner, limit=ALL)
    return [row["id"] for row in reversed(rows)]


def _show(terminal: Terminal, done: list[Done], *, as_json: bool) -> None:
    wrong = [each for each in done if each.get("fate") in _WAITING_STILL or ("fate" in each and each["fate"] is None)]
    if as_json:
        terminal.json({"done": done, "mended": len(done) - len(wrong), "not_mended": len(wrong)})
    else:
        rows = [_row(terminal, each) for each in done]
        if rows:
            terminal.print(terminal.table(("receipt_or_delivery", "now", "reason"), rows))
        terminal.say("cli.replay.sum", done=len(done) - len(wrong), wrong=len(wrong))
    stop(exits.WRONG if wrong else exits.OK)


def _row(terminal: Terminal, done: Done) -> tuple[object, ...]:
    if "delivery" in done:
        return done["delivery"], terminal.word("cli.status", done["status"]), done["partner"]
    fate = terminal.word("cli.fate", done["fate"]) if done["fate"] else ""
    said = (done.get("texts") or {}).get(terminal.language)
    return done["receipt"], fate, "\n".join(part for part in (done.get("field"), said) if part)
