"""``up``: the whole gateway on one machine under one supervisor, with servers that are given, or its own.

servers (given, or started) ─► tables, key ─► doors ×N, workers ×N, clocks ×N ─► says where it listens ─► keeps them
"""

from __future__ import annotations

import os
import shlex
import signal
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway import opening
from gateway import private_servers as servers
from gateway.cli.terminal import Terminal, of
from gateway.errors import GatewayError
from gateway.settings import Settings
from gateway.store.lock import StoreLock
from gateway.supervisor import Member, Supervisor, own_command

READY_WITHIN = 90.0  # seconds that the doors have
GIVEN_WITHIN = 15.0  # seconds that a server that was given has
CARRIERS, DOORS = 1, 2  # stages; servers are 0
_HERE = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def up(
    context: typer.Context,
    api: Annotated[int, typer.Option("--api", help="cli.option.up_api", min=1, max=64)] = 2,
    workers: Annotated[int, typer.Option("--workers", help="cli.option.up_workers", min=1, max=64)] = 3,
    clocks: Annotated[int, typer.Option("--clocks", help="cli.option.up_clocks", min=1, max=8)] = 2,
    port: Annotated[int | None, typer.Option("--port", help="cli.option.up_port", min=0, max=65_000)] = None,
) -> None:
    """Run everything until told to stop."""
    terminal = of(context)
    settings = terminal.settings(port=port)
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    supervisor = Supervisor(lambda code, **facts: _tell(terminal, code, **facts))
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, supervisor.end)
    with StoreLock(settings.data_dir / "up.lock"):
        try:
            shared = _servers(settings, supervisor)
            shared = _prepared(terminal.settings(**shared, port=port), shared)
            urls = _start(settings, supervisor, shared, api=api, workers=workers, clocks=clocks)
            _await_doors(supervisor, urls)
            if not supervisor.ends:
                _say_where(terminal, settings, shared, urls)
            supervisor.watch()
        finally:
            _tell(terminal, "supervisor.stopping")
            supervisor.stop()


def _servers(settings: Settings, supervisor: Supervisor) -> dict[str, Any]:
    """Return the URLs of both servers, which answer. Raises GatewayError naming the one that is missing."""
    ours: list[tuple[str, Callable[[Path], tuple[Member, str]], Callable[[str], bool]]] = [
        ("database_url", servers.prepare_postgres, servers.postgres_answers),
        ("redis_url", servers.prepare_redis, servers.redis_answers),
    ]
    found: dict[str, Any] = {}
    for name, prepare, answers in ours:
        given = getattr(settings, name)
        if given is not None:
            url, member, within = given.get_secret_value(), None, GIVEN_WITHIN
        else:
            member, url = prepare(settings.data_dir)
            within = servers.ANSWER_WITHIN
            supervisor.add(member)
        servers.await_answer(name.partition("_")[0], _asking(answers, url), _ending(supervisor, member), within)
        found[name] = url
    return {**found, "database_url_file": None, "redis_url_file": None}


def _asking(answers: Callable[[str], bool], url: str) -> Callable[[], bool]:
    return lambda: answers(url)


def _ending(supervisor: Supervisor, member: Member | None) -> Callable[[], bool]:
    return lambda: supervisor.ends or (member is not None and not member.runs)


def _prepared(settings: Settings, shared: dict[str, Any]) -> dict[str, str]:
    """Bring the tables forward and make key and token, once and before everybody; return the common environment."""
    if settings.store_url().startswith("sqlite"):
        raise GatewayError("supervisor.not_shared")
    opening.open_store(settings, write=True).close()
    opening.admin_token(settings)
    folder = settings.data_dir.absolute()
    documents = settings.documents_url
    if documents is None:
        (folder / "documents").mkdir(exist_ok=True, mode=0o700)
        documents = (folder / "documents").as_uri()
    environment = {
        "FENGQIAO_DATABASE_URL": shared["database_url"], "FENGQIAO_REDIS_URL": shared["redis_url"],
        "FENGQIAO_CONFIG_DIR": str(settings.config_folder.absolute()), "FENGQIAO_DOCUMENTS_URL": documents,
    }  # fmt: skip
    if settings.key is None:
        environment["FENGQIAO_KEY_FILE"] = str((settings.key_file or folder / "key").absolute())
    if settings.admin_token is None:
        environment["FENGQIAO_ADMIN_TOKEN_FILE"] = str((settings.admin_token_file or folder / "admin-token").absolute())
    return environment


def _start(
    settings: Settings, supervisor: Supervisor, shared: dict[str, str], *, api: int, workers: int, clocks: int
) -> list[str]:
    """Start everything of the gateway; return the addresses of the doors."""
    folder = settings.data_dir.absolute()
    taken = ("FENGQIAO_DATABASE_URL_FILE", "FENGQIAO_REDIS_URL_FILE", "FENGQIAO_PORT")
    base = {name: value for name, value in os.environ.items() if name not in taken}
    base |= {**shared, "FENGQIAO_MIGRATE": "never", "FENGQIAO_DATA_DIR": str(folder), "PYTHONUNBUFFERED": "1"}
    carriers = [("worker", n) for n in range(1, workers + 1)] + [("clock", n) for n in range(1, clocks + 1)]
    for role, n in carriers:
        supervisor.add(Member(name=f"{role}-{n}", command=own_command(role), environment=base, stage=CARRIERS))
    urls = []
    for n in range(1, api + 1):
        port = settings.port + n - 1 if settings.port else servers.free_port()
        # Who serves stands in a file of the data folder: the first door's is where commands look for it.
        own = base if n == 1 else {**base, "FENGQIAO_DATA_DIR": str(folder / "doors" / str(n))}
        command = own_command("serve", "--port", str(port))
        supervisor.add(Member(name=f"api-{n}", command=command, environment=own, stage=DOORS))
        urls.append(f"http://{settings.host}:{port}")
    return urls


def _await_doors(supervisor: Supervisor, urls: list[str]) -> None:
    """Wait until every door is ready. Raises GatewayError naming one that is not."""
    give_up = time.monotonic() + READY_WITHIN
    for url in urls:
        while not supervisor.ends and not _ready(url):
            if time.monotonic() > give_up:
                raise GatewayError("supervisor.door_silent", url=url)
            supervisor.look()
            time.sleep(0.1)


def _ready(url: str) -> bool:
    try:
        with _HERE.open(f"{url}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _say_where(terminal: Terminal, settings: Settings, shared: dict[str, str], urls: list[str]) -> None:
    """Say where the doors are, and leave a file for the shell with which the other commands reach the same store."""
    file = settings.data_dir.absolute() / "environment"
    lines = {**shared, "FENGQIAO_DATA_DIR": str(settings.data_dir.absolute())}
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as opened:
        opened.writelines(f"export {name}={shlex.quote(value)}\n" for name, value in lines.items())
    for url in urls:
        _tell(terminal, "supervisor.listens", url=url)
    _tell(terminal, "supervisor.ready", file=file, pid=os.getpid())


def _tell(terminal: Terminal, code: str, **facts: object) -> None:
    terminal.print(f"{'up':<9}| {terminal.text(code, **facts)}")
    terminal.out.file.flush()
