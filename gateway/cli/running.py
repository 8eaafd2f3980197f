"""The process that serves this store, if one does: how it makes itself known, and how commands talk to it.

serve ─► <data_dir>/serving.json {pid, url, carrier}, mode 0600, from the moment it listens until it stops
command ─► that file ─► /admin of the same gateway, with the administration's token
"""

from __future__ import annotations

import fcntl
import gc
import os
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from gateway.cli.exits import Answered
from gateway.contract import Request
from gateway.errors import NotAuthentic
from gateway.settings import Settings
from gateway.transports.http import HttpTransport, Retries, Timeouts

FILE = "serving.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """A process that serves, by its own account; whether it still does shows when it is asked.

    ``carrier``: it has its lanes run by another one.
    """

    pid: int
    url: str
    carrier: bool = False


class Announcement:
    """Where this process serves, readable by its owner only. The file stays locked while the process lives.

    The lock, not the process id in it, is what commands believe: after a kill another process may get that id, and
    the port, and would be handed the administration's token.
    """

    def __init__(self, settings: Settings) -> None:
        self._file = settings.data_dir / FILE
        self._locked: int | None = None

    def make(self, url: str, *, carrier: bool) -> None:
        """Write the file, whole or not at all."""
        partial = self._file.with_name(f".{FILE}.{os.getpid()}")
        self._locked = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        fcntl.flock(self._locked, fcntl.LOCK_EX)
        said = {"pid": os.getpid(), "url": url}
        os.write(self._locked, orjson.dumps({**said, "carrier": True} if carrier else said))
        partial.replace(self._file)

    def withdraw(self) -> None:
        """Remove the file if this process wrote it."""
        if self._locked is not None:
            self._file.unlink(missing_ok=True)
            os.close(self._locked)
            self._locked = None


def announced(settings: Settings) -> Serving | None:
    """Return the process that serves, or None."""
    with suppress(OSError, ValueError, KeyError, TypeError), (settings.data_dir / FILE).open("rb") as file:
        said = orjson.loads(file.read())
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return Serving(pid=int(said["pid"]), url=str(said["url"]), carrier=bool(said.get("carrier")))
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Administration:
    """The ``/admin`` doors of a serving process."""

    transport: HttpTransport = field(repr=False)
    token: str = field(repr=False)

    async def get(self, path: str) -> Any:
        """Return what a path answers. Raises Answered, NeverReached or AnswerLost."""
        return await self._call("GET", path, None)

    async def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Have something done and return the answer. Raises Answered, NeverReached or AnswerLost."""
        return await self._call("POST", path, orjson.dumps(body or {}))

    async def _call(self, method: str, path: str, body: bytes | None) -> Any:
        headers = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}
        request = Request(method=method, path=path, headers=headers, body=body or b"")
        response = await self.transport.send(request)
        try:
            said = orjson.loads(response.body)
        except ValueError:
            said = {}
        if response.status >= 400:
            raise Answered(response.status, said if isinstance(said, dict) else {})
        return said


@asynccontextmanager
async def administration(settings: Settings, serving: Serving) -> AsyncIterator[Administration]:
    """Talk to a serving process. Raises NotAuthentic when there is no token to show it."""
    token = read_token(settings)
    transport = caller(serving.url, Timeouts(connect=2, answer=60))
    try:
        yield Administration(transport=transport, token=token)
    finally:
        await transport.aclose()


def caller(url: str, timeouts: Timeouts) -> HttpTransport:
    """Return a transport that tries once: somebody is waiting for the answer."""
    context = ssl.create_default_context()
    return HttpTransport(base_url=url, ssl_context=context, timeouts=timeouts, retries=Retries(tries=1))


def token_file(settings: Settings) -> Path | None:
    """Return the file that holds the administration's token; None when a variable holds it."""
    if settings.admin_token is not None:
        return None
    return settings.admin_token_file or settings.data_dir / "admin-token"


def read_token(settings: Settings) -> str:
    """Return the token of the administration. Raises NotAuthentic when there is none to be read."""
    if (given := settings.read_admin_token()) is not None:
        return given
    try:
        return (settings.data_dir / "admin-token").read_text(encoding="utf-8").strip()
    except OSError:
        raise NotAuthentic("auth.admin_token") from None


def lives(pid: int) -> bool:
    """Say whether a process of this id exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def spare_the_collector() -> None:
    """Let the garbage collector pass over what was made at the start, and come less often: a tenth of the door's time.

    Mappings, tables and models stay until the end. What a request makes is freed by reference counts; only cycles
    (a traceback, a closed connection) wait for the collector.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
