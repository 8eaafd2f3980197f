"""Whether a process carries for an embedded store: its lock is handed down, and goes with it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.errors import ConfigurationFault
from gateway.store import carrier_lock, lock
from gateway.store.lock import StoreLock

WAITS = """
import sys, pathlib
from gateway.store.lock import StoreLock
print("asks", flush=True)
StoreLock(pathlib.Path(sys.argv[1])).acquire()
print("has it")
"""


@pytest.fixture
def carrier(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that was started with the lock."""
    taken = carrier_lock.take(tmp_path)
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=[taken])
    carrier_lock.sign(taken, process.pid)
    os.close(taken)
    with process:
        yield process
        process.kill()


def test_it_is_held_as_long_as_the_process_lives_that_was_started_with_it(
    tmp_path: Path, carrier: subprocess.Popen[bytes]
) -> None:
    assert carrier_lock.holder(tmp_path) == carrier.pid
    with pytest.raises(BlockingIOError):
        carrier_lock.take(tmp_path)
    carrier.kill()
    carrier.wait()
    assert carrier_lock.holder(tmp_path) is None
    os.close(carrier_lock.take(tmp_path))


def test_nobody_carries_where_nobody_ever_did(tmp_path: Path) -> None:
    assert carrier_lock.holder(tmp_path) is None
    assert carrier_lock.is_free(tmp_path, 0)


def test_whoever_takes_the_store_waits_for_a_carrier_left_behind(
    tmp_path: Path, carrier: subprocess.Popen[bytes]
) -> None:
    assert carrier.stdin is not None
    command = [sys.executable, "-c", WAITS, str(tmp_path / "gateway.lock")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as waiting:
        assert waiting.stdout is not None
        assert waiting.stdout.readline() == b"asks\n"
        carrier.stdin.close()
        assert waiting.stdout.readline() == b"has it\n"


def test_a_carrier_that_does_not_end_keeps_the_store_locked_and_is_named(
    tmp_path: Path, carrier: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "CARRIER_ENDS", 0.0)
    with pytest.raises(ConfigurationFault) as caught:
        StoreLock(tmp_path / "gateway.lock").acquire()
    assert caught.value.facts == {"file": str(tmp_path / "carrier.lock"), "pid": carrier.pid}
    carrier.kill()
    carrier.wait()
    with StoreLock(tmp_path / "gateway.lock"):
        pass
