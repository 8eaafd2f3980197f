"""Sees every effect of the process it is put into, names the step that it is, and has the process die at one of them.

A step is a site and what happens there: ``store.outbox.close:change_rows UPDATE delivery``. Which code is responsible
is read from the stack: the innermost frame of the gateway. Nothing of the product knows of this.
"""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from functools import wraps
from itertools import islice
from types import CodeType, FrameType
from typing import Any

import aiohttp
import redis
import redis.asyncio
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.engine.default import DefaultDialect
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from tests.faults.steps.orders import Orders
from tests.faults.steps.sites import TRANSPARENT, short, sites

READ = "reads"  # what is said of a statement that changes nothing
_VERB = re.compile(r'\s*(INSERT|UPDATE|DELETE)(?:\s+INTO|\s+FROM)?\s+"?(\w+)')
_PARTS = re.compile(r"[^/]*\d[^/]*")  # of a path: what is another one every time
# What a commit completes, by who wrote in its transaction: one commit may complete several things.
ACTS: Mapping[str, str] = {
    "store.books.Books.post": "a record kept",
    "store.due.take": "a claim",
    "store.outbox.close": "a delivery closed",
    "store.outbox.renew": "leases renewed",
    "store.outbox.release_leases": "leases released",
    "store.lanes.take": "a slot taken",
    "store.lanes.give_up": "a slot given up",
    "store.fetches.claim": "a document claimed",
    "store.fetches.close": "a document here",
    "store.mending._give_time": "a replay",
}
_asked: ContextVar[str | None] = ContextVar("asked", default=None)
_TOKEN = "tests.acts"


