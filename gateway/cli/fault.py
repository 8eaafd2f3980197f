"""A command that failed inside: an id for the person, and in a file what a developer needs, without anybody's words."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import structlog

from gateway import logs
from gateway.canonical.identifiers import uuid7
from gateway.cli.terminal import Terminal
from gateway.errors import ConfigurationFault, GatewayError

FILE = "command-faults.log"


def write_down(error: BaseException, terminal: Terminal) -> GatewayError:
    """Append the kinds and places of ``error`` to a log file; return what the user is told: its id and that file."""
    fault_id = uuid7()
    for file in _files(terminal):
        try:
            descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        except OSError:
            continue
        with os.fdopen(descriptor, "a", encoding="utf-8") as stream:
            logs.configure(level="error", json=True, stream=stream)
            structlog.get_logger("fengqiao.command").error("command.fault", fault_id=fault_id, exc_info=error)
            logs.configure(level="error")
        return GatewayError("cli.fault", fault=fault_id, file=str(file))
    return GatewayError("cli.fault", fault=fault_id, file=None)


def _files(terminal: Terminal) -> Iterator[Path]:
    with suppress(ConfigurationFault):  # the settings themselves may be what is wrong
        yield terminal.settings().data_dir.absolute() / FILE
    yield Path(tempfile.gettempdir()) / f"fengqiao-{os.geteuid()}-{FILE}"
