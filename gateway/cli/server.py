"""An HTTP server that ends by exit code: uvicorn alone would end the process by the signal that stopped it."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import uvicorn

KEEP_ALIVE = 75  # seconds: longer than a proxy keeps its own connections, so that it never writes into a closed one


class Server(uvicorn.Server):
    """uvicorn, stopped by SIGTERM or SIGINT while ``signals`` is entered; a second SIGINT waits for nobody.

    ``listens`` is called once requests are taken, ``stops`` when it is told to stop: whoever waits is to be let go.
    """

    def __init__(
        self, app: Any, *, grace: int, listens: Callable[[], None], stops: Callable[[], None] = lambda: None
    ) -> None:
        config = uvicorn.Config(
            app, lifespan="off", http="httptools", ws="none", access_log=False, log_config=None,
            server_header=False, proxy_headers=False, timeout_graceful_shutdown=grace,
            timeout_keep_alive=KEEP_ALIVE,
        )  # fmt: skip
        super().__init__(config)
        self._listens = listens
        self._stops = stops

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Take requests, and say so."""
        await super().startup(sockets)
        self._listens()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop."""
        super().handle_exit(sig, frame)
        self._stops()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone: ``signals`` has them, from before the start until after the end."""
        yield

    @contextmanager
    def signals(self, **others: Callable[[], None]) -> Iterator[None]:
        """Stop on SIGTERM and SIGINT; ``others`` are called on signals of their names (``SIGHUP``)."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        for name, called in others.items():
            loop.add_signal_handler(signal.Signals[name], called)
        try:
            yield
        finally:
            for number in (signal.SIGTERM, signal.SIGINT, *[signal.Signals[name] for name in others]):
                loop.remove_signal_handler(number)
