"""Starts processes of the gateway and its simulators by forking itself: everything is imported once, not each time.

python -m tests.faults.steps.launcher       one JSON order a line on its input, one JSON fact a line on its output

{"start": NAME, "command": […], "environment": {…}, "log": FILE, "orders": FOLDER or null, "bug": …, "module": …}
─► {"started": NAME, "pid": 12}   ─► {"ended": 12}
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import select
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

import alembic.command
import httpx_aiohttp
import limits.aio.storage
import psycopg
import rq
import uvicorn.protocols.http.httptools_impl

import adapters
import gateway.worker
from adapters.court_platform import CourtPlatform
from gateway import cli, configuration, texts
from gateway.configuration import revision
from tests.faults.bugs import BUGS
from tests.faults.steps import tracer
from tests.faults.steps.orders import Orders
from tests.faults.steps.sites import sites

WARM = (alembic.command, httpx_aiohttp, limits.aio.storage, psycopg, rq, uvicorn, adapters, gateway.worker)
SIMULATORS = ("adapters.court_platform.simulator", "adapters.mediation_center.simulator")


def main() -> None:
    """Start what is ordered until the input ends, and say what has ended."""
    os.chdir("/")  # of no folder that a test wants to remove
    _warm_up()
    signals, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    _say({"ready": os.getpid()})
    unread, children = b"", set[int]()
    while True:
        readable, _, _ = select.select([0, signals], [], [])
        if signals in readable:
            os.read(signals, 4096)
            children -= set(_reaped())
        if 0 in readable:
            came = os.read(0, 65536)
            if not came:
                return _end(children)
            *lines, unread = (unread + came).split(b"\n")
            for line in lines:
                children.add(_start(json.loads(line)))


def _warm_up() -> None:
    """Have ready what every start makes anew and always the same: texts, and the compiled mappings."""
    sites()
    texts.catalogue()
    made: dict[tuple[tuple[str, str], ...], Any] = {}
    really = revision.compile_set

    def compile_set(files: Mapping[str, str]) -> Any:
        key = tuple(sorted(files.items()))
        if key not in made:
            made[key] = really(files)
        return made[key]

    revision.compile_set = compile_set
    configuration.load(None, configuration.shipped_files())
    for name in SIMULATORS:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()


def _start(order: Mapping[str, Any]) -> int:
    pid = os.fork()
    if pid == 0:
        _become(order)
    _say({"started": order["start"], "pid": pid})
    return pid


def _end(children: set[int]) -> None:
    """Leave nobody behind."""
    for child in children:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)


def _become(order: Mapping[str, Any]) -> NoReturn:
    """Be the process that was ordered. Never returns to the launcher's loop."""
    status = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        _redirect(Path(order["log"]))
        os.environ.clear()
        os.environ.update(order["environment"])
        sys.argv = [order["start"], *order["command"]]
        if order["orders"]:
            tracer.trace(Orders(Path(order["orders"])))
            if order["bug"]:
                BUGS[order["bug"]]()
            CourtPlatform.recognises_resends = False  # so that somebody has to be asked
        _main(order)()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _main(order: Mapping[str, Any]) -> Callable[[], None]:
    if order["module"]:
        main: Callable[[], None] = importlib.import_module(order["module"]).main
        return main
    return cli.main


def _redirect(log: Path) -> None:
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    for stream in (1, 2):
        os.dup2(descriptor, stream)


def _reaped() -> Iterator[int]:
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        _say({"ended": pid})
        yield pid


def _say(fact: Mapping[str, Any]) -> None:
    os.write(1, json.dumps(fact).encode() + b"\n")


if __name__ == "__main__":
    main()
