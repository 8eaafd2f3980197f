"""``messages`` and ``deliveries``: what came in and what became of it, what is to go out and how far it is."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.text import Text

from gateway import texts
from gateway.cli.options import AsJson, Limit, OfPartner
from gateway.cli.reading import reading
from gateway.cli.terminal import Terminal, of, plain
from gateway.cli.trace import is_blocked, lost, reason, type_title, waits
from gateway.store import shown

Row = dict[str, Any]


def messages(
    context: typer.Context,
    *,
    held: Annotated[bool, typer.Option("--held", help="cli.option.held")] = False,
    parked: Annotated[bool, typer.Option("--parked", help="cli.option.parked")] = False,
    refused: Annotated[bool, typer.Option("--refused", help="cli.option.refused")] = False,
    accepted: Annotated[bool, typer.Option("--accepted", help="cli.option.accepted")] = False,
    partner: OfPartner = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List the newest records and their fate."""
    terminal = of(context)
    given = {"held": held, "parked": parked, "refused": refused, "accepted": accepted}
    fate = _one_of(terminal, given)
    with reading(terminal.settings()) as connection:
        rows = shown.records(connection, fate=fate, partner=partner, limit=limit)
        counts = shown.counts(connection)["records"]
    if as_json:
        terminal.json({"records": rows, "counts": counts})
        return
    if rows:
        columns = ("received", "receipt", "fate")
        terminal.print(terminal.table(columns, [_record(terminal, row) for row in rows]))
    _sum(terminal, "fate", counts, len(rows))


def deliveries(
    context: typer.Context,
    *,
    dead: Annotated[bool, typer.Option("--dead", help="cli.option.dead")] = False,
    blocked: Annotated[bool, typer.Option("--blocked", help="cli.option.blocked")] = False,
    pending: Annotated[bool, typer.Option("--pending", help="cli.option.pending")] = False,
    in_doubt: Annotated[bool, typer.Option("--in-doubt", help="cli.option.in_doubt")] = False,
    partner: OfPartner = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List the newest deliveries and their status."""
    terminal = of(context)
    given = {"dead": dead, "blocked": blocked, "pending": pending, "in_doubt": in_doubt}
    status = _one_of(terminal, given)
    with reading(terminal.settings()) as connection:
        rows = shown.deliveries(connection, status=status, partner=partner, limit=limit)
        counts = shown.counts(connection)["deliveries"]
    if as_json:
        terminal.json({"deliveries": rows, "counts": counts})
        return
    if rows:
        columns = ("created", "delivery", "status")
        terminal.print(terminal.table(columns, [_delivery(terminal, row) for row in rows]))
    _sum(terminal, "status", counts, len(rows))


def _one_of(terminal: Terminal, given: dict[str, bool]) -> str | None:
    chosen = [name for name, flag in given.items() if flag]
    if len(chosen) > 1:
        flags = ", ".join(f"--{name.replace('_', '-')}" for name in chosen)
        raise typer.BadParameter(terminal.text("cli.only_one", flags=flags))
    return chosen[0] if chosen else None


def _record(terminal: Terminal, row: Row) -> tuple[object, ...]:
    fate = _with_reason(terminal, terminal.word("cli.fate", row["fate"]), waits(terminal, row), row["code"])
    version = f" · {row['version']}" if row["version"] else ""
    came = f"{row['partner']} · {row['kind']} · {row['record_id']}{version}"
    return row["received_at"], _named(row, came), fate


def _delivery(terminal: Terminal, row: Row) -> tuple[object, ...]:
    status = terminal.word("cli.status", "blocked" if is_blocked(row) else row["status"])
    if row["attempts"]:
        status.append(terminal.text("cli.deliveries.attempts", count=row["attempts"]), style="dim")
    to = f"→ {row['partner']} · {type_title(terminal, row['type'])}"
    told = _with_reason(terminal, status, reason(terminal, row), row["code"])
    if said := lost(terminal, row):
        told.append(f"\n{said}", style="dim")
    return row["created_at"], _named(row, to), told


def _named(row: Row, what: str) -> Text:
    return Text(row["id"]).append(f"\n{plain(what)}", style="dim")


def _with_reason(terminal: Terminal, word: Text, why: str, code: str | None) -> Text:
    if why:
        word.append(f"\n{why}", style="default")
    if code:
        who = terminal.text(f"cli.who.{texts.actor(code)}")
        word.append(f"\n{terminal.text('cli.error_code', code=code, who=who)}", style="dim")
    return word


def _sum(terminal: Terminal, kind: str, counts: dict[str, int], listed: int) -> None:
    words = [f"{terminal.word(f'cli.{kind}', name)} {count}" for name, count in sorted(counts.items())]
    terminal.say("cli.listed", listed=listed, total=sum(counts.values()), each=" · ".join(words) or "—")