class Tracer:
    """The tracer of one process."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self._epoch = -1
        self._noted: set[str] = set()
        self._ends: dict[tuple[CodeType, int], str | None] = {}

    def install(self) -> None:
        """Put this into everything that has effects."""
        self._database()
        self._files()
        self._network()
        self._redis()
        self._answers()

    def site(self) -> str | None:
        """Return the site that is responsible for what happens now; None when it is none of ours."""
        frame: FrameType | None = sys._getframe(2)
        while frame is not None:
            module = frame.f_globals.get("__name__", "")
            if module.startswith("gateway.") and module not in TRANSPARENT:
                return self._named(frame, module) if module in sites().modules else None
            frame = frame.f_back
        return None

    def before(self, site: str | None, what: str) -> str | None:
        """Come to a step; return its name."""
        if site is None:
            return None
        step = f"{site} {what}"
        if self._epoch != self._orders.epoch:
            self._epoch, self._noted = self._orders.epoch, set()
        if step not in self._noted:
            self._noted.add(step)
            self._orders.note(self._epoch, step)
        self._perhaps_die(step, after=False)
        return step

    def after(self, step: str | None) -> None:
        """Have passed a step."""
        if step is not None:
            self._perhaps_die(step, after=True)

    def _perhaps_die(self, step: str, *, after: bool) -> None:
        if self._orders.strikes(step, after=after):
            self._orders.carried_out(os.getpid())
            os.kill(os.getpid(), signal.SIGKILL)

    def _named(self, frame: FrameType, module: str) -> str | None:
        key = frame.f_code, frame.f_lasti
        if key not in self._ends:
            place = next(islice(frame.f_code.co_positions(), frame.f_lasti // 2, None))
            function = frame.f_code.co_qualname
            self._ends[key] = sites().at(module, function, (place[0], place[2]), (place[1], place[3]))
        return self._ends[key]

    def _wrapped(self, of: Any, name: str, what: Callable[..., str | None]) -> None:
        """Come to a step whenever ``of.name`` is called with what ``what`` has a word for."""
        real = getattr(of, name)

        @wraps(real)
        def wrapper(*arguments: Any, **named: Any) -> Any:
            said = what(*arguments, **named)
            step = self.before(self.site(), said) if said is not None else None
            result = real(*arguments, **named)
            self.after(step)
            return result

        setattr(of, name, wrapper)

    def _database(self) -> None:
        def executes(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
            found = _VERB.match(statement)
            site = self.site()
            if found and site:
                acts = connection.info.setdefault(_TOKEN, set())
                if act := ACTS.get(site.partition(":")[0]):
                    acts.add(act)
            self.before(site, f"{found[1]} {found[2]}" if found else READ)

        def begins(connection: Connection) -> None:
            connection.info[_TOKEN] = set()

        real = DefaultDialect.do_commit

        def commits(dialect: Any, raw: Any) -> None:
            site = self.site()
            steps = [self.before(site, f"COMMIT of {act}") for act in sorted(self._acts(raw))]
            real(dialect, raw)
            for step in steps:
                self.after(step)

        event.listen(Engine, "begin", begins)
        event.listen(Engine, "before_cursor_execute", executes)
        DefaultDialect.do_commit = commits  # type: ignore[method-assign]

    def _acts(self, raw: Any) -> set[str]:
        info = getattr(raw, "info", None)  # the pool's, which the connection shares
        return set(info.get(_TOKEN, ())) if info else set()

    def _files(self) -> None:
        self._wrapped(os, "open", lambda _path, flags, *_, **__: "a new file" if flags & os.O_CREAT else None)
        for name in ("fsync", "replace", "rename", "mkdir", "utime", "unlink"):
            self._wrapped(os, name, lambda *_, name=name, **__: name)
        real = os.fdopen
        tracer = self

        class Traced:
            """A file whose writes are seen."""

            def __init__(self, file: Any) -> None:
                self._file = file

            def write(self, chunk: bytes) -> int:
                tracer.before(tracer.site(), "write")
                return int(self._file.write(chunk))

            def __getattr__(self, name: str) -> Any:
                return getattr(self._file, name)

        def fdopen(*arguments: Any, **named: Any) -> Any:
            file = real(*arguments, **named)
            return Traced(file) if self.site() else file

        os.fdopen = fdopen

    def _network(self) -> None:
        """Use aiohttp's own tracing. A body is written in a task of its own, which knows who asked by its context."""
        watch = aiohttp.TraceConfig()

        async def begins(_session: Any, _context: Any, request: Any) -> None:
            site = self.site()
            _asked.set(f"{site} {{}} {request.method} {_PARTS.sub('*', request.url.path)}" if site else None)

        def comes_to(what: str) -> Callable[..., Any]:
            async def happens(*_: Any) -> None:
                if (asked := _asked.get()) is not None:
                    site, _, rest = asked.partition(" ")
                    self.before(site, what if what == "connect" else rest.format(what))

            return happens

        watch.on_request_start.append(begins)
        watch.on_connection_create_start.append(comes_to("connect"))
        watch.on_request_headers_sent.append(comes_to("send"))
        watch.on_request_chunk_sent.append(comes_to("sent"))
        watch.on_request_end.append(comes_to("answered"))
        real = aiohttp.ClientSession.__init__

        def opened(session: Any, *arguments: Any, **named: Any) -> None:
            real(session, *arguments, **named, trace_configs=[watch])

        aiohttp.ClientSession.__init__ = opened  # type: ignore[method-assign]

    def _redis(self) -> None:
        self._wrapped(redis.Redis, "execute_command", lambda _, *command, **__: str(command[0]))
        self._wrapped(
            redis.client.Pipeline, "execute",
            lambda pipe, *_, **__: "+".join(dict.fromkeys(str(each[0][0]) for each in pipe.command_stack)) or None,
        )  # fmt: skip
        for of in (redis.asyncio.Redis,):
            self._wrapped(of, "execute_command", lambda _, *command, **__: str(command[0]))

    def _answers(self) -> None:
        real = RequestResponseCycle.send

        async def send(cycle: Any, message: Any) -> None:
            door = cycle.scope["path"].startswith("/partners/")
            step = self.before(self.site(), message["type"]) if door else None
            await real(cycle, message)
            self.after(step)

        RequestResponseCycle.send = send  # type: ignore[method-assign]


def trace(orders: Orders) -> None:
    """Trace this process from now on."""
    sites()
    Tracer(orders).install()


__all__ = ["READ", "short", "trace"]
