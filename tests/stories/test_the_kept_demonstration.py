"""What the demonstration leaves running can be tried with the very commands that it prints."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.servers import missing

pytestmark = pytest.mark.live
WITHIN = 60.0  # seconds until a command that has to end counts as not ending


@pytest.fixture(scope="module", autouse=True)
def curl() -> None:
    """The commands that are printed are for it."""
    if shutil.which("curl") is None:
        missing("curl is not installed")


@contextmanager
def kept(folder: Path) -> Iterator[list[str]]:
    """Play the demonstration and keep it; yield the commands that it prints, and end it as Ctrl+C does."""
    environment = {**os.environ, "TMPDIR": str(folder), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "gateway", "demo", "--keep", "--language", "en"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as demo:
        assert demo.stdout is not None
        try:
            yield list(_commands(demo.stdout))
        finally:
            demo.send_signal(signal.SIGINT)
            demo.stdout.read()
    assert demo.returncode == 0


def _commands(lines: Iterator[str]) -> Iterator[str]:
    """Yield the printed commands; the address of the documentation is the last thing printed."""
    trying = False
    for line in lines:
        if trying and not line.startswith(" "):
            return
        if trying:
            yield line.strip()
        trying = trying or "Try:" in line


def tried(command: str) -> str:
    """Run a command as somebody does who has just made a clone: with nothing of ours on the path."""
    bare = {"PATH": os.defpath, "LANG": "C.UTF-8", "no_proxy": "127.0.0.1"}
    done = subprocess.run(
        ["bash", "-c", command], env=bare, capture_output=True, text=True, check=False, timeout=WITHIN
    )  # fmt: skip
    assert done.returncode == 0, (command, done.stderr)
    return done.stdout


def test_every_command_that_is_printed_works_and_one_of_them_refers_a_case(tmp_path: Path) -> None:
    with kept(tmp_path) as commands:
        ready, push, received, trace, *administration = commands
        assert json.loads(tried(ready))["status"] == "ready"
        answer = json.loads(tried(push))
        assert (answer["status"], answer["body"]["data"]["zt"]) == (200, "已受理"), "the platform's own acknowledgement"
        case = answer["body"]["data"]["wgajbh"]
        until(lambda: effects(received, case) == [1], "the centre receives it once")
        until(lambda: "HTTP 200" in tried(trace), "every hop is shown")
        assert [bool(json.loads(tried(command))) for command in administration] == [True, True]


def effects(received: str, case: str) -> list[int]:
    """Return what each record of a case did at the centre, in the centre's own field names."""
    held = json.loads(tried(received))
    return [each["effects"] for each in held if each["fields"].get("gatewayCaseNo") == case]


def until(happened: Callable[[], bool], what: str) -> None:
    """Wait for something that has to happen."""
    give_up = time.monotonic() + WITHIN
    while not happened():
        assert time.monotonic() < give_up, what
        time.sleep(0.05)
