"""No test leaves this machine: the guard of ``tests/conftest.py`` stops it."""

from __future__ import annotations

import asyncio
import socket

import pytest

ELSEWHERE = "192.0.2.1"  # TEST-NET-1, RFC 5737: nobody's


def test_connecting_to_another_machine_fails_the_test() -> None:
    with socket.socket() as outward, pytest.raises(pytest.fail.Exception, match="stay on this machine"):
        outward.connect((ELSEWHERE, 9))


async def test_an_event_loop_is_stopped_too() -> None:
    with pytest.raises(pytest.fail.Exception, match="stay on this machine"):
        await asyncio.open_connection(ELSEWHERE, 9)


def test_looking_up_a_name_fails_the_test() -> None:
    with pytest.raises(pytest.fail.Exception, match=r"looks up partner\.example"):
        socket.getaddrinfo("partner.example", 443)


def test_a_name_that_cannot_exist_is_not_looked_up() -> None:
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo("partner.invalid", 443)


def test_the_loopback_is_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass
