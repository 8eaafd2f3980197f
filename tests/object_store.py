"""A real S3 server for tests: moto's, as a process on loopback, empty at start; every ``bucket()`` is a fresh one.

Import the fixtures into a ``conftest.py``.
"""

from __future__ import annotations

import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.servers import free_port

_START_SECONDS = 60


class ObjectStore:
    """A server that keeps its objects in its own memory: they are gone when it stops."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Run the server until ``stop``, always at the same address."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)], stdout=log, stderr=log
            )
        patience = time.monotonic() + _START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > patience:
                raise RuntimeError(self._log.read_text(errors="replace"))
            time.sleep(0.05)

    def stop(self) -> None:
        """End the server."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=_START_SECONDS)
            self._process = None

    def bucket(self, name: str = "") -> str:
        """Make a bucket and return its name."""
        name = name or f"t{uuid.uuid4().hex}"
        assert self._asked("PUT", f"/{name}") == 200
        return name

    def uploads(self, bucket: str) -> int:
        """Return how many uploads in parts were begun and neither completed nor aborted."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", f"/{bucket}?uploads")
            return connection.getresponse().read().count(b"<UploadId>")
        finally:
            connection.close()

    def _answers(self) -> bool:
        try:
            return self._asked("GET", "/moto-api/") == 200
        except OSError:
            return False

    def _asked(self, method: str, path: str) -> int:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path)
            return connection.getresponse().status
        finally:
            connection.close()


@pytest.fixture(scope="session")
def object_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    """A running S3 server, the same for the whole session."""
    server = ObjectStore(tmp_path_factory.mktemp("s3") / "log")
    try:
        server.start()
        yield server
    finally:
        server.stop()
