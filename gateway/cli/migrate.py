"""``migrate``: bring the tables of the store to the form this version needs, or say whether that is due."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from sqlalchemy import Engine

from gateway.cli import exits
from gateway.cli.options import AsJson
from gateway.cli.reading import exists
from gateway.cli.shell import stop
from gateway.cli.terminal import Terminal, of
from gateway.settings import Settings
from gateway.store import engine as database
from gateway.store.lock import StoreLock

_SUITABLE = frozenset({"current", "newer"})


def migrate(
    context: typer.Context,
    check: Annotated[bool, typer.Option("--check", help="cli.option.migrate_check")] = False,
    as_json: AsJson = False,
) -> None:
    """Bring the tables forward, or with --check only look."""
    terminal = of(context)
    settings = terminal.settings()
    if check and not exists(settings):
        _show(terminal, "empty", "empty", as_json=as_json)
        stop(exits.WRONG)
    with _engine(settings) as engine:
        before = database.schema_state(engine)
        if not check and before not in _SUITABLE:
            with terminal.busy("cli.migrate.busy"):
                _forward(settings, engine)
        after = database.schema_state(engine)
    _show(terminal, before, after, as_json=as_json)
    stop(exits.OK if after in _SUITABLE else exits.WRONG)


def _forward(settings: Settings, engine: Engine) -> None:
    if not database.is_sqlite(engine):
        database.migrate(engine)
        return
    with StoreLock(settings.data_dir / "gateway.lock"):
        database.migrate(engine)


@contextmanager
def _engine(settings: Settings) -> Iterator[Engine]:
    engine = database.open_engine(settings.store_url())
    try:
        yield engine
    finally:
        engine.dispose()


def _show(terminal: Terminal, before: str, after: str, *, as_json: bool) -> None:
    if as_json:
        terminal.json({"before": before, "after": after})
    elif before == after:
        terminal.say(f"cli.migrate.{after}")
    else:
        terminal.say("cli.migrate.done")
