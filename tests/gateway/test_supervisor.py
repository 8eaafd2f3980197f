"""The supervisor starts again what ends, waits longer each time, and stops the last stage first."""

from __future__ import annotations

import io
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway import private_servers, supervisor
from gateway.supervisor import Member, Supervisor
from tests.servers import missing

WITHIN = 30.0  # seconds until something that has to happen counts as not happening
STAYS = """
import signal, sys, time
def end(*_):
    open(sys.argv[1], 'a').write(sys.argv[2] + '\\n')
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
print('ready', flush=True)
time.sleep(600)
"""


class Company:
    """A supervisor and what it said."""

    def __init__(self) -> None:
        self.said: list[tuple[str, dict[str, Any]]] = []
        self.out = io.StringIO()
        self.supervisor = Supervisor(lambda code, **facts: self.said.append((code, facts)), self.out)

    def add(self, name: str, *words: str, stage: int = 1) -> Member:
        command = [sys.executable, "-c", *words]
        member = Member(name=name, command=command, environment=dict(os.environ), stage=stage)
        self.supervisor.add(member)
        return member

    def until(self, happened: Callable[[], object]) -> None:
        give_up = time.monotonic() + WITHIN
        while not happened():
            assert time.monotonic() < give_up, (self.said, self.out.getvalue())
            self.supervisor.look()
            time.sleep(0.01)


@pytest.fixture
def company() -> Iterator[Company]:
    made = Company()
    yield made
    made.supervisor.stop()


def test_what_ends_is_started_again_after_a_longer_wait_each_time(company: Company) -> None:
    member = company.add("short", "import sys; sys.exit(3)")
    member._wait = 0.01
    company.until(lambda: member.starts >= 4)
    assert member._wait > 0.01
    ended = [facts for code, facts in company.said if code == "supervisor.ended"]
    assert {facts["status"] for facts in ended} == {3}


def test_a_killed_process_is_started_again_and_every_line_bears_its_name(company: Company, tmp_path: Path) -> None:
    member = company.add("worker-1", STAYS, str(tmp_path / "ends"), "worker")
    member._wait = 0.01
    company.until(lambda: "worker-1 | ready" in company.out.getvalue())
    assert member.process is not None
    os.kill(member.process.pid, signal.SIGKILL)
    company.until(lambda: company.out.getvalue().count("worker-1 | ready") == 2)


def test_the_last_stage_stops_first(company: Company, tmp_path: Path) -> None:
    ends = tmp_path / "ends"
    for stage, name in ((0, "server"), (1, "worker"), (2, "door")):
        company.add(name, STAYS, str(ends), name, stage=stage)
    company.until(lambda: company.out.getvalue().count("ready") == 3)
    company.supervisor.stop()
    assert ends.read_text().split() == ["door", "worker", "server"]


def test_a_process_that_does_not_stop_is_killed(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "STOP_WITHIN", 0.2)
    deaf = "import signal, time\n"
    deaf += "signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(600)"
    member = company.add("deaf", deaf)
    company.until(lambda: "ready" in company.out.getvalue())
    company.supervisor.stop()
    assert not member.runs


def test_private_servers_want_a_password_and_keep_it_out_of_command_lines() -> None:
    if private_servers.redis_program() is None:
        missing("there is no Redis on this machine")
    folder = Path(tempfile.mkdtemp(prefix="fengqiao-private-"))
    try:
        folder.chmod(0o755)
        made = Company()
        member, url = private_servers.prepare_redis(folder)
        password = url.split(":")[2].partition("@")[0]
        assert len(password) > 20
        assert not any(password in str(word) for word in member.command)
        made.supervisor.add(member)
        made.until(lambda: private_servers.redis_answers(url))
        assert not private_servers.redis_answers(url.replace(password, "wrong"))
        made.supervisor.stop()
    finally:
        shutil.rmtree(folder)


def test_a_private_postgresql_keeps_what_it_was_told_over_restarts() -> None:
    if private_servers.postgres_programs(supervisor.other_user()) is None:
        missing("there is no PostgreSQL on this machine")
    folder = Path(tempfile.mkdtemp(prefix="fengqiao-private-"))
    folder.chmod(0o755)
    passwords = set()
    try:
        for _ in range(2):
            made = Company()
            member, url = private_servers.prepare_postgres(folder)
            passwords.add(url.split(":")[2].partition("@")[0])
            made.supervisor.add(member)
            made.until(lambda: private_servers.postgres_answers(url))  # noqa: B023  # called at once
            assert not private_servers.postgres_answers(url.replace(*passwords, "wrong"))
            made.supervisor.stop()
    finally:
        shutil.rmtree(folder)
    assert len(passwords) == 1
