"""Read and write XML as nested dictionaries (xmltodict), behind limits that xmltodict itself does not have.

One expat pass comes first and refuses a document type, too much depth and too many elements; only then is the tree
built. Attributes are ``@name``, mixed text is ``#text``; name repeated elements in ``force_list``, or one of them
arrives as a dictionary and two as a list.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any
from xml.parsers import expat

import xmltodict

from gateway.errors import Undecodable, Untranslatable
from gateway.wire import charsets

MAX_DEPTH = 32
MAX_BYTES = 32 * 1024 * 1024
MAX_ELEMENTS = 50_000

_PROLOG = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']""")
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0 §2.2


class _Refused(Exception):
    """Stops the parser from inside one of its callbacks."""

    def __init__(self, code: str, limit: int | None = None) -> None:
        self.code = code
        self.limit = limit
        super().__init__(code)


class _Gauge:
    """Measures a document while expat reads it."""

    def __init__(self, max_depth: int, max_elements: int) -> None:
        self._max_depth = max_depth
        self._max_elements = max_elements
        self._depth = 0
        self._elements = 0

    def doctype(self, *_: Any) -> None:
        raise _Refused("wire.xml_document_type")

    def start(self, _name: str, attributes: list[str]) -> None:
        self._depth += 1
        self._elements += 1 + len(attributes) // 2
        if self._depth > self._max_depth:
            raise _Refused("wire.too_deep", self._max_depth)
        if self._elements > self._max_elements:
            raise _Refused("wire.too_many_elements", self._max_elements)

    def end(self, _name: str) -> None:
        self._depth -= 1


def loads(
    body: str | bytes,
    *,
    force_list: Collection[str] = (),
    declared: str | None = None,
    max_depth: int = MAX_DEPTH,
    max_bytes: int = MAX_BYTES,
    max_elements: int = MAX_ELEMENTS,
) -> dict[str, Any]:
    """Return the document in ``body`` as ``{root: …}``. Raises Undecodable, and nothing else.

    Bytes are decoded by ``gateway.wire.charsets``; ``declared`` is the charset of the content type, and the prolog's
    counts where there is none. Elements (attributes count as such) and depth are limited.
    """
    if len(body) > max_bytes:
        raise Undecodable("wire.too_large", limit=max_bytes)
    raw = _text(body, declared).encode("utf-8", "surrogatepass")
    _measure(raw, _Gauge(max_depth, max_elements))
    document: dict[str, Any] = xmltodict.parse(raw, encoding="utf-8", force_list=frozenset(force_list))
    return document


def dumps(document: Mapping[str, Any], *, charset: str = "utf-8", declaration: bool = True) -> bytes:
    """Return ``{root: …}`` as XML in ``charset``, with the declaration that names it.

    Raises Untranslatable for a character that XML or the charset lacks, and for what is no XML document.
    """
    try:
        text: str = xmltodict.unparse(document, full_document=False)
    except (ValueError, TypeError, AttributeError):
        text = ""
    if not text or len(document) != 1 or isinstance(next(iter(document.values())), list | tuple):
        raise Untranslatable("wire.not_expressible_in_xml")
    if found := _NOT_XML.search(text):
        raise Untranslatable(
            "wire.character_not_in_xml", character=f"U+{ord(found.group()):04X}", position=found.start()
        )
    prolog = f'<?xml version="1.0" encoding="{charset.upper()}"?>\n' if declaration else ""
    return charsets.encode(prolog + text, charset)


def _text(body: str | bytes, declared: str | None) -> str:
    if isinstance(body, str):
        return body.removeprefix("\ufeff")
    prolog = _PROLOG.match(body.lstrip(b"\xef\xbb\xbf \t\r\n")[:256])
    return charsets.decode(body, declared or (prolog.group(1).decode("ascii") if prolog else None))


def _measure(raw: bytes, gauge: _Gauge) -> None:
    # The encoding is given: what the prolog says no longer holds after decoding.
    parser = expat.ParserCreate("utf-8")
    parser.ordered_attributes = True
    parser.StartDoctypeDeclHandler = gauge.doctype
    parser.StartElementHandler = gauge.start
    parser.EndElementHandler = gauge.end
    try:
        parser.Parse(raw, True)
    except _Refused as refusal:
        raise Undecodable(refusal.code, limit=refusal.limit) from None
    except expat.ExpatError as error:
        raise Undecodable("wire.xml_malformed", line=error.lineno, column=error.offset + 1) from None
