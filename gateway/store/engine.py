"""Opening the database and bringing its tables to the present form; the same for SQLite and PostgreSQL.

open_engine ─► Engine            readers: pooled connections, each statement sees what is committed
   writing(engine) ─► Engine     the same pool; its transactions begin as writers (SQLite: BEGIN IMMEDIATE)
"""

from __future__ import annotations

import os
import time
import zlib
from collections.abc import Callable
from functools import partial
from importlib.resources import as_file, files
from pathlib import Path
from typing import Literal

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from gateway.errors import ConfigurationFault, StoreUnavailable
from gateway.store import compatibility
from gateway.store.tables import metadata

SchemaState = Literal["empty", "current", "behind", "newer", "unknown"]

WAIT = 3.0  # seconds that a step waits for a table, with everybody else behind it
PAUSE = 0.5  # seconds in which these go first
GIVE_UP = 600.0  # seconds
_IN_THE_WAY = frozenset({"40P01", "55P03"})  # a deadlock with somebody's transaction, a lock not had in time
_MIGRATING = zlib.crc32(b"fengqiao migrations")  # PostgreSQL's advisory locks are named by a number


def open_engine(url: str, *, readers: int = 8, busy_seconds: float = 30) -> Engine:
    """Return an engine for ``sqlite:///FILE`` or ``postgresql://…`` (psycopg); nothing is connected yet.

    ``readers``: connections kept open; ``busy_seconds``: how long a statement waits for another process's lock. Raises
    ConfigurationFault when the URL is neither.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ConfigurationFault("store.url", backend="?") from None  # its text shows the URL, and with it a password
    if parsed.get_backend_name() == "sqlite" and parsed.database not in (None, "", ":memory:"):
        return _open_sqlite(parsed, readers, busy_seconds)
    if parsed.get_backend_name() == "postgresql":
        return _open_postgresql(parsed, readers, busy_seconds)
    raise ConfigurationFault("store.url", backend=parsed.get_backend_name())


def writing(engine: Engine) -> Engine:
    """Return ``engine`` for a transaction that is going to write, so that it never fails halfway for a lock."""
    return engine.execution_options(writes=True)


def close(engine: Engine) -> None:
    """Close an engine for good. A connection that somebody still uses is closed when it comes back."""
    event.listen(engine.pool, "checkin", _invalidate)
    engine.dispose()


def is_sqlite(engine: Engine) -> bool:
    """Say whether the store is an embedded one: one writing process, guarded by a lock file."""
    return engine.dialect.name == "sqlite"


def schema_state(engine: Engine) -> SchemaState:
    """Compare the tables in the database with the migrations shipped. Raises StoreUnavailable when it cannot be asked.

    ``newer``: a newer gateway brought them forward, and says that this one may go on working on them; ``unknown``: a
    newer gateway that does not say so, or somebody else, made them.
    """
    try:
        with engine.connect() as connection:
            return _state(connection)
    except SQLAlchemyError as error:
        raise unusable(error) from None


def unusable(error: SQLAlchemyError) -> StoreUnavailable:
    """Return what an operator is told of a database that cannot be used: the kind of error, never its text."""
    driver = getattr(error, "orig", None)
    kind = getattr(driver, "sqlite_errorname", None) or getattr(driver, "sqlstate", None)
    return StoreUnavailable("store.unusable", why=kind or type(error).__name__)


def migrate(engine: Engine, target: str = "head") -> None:
    """Bring the tables forward to ``target`` in one transaction; several processes may do so at once.

    Tables that are newer and suit this gateway stay as they are. Raises ConfigurationFault when they are not ours, or
    are newer and do not.
    """
    _move(engine, "up", target)


def migrate_back(engine: Engine, target: str) -> None:
    """Take the tables back to ``target`` (``base``: drop them all) in one transaction."""
    _move(engine, "down", target)


def _open_sqlite(url: URL, readers: int, busy_seconds: float) -> Engine:
    file = Path(url.database or "")
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Made by us first, for its mode: SQLite gives its -wal and -shm files the mode of the database.
    os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
    # isolation_level None: the driver begins nothing by itself, so that every BEGIN is ours (_begin_sqlite).
    engine = create_engine(
        url.set(drivername="sqlite+pysqlite"),
        hide_parameters=True,
        pool_size=readers,
        max_overflow=readers,
        pool_use_lifo=True,
        connect_args={"isolation_level": None, "timeout": busy_seconds, "cached_statements": 512},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _invalidate(_connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
    record.invalidate()


def _prepare_sqlite(connection: DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA cache_size = -32768")  # KiB
    cursor.execute(
        "PRAGMA journal_size_limit = 67108864"
    )  # bytes; a long read lets the WAL grow, this shrinks it again
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """Begin as what the transaction is going to be: a reader that turns writer in WAL mode may fail without waiting."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _open_postgresql(url: URL, readers: int, busy_seconds: float) -> Engine:
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        hide_parameters=True,
        pool_size=readers,
        max_overflow=readers,
        pool_pre_ping=True,
        # A server that vanished without a word is noticed within half a minute, not after the kernel's quarter hour.
        connect_args={
            "application_name": "fengqiao",
            "connect_timeout": 5,
            "keepalives_idle": 15,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 30_000,
        },
    )
    event.listen(engine, "connect", partial(_prepare_postgresql, lock_timeout=round(busy_seconds * 1000)))
    return engine


