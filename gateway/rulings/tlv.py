"""Read BER/DER under limits, keeping the received bytes: what was signed is verified as it came, never re-encoded.

Definite lengths in any width and indefinite lengths are understood, because makers of seals use both. Nothing is read
beyond its parent; depth and number of elements are limited. Every failure is ``Malformed``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from gateway.rulings.malformed import Malformed

MAX_DEPTH = 24
MAX_ELEMENTS = 20_000
BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, NULL, OID = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06
UTC_TIME, GENERALIZED_TIME, SEQUENCE, SET = 0x17, 0x18, 0x30, 0x31
_TEXTS = {0x0C: "utf-8", 0x13: "ascii", 0x14: "latin-1", 0x16: "ascii", 0x1E: "utf-16-be", 0x1C: "utf-32-be"}


@dataclass(frozen=True, slots=True)
class Element:
    """One element: its identifier octet, what it encloses, and the whole of it as received."""

    tag: int
    content: bytes
    raw: bytes
    children: tuple[Element, ...] = ()

    def __getitem__(self, index: int) -> Element:
        if index >= len(self.children):
            raise Malformed("rulings.asn1.missing")
        return self.children[index]

    def __len__(self) -> int:
        return len(self.children)

    def expect(self, *tags: int) -> Element:
        """Return this element. Raises Malformed when it is none of the kinds expected."""
        if self.tag not in tags:
            raise Malformed("rulings.asn1.unexpected")
        return self

    @property
    def integer(self) -> int:
        """Return an INTEGER of at most 64 bytes."""
        self.expect(INTEGER)
        if not 0 < len(self.content) <= 64:
            raise Malformed("rulings.asn1.unexpected")
        return int.from_bytes(self.content, "big", signed=True)

    @property
    def octets(self) -> bytes:
        """Return an OCTET STRING's bytes, pieces of a constructed one put together."""
        if self.tag == OCTET_STRING | 0x20:
            return b"".join(child.octets for child in self.children)
        return self.expect(OCTET_STRING).content

    @property
    def bits(self) -> bytes:
        """Return a BIT STRING of whole bytes."""
        if not self.expect(BIT_STRING).content[:1] == b"\0":
            raise Malformed("rulings.asn1.unexpected")
        return self.content[1:]

    @property
    def oid(self) -> str:
        """Return an OBJECT IDENTIFIER in dotted form."""
        content = self.expect(OID).content
        if not 0 < len(content) <= 40 or content[-1] & 0x80:
            raise Malformed("rulings.asn1.unexpected")
        arcs, arc = [], 0
        for octet in content:
            arc = arc << 7 | octet & 0x7F
            if not octet & 0x80:
                arcs.append(arc)
                arc = 0
        top = min(arcs[0] // 40, 2)
        return ".".join(map(str, (top, arcs[0] - 40 * top, *arcs[1:])))

    @property
    def text(self) -> str:
        """Return a character string; what its declared type cannot read is read as well as can be."""
        if self.tag not in _TEXTS:
            raise Malformed("rulings.asn1.unexpected")
        for charset in (_TEXTS[self.tag], "utf-8", "gb18030"):  # the declared type of some makers' strings lies
            try:
                return self.content.decode(charset)
            except UnicodeDecodeError:
                continue
        return self.content.decode("latin-1")

    @property
    def time(self) -> datetime:
        """Return a UTCTime or GeneralizedTime."""
        digits = self.expect(UTC_TIME, GENERALIZED_TIME).content.decode("ascii", "replace")
        if self.tag == UTC_TIME:
            digits = ("19" if digits[:2] >= "50" else "20") + digits
        return _time(digits)


def read(octets: bytes, *, trailing: bytes | None = None) -> Element:
    """Return the one element that ``octets`` are; what follows must be empty, or of the one byte in ``trailing``."""
    reader = _Reader(octets)
    element = reader.element(0, len(octets), 0)
    rest = octets[len(element.raw) :]
    if rest and (trailing is None or rest.strip(trailing)):
        raise Malformed("rulings.asn1.trailing")
    return element


class _Reader:
    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self._left = MAX_ELEMENTS

    def element(self, start: int, end: int, depth: int) -> Element:
        self._left -= 1
        if depth > MAX_DEPTH or self._left < 0:
            raise Malformed("rulings.asn1.too_deep")
        if start + 2 > end:
            raise Malformed("rulings.asn1.truncated")
        tag = self._octets[start]
        if tag & 0x1F == 0x1F:
            raise Malformed("rulings.asn1.unexpected")  # no structure here has tags beyond 30
        if self._octets[start + 1] == 0x80:
            return self._indefinite(tag, start, end, depth)
        begin, length = self._length(start + 1, end)
        stop = begin + length
        children = self._children(begin, stop, depth) if tag & 0x20 else ()
        return Element(tag, self._octets[begin:stop], self._octets[start:stop], children)

    def _length(self, at: int, end: int) -> tuple[int, int]:
        first = self._octets[at]
        if first < 0x80:
            begin, length = at + 1, first
        else:
            width = first & 0x7F
            begin = at + 1 + width
            if width > 8 or begin > end:
                raise Malformed("rulings.asn1.truncated")
            length = int.from_bytes(self._octets[at + 1 : begin], "big")
        if length > end - begin:
            raise Malformed("rulings.asn1.truncated")
        return begin, length

    def _children(self, begin: int, stop: int, depth: int) -> tuple[Element, ...]:
        children = []
        while begin < stop:
            child = self.element(begin, stop, depth + 1)
            children.append(child)
            begin += len(child.raw)
        return tuple(children)

    def _indefinite(self, tag: int, start: int, end: int, depth: int) -> Element:
        if not tag & 0x20:
            raise Malformed("rulings.asn1.unexpected")
        at = begin = start + 2
        children = []
        while self._octets[at : at + 2] != b"\0\0":
            child = self.element(at, end, depth + 1)
            children.append(child)
            at += len(child.raw)
        if at + 2 > end:
            raise Malformed("rulings.asn1.truncated")
        return Element(tag, self._octets[begin:at], self._octets[start : at + 2], tuple(children))


def _time(digits: str) -> datetime:
    """Read ``YYYYMMDDhhmmss[.f](Z|±hhmm)``. Raises Malformed; a time without a zone is not one of DER."""
    moment, zone = (digits[:-1], "+0000") if digits.endswith("Z") else (digits[:-5], digits[-5:])
    whole, _, fraction = moment.partition(".")
    if len(whole) != 14 or not (whole + fraction).isascii() or not (whole + zone[1:]).isdigit() or zone[0] not in "+-":
        raise Malformed("rulings.asn1.time")
    if fraction and not fraction.isdigit():
        raise Malformed("rulings.asn1.time")
    offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:5]))
    try:
        # strptime would take other things for digits
        parts = [int(whole[:4]), *(int(whole[at : at + 2]) for at in range(4, 14, 2))]
        local = datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]
        return local - offset if zone[0] == "+" else local + offset
    except (ValueError, OverflowError):
        raise Malformed("rulings.asn1.time") from None
