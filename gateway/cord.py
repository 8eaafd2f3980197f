"""The cord between a serving process and its carrier: a pair of sockets, one JSON object a line, read at both ends.

    serving ─► {"partners": […]}  wake their lanes        {"word": "adopt"}  another revision is active
               {"word": "stop"}   end in order
    carrier ─► {"partners": […]}  ring their mailboxes    {"word": "carries"}  its lanes run
               {"counted": […]}   what its metrics have become

Whoever reads its end knows that the other process is gone. Losing what was said costs time, never a message.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterable
from typing import Any, cast

import orjson

Said = dict[str, Any]


class Cord(asyncio.Protocol):
    """One end: ``hears`` is called with everything said at the other one, ``parted`` once that is gone."""

    def __init__(self, hears: Callable[[Said], None], parted: Callable[[], None]) -> None:
        self._hears = hears
        self._parted = parted
        self._transport: asyncio.WriteTransport | None = None
        self._partners: set[str] = set()
        self._begun = b""
        self._full = False
        self._calling = False

    async def tie(self, end: socket.socket) -> None:
        """Begin to read an end, which is the cord's from now on."""
        await asyncio.get_running_loop().create_unix_connection(lambda: self, sock=end)

    def call(self, partners: Iterable[str]) -> None:
        """Name partners: at once for everybody who calls in this round of the loop, and later where the end is full."""
        self._partners.update(partners)
        if self._partners and not self._calling:
            self._calling = True
            asyncio.get_running_loop().call_soon(self._called)

    def say(self, **words: Any) -> None:
        """Say something. Nobody hears it where the other end is gone."""
        if self._transport is not None:
            self._transport.write(orjson.dumps(words, option=orjson.OPT_APPEND_NEWLINE))

    def cut(self) -> None:
        """Let this end go, once what was said has gone out."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the end."""
        self._transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        """Hear every whole line."""
        *lines, self._begun = (self._begun + data).split(b"\n")
        for line in lines:
            self._hears(orjson.loads(line))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # how makes no difference
        """Tell that the other process is gone, or does not read."""
        self._transport = None
        self._parted()

    def pause_writing(self) -> None:
        """Keep the names of partners until there is room: a set does not grow."""
        self._full = True

    def resume_writing(self) -> None:
        """Name those that were kept."""
        self._full = False
        self._called()

    def _called(self) -> None:
        self._calling = False
        if self._partners and not self._full:
            partners, self._partners = sorted(self._partners), set()
            self.say(partners=partners)
