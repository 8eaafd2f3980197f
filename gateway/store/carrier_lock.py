"""The carrier's lock: whether a process carries for an embedded store, beside the one that has ``gateway.lock``.

    the serving process takes it ─► starts the carrier with it ─► lets its own descriptor go: the kernel frees it with
    the carrier, and whoever takes ``gateway.lock`` next waits until then

It is handed down locked: there is no moment in which a carrier is about to run and nobody can tell.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

FILE = "carrier.lock"
LOOK_EVERY = 0.05  # seconds


def take(folder: Path) -> int:
    """Take the lock and return the descriptor to hand down. Raises BlockingIOError while a carrier lives."""
    descriptor = os.open(folder / FILE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def sign(descriptor: int, pid: int) -> None:
    """Write down who has the lock."""
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{pid}\n".encode(), 0)


def holder(folder: Path) -> int | None:
    """Return the id of the process that carries; None where none does."""
    try:
        with (folder / FILE).open("rb") as opened:
            try:
                fcntl.flock(opened, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(opened.read() or 0)
    except (OSError, ValueError):
        return None
    return None


def is_free(folder: Path, within: float) -> bool:
    """Wait for the end of a carrier that was left behind; False where it still lives after so many seconds."""
    give_up = time.monotonic() + within
    while holder(folder) is not None:
        if time.monotonic() > give_up:
            return False
        time.sleep(LOOK_EVERY)
    return True
