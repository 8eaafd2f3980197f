"""Downloads of attachments that a partner names by URL."""

from __future__ import annotations

import asyncio

import pytest

from gateway.errors import PermanentFailure, TemporaryFailure
from gateway.transports.http import Timeouts

CONTENT = b"%PDF-1.7 " + b"x" * 300_000


async def _files(connection):
    while True:
        request = await connection.request()
        path = request.split(b" ")[1].decode()
        match path.split("/")[1]:
            case "ok":
                await connection.respond(CONTENT, "200 OK", "Content-Type: Application/PDF; name=x")
            case "moved":
                await connection.respond(b"", "302 Found", "Location: /ok")
            case "cut":
                await connection.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx")
                return
            case "slow":
                await connection.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
                await asyncio.sleep(60)
            case "endless":
                await connection.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                while True:
                    await connection.write(b"1000\r\n" + b"x" * 0x1000 + b"\r\n")
            case status:
                await connection.respond(b"", f"{status} Status", "Retry-After: 7")


@pytest.fixture
async def files(serve):
    return await serve(_files)


@pytest.fixture
def fetch(files, connect):
    transport = connect("http://partner.invalid", timeouts=Timeouts(connect=1, answer=5, fetch=1))

    async def run(path, **given):
        given = {"hosts": frozenset({f"127.0.0.1:{files.port}"}), "limit": 1_000_000, "sink": lambda _: None, **given}
        return await transport.fetch(path if "://" in path else files.url + path, **given)

    return run


async def test_a_document_is_streamed_into_the_sink(fetch):
    kept = bytearray()
    fetched = await fetch("/ok", sink=kept.extend)
    assert bytes(kept) == CONTENT
    assert (fetched.media_type, fetched.size) == ("application/pdf", len(CONTENT))


async def test_the_sink_may_be_asynchronous(fetch):
    kept = bytearray()

    async def keep(chunk: bytes) -> None:
        await asyncio.sleep(0)
        kept.extend(chunk)

    await fetch("/ok", sink=keep)
    assert bytes(kept) == CONTENT


async def test_a_failure_of_the_sink_comes_through(fetch):
    def full(_: bytes) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        await fetch("/ok", sink=full)


@pytest.mark.parametrize("path", ["/ok", "/endless"])
async def test_what_is_larger_than_the_limit_is_refused_before_it_is_read_whole(fetch, path):
    kept = bytearray()
    with pytest.raises(PermanentFailure) as failure:
        await fetch(path, limit=100_000, sink=kept.extend)
    assert failure.value.code == "transport.fetch_too_large"
    assert len(kept) <= 100_000


async def test_a_redirect_is_not_followed(fetch, files):
    with pytest.raises(PermanentFailure) as failure:
        await fetch("/moved")
    assert failure.value.facts["status"] == 302
    assert len(files.requests) == 1


@pytest.mark.parametrize("path", ["/400", "/401", "/403", "/404", "/410"])
async def test_a_refusal_by_the_host_is_permanent(fetch, path):
    with pytest.raises(PermanentFailure) as failure:
        await fetch(path)
    assert failure.value.code == "transport.fetch_refused"


@pytest.mark.parametrize("path", ["/408", "/429", "/500", "/503"])
async def test_a_host_that_is_busy_or_broken_is_temporary_and_its_wish_is_kept(fetch, path):
    with pytest.raises(TemporaryFailure) as failure:
        await fetch(path)
    assert failure.value.code == "transport.fetch_refused"
    assert failure.value.retry_after == 7


@pytest.mark.parametrize("path", ["/cut", "/slow"])
async def test_a_download_that_breaks_off_is_temporary(fetch, path):
    with pytest.raises(TemporaryFailure) as failure:
        await fetch(path)
    assert failure.value.code == "transport.fetch_failed"


async def test_a_host_that_is_down_is_temporary(fetch, unused_port):
    with pytest.raises(TemporaryFailure):
        await fetch(f"http://127.0.0.1:{unused_port}/x", hosts=frozenset({f"127.0.0.1:{unused_port}"}))


@pytest.mark.parametrize(
    "url",
    [
        "http://evil.example/x",
        "http://127.0.0.1/x",
        "http://127.0.0.1:1/x",
        "https://files.example:8443/x",
        "http://files.example:80@evil.example/x",
        "http://files.example\\@evil.example/x",
        "http://evil.example#files.example",
        "http://evil.example?files.example",
        "http://files.example.evil.example/x",
        "http://files.example./x",
        "ftp://files.example/x",
        "file:///etc/passwd",
        "//files.example/x",
        "files.example/x",
        "",
        "http://",
        "http://[",
        "http://user@files.example/x",
        "http://user:secret@files.example/x",
        "http://\x00files.example/x",
    ],
)
async def test_only_configured_hosts_are_asked(fetch, files, url):
    with pytest.raises(PermanentFailure) as failure:
        await fetch(url, hosts=frozenset({"files.example"}))
    assert failure.value.code in {"transport.fetch_url_refused", "transport.fetch_host_not_allowed"}
    assert "secret" not in str(failure.value)
    assert files.requests == []


async def test_a_host_without_a_port_means_the_usual_ports_in_any_spelling(fetch):
    for url in ("http://Files.Invalid/x", "https://files.invalid:443/x"):
        with pytest.raises(TemporaryFailure):  # allowed, though nobody is there
            await fetch(url, hosts=frozenset({"FILES.invalid"}))


async def test_nothing_of_ours_but_the_usual_headers_goes_to_the_host(fetch, files):
    await fetch("/ok")
    names = {line.split(b":")[0].lower() for line in files.requests[0].strip().split(b"\r\n")[1:]}
    assert names == {b"host", b"user-agent", b"accept", b"accept-encoding"}
