"""The operators of a PDF content stream (ISO 32000-1 §7.8.2): operands as Python values, one operator at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

MAX_OPERATORS = 500_000
_SPACE = b"\0\t\n\f\r "
_TOKEN = re.compile(rb"[^\0\t\n\f\r ()<>\[\]{}/%]+")
_NUMBER = re.compile(rb"[+-]?(?:\d+\.?\d*|\.\d+)")
_LINE_END, _OCTAL = re.compile(rb"[\r\n]"), re.compile(rb"[0-7]{1,3}")
_IMAGE_END = re.compile(rb"[\0\t\n\f\r ]EI(?=[\0\t\n\f\r ]|$)")
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_MAX_OPERANDS = 4_000


def operators(stream: bytes) -> Iterator[tuple[str, list[Any]]]:
    """Yield each operator with its operands: float, bytes, str for a name, list. Ends where it can read no further."""
    operands: list[Any] = []
    stacks: list[list[Any]] = []
    count = at = 0
    while at < len(stream):
        char = stream[at : at + 1]
        if char in _SPACE:
            at += 1
        elif char == b"%":
            at = _line_end(stream, at)
        elif char == b"[":
            stacks.append(operands)
            operands, at = [], at + 1
        elif char == b"]":
            if stacks:
                inner, operands = operands, stacks.pop()
                operands.append(inner)
            at += 1
        else:
            value, at = _value(stream, at)
            if not isinstance(value, _Operator):
                operands.append(value)
            elif not stacks:
                count += 1
                if count > MAX_OPERATORS:
                    return
                if value.name == "ID":  # the bytes of an inline image follow
                    at = _after_image(stream, at)
                yield value.name, operands
                operands = []
        if len(operands) > _MAX_OPERANDS or len(stacks) > 8:
            return


class _Operator:
    def __init__(self, name: str) -> None:
        self.name = name


def _value(stream: bytes, at: int) -> tuple[Any, int]:
    char = stream[at : at + 1]
    if char == b"(":
        return _string(stream, at + 1)
    if stream.startswith((b"<<", b">>"), at):
        return None, at + 2
    if char == b"<":
        end = stream.find(b">", at)
        return _hex(stream[at + 1 : end]), (end if end >= 0 else len(stream)) + 1
    return _word(stream, at)


def _word(stream: bytes, at: int) -> tuple[Any, int]:
    named = stream[at : at + 1] == b"/"
    token = _TOKEN.match(stream, at + named)
    if token is None:
        return "" if named else None, at + 1
    if named:
        return token.group().decode("latin-1"), token.end()
    text = token.group()
    if _NUMBER.fullmatch(text) and len(text) < 40:
        return float(text), token.end()
    return _Operator(text.decode("latin-1")[:20]), token.end()


def _string(stream: bytes, at: int) -> tuple[bytes, int]:
    found = bytearray()
    depth = 1
    while at < len(stream):
        char = stream[at : at + 1]
        if char == b"\\":
            piece, at = _escaped(stream, at + 1)
            found += piece
            continue
        depth += (char == b"(") - (char == b")")
        at += 1
        if depth == 0:
            break
        found += char
    return bytes(found), at


def _escaped(stream: bytes, at: int) -> tuple[bytes, int]:
    octal = _OCTAL.match(stream, at)
    if octal:
        return bytes([int(octal.group(), 8) & 0xFF]), octal.end()
    char = stream[at : at + 1]
    if char == b"\r":
        return b"", at + (2 if stream[at + 1 : at + 2] == b"\n" else 1)
    return (b"" if char == b"\n" else _ESCAPES.get(char, char)), at + 1


def _hex(digits: bytes) -> bytes:
    digits = b"".join(digits.split())
    try:
        return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii"))
    except ValueError:
        return b""


def _line_end(stream: bytes, at: int) -> int:
    found = _LINE_END.search(stream, at)
    return found.start() if found else len(stream)


def _after_image(stream: bytes, at: int) -> int:
    found = _IMAGE_END.search(stream, at)
    return found.end() if found else len(stream)
