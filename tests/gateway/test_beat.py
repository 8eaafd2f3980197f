"""The beat: a process that lives and whose loop turns is well; a frozen one is not; a killed one is no process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway import beat
from gateway.beat import Beat, look

LIVES = "import sys, time; from pathlib import Path; from gateway.beat import Beat; \
b = Beat(Path(sys.argv[1]), 'worker'); b.strike(); print('beats', flush=True); time.sleep(600)"


@pytest.fixture
def another(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Another process with a beat."""
    process = subprocess.Popen([sys.executable, "-c", LIVES, tmp_path], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_process_with_a_fresh_beat_is_well(tmp_path: Path, another: subprocess.Popen[bytes]) -> None:
    assert look(tmp_path) == {f"worker-{another.pid}": "well"}


def test_a_process_that_does_not_beat_any_more_is_not_well(tmp_path: Path, another: subprocess.Popen[bytes]) -> None:
    long_ago = time.time() - beat.FRESH - 5
    os.utime(tmp_path / "beats" / f"worker-{another.pid}", (long_ago, long_ago))
    assert look(tmp_path)[f"worker-{another.pid}"].startswith("no beat for")


def test_a_killed_process_is_none_and_its_beat_is_taken_away(tmp_path: Path, another: subprocess.Popen[bytes]) -> None:
    another.send_signal(signal.SIGKILL)
    another.wait()
    assert look(tmp_path) == {}
    assert list((tmp_path / "beats").iterdir()) == []


def test_a_process_that_ends_takes_its_beat_away(tmp_path: Path) -> None:
    own = Beat(tmp_path, "clock")
    own.strike()
    assert list(look(tmp_path).values()) == ["well"]
    own.end()
    assert look(tmp_path) == {}


def test_a_beat_that_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "beats").write_text("a file where the folder should be")
    Beat(tmp_path, "clock").strike()


def test_the_probe_loads_nothing_of_the_gateway() -> None:
    """A container asks every few seconds."""
    asked = "import sys; from gateway import beat; print([name for name in sys.modules if name.startswith('gateway.')])"
    said = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "['gateway.beat']"
