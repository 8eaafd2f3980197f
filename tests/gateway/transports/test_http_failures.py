"""Which failures mean that the partner never saw a request, and which leave it in doubt."""

from __future__ import annotations

import asyncio
import gc
import socket
import ssl
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.contract import Request
from gateway.errors import AnswerLost, NeverReached
from gateway.transports.http import Retries, Timeouts

POST = Request(method="POST", path="/cases", query="token=hidden", body=b'{"name":"hidden"}')


async def test_a_refused_connection_was_never_reached(connect, unused_port):
    with pytest.raises(NeverReached) as failure:
        await connect(f"http://127.0.0.1:{unused_port}").send(POST)
    assert failure.value.code == "transport.refused"
    assert failure.value.facts == {"host": "127.0.0.1", "port": unused_port}


async def test_a_name_that_does_not_resolve_was_never_reached(connect):
    with pytest.raises(NeverReached) as failure:
        await connect("http://partner.invalid").send(POST)
    assert failure.value.code == "transport.name_unknown"


async def test_a_partner_that_comes_up_between_quick_retries_gets_the_request_once(
    serve, connect, monkeypatch, unused_port
):
    async def answer(connection):
        await connection.request()
        await connection.respond()

    server = await serve(answer)
    transport = connect(f"http://127.0.0.1:{unused_port}")
    once = transport._once

    async def then_it_is_up(request):
        try:
            return await once(request)
        finally:
            transport._base = server.url

    monkeypatch.setattr(transport, "_once", then_it_is_up)
    assert (await transport.send(POST)).status == 200
    assert len(server.requests) == 1


@pytest.mark.parametrize(("tries", "expected"), [(1, 1), (2, 2), (3, 3)])
async def test_what_never_reached_the_partner_is_tried_so_often_and_no_more(
    connect, monkeypatch, unused_port, tries, expected
):
    transport = connect(f"http://127.0.0.1:{unused_port}", retries=Retries(tries=tries, pause=(0, 0)))
    once = transport._once
    count = 0

    async def counted(request):
        nonlocal count
        count += 1
        return await once(request)

    monkeypatch.setattr(transport, "_once", counted)
    with pytest.raises(NeverReached):
        await transport.send(POST)
    assert count == expected


async def test_a_connect_timeout_was_never_reached(connect):
    with socket.socket() as listening, socket.socket() as first, socket.socket() as second:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for filler in (first, second):  # a full backlog: further connection attempts stay unanswered
            filler.setblocking(False)
            with suppress(BlockingIOError):
                filler.connect(listening.getsockname())
        transport = connect(f"http://127.0.0.1:{listening.getsockname()[1]}", timeouts=Timeouts(connect=0.2, answer=5))
        with pytest.raises(NeverReached) as failure:
            await transport.send(POST)
    assert failure.value.code == "transport.connect_timeout"


async def test_a_partner_that_connects_but_never_answers_leaves_it_in_doubt(connect):
    with socket.socket() as listening:  # the kernel accepts, nobody reads
        listening.bind(("127.0.0.1", 0))
        listening.listen(5)
        transport = connect(f"http://127.0.0.1:{listening.getsockname()[1]}", timeouts=Timeouts(connect=1, answer=0.2))
        with pytest.raises(AnswerLost) as failure:
            await transport.send(POST)
    assert failure.value.code == "transport.answer_timeout"


async def _reset_before_a_byte(connection):
    await connection.request()
    connection.reset()


async def _close_before_a_byte(connection):
    await connection.request()


async def _reset_at_once(connection):
    connection.reset()


async def _reset_within_the_head(connection):
    await connection.request()
    await connection.write(b"HTTP/1.1 200 OK\r\nContent-Le")


async def _close_within_the_body(connection):
    await connection.request()
    await connection.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")


async def _reset_within_the_body(connection):
    await connection.request()
    await connection.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
    await asyncio.sleep(0.02)
    connection.reset()


async def _close_within_a_chunk(connection):
    await connection.request()
    await connection.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab")


async def _speak_something_else(connection):
    await connection.request()
    await connection.write(b"220 mail.example.org ESMTP\r\n")


