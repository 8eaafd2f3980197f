"""Multipart bodies: streamed from the kept documents, never whole in memory."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator

import pytest
from python_multipart.multipart import parse_options_header
from starlette.formparsers import MultiPartParser
from starlette.requests import Headers

from gateway.contract import Attachment, Part, Request
from gateway.errors import NotFound, PermanentFailure
from gateway.transports.form import Form

CONTENT = b"%PDF-1.7 " + b"x" * 200_000
DIGEST = hashlib.sha256(CONTENT).hexdigest()


async def _documents(digest: str) -> AsyncIterator[bytes]:
    if digest != DIGEST:
        raise NotFound("gateway.not_found")
    for start in range(0, len(CONTENT), 4096):
        yield CONTENT[start : start + 4096]


def _document(**given) -> Attachment:
    facts = {
        "id": DIGEST,
        "sha256": DIGEST,
        "name": "起诉状.pdf",
        "media_type": "application/pdf",
        "size": len(CONTENT),
    }
    return Attachment(**{**facts, **given})


async def _parse(content_type: str, body: bytes):
    async def stream():
        yield body

    return await MultiPartParser(Headers({"content-type": content_type}), stream()).parse()


async def _echo(connection):
    while True:
        await connection.request()
        await connection.respond(b"{}")


@pytest.mark.parametrize("size", [len(CONTENT), None])
async def test_a_form_arrives_with_its_fields_and_its_document(serve, connect, size):
    server = await serve(_echo)
    parts = (
        Part(name="案号", text="（2026）渝0242民初1号"),
        Part(name="file", document=_document(size=size)),
        Part(name="small", document=Attachment(id="1", name='a"b\r\n.txt', media_type="text/plain", content=b"small")),
    )
    response = await connect(server.url, documents=_documents).send(Request(method="POST", path="/f", body=parts))
    assert response.status == 200
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert (b"transfer-encoding" in head.lower()) == (size is None)
    content_type = next(line for line in head.decode().split("\r\n") if line.lower().startswith("content-type:"))
    form = await _parse(content_type.split(":", 1)[1].strip(), body)
    assert form["案号"] == "（2026）渝0242民初1号"
    assert form["file"].filename == "起诉状.pdf"
    assert form["file"].content_type == "application/pdf"
    assert await form["file"].read() == CONTENT
    assert form["small"].filename == "a%22b%0D%0A.txt"
    assert await form["small"].read() == b"small"
    await form.close()


async def test_the_length_of_a_form_is_what_it_writes():
    form = Form((Part(name="a", text="值"), Part(name="b", document=_document())), _documents)
    assert form.length == len(b"".join([chunk async for chunk in form]))
    assert parse_options_header(form.content_type)[0] == b"multipart/form-data"


async def test_no_piece_of_a_form_is_larger_than_the_store_hands_out():
    form = Form((Part(name="b", document=_document()),), _documents)
    assert max([len(chunk) async for chunk in form]) <= 4096


async def test_a_missing_document_is_reported_as_what_it_is_and_the_request_is_not_completed(serve, connect):
    server = await serve(_echo)
    transport = connect(server.url, documents=_documents)
    missing = (Part(name="f", document=_document(id="0" * 64, sha256="0" * 64)),)
    with pytest.raises(NotFound):
        await transport.send(Request(method="POST", path="/f", body=missing))
    assert server.requests == []


async def test_a_document_that_is_not_as_long_as_recorded_fails_for_good(serve, connect):
    server = await serve(_echo)
    transport = connect(server.url, documents=_documents)
    longer = (Part(name="f", document=_document(size=len(CONTENT) + 1)),)
    with pytest.raises(PermanentFailure) as failure:
        await transport.send(Request(method="POST", path="/f", body=longer))
    assert failure.value.code == "transport.document_changed"
    assert server.requests == []
    assert (await transport.send(Request(method="POST", path="/f"))).status == 200


async def test_a_transport_without_documents_says_so(serve, connect):
    server = await serve(_echo)
    with pytest.raises(ValueError, match="no documents"):
        await connect(server.url).send(Request(method="POST", path="/f", body=(Part(name="f", document=_document()),)))
