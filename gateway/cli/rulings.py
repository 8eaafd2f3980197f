"""``ruling list``, ``show``, ``export``, ``affected``, ``decide``, ``reopen``: the rulings that a gateway keeps."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from gateway import opening
from gateway.cli.hands import Hands, hands
from gateway.cli.options import AsJson
from gateway.cli.reading import exists
from gateway.cli.terminal import Terminal, of
from gateway.errors import StoreUnavailable
from gateway.releasing.affected import Shown, shown
from gateway.settings import Settings
from gateway.store import rulings
from gateway.store.engine import unusable

Row = dict[str, Any]
State = Literal["awaiting", "undecided", "quarantined", "verified", "serving", "served", "superseded", "revoked"]
_Certificate = Annotated[str | None, typer.Option("--certificate", help="cli.option.certificate", metavar="SHA256")]
_WITH_FACTS = {"rulings.release.no_application", "rulings.release.court_unknown"}
Ruling = Annotated[str, typer.Argument(help="cli.argument.ruling", metavar="RULING")]


def add_to(app: typer.Typer) -> None:
    """Add the commands to the group."""
    app.command("list", help="cli.help.ruling_list")(listed)
    app.command("show", help="cli.help.ruling_show")(show)
    app.command("export", help="cli.help.ruling_export")(export)
    app.command("affected", help="cli.help.ruling_affected")(affected)
    app.command("decide", help="cli.help.ruling_decide")(decide)
    app.command("reopen", help="cli.help.ruling_reopen")(reopen)


def listed(
    context: typer.Context,
    state: Annotated[State | None, typer.Option("--state", help="cli.option.ruling_state")] = None,
    limit: Annotated[int, typer.Option("--limit", help="cli.option.limit", min=1, max=1000)] = 100,
    as_json: AsJson = False,
) -> None:
    """List the newest rulings and how each stands."""
    terminal = of(context)
    with _open(terminal.settings()) as (connection, _):
        found = [shown(row) for row in rulings.newest(connection, state=state and state.upper(), limit=limit)]
    if as_json:
        terminal.json({"rulings": found})
        return
    rows = [
        (each["ruling"], each["document_id"], each["version"], _state(terminal, each), each["received_at"],
         _reason(terminal, each))
        for each in found
    ]  # fmt: skip
    if rows:
        terminal.print(terminal.table(("ruling", "document", "version", "state", "received", "reason"), rows))
    terminal.say("cli.ruling.listed", count=len(rows))


def show(context: typer.Context, ruling: Ruling, as_json: AsJson = False) -> None:
    """Show what was found about a ruling, check by check."""
    terminal = of(context)
    with _open(terminal.settings()) as (connection, kept):
        found = kept.one(connection, ruling)
    if as_json:
        terminal.json(found)
        return
    terminal.print(
        terminal.facts(
            {
                "ruling": found["ruling"], "case": found["case_id"], "document": found["document_id"],
                "version": found["version"], "state": _state(terminal, found), "reason": _reason(terminal, found),
                "received": found["received_at"], "verified": found["verified_at"], "released": found["released_at"],
                "closed": found["ended_at"], "replaced_by": found["replaced_by"], "by": found["decided_by"],
                "decided": found["decided_reason"], "sm3": found["sm3"], "evidence": found["evidence"],
            }
        )
    )  # fmt: skip
    terminal.print()
    rows = [_check(terminal, each) for each in found["checks"]]
    if rows:
        terminal.print(terminal.table(("check", "verdict", "found"), rows))


def export(
    context: typer.Context,
    ruling: Ruling,
    out: Annotated[Path, typer.Option("--output", "-o", help="cli.option.archive", metavar="FILE")],
) -> None:
    """Write the archive of a ruling's evidence, with the original bytes."""
    terminal = of(context)
    with _open(terminal.settings()) as (connection, kept):
        out.write_bytes(kept.archive(connection, ruling))
    terminal.say("cli.ruling.exported", file=str(out))


