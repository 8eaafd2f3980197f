"""``serve``: the process that keeps and carries. It says where it listens and leaves cleanly when it is told to."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import structlog
import typer
import uvloop

from gateway import __version__, leaving, logs
from gateway.api import create_app
from gateway.bootstrap import Gateway, shipped_adapters
from gateway.cli import running
from gateway.cli.carrier import own_carrier
from gateway.cli.options import AsJson
from gateway.cli.server import Server
from gateway.cli.terminal import Terminal, of
from gateway.errors import GatewayError
from gateway.settings import Settings

log = structlog.get_logger("fengqiao.serve")


def serve(
    context: typer.Context,
    *,
    host: Annotated[str | None, typer.Option("--host", help="cli.option.host")] = None,
    port: Annotated[int | None, typer.Option("--port", help="cli.option.port", min=0, max=65535)] = None,
    grace: Annotated[int, typer.Option("--grace", help="cli.option.grace", min=1, max=600)] = 10,
    carrier: Annotated[bool | None, typer.Option("--carrier/--no-carrier", help="cli.option.carrier")] = None,
    as_json: AsJson = False,
) -> None:
    """Serve until told to stop."""
    terminal = of(context)
    settings = terminal.settings(host=host, port=port, carrier=carrier)
    logs.configure(level=settings.log_level, json=settings.log_json)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(terminal, settings, grace=grace, as_json=as_json))


async def _serve(terminal: Terminal, settings: Settings, *, grace: int, as_json: bool) -> None:
    gateway = Gateway(settings, shipped_adapters(), carrier=own_carrier(settings) if settings.carrier else ())
    announcement = running.Announcement(settings)
    try:
        with _listening(settings) as listener:
            url = _url(listener)
            reloading = _Reloading(gateway)

            def listens() -> None:
                announcement.make(url, carrier=settings.carrier)
                _tell(terminal, gateway, url, as_json=as_json)

            server = Server(create_app(gateway), grace=grace, listens=listens, stops=gateway.mailboxes.close)
            with server.signals(SIGHUP=reloading.start):
                await gateway.start()
                running.spare_the_collector()
                await server.serve([listener])
    finally:
        announcement.withdraw()
        await leaving.stop(gateway)


class _Reloading:
    """Reads the configuration again on a signal; a wrong one is logged and changes nothing."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._task: asyncio.Task[None] | None = None  # kept, or it might be collected before it ends

    def start(self) -> None:
        self._task = asyncio.create_task(self._reload(), name="reload")

    async def _reload(self) -> None:
        try:
            await self._gateway.reload()
        except GatewayError as error:
            facts = {name: error.facts.get(name) for name in ("file", "line", "field", "why")}
            log.warning("revision.refused", code=error.code, **facts)


def _tell(terminal: Terminal, gateway: Gateway, url: str, *, as_json: bool) -> None:
    said = _account(gateway, url)
    if as_json:
        terminal.json({**said, "pid": os.getpid(), "version": __version__})
        return
    terminal.say("cli.serve.title", version=__version__)
    terminal.print(terminal.facts(said))
    if gateway.store.notice:
        terminal.say("cli.serve.key_made", file=gateway.store.notice)
    if not gateway.revision.partners:
        terminal.say("cli.serve.no_partners", folder=gateway.settings.config_folder.absolute())
    terminal.say("cli.serve.stop", pid=os.getpid())


def _account(gateway: Gateway, url: str) -> dict[str, Any]:
    settings = gateway.settings
    token = running.token_file(settings)
    return {
        "url": url,
        "documentation": f"{url}/docs",
        "store": gateway.store.engine.url.render_as_string(hide_password=True),
        "key": _key(settings),
        "admin_token": str(token.absolute()) if token else "FENGQIAO_ADMIN_TOKEN",
        "configuration": str(settings.config_folder.absolute()),
        "revision": gateway.revision.id,
        "partners": len(gateway.revision.partners),
    }


def _key(settings: Settings) -> str:
    if settings.key is not None:
        return "FENGQIAO_KEY"
    return str((settings.key_file or settings.data_dir / "key").absolute())


@contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
    """Bind before anything starts, so that a port that is taken is said in one sentence."""
    host, port = settings.host, settings.port
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise GatewayError("cli.serve.no_port", host=host, port=port, why=error.strerror) from None
    with listener:
        yield listener


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # read, not bound
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
