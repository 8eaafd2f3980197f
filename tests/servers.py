"""Real servers for tests, on loopback, started by the first test that asks and stopped with the session.

Import the fixtures into a ``conftest.py``. Where a server's program is not installed its tests are skipped, except
where ``CI`` is set: there a missing server is a failure.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

_START_SECONDS = 60


class Postgres:
    """A PostgreSQL server of our own, empty at start; every ``database()`` is a fresh one."""

    def __init__(self, folder: Path, programs: Path, user: str | None) -> None:
        self._folder = folder
        self._programs = programs
        self._user = user
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()

    def start(self) -> None:
        """Run the server until ``stop``; also brings it back after ``stop``, with what it held."""
        if not (self._folder / "data").exists():
            self._run("initdb", "-D", str(self._folder / "data"), "-A", "trust", "-U", "fengqiao", "-E", "UTF8",
                      "--locale=C", "--no-sync")  # fmt: skip
        settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": str(self._folder), "fsync": "off",
                    "max_connections": "60", "deadlock_timeout": "100ms"}  # fmt: skip
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", self._folder / "data", "-p", str(self.port), *options],
                stdout=log, stderr=log, user=self._user, group=_group(self._user), extra_groups=_groups(self._user),
            )  # fmt: skip
        self._wait()

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End the server: SIGINT drops its connections and closes cleanly, SIGQUIT is a crash."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(timeout=_START_SECONDS)
            self._process = None

    @contextmanager
    def database(self) -> Iterator[str]:
        """Make a database, give its URL, and drop it."""
        name = f"t{uuid.uuid4().hex}"
        self.execute(f'CREATE DATABASE "{name}"')
        try:
            yield f"postgresql://fengqiao@127.0.0.1:{self.port}/{name}"
        finally:
            self.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def execute(self, statement: str) -> None:
        """Run one statement as the owner, outside a transaction."""
        with psycopg.connect(self._owner(), autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload]

    def _owner(self) -> str:
        return f"host=127.0.0.1 port={self.port} user=fengqiao dbname=postgres connect_timeout=5"

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self._programs / program, *arguments],
            check=True, capture_output=True, cwd=self._folder,
            user=self._user, group=_group(self._user), extra_groups=_groups(self._user),
        )  # fmt: skip

    def _wait(self) -> None:
        patience = time.monotonic() + _START_SECONDS
        while True:
            try:
                return self.execute("SELECT 1")
            except psycopg.OperationalError:
                ended = self._process is None or self._process.poll() is not None
                if ended or time.monotonic() > patience:
                    raise RuntimeError((self._folder / "log").read_text(errors="replace")) from None
                time.sleep(0.05)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A running PostgreSQL server, the same for the whole session."""
    programs = _postgres_programs()
    if programs is None:
        _missing("PostgreSQL's initdb and postgres are not installed")
    folder = Path(tempfile.mkdtemp(prefix="fengqiao-postgres-"))  # not pytest's: only root may walk through that
    user = _other_user()
    if user:
        shutil.chown(folder, user)
    server = Postgres(folder, programs, user)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """The URL of an empty PostgreSQL database of this test's own."""
    with postgres.database() as url:
        yield url


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _missing(reason: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def _postgres_programs() -> Path | None:
    """Return the folder of the newest PostgreSQL here: on the path, or where Debian puts it."""
    found = shutil.which("initdb")
    if found and shutil.which("postgres"):
        return Path(found).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda file: int(file.parts[-3]))
    return versions[-1].parent if versions else None


def _other_user() -> str | None:
    """Return whom to run as when we are root, which PostgreSQL refuses."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def _group(user: str | None) -> int | None:
    return pwd.getpwnam(user).pw_gid if user else None


def _groups(user: str | None) -> list[int] | None:
    return [] if user else None
