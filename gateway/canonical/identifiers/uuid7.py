"""Message ids: UUIDv7 (RFC 9562 §5.7), which sort by the time they were made and never go back within a process.

    48 bits milliseconds │ version │ 12 bits counter │ variant │ 30 bits counter │ 32 bits random

The counter of 42 bits starts at a random place in its lower half with every new millisecond (RFC 9562 §6.2, method 1).
"""

from __future__ import annotations

import hashlib
import re
import threading
import time
from datetime import datetime, timedelta

from gateway.canonical.identifiers.fault import IdentifierFault
from gateway.canonical.identifiers.masking import mask_text
from gateway.canonical.identifiers.moment import EPOCH
from gateway.canonical.identifiers.randomness import random_bytes

_FORM = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
_LAST_MS = (1 << 48) - 1
_COUNTER_END = 1 << 42


class _Sequence:
    """Milliseconds and counter of the id made last; ``goes_back``: a clock set back is believed."""

    def __init__(self, *, goes_back: bool) -> None:
        self._lock = threading.Lock()
        self._goes_back = goes_back
        self._ms = -1
        self._counter = 0

    def next(self, ms: int) -> tuple[int, int]:
        with self._lock:
            if ms > self._ms or (ms < self._ms and self._goes_back):
                self._ms, self._counter = ms, int.from_bytes(random_bytes(6), "big") >> 7
            else:
                self._counter += 1
            if self._counter == _COUNTER_END:
                self._ms, self._counter = self._ms + 1, 0
            return self._ms, self._counter


_OWN_CLOCK = _Sequence(goes_back=False)
_HANDED_CLOCK = _Sequence(goes_back=True)


def uuid7(now_ms: int | None = None) -> str:
    """Return a new UUIDv7 in its 36-character form.

    Without ``now_ms`` the ids of a process rise strictly, whatever its clock does. With it (Unix milliseconds) the id
    carries exactly that time, and ids rise strictly as long as the handed-in clock does not go back. Raises
    IdentifierFault when ``now_ms`` does not fit 48 bits.
    """
    if now_ms is None:
        ms, counter = _OWN_CLOCK.next(time.time_ns() // 1_000_000)
    elif 0 <= now_ms <= _LAST_MS:
        ms, counter = _HANDED_CLOCK.next(now_ms)
    else:
        raise IdentifierFault("identifier.uuid7.time")
    return _written(ms, counter, int.from_bytes(random_bytes(4), "big"))


def uuid7_of(at_ms: int, *words: str) -> str:
    """Return the one UUIDv7 that these words have at a time (Unix milliseconds; outside 48 bits: the nearest).

    What is random otherwise is a digest of the words: 74 bits of SHA-256.
    """
    ms = min(max(at_ms, 0), _LAST_MS)
    digest = hashlib.sha256(b"".join(_framed(word) for word in words)).digest()
    counter, rest = int.from_bytes(digest[:6], "big") % _COUNTER_END, int.from_bytes(digest[6:10], "big")
    return _written(ms, counter, rest)


def uuid7_time(value: str) -> datetime:
    """Return when a UUIDv7 was made, to the millisecond, in Beijing time. Raises IdentifierFault."""
    made = _made(int(value[:8] + value[9:13], 16)) if _FORM.fullmatch(value) else None
    if made is None:
        raise IdentifierFault("identifier.uuid7.form", mask_text(value))
    return made


def _written(ms: int, counter: int, rest: int) -> str:
    clock_seq, node = 0x8000 | counter >> 16 & 0x3FFF, (counter & 0xFFFF) << 32 | rest
    return f"{ms >> 16:08x}-{ms & 0xFFFF:04x}-7{counter >> 30:03x}-{clock_seq:04x}-{node:012x}"


def _framed(word: str) -> bytes:
    """Return a word with its length, so that no two lists of words read the same."""
    encoded = word.encode("utf-8", "surrogatepass")
    return len(encoded).to_bytes(4, "big") + encoded


def _made(ms: int) -> datetime | None:
    try:
        return EPOCH + timedelta(milliseconds=ms)
    except OverflowError:
        return None
