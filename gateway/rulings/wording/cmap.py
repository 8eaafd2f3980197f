"""From the codes in a PDF's text to characters: ToUnicode CMaps, and the predefined CMaps of Chinese fonts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

_HEX = re.compile(rb"<([0-9A-Fa-f\s]*)>")
_BEGIN = re.compile(rb"begin(bfchar|bfrange|codespacerange)")
_RANGE = re.compile(rb"<([0-9A-Fa-f\s]*)>\s*<([0-9A-Fa-f\s]*)>\s*(?:<([0-9A-Fa-f\s]*)>|\[([^\[\]]*)\])")
_MOST = 200_000  # codes in one map
_UTF16 = re.compile(r"(Uni(GB|CNS|JIS|KS)-(UCS2|UTF16)|Adobe-GB1-UCS2)-?[HV]?2?")
_GB = re.compile(r"(GBK-EUC|GBKp-EUC|GBK2K|GB-EUC|GBpc-EUC)-[HV]")

Decoder = Callable[[bytes], str]


@dataclass(frozen=True, slots=True)
class ToUnicode:
    """A ToUnicode CMap: characters by codes of one or two bytes."""

    widths: tuple[int, ...]
    characters: Mapping[bytes, str] = field(repr=False)

    def __call__(self, codes: bytes) -> str:
        """Return the text of ``codes``; what the map does not know is U+FFFD."""
        found: list[str] = []
        at = 0
        while at < len(codes):
            width = next((each for each in self.widths if codes[at : at + each] in self.characters), self.widths[-1])
            found.append(self.characters.get(codes[at : at + width], "\ufffd"))
            at += width
        return "".join(found)


def to_unicode(program: bytes) -> ToUnicode:
    """Read a ToUnicode CMap (ISO 32000-1 §9.10.3)."""
    characters: dict[bytes, str] = {}
    widths: set[int] = set()
    left = _MOST
    for kind, body in _blocks(program):
        if kind == b"codespacerange":
            widths |= {len(_octets(each)) for each in _HEX.findall(body)}
        elif kind == b"bfchar":
            each = [_octets(part) for part in _HEX.findall(body)]
            characters |= {code: _utf16(text) for code, text in zip(each[::2], each[1::2], strict=False)}
        else:
            for first, last, begin, listed in _RANGE.findall(body):
                found = _ranged(_octets(first), _octets(last), (begin, listed), left)
                characters |= found
                left -= len(found) + 1
    return ToUnicode(tuple(sorted((width for width in widths if 0 < width <= 4), reverse=False)) or (2,), characters)


def predefined(name: str) -> Decoder | None:
    """Return the decoder of a predefined CMap whose codes are a charset; None for Identity and unknown ones."""
    if _UTF16.fullmatch(name):
        return lambda codes: codes.decode("utf-16-be", "replace")
    if _GB.fullmatch(name):
        return lambda codes: codes.decode("gb18030", "replace")
    return None


def latin(codes: bytes) -> str:
    """Return the text of a simple font without a map, as WinAnsiEncoding."""
    return codes.decode("cp1252", "replace")


def _blocks(program: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield each block's kind and what stands in it; looks at every byte once, whatever the program is."""
    at = 0
    while begins := _BEGIN.search(program, at):
        kind = begins.group(1)
        end = program.find(b"end" + kind, begins.end())
        if end < 0:
            return
        yield kind, program[begins.end() : end]
        at = end


def _ranged(first: bytes, last: bytes, to: tuple[bytes, bytes], most: int) -> dict[bytes, str]:
    """Return the characters of a range: ``to`` begins at a character, or lists them."""
    begin, listed = to
    start, end = int.from_bytes(first, "big"), int.from_bytes(last, "big")
    if not first or not 0 <= end - start < most:
        return {}
    codes = [code.to_bytes(len(first), "big") for code in range(start, end + 1)]
    if listed:
        return dict(zip(codes, (_utf16(_octets(each)) for each in _HEX.findall(listed)), strict=False))
    base = _utf16(_octets(begin))
    if not base:
        return {}
    most = 0x10FFFF - ord(base[-1])
    return {code: base[:-1] + chr(ord(base[-1]) + step) for step, code in enumerate(codes) if step <= most}


def _octets(digits: bytes) -> bytes:
    digits = b"".join(digits.split())
    return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode("ascii"))


def _utf16(octets: bytes) -> str:
    return octets.decode("utf-16-be", "replace")
