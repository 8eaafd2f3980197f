"""Random bytes of the system for ids and nonces, never for keys: fetched many at a time, handed out few at a time.

Every call of the system's own function gives up the interpreter lock. Where one thread writes and another receives, a
dozen such calls for each record cost more in waiting for the lock than the record's own work in between.
"""

from __future__ import annotations

import os
import threading
from os import urandom

_AT_ONCE = 4096  # bytes


class _Reserve(threading.local):
    """What one thread has fetched and not handed out; a forked process must not hand out the same."""

    fetched = b""
    at = 0


_RESERVE = _Reserve()


def random_bytes(size: int) -> bytes:
    """Return ``size`` (at most 4096) bytes that nobody was handed before; they are kept in memory until then."""
    reserve = _RESERVE
    end = reserve.at + size
    if end > len(reserve.fetched):
        reserve.fetched, end = urandom(_AT_ONCE), size
    taken = reserve.fetched[end - size : end]
    reserve.at = end
    return taken


def _forget() -> None:
    _RESERVE.fetched, _RESERVE.at = b"", 0


os.register_at_fork(after_in_child=_forget)  # only the thread that forks lives on in the child
