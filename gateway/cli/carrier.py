"""``carrier``: the process that runs an embedded gateway's lanes. ``serve`` starts it; nobody else does.

It ends when it is told to over the cord, and at once when the serving process is gone: signals that reach both, as
Ctrl+C does, are that one's to act on.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import socket
import sys
from typing import Annotated

import structlog
import typer
import uvloop

from gateway import leaving, logs
from gateway.bootstrap import Gateway, shipped_adapters
from gateway.cli import running
from gateway.cli.terminal import of
from gateway.cord import Cord, Said
from gateway.errors import GatewayError
from gateway.settings import Settings
from gateway.summing import Tally

log = structlog.get_logger("fengqiao.carrier")
TELL_EVERY = 1.0  # seconds between two accounts of what was counted, which are its signs of life, too
_PDEATHSIG = 1  # prctl(2)


def own_carrier(settings: Settings) -> list[str]:
    """Return the command of a carrier: this program as it was started, so that it has the same adapters."""
    program = sys.orig_argv[1 : len(sys.orig_argv) - len(sys.argv) + 1]
    folders = ["--data-dir", str(settings.data_dir), "--config-dir", str(settings.config_folder)]
    return [sys.executable, *program, *folders, "carrier"]


def carrier(context: typer.Context, cord: Annotated[int, typer.Option("--cord", help="cli.option.cord")]) -> None:
    """Run the lanes of the process that holds the other end of the cord."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    _end_with_the_parent()
    settings = of(context).settings()
    logs.configure(level=settings.log_level, json=settings.log_json)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_carry(settings, socket.socket(fileno=cord)))


async def _carry(settings: Settings, end: socket.socket) -> None:
    stops = asyncio.Event()
    tasks: set[asyncio.Task[None]] = set()

    def hear(said: Said) -> None:
        if partners := said.get("partners"):
            gateway.wake(partners)
        if said.get("word") == "adopt":
            task = asyncio.create_task(_adopt(gateway), name="adopt")
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        if said.get("word") == "stop":
            stops.set()

    cord = Cord(hear, lambda: os._exit(1))
    gateway = Gateway(settings, shipped_adapters(), role="carrier", rings=cord.call)
    tally = Tally(gateway.telemetry.metrics.registry)
    try:
        await cord.tie(end)
        await gateway.start()
        running.spare_the_collector()
        cord.say(word="carries")
        while not stops.is_set():
            cord.say(counted=tally.changes())
            await _pause(stops)
    finally:
        await leaving.stop(gateway)
        cord.say(counted=tally.changes())


async def _adopt(gateway: Gateway) -> None:
    try:
        await gateway.following.adopt()
    except GatewayError as error:  # looked for again every few seconds
        log.warning("carrier.not_adopted", code=error.code)


async def _pause(stops: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(TELL_EVERY):
            await stops.wait()
    except TimeoutError:
        return


def _end_with_the_parent() -> None:
    """Have the kernel kill this process with the one that started it, where the kernel knows how."""
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(_PDEATHSIG, int(signal.SIGKILL))