async def _claim_to_be_compressed(connection):
    await connection.request()
    await connection.respond(b"no gzip", "200 OK", "Content-Encoding: gzip")


async def _trickle_the_head(connection):
    await connection.request()
    for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 1000:
        await connection.write(bytes([byte]))
        await asyncio.sleep(0.05)


async def _trickle_the_body(connection):
    await connection.request()
    await connection.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(1000):
        await connection.write(b"x")
        await asyncio.sleep(0.05)


async def _announce_too_much(connection):
    await connection.request()
    await connection.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n")
    await asyncio.sleep(60)


async def _send_too_much(connection):
    await connection.request()
    await connection.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        await connection.write(b"1000\r\n" + b"x" * 0x1000 + b"\r\n")


@pytest.mark.parametrize(
    ("behaviour", "codes"),
    [
        (_reset_before_a_byte, {"transport.connection_lost"}),
        (_close_before_a_byte, {"transport.connection_lost"}),
        (_reset_at_once, {"transport.connection_lost"}),
        (_reset_within_the_head, {"transport.connection_lost", "transport.answer_unreadable"}),
        (_close_within_the_body, {"transport.answer_incomplete"}),
        (_reset_within_the_body, {"transport.answer_incomplete"}),
        (_close_within_a_chunk, {"transport.answer_incomplete"}),
        (_speak_something_else, {"transport.answer_unreadable"}),
        (_claim_to_be_compressed, {"transport.answer_incomplete"}),
        (_trickle_the_head, {"transport.answer_timeout"}),
        (_trickle_the_body, {"transport.answer_timeout"}),
        (_announce_too_much, {"transport.answer_too_large"}),
        (_send_too_much, {"transport.answer_too_large"}),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_an_answer_that_does_not_come_whole_leaves_it_in_doubt_and_nothing_is_sent_twice(
    serve, connect, behaviour, codes, method
):
    server = await serve(behaviour)
    patience = 0.3 if "transport.answer_timeout" in codes else 30
    transport = connect(server.url, answer_limit=100_000, timeouts=Timeouts(connect=1, answer=patience))
    with pytest.raises(AnswerLost) as failure:
        await transport.send(Request(method=method, path="/cases", query="token=hidden", body=b"hidden"))
    assert failure.value.code in codes
    assert len(server.requests) <= 1
    assert server.connections == 1
    _reveals_nothing(failure.value)


@pytest.mark.parametrize("method", ["POST", "PUT", "GET", "DELETE"])
async def test_a_kept_alive_connection_that_closes_under_a_request_leaves_it_in_doubt(serve, connect, method):
    async def answer_one_only(connection):
        await connection.request()
        await connection.respond()
        await connection.request()  # read, perhaps acted upon, never answered

    server = await serve(answer_one_only)
    transport = connect(server.url, connections=1)
    await transport.send(POST)
    with pytest.raises(AnswerLost) as failure:
        await transport.send(Request(method=method, path="/second"))
    assert failure.value.code == "transport.connection_lost"
    assert len(server.requests) == 2  # the first, and the second once


@pytest.mark.parametrize("how", ["close", "reset"])
async def test_a_connection_found_closed_before_a_request_is_replaced(serve, connect, how):
    async def answer_one_only(connection):
        await connection.request()
        await connection.respond()
        if how == "reset":
            connection.reset()

    server = await serve(answer_one_only)
    transport = connect(server.url, connections=1)
    for number in range(1, 4):
        assert (await transport.send(POST)).status == 200
        assert len(server.requests) == number
        await asyncio.sleep(0.02)  # the end of the connection arrives
    assert server.connections == 3


async def test_a_request_that_races_with_the_end_of_its_connection_is_never_sent_twice(serve, connect):
    async def answer_one_only(connection):
        await connection.request()
        await connection.respond()

    server = await serve(answer_one_only)
    transport = connect(server.url, connections=1)
    outcomes = []
    for number in range(100):
        try:
            await transport.send(Request(method="POST", path=f"/{number}"))
            outcomes.append(number)
        except AnswerLost:
            pass  # in doubt is right here; a second copy would not be
    seen = [int(request.split(b" ")[1][1:]) for request in server.requests]
    assert len(seen) == len(set(seen))
    assert set(outcomes) <= set(seen)


async def test_the_transport_goes_on_after_every_kind_of_failure(serve, connect):
    async def fail_sometimes(connection):
        while True:
            request = await connection.request()
            if b"/reset" in request:
                connection.reset()
                return
            if b"/silent" in request:
                await asyncio.sleep(60)
            await connection.respond(b"x" * (200_000 if b"/large" in request else 2))

    server = await serve(fail_sometimes)
    transport = connect(server.url, connections=2, answer_limit=100_000, timeouts=Timeouts(connect=1, answer=0.3))
    for path in ("/reset", "/silent", "/large") * 3:
        with pytest.raises(AnswerLost):
            await transport.send(Request(method="POST", path=path))
        assert (await transport.send(POST)).status == 200


async def test_a_cancelled_send_closes_its_connection_and_gives_its_turn_back(serve, connect):
    arrived, gone = asyncio.Event(), asyncio.Event()

    async def wait_for_the_end(connection):
        request = await connection.request()
        arrived.set()
        if b"/second" in request:
            await connection.respond()
            return
        with pytest.raises(asyncio.IncompleteReadError):
            await connection.request()
        gone.set()

    server = await serve(wait_for_the_end)
    transport = connect(server.url, connections=1)
    sending = asyncio.create_task(transport.send(POST))
    await arrived.wait()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    await gone.wait()
    assert (await transport.send(Request(method="POST", path="/second"))).status == 200


async def test_closing_leaves_no_connection_open(serve, connect):
    ended = asyncio.Event()

    async def answer(connection):
        await connection.request()
        await connection.respond()
        with pytest.raises(asyncio.IncompleteReadError):
            await connection.request()
        ended.set()

    server = await serve(answer)
    transport = connect(server.url)
    await transport.send(POST)
    await transport.aclose()
    await ended.wait()
    gc.collect()  # a forgotten socket would warn here, and a warning is an error


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Write a fresh certificate for 127.0.0.1 and its key into one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "simulated partner")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "partner.pem"
    file.write_bytes(
        signed.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return file


def _server_side(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


async def test_an_untrusted_certificate_was_never_reached(serve, connect, certificate):
    server = await serve(_close_before_a_byte, _server_side(certificate))
    with pytest.raises(NeverReached) as failure:
        await connect(f"https://localhost:{server.port}").send(POST)
    assert failure.value.code == "transport.certificate_refused"
    assert server.requests == []


async def test_a_trusted_certificate_of_the_right_name_is_accepted(serve, connect, certificate):
    async def answer(connection):
        await connection.request()
        await connection.respond()

    server = await serve(answer, _server_side(certificate))
    trusting = ssl.create_default_context(cafile=str(certificate))
    assert (await connect(f"https://localhost:{server.port}", ssl_context=trusting).send(POST)).status == 200
    with pytest.raises(NeverReached) as failure:
        await connect(f"https://127.0.0.1:{server.port}", ssl_context=trusting).send(POST)
    assert failure.value.code == "transport.certificate_refused"


async def test_a_port_that_speaks_no_tls_was_never_reached(serve, connect):
    async def plain(connection):
        await connection.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    server = await serve(plain)
    with pytest.raises(NeverReached) as failure:
        await connect(f"https://127.0.0.1:{server.port}").send(POST)
    assert failure.value.code == "transport.tls_failed"


async def test_a_handshake_that_never_ends_was_never_reached(serve, connect):
    async def silent(connection):
        await asyncio.sleep(60)

    server = await serve(silent)
    transport = connect(f"https://127.0.0.1:{server.port}", timeouts=Timeouts(connect=0.2, answer=5))
    with pytest.raises(NeverReached) as failure:
        await transport.send(POST)
    assert failure.value.code == "transport.connect_timeout"


async def test_a_connection_closed_during_the_handshake_was_never_reached(serve, connect):
    server = await serve(_reset_at_once)
    with pytest.raises(NeverReached):
        await connect(f"https://127.0.0.1:{server.port}").send(POST)


def _reveals_nothing(failure: BaseException) -> None:
    assert "hidden" not in f"{failure} {failure.args!r} {failure!r}"
    assert failure.__cause__ is None
    assert failure.__suppress_context__
