"""A disk that can be full: a small file system where one may be mounted, else a limit on what processes may write."""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

_FILLER = ".filler"
_SOME = 4096  # bytes that a process may still write to a file when the disk is full without a file system of its own


class Disk:
    """The folder of documents. ``processes``: the ids of those who write to it, asked when it becomes full."""

    def __init__(self, folder: Path, processes: Callable[[], Iterable[int]], *, size: str) -> None:
        self._folder = folder
        self._processes = processes
        self._size = size
        self._mounted = False

    @property
    def kind(self) -> str:
        """Say how this disk becomes full."""
        return f"tmpfs of {self._size}" if self._mounted else "limit of file size"

    def mount(self) -> None:
        """Mount a small file system over the folder, where that is permitted."""
        self._folder.mkdir(parents=True, exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", f"size={self._size},mode=0700", "tmpfs", str(self._folder)]
        with contextlib.suppress(OSError):
            self._mounted = os.geteuid() == 0 and subprocess.run(command, capture_output=True).returncode == 0  # noqa: PLW1510

    def unmount(self) -> None:
        """Give the file system back."""
        if self._mounted:
            subprocess.run(["umount", "-l", str(self._folder)], capture_output=True, check=False)
            self._mounted = False

    def fill(self) -> None:
        """Leave no room."""
        if not self._mounted:
            return self._limit(_SOME)
        with contextlib.suppress(OSError), (self._folder / _FILLER).open("wb", buffering=0) as filler:
            while True:
                filler.write(bytes(64 * 1024))
        return None

    def free(self) -> None:
        """Make room again."""
        if not self._mounted:
            return self._limit(resource.RLIM_INFINITY)
        (self._folder / _FILLER).unlink(missing_ok=True)
        return None

    def _limit(self, size: int) -> None:
        for process in self._processes():
            with contextlib.suppress(ProcessLookupError, PermissionError, ValueError):
                _, hard = resource.prlimit(process, resource.RLIMIT_FSIZE)
                resource.prlimit(process, resource.RLIMIT_FSIZE, (size, hard))
