"""The stores that measurements run on: an SQLite file, or a PostgreSQL and a Redis of their own, as with ``up``.

Their durability is left at what the gateway demands: a commit is on disk before it is answered.
"""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gateway import private_servers as servers
from gateway.supervisor import Member

WITHIN = 60.0  # seconds a server has to start


@contextmanager
def store_url(kind: str, folder: Path) -> Iterator[str]:
    """Give the URL of an empty store: ``SQLite`` or ``PostgreSQL``."""
    folder.mkdir(parents=True, exist_ok=True)
    if kind == "SQLite":
        yield f"sqlite:///{folder / 'gateway.db'}"
        return
    member, url = servers.prepare_postgres(folder)
    with _running(member, url, servers.postgres_answers):
        yield url


@contextmanager
def redis_url(folder: Path) -> Iterator[str]:
    """Give the URL of an empty Redis."""
    folder.mkdir(parents=True, exist_ok=True)
    member, url = servers.prepare_redis(folder)
    with _running(member, url, servers.redis_answers):
        yield url


@contextmanager
def _running(member: Member, url: str, answers: Callable[[str], bool]) -> Iterator[None]:
    whom: dict[str, Any] = {}
    if member.user is not None:
        whom = {"user": member.user, "group": pwd.getpwnam(member.user).pw_gid, "extra_groups": []}
    process = subprocess.Popen(
        member.command, env=dict(member.environment), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        cwd=os.sep, start_new_session=True, **whom,
    )  # fmt: skip
    try:
        servers.await_answer(member.name, lambda: answers(url), lambda: process.poll() is not None, WITHIN)
        yield
    finally:
        process.send_signal(member.stop_signal)
        process.wait()
