"""Write a ``multipart/form-data`` body (RFC 7578) piece by piece, so that no document is ever whole in memory."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable, Sequence

from gateway.contract import Attachment, Part
from gateway.errors import PermanentFailure

Documents = Callable[[str], AsyncIterator[bytes]]  # SHA-256 in hexadecimal -> the document's bytes

_ESCAPES = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})  # as browsers do (HTML Living Standard)


class Form:
    """One body, to be iterated once. ``length`` is None where the size of a document is not known."""

    def __init__(self, parts: Sequence[Part], documents: Documents | None, boundary: str | None = None) -> None:
        self._documents = documents
        boundary = boundary or secrets.token_hex(16)
        self._pieces = [(_head(boundary, part), part) for part in parts]
        self._end = f"--{boundary}--\r\n".encode()
        self.content_type = f"multipart/form-data; boundary={boundary}"
        self.failure: Exception | None = None  # why the body could not be written to its end

    @property
    def length(self) -> int | None:
        """The body's size in bytes."""
        total = len(self._end)
        for head, part in self._pieces:
            size = _size(part)
            if size is None:
                return None
            total += len(head) + size + 2
        return total

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            for head, part in self._pieces:
                yield head
                async for chunk in self._content(part):
                    yield chunk
                yield b"\r\n"
            yield self._end
        except Exception as error:
            self.failure = error
            raise

    async def _content(self, part: Part) -> AsyncIterator[bytes]:
        document = part.document
        if document is None:
            yield (part.text or "").encode()
        elif document.content is not None:
            yield document.content
        else:
            async for chunk in self._streamed(document):
                yield chunk

    async def _streamed(self, document: Attachment) -> AsyncIterator[bytes]:
        if self._documents is None:
            raise ValueError("a request names a kept document, but the transport was given no documents")
        digest = document.sha256 or document.id
        written = 0
        async for chunk in self._documents(digest):
            written += len(chunk)
            yield chunk
        if document.size not in (None, written):
            raise PermanentFailure("transport.document_changed", digest=digest, size=document.size, written=written)


def _head(boundary: str, part: Part) -> bytes:
    disposition = f'form-data; name="{part.name.translate(_ESCAPES)}"'
    kind = ""
    if part.document is not None:
        disposition += f'; filename="{part.document.name.translate(_ESCAPES)}"'
        kind = f"Content-Type: {part.document.media_type}\r\n"
    return f"--{boundary}\r\nContent-Disposition: {disposition}\r\n{kind}\r\n".encode()


def _size(part: Part) -> int | None:
    if part.document is None:
        return len((part.text or "").encode())
    return part.document.size if part.document.content is None else len(part.document.content)
