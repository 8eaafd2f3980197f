"""What holds for every test: no network beyond the loopback, examples chosen alike in CI, and who runs beside whom.

make test ─► worker 1: a file of quick tests, the next file, …  then everything `live`, one at a time
             worker 2: a file of quick tests, the next file, …  then everything `fault`, one at a time
"""

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

PROCESSES = ("quick", "live", "fault")  # in which order; those that start processes of their own are two groups


@pytest.hookimpl(tryfirst=True)  # before xdist writes the groups into the names
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put tests that start processes of their own last, two of them beside each other; keep files together."""
    items.sort(key=lambda item: PROCESSES.index(_kind(item)))
    if config.pluginmanager.hasplugin("xdist"):
        for item in items:
            kind = _kind(item)
            item.add_marker(pytest.mark.xdist_group(item.location[0] if kind == "quick" else kind))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Take the group off a test's name, so that what is printed can be handed to pytest again.

    Where it is printed: a worker tells its results by the whole name.
    """
    if "PYTEST_XDIST_WORKER" not in os.environ and report.nodeid.rfind("@") > report.nodeid.rfind("]"):
        report.nodeid = report.nodeid.rpartition("@")[0]


def _kind(item: pytest.Item) -> str:
    return next((name for name in ("fault", "live") if item.get_closest_marker(name)), "quick")


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
