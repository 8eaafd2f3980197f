"""``documents check``: does every record have its documents, are they whole, and how many have no record?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from gateway import opening
from gateway.cli import findings
from gateway.cli.findings import Found
from gateway.cli.options import AsJson
from gateway.cli.reading import exists
from gateway.cli.shell import stop
from gateway.cli.terminal import of
from gateway.errors import StoreUnavailable
from gateway.settings import Settings
from gateway.store.documents.census import Census, count


def commands() -> typer.Typer:
    """Return the group of commands."""
    app = typer.Typer(help="cli.help.documents", no_args_is_help=True, rich_markup_mode="rich")
    app.callback()(_group)
    app.command("check", help="cli.help.documents_check")(check)
    return app


def check(
    context: typer.Context,
    contents: Annotated[bool, typer.Option("--contents", help="cli.option.documents_contents")] = False,
    as_json: AsJson = False,
) -> None:
    """Compare the rows with the documents; exit code 1 when one is missing or damaged."""
    terminal = of(context)
    with terminal.busy("cli.documents.busy"):
        census = _counted(terminal.settings(), contents=contents)
    found = list(_found(census, contents=contents))
    if as_json:
        terminal.json(findings.as_document(found, **asdict(census)))
    else:
        findings.show(terminal, found)
    stop(findings.exit_code(found))


def _group() -> None:
    """Hold the commands together: a group of one would be the command itself."""


def _counted(settings: Settings, *, contents: bool) -> Census:
    if not exists(settings):
        raise StoreUnavailable("cli.no_store", folder=str(settings.data_dir.absolute()))
    grace = timedelta(hours=settings.orphan_hours)
    with closing(opening.open_store(settings, write=False)) as store, store.engine.connect() as connection:
        return count(connection, store.documents, now=datetime.now(UTC), contents=contents, grace=grace)


def _found(census: Census, *, contents: bool) -> Iterator[Found]:
    for name in census.missing:
        yield findings.error("cli.documents.missing", sha256=name)
    for name in census.damaged:
        yield findings.error("cli.documents.damaged", sha256=name)
    if more := census.missing_count - len(census.missing):
        yield findings.error("cli.documents.more_missing", count=more)
    if more := census.damaged_count - len(census.damaged):
        yield findings.error("cli.documents.more_damaged", count=more)
    if not census.missing_count and not census.damaged_count:
        yield findings.ok("cli.documents.whole" if contents else "cli.documents.present", count=census.referenced)
    if census.orphans or census.aside:
        yield findings.ok("cli.documents.orphans", count=census.orphans, aside=census.aside)
