"""Everything runs on one machine, the demonstration is played at it, a worker is killed on the way: nothing is lost."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gateway import private_servers, supervisor
from gateway.bootstrap import shipped_simulator
from gateway.demo.account import passed
from gateway.demo.cast import VILLAGE
from gateway.demo.guest import WITHIN, Guest, Host
from gateway.demo.play import play
from tests.servers import missing

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]
STARTS = re.compile(r"up +\| .*?(worker-\d) .*?(\d+)")
SLOW = 3.0  # seconds the village takes while a worker is to be caught with a delivery in its hands


class Up:
    """A running ``fengqiao up`` and what it says."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        environment = {name: value for name, value in os.environ.items() if not name.startswith("FENGQIAO_")}
        self.environment = {**environment, "FENGQIAO_DATA_DIR": str(folder), "LANG": "C.UTF-8"}
        command = [sys.executable, "-m", "gateway", "up", "--language", "en", "--port", "0", "--workers", "2"]
        command += ["--api", "2", "--clocks", "2"]
        self.process = subprocess.Popen(
            command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.lines: list[str] = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    @property
    def said(self) -> str:
        return "\n".join(self.lines)

    def given(self, name: str) -> str:
        """Return what the file for the shell says of a variable."""
        said = (self.folder / "environment").read_text(encoding="utf-8")
        return next(line.partition("=")[2] for line in said.splitlines() if line.startswith(f"export {name}="))

    def until(self, happened: Callable[[], Any], what: str) -> Any:
        give_up = time.monotonic() + WITHIN
        while not (found := happened()):
            assert self.process.poll() is None, self.said
            assert time.monotonic() < give_up, f"{what}\n{self.said}"
            time.sleep(0.05)
        return found

    def fengqiao(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command as an operator does who has read the file for the shell."""
        script = f'. "{self.folder}/environment" && exec "$0" -m gateway "$@"'
        return subprocess.run(
            ["bash", "-c", script, sys.executable, *words], env=self.environment, capture_output=True, text=True,
            timeout=WITHIN, check=False,
        )  # fmt: skip

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as said:
            for line in said:
                self.lines.append(line.rstrip())


@pytest.fixture
def up() -> Iterator[Up]:
    """Everything, up; stopped as Ctrl+C does."""
    servers = private_servers.postgres_programs(supervisor.other_user()), private_servers.redis_program()
    if None in servers:
        missing("there are no servers on this machine")
    with _folder() as folder:
        running = Up(folder)
        try:
            running.until((folder / "environment").exists, "everything is up")
            yield running
        finally:
            running.process.send_signal(signal.SIGINT)
            running.process.wait(120)
            running.reader.join(10)


def test_the_demonstration_loses_nothing_though_a_worker_is_killed_on_the_way(up: Up, tmp_path: Path) -> None:
    killed: list[str] = []
    host = Host(
        url=_door(up), token=(up.folder / "admin-token").read_text().strip(),
        config=Path(up.given("FENGQIAO_CONFIG_DIR")),
    )  # fmt: skip
    guests: list[Guest] = []

    def setting(**given: Any) -> Guest:
        guests.append(Guest(**given, host=host))
        return guests[0]

    def tell(code: str, **_: Any) -> None:
        if code == "demo.scene_second":
            guests[0].fault(VILLAGE, "slow", seconds=SLOW)
            killer = threading.Thread(target=partial(_kill_who_delivers, up, killed))
            killer.start()

    scenery, played = play(tmp_path, shipped_simulator, tell, setting=setting, within=WITHIN)
    try:
        assert killed, "no worker had anything in its hands"
        assert passed(played), (played.counts, up.said)
        assert [case["case"]["state"] for case in played.cases] == ["SETTLED", "FILED", "SETTLED", "SETTLED"]
        assert all(record["effects"] == 1 for records in played.received.values() for record in records)
        up.until(lambda: sum(killed[0] in line for line in up.lines) >= 3, "the worker is started again")
        again = up.fengqiao("demo", "--here")
        assert again.returncode != 0, "a story does not belong among real cases"
        assert "demo.not_empty" in again.stdout + again.stderr
        told = up.fengqiao("trace", "AJ50024220260002")
        assert told.returncode == 0, told.stderr
        assert "HTTP 200" in told.stdout
    finally:
        scenery.__exit__(None, None, None)


def _kill_who_delivers(up: Up, killed: list[str]) -> None:
    """Kill the worker that has a delivery to the village in its hands, as its lane's slot names it."""

    def found() -> str | None:
        with psycopg.connect(up.given("FENGQIAO_DATABASE_URL"), autocommit=True) as connection:
            row = connection.execute(
                "SELECT holder FROM lane WHERE partner = %s AND holder IS NOT NULL AND EXISTS"
                " (SELECT 1 FROM delivery WHERE partner = lane.partner AND lease IS NOT NULL)", [VILLAGE],
            ).fetchone()  # fmt: skip
        return str(row[0]) if row else None

    process = int(up.until(found, "a worker delivers").split("-")[-2])
    os.kill(process, signal.SIGKILL)
    killed.append(next(match[1] for line in up.lines if (match := STARTS.match(line)) and match[2] == str(process)))


def _door(up: Up) -> str:
    return str(up.until(lambda: re.search(r"http://127\.0\.0\.1:\d+", up.said), "a door")[0])


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder that also PostgreSQL's user may enter: pytest's own are root's only."""
    folder = Path(tempfile.mkdtemp(prefix="fengqiao-up-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
