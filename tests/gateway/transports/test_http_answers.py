"""What comes back when the partner's system answers."""

from __future__ import annotations

import asyncio
import gzip

import pytest

from gateway.contract import Request
from gateway.errors import AnswerLost, ConfigurationFault
from gateway.transports.http import HttpTransport, Timeouts

POST = Request(method="POST", path="/cases", headers={"content-type": "application/json"}, body=b'{"a":1}')


async def _echo(connection):
    while True:
        await connection.request()
        await connection.respond(b"hello", "200 OK", "X-One: 1", "x-two: a", "X-Two: b")


async def test_a_request_arrives_as_it_was_given_and_the_answer_comes_back(serve, connect):
    server = await serve(_echo)
    response = await connect(server.url + "/api/").send(POST)
    head, body = server.requests[0].split(b"\r\n\r\n")
    assert head.startswith(b"POST /api/cases HTTP/1.1\r\n")
    assert body == b'{"a":1}'
    assert (response.status, response.body) == (200, b"hello")
    assert response.headers["x-one"] == "1"
    assert response.headers["x-two"] == "a, b"


async def test_no_header_is_added_that_a_partner_could_stumble_over(serve, connect):
    server = await serve(_echo)
    await connect(server.url).send(Request(method="POST", path="/x", headers={"x-sign": "ab"}, body=b"raw"))
    names = [line.split(b":")[0].lower() for line in server.requests[0].split(b"\r\n\r\n")[0].split(b"\r\n")[1:]]
    assert sorted(names) == [b"accept", b"accept-encoding", b"content-length", b"host", b"user-agent", b"x-sign"]


@pytest.mark.parametrize(
    ("path", "query", "target"),
    [
        ("", "", "/api"),
        ("/a b/案件", "", "/api/a%20b/%E6%A1%88%E4%BB%B6"),
        ("x", "sign=a%2Bb%3D&t=1+2", "/api/x?sign=a%2Bb%3D&t=1+2"),
        ("/x?y#z", "名=值", "/api/x%3Fy%23z?%E5%90%8D=%E5%80%BC"),
        ("//evil.example/x", "", "/api/evil.example/x"),
        ("@evil.example", "", "/api/@evil.example"),
    ],
)
async def test_path_and_query_stay_below_the_base_url_and_keep_their_encoding(serve, connect, path, query, target):
    server = await serve(_echo)
    await connect(server.url + "/api").send(Request(method="GET", path=path, query=query))
    assert server.requests[0].split(b" ")[1] == target.encode()


async def test_any_status_is_an_answer_and_a_redirect_is_not_followed(serve, connect):
    async def redirect(connection):
        await connection.request()
        await connection.respond(b"", "302 Found", f"Location: {server.url}/elsewhere", "Set-Cookie: session=1")
        await connection.request()
        await connection.respond(b"busy", "503 Service Unavailable", "Retry-After: 30")

    server = await serve(redirect)
    transport = connect(server.url)
    assert (await transport.send(POST)).status == 302
    busy = await transport.send(POST)
    assert (busy.status, busy.headers["retry-after"]) == (503, "30")
    assert len(server.requests) == 2
    assert b"cookie" not in server.requests[1].lower()


async def test_connections_are_kept_alive_and_never_more_than_configured(serve, connect):
    at_once = most = 0

    async def slow(connection):
        nonlocal at_once, most
        while True:
            await connection.request()
            at_once += 1
            most = max(most, at_once)
            await asyncio.sleep(0.001)
            at_once -= 1
            await connection.respond()

    server = await serve(slow)
    transport = connect(server.url, connections=5)
    responses = await asyncio.gather(*(transport.send(POST) for _ in range(200)))
    assert [response.status for response in responses] == [200] * 200
    assert len(server.requests) == 200
    assert server.connections <= 5
    assert most <= 5


async def test_waiting_for_a_turn_does_not_count_as_connecting(serve, connect):
    async def slow(connection):
        while True:
            await connection.request()
            await asyncio.sleep(0.4)
            await connection.respond()

    server = await serve(slow)
    transport = connect(server.url, connections=1, timeouts=Timeouts(connect=1, answer=5))
    responses = await asyncio.gather(*(transport.send(POST) for _ in range(5)))
    assert len(responses) == 5


async def test_a_compressed_answer_is_unpacked_and_its_limit_counts_what_comes_out(serve, connect):
    async def packed(connection):
        while True:
            request = await connection.request()
            size = 10_000_000 if b"/bomb" in request else 10
            await connection.respond(gzip.compress(b"x" * size), "200 OK", "Content-Encoding: gzip")

    server = await serve(packed)
    transport = connect(server.url, answer_limit=100_000)
    assert (await transport.send(POST)).body == b"x" * 10
    with pytest.raises(AnswerLost) as lost:
        await transport.send(Request(method="POST", path="/bomb"))
    assert lost.value.code == "transport.answer_too_large"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "partner",
        "ftp://partner",
        "http://",
        "http://user:secret@partner",
        "http://partner/?a=1",
        "http://[",
        "http://a#b",
    ],
)
def test_a_base_url_with_credentials_or_without_a_host_is_a_configuration_fault(url, tls):
    with pytest.raises(ConfigurationFault) as fault:
        HttpTransport(base_url=url, ssl_context=tls)
    assert "secret" not in str(fault.value)
