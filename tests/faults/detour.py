"""A way round to a server, on which things go wrong to order: slow, cut, silent, late, doubled.

pass       as if it were not there                   slow    every piece waits a while, both ways
reset      connections end with RST, new ones too    silent  connections stay, nothing comes through
late       the request goes through, the answer is   twice   the answer comes through twice
           held until the mode changes
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Literal, Protocol

Mode = Literal["pass", "slow", "reset", "silent", "late", "twice"]
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER, 0 seconds: closing sends RST instead of FIN
_PIECE = 256 * 1024


class Observer(Protocol):
    """Whoever looks on at one connection."""

    def sent(self, data: bytes) -> None: ...

    def answered(self, data: bytes) -> None: ...

    def closed(self) -> None: ...


class Detour:
    """Listens on a port of its own and passes on to the port of a server."""

    def __init__(self, target: int, *, observe: Callable[[], Observer] | None = None) -> None:
        self.port = 0
        self.seconds = 0.0  # of ``slow``
        self._target = target
        self._observe = observe
        self._mode: Mode = "pass"
        self._changed = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0, limit=_PIECE)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Listen no longer, and end what is connected."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def set(self, mode: Mode, seconds: float = 0.0) -> None:
        """Behave so from now on, on the connections there are and on new ones."""
        self._mode, self.seconds = mode, seconds
        self._changed.set()
        self._changed = asyncio.Event()
        if mode == "reset":
            for writer in list(self._writers):
                _reset(writer)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if self._mode == "reset":
            _reset(writer)
            return
        with suppress(asyncio.CancelledError):  # by stop: a cancelled handler is logged as a fault
            await self._joined(reader, writer)

    async def _joined(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._target, limit=_PIECE)
        except OSError:
            _reset(writer)
            return
        observer = self._observe() if self._observe else None
        self._writers |= {writer, back}
        ways = [
            asyncio.create_task(self._there(reader, back, observer)),
            asyncio.create_task(self._carry(there, writer, observer.answered if observer else None, answers=True)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            self._writers -= {writer, back}
            for each in (writer, back):
                each.close()
            if observer:
                observer.closed()

    async def _there(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, observer: Observer | None
    ) -> None:
        """Carry what the client says; that it has gone is seen before anything it says on another connection."""
        try:
            await self._carry(reader, writer, observer.sent if observer else None, answers=False)
        finally:
            if observer:
                observer.closed()

    async def _carry(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        look: Callable[[bytes], None] | None,
        *,
        answers: bool,
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(_PIECE):
                if look is not None and answers:
                    look(data)
                await self._held_up(answers=answers)
                if look is not None and not answers:
                    look(data)
                writer.write(data)
                if self._mode == "twice" and answers:
                    writer.write(data)
                await writer.drain()

    async def _held_up(self, *, answers: bool) -> None:
        if self._mode == "slow":
            await asyncio.sleep(self.seconds)
        while self._mode == "silent" or (self._mode == "late" and answers):
            await self._changed.wait()


def _reset(writer: asyncio.StreamWriter) -> None:
    raw = writer.get_extra_info("socket")
    if raw is not None:
        with suppress(OSError):
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()
