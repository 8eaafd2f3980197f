"""Bodies as nested values and back: JSON, XML (GB18030 or what is agreed), or a form whose members may hold JSON."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qsl, quote, urlencode

from adapters.rest.templates import as_text
from gateway.contract import Request, Response
from gateway.errors import Undecodable
from gateway.wire import charsets, json_guard, xml_guard

Format = Literal["json", "xml", "form"]
TYPES: Mapping[Format, str] = {
    "json": "application/json", "xml": "application/xml", "form": "application/x-www-form-urlencoded",
}  # fmt: skip
MOST_MEMBERS = 1000  # of a form


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """How bodies are written in one direction. ``lists``: elements of XML that may come once or often. ``texts``:
    members that hold JSON as text.
    """

    format: Format = "json"
    charset: str = "utf-8"
    lists: frozenset[str] = frozenset()
    texts: tuple[str, ...] = ()

    @property
    def media_type(self) -> str:
        """Return the content type that goes with it."""
        return f"{TYPES[self.format]}; charset={self.charset}"

    def read(self, message: Request | Response) -> Any:
        """Return the values in a body. Raises Undecodable."""
        raw = message.body if isinstance(message.body, bytes) else b""
        declared = charset_of(message.headers) or self.charset
        if self.format == "xml":
            return xml_guard.loads(raw, force_list=self.lists, declared=declared)
        if self.format == "form":
            found: Any = _form(raw)
        else:
            found = json_guard.loads(charsets.decode(raw, declared))
        return self._with_texts_read(found)

    def write(self, value: Any) -> bytes:
        """Return a body. Raises Untranslatable."""
        if self.format == "xml":
            return xml_guard.dumps(value, charset=self.charset)
        if self.format == "form":
            members = {name: as_text(each) for name, each in value.items()}
            return urlencode(members, quote_via=quote).encode()
        text = json_guard.dumps(self._with_texts_written(value)).decode()
        return charsets.encode(text, self.charset)

    def _with_texts_read(self, value: Any) -> Any:
        if not self.texts or not isinstance(value, dict):
            return value
        read = {name: json_guard.loads(value[name]) for name in self.texts if isinstance(value.get(name), str)}
        return {**value, **read}

    def _with_texts_written(self, value: Any) -> Any:
        if not self.texts or not isinstance(value, dict):
            return value
        return {name: as_text(each) if name in self.texts else each for name, each in value.items()}


def text_of(message: Request, charset: str) -> str:
    """Return a body as text, for a signature. Raises Undecodable."""
    raw = message.body if isinstance(message.body, bytes) else b""
    return charsets.decode(raw, charset_of(message.headers) or charset)


def charset_of(headers: Mapping[str, str]) -> str | None:
    """Return the charset that a content type declares."""
    _, found, rest = headers.get("content-type", "").lower().partition("charset=")
    return rest.partition(";")[0].strip(" \"'") or None if found else None


def at(value: Any, path: str) -> Any:
    """Return what lies at a path (``data.items``); None where nothing does. An empty path is the whole."""
    for name in path.split(".") if path else ():
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def text_at(value: Any, path: str | None, longest: int = 128) -> str | None:
    """Return a text or number at a path as text; None where there is none of a sensible length."""
    found = None if path is None else at(value, path)
    if isinstance(found, bool) or not isinstance(found, str | int):
        return None
    text = str(found).strip()
    return text if 0 < len(text) <= longest else None


def top(value: Any, left_out: Collection[str] = ()) -> dict[str, str | int | bool | None]:
    """Return the members of a body as the parameters of a signature: what is nested as compact JSON."""
    if not isinstance(value, Mapping):
        return {}
    return {name: _parameter(each) for name, each in value.items() if name not in left_out}


def _parameter(value: Any) -> str | int | bool | None:
    return value if value is None or isinstance(value, str | int | bool) else as_text(value)


def _form(raw: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            charsets.decode(raw), keep_blank_values=True, strict_parsing=bool(raw), errors="strict",
            max_num_fields=MOST_MEMBERS,
        )  # fmt: skip
    except ValueError:
        pairs = []
    members = dict(pairs)
    if not pairs or len(members) != len(pairs):
        raise Undecodable("rest.not_a_form")
    return members