def affected(
    context: typer.Context,
    *,
    certificate: _Certificate = None,
    seal: Annotated[str | None, typer.Option("--seal", help="cli.option.seal", metavar="ID")] = None,
    as_json: AsJson = False,
) -> None:
    """List the rulings that rest on a withdrawn certificate or seal."""
    terminal = of(context)
    with _open(terminal.settings()) as (connection, kept):
        found = kept.affected(connection, certificate=certificate and certificate.replace(":", "").lower(), seal=seal)
    if as_json:
        terminal.json({"rulings": found})
        return
    rows = [
        (each["ruling"], each["document_id"], _state(terminal, each), f"{each['kind']} {each['value']}",
         each["withdrawn"], terminal.word("cli.effect", each["effect"]))
        for each in found
    ]  # fmt: skip
    if rows:
        terminal.print(terminal.table(("ruling", "document", "state", "rests_on", "since", "effect"), rows))
    terminal.say("cli.ruling.affected", count=len(rows))


def decide(
    context: typer.Context,
    ruling: Ruling,
    *,
    name: Annotated[str, typer.Option("--name", help="cli.option.decided_by", metavar="NAME")],
    reason: Annotated[str, typer.Option("--reason", help="cli.option.decided_reason", metavar="TEXT")],
    release: Annotated[bool, typer.Option("--release", help="cli.option.ruling_release")] = False,
    refuse: Annotated[bool, typer.Option("--refuse", help="cli.option.ruling_refuse")] = False,
    as_json: AsJson = False,
) -> None:
    """Release or refuse a ruling that could not be decided, with name and reason."""
    terminal = of(context)
    if release == refuse or not name.strip() or not 3 <= len(reason.strip()) <= 500:
        raise typer.BadParameter(terminal.text("cli.ruling.decision"))
    wish = {"release": release, "name": name.strip(), "reason": reason.strip()}
    _done(terminal, lambda at: at.decide_ruling(ruling, **wish), as_json=as_json)


def reopen(context: typer.Context, ruling: Ruling, as_json: AsJson = False) -> None:
    """Have a ruling verified again by the trust of now."""
    _done(of(context), lambda at: at.reopen_ruling(ruling), as_json=as_json)


def _done(terminal: Terminal, task: Callable[[Hands], Awaitable[Row]], *, as_json: bool) -> None:
    async def do() -> Row:
        async with hands(terminal.settings()) as at:
            return await task(at)

    done = asyncio.run(do())
    if as_json:
        terminal.json(done)
    else:
        terminal.say("cli.ruling.now", ruling=done["ruling"], state=str(_state(terminal, done)))


@contextmanager
def _open(settings: Settings) -> Iterator[tuple[Connection, Shown]]:
    """Look into the store and its documents beside a serving process. Raises StoreUnavailable, ConfigurationFault."""
    if not exists(settings):
        raise StoreUnavailable("cli.no_store", folder=str(settings.data_dir.absolute()))
    with closing(opening.open_store(settings, write=False)) as store:
        try:
            with store.engine.connect() as connection:
                yield connection, Shown(documents=store.documents, trust=settings.trust_folder)
        except SQLAlchemyError as error:
            raise unusable(error) from None


def _state(terminal: Terminal, row: Row) -> Any:
    return terminal.word("rulings.state", row["state"])


def _reason(terminal: Terminal, row: Row) -> str:
    """Return why a ruling is where it is; of what has facts only the code: what exactly was found, ``show`` says."""
    code = row["code"] or ""
    return terminal.text(code) if code.startswith("rulings.release.") and code not in _WITH_FACTS else code


def _check(terminal: Terminal, check: Row) -> tuple[object, ...]:
    said = [
        each["texts"][terminal.language] for each in check.get("findings", ()) if each["verdict"] == check["verdict"]
    ]
    code = check["code"]
    title = terminal.text(code) if check.get("findings") else ""
    found = "; ".join(dict.fromkeys(said)) if said else code
    return f"{check['number']} {title}".strip(), terminal.word("cli.verdict", check["verdict"]), found
