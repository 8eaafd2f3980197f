"""``simulate``: run a pretend partner on the loopback interface, to try a configuration without the real system."""

from __future__ import annotations

import asyncio
import json
import os
import socket
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway import bootstrap
from gateway.cli.server import Server
from gateway.cli.terminal import of
from gateway.contract import is_collected
from gateway.errors import GatewayError

HOST = "127.0.0.1"


def simulate(
    context: typer.Context,
    adapter: Annotated[str, typer.Argument(help="cli.argument.adapter", metavar="ADAPTER")],
    *,
    port: Annotated[int, typer.Option("--port", help="cli.option.sim_port", min=0, max=65535)] = 0,
    gateway_url: Annotated[
        str | None, typer.Option("--gateway-url", help="cli.option.gateway_url", metavar="URL")
    ] = None,
    partner: Annotated[str | None, typer.Option("--partner", help="cli.option.sim_partner", metavar="NAME")] = None,
    keys_file: Annotated[Path | None, typer.Option("--keys-file", help="cli.option.keys_file", metavar="FILE")] = None,
    ferry: Annotated[Path | None, typer.Option("--ferry", help="cli.option.sim_ferry", metavar="FOLDER")] = None,
) -> None:
    """Run a pretend partner until stopped."""
    terminal = of(context)
    simulator = bootstrap.shipped_simulator(adapter)
    name = partner or adapter.rpartition("/")[2].replace("_", "-")
    if ferry is not None:
        simulator = _by_ferry(simulator, adapter)
    keys = _keys(simulator, keys_file)
    if ferry is None:
        pretend = simulator(gateway_url=gateway_url, partner=name, keys=keys)
    else:
        pretend = simulator(folder=ferry, keys=keys)
        pretend.start()
    with _listening(port) as listener:
        url = f"http://{HOST}:{listener.getsockname()[1]}"
        terminal.say("cli.simulate.listens", adapter=adapter, url=url, pid=os.getpid())
        if keys_file is None:
            terminal.say("cli.simulate.no_keys_file")
        row = None if ferry is None else pretend.ferry_row
        terminal.print(_partner_file(simulator, adapter.partition("/")[0], name, url, keys, ferry=row))
        asyncio.run(_serve(Server(pretend.app, grace=2, listens=lambda: None), listener))


async def _serve(server: Server, listener: socket.socket) -> None:
    with server.signals():
        await server.serve([listener])


def _keys(simulator: Any, file: Path | None) -> dict[str, str]:
    """Return the keys in the file; fresh ones, written there, when there is none yet."""
    if file is not None and file.exists():
        try:
            kept: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
        except ValueError:
            raise GatewayError("cli.not_json", file=str(file)) from None
        return kept
    made: dict[str, str] = simulator.make_keys()
    if file is not None:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
            json.dump(made, out)
    return made


def _by_ferry(simulator: Any, adapter: str) -> Any:
    """Return the pretend partner whose records travel as files. Raises GatewayError where there is none."""
    if (found := getattr(simulator, "by_ferry", None)) is None:
        raise GatewayError("cli.simulate.no_ferry", adapter=adapter)
    return found


def _partner_file(
    simulator: Any, adapter: str, name: str, url: str, keys: dict[str, str], *, ferry: dict[str, Any] | None
) -> str:
    """Return a partner file that fits; JSON values are YAML too."""
    variable = name.upper().replace("-", "_")
    secrets = {key: f"env:{variable}_{key.upper()}" for key in keys}
    lines: dict[str, Any] = {"partner": name, "adapter": adapter, "base_url": url, "organisations": []}
    if is_collected(bootstrap.shipped_adapters()[adapter]):
        del lines["base_url"]
        lines["canonical_door"] = {"webhook_secrets": sorted(keys)}
    if ferry is not None:
        del lines["base_url"]
        lines["ferry"] = ferry
    lines |= {"settings": simulator.partner_settings(), "secrets": secrets}
    written = "\n".join(f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in lines.items())
    return f"# partners/{name}.yaml\n{written}"


def _listening(port: int) -> socket.socket:
    try:
        return socket.create_server((HOST, port), backlog=128)
    except OSError as error:
        raise GatewayError("cli.serve.no_port", host=HOST, port=port, why=error.strerror) from None
