"""A store with a little of everything in it, and a way to run commands over a copy of it."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from typer.testing import CliRunner, Result

from gateway.bootstrap import Gateway, shipped_adapters
from gateway.cli import application
from gateway.demo.cast import Calendar, referral
from gateway.settings import load_settings
from gateway.store import shown
from tests.gateway.conftest import Door, write_configuration
from tests.stage import supervision

CASE, HELD_CASE, REFUSED_CASE = "AJ50024220260001", "AJ50024220260002", "AJ50024220260003"
PERSONAL = ("许书宁", "冉明溪", "覃若兰", "500242198503120012", "13996000121", "青石村3组", "砌墙")
WITHIN = 30.0  # seconds until something that has to happen counts as not happening


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A folder with a store and a configuration, and the commands over it."""

    folder: Path

    def run(self, *args: str, language: str = "en", env: dict[str, str] | None = None) -> Result:
        """Run one command in this process."""
        environment = {"FENGQIAO_DATA_DIR": str(self.folder), "FENGQIAO_LANGUAGE": language, **(env or {})}
        runner = CliRunner(env=environment)
        return runner.invoke(application(), list(args), prog_name="fengqiao", catch_exceptions=False)

    def json(self, *args: str, code: int = 0) -> Any:
        """Run one command for a program; return the document, the only thing on standard output."""
        result = self.run(*args, "--json")
        assert result.exit_code == code, result.output
        return json.loads(result.stdout)

    def one(self, kind: str, *flags: str) -> dict[str, Any]:
        """Return the only record or delivery that a list shows."""
        rows = self.json(kind, *flags)[{"messages": "records"}.get(kind, kind)]
        assert len(rows) == 1
        found: dict[str, Any] = rows[0]
        return found

    def write(self, path: str, text: str) -> None:
        """Write a file of the configuration."""
        file = self.folder / "config" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


@pytest.fixture(scope="session")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which one delivery is dead, one waits behind it, one record is held and one was refused."""
    folder = tmp_path_factory.mktemp("scene")
    folder.chmod(0o700)
    keys = write_configuration(folder / "config", village={"deadline_days": 1e-9})
    asyncio.run(_play(folder, keys))
    return folder


@pytest.fixture
def desk(scene: Path, tmp_path: Path) -> Desk:
    """A copy of the scene."""
    folder = tmp_path / "data"
    shutil.copytree(scene, folder)
    return Desk(folder=folder)


@pytest.fixture
def empty_desk(tmp_path: Path) -> Desk:
    """A folder with nothing in it."""
    return Desk(folder=tmp_path / "data")


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    """Give the process's logging back: a command sends it to its own standard error."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Return a function that starts a command as a process of its own; what still runs at the end is killed."""
    started: list[Process] = []

    def start(*args: str, **env: str) -> Process:
        environment = {**os.environ, "FENGQIAO_LANGUAGE": "en", **env}
        with (tmp_path / f"stderr-{len(started)}").open("wb") as errors:
            command = [sys.executable, "-m", "gateway", *args]
            process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=errors)
        started.append(Process(process, Path(errors.name)))
        return started[-1]

    yield start
    for each in started:
        each.kill()


class Process:
    """A command that runs by itself."""

    def __init__(self, process: subprocess.Popen[bytes], errors: Path) -> None:
        self.process = process
        self._errors = errors

    @property
    def pid(self) -> int:
        return self.process.pid

    def line(self) -> str:
        """Return the next line of its standard output."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().decode()

    def said_until(self, word: str) -> str:
        """Return what it prints up to the line with a word in it."""
        said = line = self.line()
        while word not in line:
            assert line, self.errors()
            line = self.line()
            said += line
        return said

    def document(self) -> dict[str, Any]:
        """Return the JSON document that it prints when it is ready."""
        found: dict[str, Any] = json.loads(self.said_until("}"))
        return found

    def errors(self) -> str:
        return self._errors.read_text(encoding="utf-8")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(how)
        return self.process.wait(WITHIN)

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()


def until(happened: Callable[[], bool], what: str) -> None:
    """Wait for something that has to happen."""
    give_up = time.monotonic() + WITHIN
    while not happened():
        assert time.monotonic() < give_up, f"not within {WITHIN:.0f} s: {what}"
        time.sleep(0.05)


async def _play(folder: Path, keys: dict[str, dict[str, str]]) -> None:
    gateway = Gateway(load_settings(data_dir=folder), shipped_adapters())
    await gateway.start()
    door, calendar = Door(gateway, keys), Calendar()
    await door.send("court", referral(calendar, CASE))
    for _ in range(600):
        with gateway.store.engine.connect() as connection:
            if shown.deliveries(connection, status="dead"):
                break
        await asyncio.sleep(0.05)
    await door.send("court", supervision(SimpleNamespace(calendar=calendar), CASE, 1))
    await door.send("court", _changed(referral(calendar, HELD_CASE), jflx="9999"))
    refused = referral(calendar, REFUSED_CASE)
    refused["fields"]["dsrlb"][0]["zjhm"] = "500242198503120013"
    await door.send("court", refused)
    await gateway.stop()


def _changed(record: dict[str, Any], **dispute: str) -> dict[str, Any]:
    record["fields"]["jfxx"].update(dispute)
    return record
