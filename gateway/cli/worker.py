"""``worker`` and ``clock``: the processes that carry, and the one that sees to what has to happen by the clock."""

from __future__ import annotations

import asyncio
import os
import signal

import structlog
import typer
import uvloop

from gateway import __version__, leaving, logs
from gateway.bootstrap import Gateway, Role, shipped_adapters
from gateway.cli.options import AsJson
from gateway.cli.terminal import Terminal, of
from gateway.worker import WorkerProcess

log = structlog.get_logger("fengqiao.worker")


def worker(context: typer.Context, as_json: AsJson = False) -> None:
    """Deliver until told to stop."""
    terminal = of(context)
    gateway = _gateway(terminal, "worker")
    process = WorkerProcess(gateway)
    with gateway.shows_metrics():
        process.run(lambda: _tell(terminal, gateway, as_json=as_json))


def clock(context: typer.Context, as_json: AsJson = False) -> None:
    """Do the chores of the whole, as long as no other clock does, until told to stop."""
    terminal = of(context)
    gateway = _gateway(terminal, "clock")
    with gateway.shows_metrics(), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_tick(terminal, gateway, as_json=as_json))


def _gateway(terminal: Terminal, role: Role) -> Gateway:
    settings = terminal.settings()
    logs.configure(level=settings.log_level, json=settings.log_json)
    return Gateway(settings, shipped_adapters(), role=role)


async def _tick(terminal: Terminal, gateway: Gateway, *, as_json: bool) -> None:
    stopped = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(each, stopped.set)
    try:
        await gateway.start()
        _tell(terminal, gateway, as_json=as_json)
        await stopped.wait()
    finally:
        await leaving.stop(gateway)


def _tell(terminal: Terminal, gateway: Gateway, *, as_json: bool) -> None:
    said = {
        "role": gateway.role,
        "name": gateway.name,
        "store": gateway.store.engine.url.render_as_string(hide_password=True),
        "revision": gateway.revision.id,
        "partners": len(gateway.revision.partners),
    }
    if as_json:
        terminal.json({**said, "pid": os.getpid(), "version": __version__})
        return
    terminal.say(f"cli.{gateway.role}.title", version=__version__)
    terminal.print(terminal.facts(said))
    terminal.say("cli.serve.stop", pid=os.getpid())
