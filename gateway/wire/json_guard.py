"""Read and write JSON so that hostile or careless input ends in one declared error, and no digit is lost.

Checked before parsing, in passes that run at the speed of C: size, depth, integers that 64 bits cannot hold, U+0000
(which PostgreSQL refuses). NaN, Infinity and lone surrogates are refused by the parser (RFC 8259, RFC 7493). Of
members with the same name the last one counts, as in nearly every parser; ours is the only one behind a door.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson

from gateway.errors import Undecodable, Untranslatable

MAX_DEPTH = 32
MAX_BYTES = 32 * 1024 * 1024  # a 20 MB attachment in base64, and its record

_MARK = b"\xef\xbb\xbf"
# Unterminated strings match to the end, else a body of escaped quotes would be scanned once per quote.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_ESCAPED_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_NOT_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")
_DIGITS_ALIKE = bytes(0x30 if byte in b"0123456789" else byte if byte in b"." else 0x20 for byte in range(256))
_TOO_MANY_DIGITS = b"0" * 20  # every 19-digit id of a partner's database fits in 64 bits
_LONG_INTEGER = re.compile(rb"(?<![.0-9])[0-9]{20}")


def loads(body: bytes | str, *, max_depth: int = MAX_DEPTH, max_bytes: int = MAX_BYTES) -> Any:
    """Return the JSON value in ``body`` (UTF-8 bytes, or text decoded before). Raises Undecodable, and nothing else."""
    raw = _utf8(body)
    if len(raw) > max_bytes:
        raise Undecodable("wire.too_large", limit=max_bytes)
    if raw.count(b"[") + raw.count(b"{") > max_depth and _depth(raw) > max_depth:
        raise Undecodable("wire.too_deep", limit=max_depth)
    if b"\\u0000" in raw and _ESCAPED_NUL.search(raw):
        raise Undecodable("wire.nul_character")
    if _TOO_MANY_DIGITS in raw.translate(_DIGITS_ALIKE) and _LONG_INTEGER.search(_STRING.sub(b'""', raw)):
        raise Undecodable("wire.integer_too_long")
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        line, column = error.lineno, error.colno
    # Raised outside the except block: the parser's error carries the whole document.
    raise Undecodable("wire.json_malformed", line=line, column=column)


def dumps(value: Any, *, sort_keys: bool = False) -> bytes:
    """Return ``value`` as compact UTF-8 JSON, the same bytes for the same value.

    Decimals are written as exact numbers, datetimes in ISO 8601, any mapping as an object. ``sort_keys`` orders the
    members by name, for bodies that are signed or compared. Raises Untranslatable for what JSON cannot express.
    """
    option = orjson.OPT_SORT_KEYS if sort_keys else 0
    try:
        return orjson.dumps(value, default=_express, option=option)
    except TypeError:  # orjson's error for every refusal, JSONEncodeError, is the same class
        pass
    raise Untranslatable("wire.not_expressible_in_json")


def _utf8(body: bytes | str) -> bytes:
    if isinstance(body, bytes):
        return body.removeprefix(_MARK)
    try:
        return body.removeprefix("\ufeff").encode()
    except UnicodeEncodeError as error:
        position = error.start
    raise Undecodable("wire.json_malformed", line=body.count("\n", 0, position) + 1, column=None)


def _depth(raw: bytes) -> int:
    """Return how deep the brackets outside strings are nested; well-formedness is the parser's to judge."""
    deepest = depth = 0
    for bracket in _STRING.sub(b"", raw).translate(None, _NOT_BRACKETS):
        if bracket in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        else:
            depth -= 1
    return deepest


def _express(value: Any) -> Any:
    if isinstance(value, Decimal) and value.is_finite():
        return orjson.Fragment(format(value, "f"))
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError
