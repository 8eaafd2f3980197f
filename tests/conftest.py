"""What holds for every test: no network beyond the loopback, and examples of property tests chosen alike in CI."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("here", deadline=None, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")


@pytest.fixture(scope="session", autouse=True)
def _no_network_beyond_the_loopback() -> Iterator[None]:
    """Fail a test that looks up or connects to another machine; pytest's own failure passes every ``except``."""
    real = {name: getattr(socket.socket, name) for name in ("connect", "connect_ex")}
    look_up = socket.getaddrinfo

    def guarded(name: str) -> Any:
        def connect(self: socket.socket, address: Any) -> Any:
            if isinstance(address, tuple):  # else a socket of this machine's file system
                _stay_here(address[0])
            return real[name](self, address)

        return connect

    def getaddrinfo(host: Any, *arguments: Any, **named: Any) -> Any:
        _stay_here(host)
        return look_up(host, *arguments, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", getaddrinfo)
        for name in real:
            patch.setattr(socket.socket, name, guarded(name))
        yield


def _stay_here(host: str | bytes | None) -> None:
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if name in (None, "", "localhost"):
        return
    try:
        here = ip_address(str(name).partition("%")[0])
    except ValueError:
        if str(name).endswith(".invalid"):  # RFC 6761: no such name, and nobody need be asked
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known") from None
        pytest.fail(f"a test looks up {name}: tests stay on this machine")
    if not (here.is_loopback or here.is_unspecified):
        pytest.fail(f"a test connects to {name}: tests stay on this machine")
