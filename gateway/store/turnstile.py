"""The turnstile: two processes that write one SQLite file go through one after the other, woken by the kernel.

    stand next ─► pass ─► somebody else may stand next ─► transaction ─► leave

By itself SQLite waits for another process's lock by sleeping, longer each time, and looking again: whoever comes second
waits long after the first is done, and may find it there again. Who stands next here is next. A killed process leaves
by itself: the kernel lets go of its files.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType

from gateway.errors import StoreUnavailable


class Turnstile:
    """Wait for the other process while entered. For one thread of each process; the files stay in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._next = _opened(folder / "turnstile.next")
        self._passing = _opened(folder / "turnstile")

    def __enter__(self) -> None:
        fcntl.flock(self._next, fcntl.LOCK_EX)
        try:
            fcntl.flock(self._passing, fcntl.LOCK_EX)
        finally:
            fcntl.flock(self._next, fcntl.LOCK_UN)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        fcntl.flock(self._passing, fcntl.LOCK_UN)


def _opened(file: Path) -> int:
    """Return a file's descriptor. Raises StoreUnavailable."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StoreUnavailable("store.unusable", why=error.strerror) from None
