"""One writing process per embedded store: a lock file that the operating system lets go of when the process ends.

Its carrier, where it has one, holds a lock of its own (``carrier_lock.py``) and may outlive it for a moment.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from gateway.errors import ConfigurationFault
from gateway.store import carrier_lock

CARRIER_ENDS = 10.0  # seconds that a killed process's carrier has to notice


class StoreLock:
    """Hold the right to write a SQLite store; the file names the process that has it.

    The file stays after release: deleting it would let two processes lock two files of the same name.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        """Say whether this object holds the lock."""
        return self._descriptor is not None

    def acquire(self) -> None:
        """Take the lock, and wait for a carrier left behind. Raises ConfigurationFault naming who has it."""
        if self.held:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            raise ConfigurationFault("store.locked", file=str(self._path), pid=self.holder()) from None
        folder = self._path.parent
        if not carrier_lock.is_free(folder, CARRIER_ENDS):
            os.close(descriptor)
            file, pid = folder / carrier_lock.FILE, carrier_lock.holder(folder)
            raise ConfigurationFault("store.locked", file=str(file), pid=pid)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._descriptor = descriptor

    def release(self) -> None:
        """Let the lock go; nothing happens when it is not held."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None

    def holder(self) -> int | None:
        """Return the id of the process that the file names, or None when it names none."""
        try:
            return int(self._path.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
