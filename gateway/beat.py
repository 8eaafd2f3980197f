"""Is the gateway of this machine well? Every process leaves a beat in the data folder; a door is asked, too.

    process ─ every few seconds, its loop turning and its database answering ─► <data folder>/beats/<role>-<pid>
    python -m gateway.beat ─► every beat of a living process is fresh, and the door says that it is ready ─► exit code

Only what Python brings along is imported: a container asks every few seconds, and the whole gateway takes a second to
load.
"""

from __future__ import annotations

import fcntl
import http.client
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

FRESH = 30.0  # seconds
ANSWER_WITHIN = 4.0  # seconds


class Beat:
    """The beat of this process. One that cannot be written is not: the disk is full, and that shows elsewhere."""

    def __init__(self, data_dir: Path, role: str) -> None:
        self._file = data_dir / "beats" / f"{role}-{os.getpid()}"
        self._open: int | None = None

    def strike(self) -> None:
        """Say that this process is well."""
        with suppress(OSError):
            if self._open is None:
                self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._open = os.open(self._file, os.O_WRONLY | os.O_CREAT, 0o600)
                fcntl.flock(self._open, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.utime(self._file)

    def end(self) -> None:
        """Take the beat away: this process ends as it should."""
        with suppress(OSError):
            self._file.unlink()
        if self._open is not None:
            os.close(self._open)
            self._open = None


def look(data_dir: Path) -> dict[str, str]:
    """Return what is to be said of each process of this folder: ``well``, or what is wrong. Empty: none runs."""
    said = {file.name: _said(file) for file in _beats(data_dir)}
    url = _door(data_dir)
    if url is not None:
        said["door"] = _asked(url)
    return said


def _beats(data_dir: Path) -> Iterator[Path]:
    """Yield the beats of processes that live; a killed one's is removed."""
    for file in sorted((data_dir / "beats").glob("*-*")):
        with suppress(OSError):
            if _is_held(file):
                yield file
            else:
                file.unlink()


def _is_held(file: Path) -> bool:
    """Say whether a living process holds a file: by its lock, for a process id may be somebody else's by now."""
    with file.open("rb") as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _said(file: Path) -> str:
    try:
        age = time.time() - file.stat().st_mtime
    except OSError:
        return "well"  # it has just ended in order
    return "well" if age < FRESH else f"no beat for {age:.0f} s"


def _door(data_dir: Path) -> str | None:
    """Return the address of the door that serves this folder, by its own account."""
    file = data_dir / "serving.json"
    try:
        return str(json.loads(file.read_bytes())["url"]) if _is_held(file) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _asked(url: str) -> str:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=ANSWER_WITHIN)
    try:
        connection.request("GET", "/readyz")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__
    finally:
        connection.close()
    return "well" if status == 200 else f"not ready ({status})"


def main() -> int:
    """Look, and return 0 when everything that runs here is well, 1 otherwise."""
    said = look(Path(os.environ.get("FENGQIAO_DATA_DIR") or "fengqiao-data"))
    for name, word in said.items():
        print(f"{name}: {word}")  # a container keeps what its probe says
    return 0 if said and all(word == "well" for word in said.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
