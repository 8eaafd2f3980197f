from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.errors import ConfigurationFault
from gateway.store.lock import StoreLock

HOLDER = """
import sys, pathlib
from gateway.store.lock import StoreLock
lock = StoreLock(pathlib.Path(sys.argv[1]))
lock.acquire()
print("held", flush=True)
sys.stdin.read()
"""


def test_a_second_writing_process_is_told_who_the_first_is(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(ConfigurationFault) as caught:
            StoreLock(path).acquire()
        assert caught.value.code == "store.locked"
        assert caught.value.facts["pid"] == holder.pid
        assert str(holder.pid) in str(caught.value)
        holder.kill()
    with StoreLock(path) as lock:  # the system let go of it with the process
        assert lock.holder() == os.getpid()


def test_a_lock_excludes_another_in_the_same_process(tmp_path: Path) -> None:
    path = tmp_path / "new" / "lock"
    with StoreLock(path) as first:
        first.acquire()
        assert first.held
        with pytest.raises(ConfigurationFault):
            StoreLock(path).acquire()
    assert not first.held
    assert first.holder() is None
    with StoreLock(path) as second:
        assert second.held
