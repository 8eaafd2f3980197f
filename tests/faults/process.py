"""Run a command of the gateway with a clock that a test can set, and on demand with one deliberate bug.

    python -m tests.faults.process --clock FILE [--bug NAME] [--migrations FOLDER] -- serve --port 8480

FILE holds eight bytes, the seconds by which this process's clock is wrong, as a little-endian double. FOLDER holds the
steps of the tables that this process knows instead of the shipped ones: so a test makes a version yet to come.
"""

from __future__ import annotations

import argparse
import mmap
import struct
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from gateway import bootstrap
from gateway.cli import main as command
from gateway.store import engine, times
from tests.faults.bugs import BUGS

_OFFSET = struct.Struct("<d")


def set_clock(file: Path, seconds: float) -> None:
    """Make the clock of the processes that read ``file`` wrong by so many seconds."""
    with file.open("r+b" if file.exists() else "w+b") as opened:
        opened.write(_OFFSET.pack(seconds))


def read_clock(file: Path) -> Callable[[], float]:
    """Return by how many seconds this process's clock is wrong, as ``file`` says at the moment."""
    with file.open("rb") as opened:
        shared = mmap.mmap(opened.fileno(), _OFFSET.size, access=mmap.ACCESS_READ)
    return lambda: float(_OFFSET.unpack_from(shared)[0])


def give_clock(wrong_by: Callable[[], float]) -> None:
    """Make the machine's clock wrong, as this process sees it; what the gateway does about it is its own."""
    time_of_day, nanoseconds = time.time, time.time_ns

    class Wrong(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + timedelta(seconds=wrong_by())

    time.time = lambda: time_of_day() + wrong_by()
    time.time_ns = lambda: nanoseconds() + round(wrong_by() * 1e9)
    for module in (bootstrap, times):
        module.datetime = Wrong  # type: ignore[attr-defined]


def main() -> None:
    """Prepare this process and run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clock", type=Path, required=True)
    parser.add_argument("--bug", choices=sorted(BUGS))
    parser.add_argument("--migrations", type=Path)
    parser.add_argument("command", nargs="+")
    given = parser.parse_args()
    give_clock(read_clock(given.clock))
    if given.bug:
        BUGS[given.bug]()
    if given.migrations:
        engine.files = lambda package: given.migrations.parent  # type: ignore[assignment, misc]
    sys.argv = ["fengqiao", *given.command]
    command()


if __name__ == "__main__":
    main()