def _prepare_postgresql(connection: DBAPIConnection, _record: object, *, lock_timeout: int) -> None:
    """Have indexes used, and refuse a default that answers a commit before it is on disk; stricter settings stay."""
    cursor = connection.cursor()
    cursor.execute("SELECT set_config('lock_timeout', %s, false)", (str(lock_timeout),))
    # A prepared statement keeps its plan: one made while a table was empty would go on reading it whole as it grows.
    # Where that is all there is to read, it still is read; a plan that looks dear for it is not to be compiled.
    cursor.execute("SELECT set_config('enable_seqscan', 'off', false), set_config('jit', 'off', false)")
    cursor.execute(
        "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
    )
    cursor.close()
    connection.commit()


def _state(connection: Connection) -> SchemaState:
    heads = MigrationContext.configure(connection).get_current_heads()
    if not heads:
        ours = set(inspect(connection).get_table_names()) & set(metadata.tables)
        return "unknown" if ours else "empty"
    with as_file(files(__package__) / "migrations") as folder:
        scripts = ScriptDirectory(str(folder))
        if set(heads) == set(scripts.get_heads()):
            return "current"
        known = {script.revision for script in scripts.walk_revisions()}
    if set(heads) <= known:
        return "behind"
    return "newer" if len(heads) == 1 and compatibility.suits(connection, heads[0], known) else "unknown"


def _move(engine: Engine, way: Literal["up", "down"], target: str) -> None:
    with as_file(files(__package__) / "migrations") as folder, writing(engine).connect() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        _foreign_keys(connection, on=False)
        try:
            _insist(connection, lambda: _moved(connection, config, way, target))
        finally:
            _foreign_keys(connection, on=True)


def _insist(connection: Connection, move: Callable[[], None]) -> None:
    """Move in one transaction; anew where whoever works on the tables came in its way."""
    give_up = time.monotonic() + GIVE_UP
    while True:
        try:
            with connection.begin():
                return move()
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) not in _IN_THE_WAY or time.monotonic() > give_up:
                raise
        time.sleep(PAUSE)


def _moved(connection: Connection, config: Config, way: Literal["up", "down"], target: str) -> None:
    _lock(connection)
    state = _state(connection)
    if state == "newer" and way == "up":
        return
    if state in {"newer", "unknown"}:
        raise ConfigurationFault("store.schema_unknown")
    command.upgrade(config, target) if way == "up" else command.downgrade(config, target)
    present = MigrationContext.configure(connection).get_current_revision()
    scripts = ScriptDirectory(config.get_main_option("script_location") or "")
    compatibility.mark(connection, scripts, present)
    _prove_references(connection)


def _lock(connection: Connection) -> None:
    """Move alone. A step that has to wait for a table gives up soon: everybody else queues behind it."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL lock_timeout = 0"))  # another process's migration may take its time
        connection.execute(text("SELECT pg_advisory_xact_lock(:name)"), {"name": _MIGRATING})
        connection.execute(text(f"SET LOCAL lock_timeout = {round(WAIT * 1000)}"))


def _foreign_keys(connection: Connection, *, on: bool) -> None:
    """Switch SQLite's reference checks: changing a table there means replacing it, which they would take for a loss."""
    if connection.dialect.name == "sqlite":
        raw = connection.connection.dbapi_connection
        assert raw is not None  # noqa: S101  # a checked-out connection has one
        raw.cursor().execute(f"PRAGMA foreign_keys = {'ON' if on else 'OFF'}")


def _prove_references(connection: Connection) -> None:
    if connection.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
        raise ConfigurationFault("store.references_broken")
