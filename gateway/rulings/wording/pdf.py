"""The words of a PDF: text operators of every page through the fonts' own maps to characters (ISO 32000-1 §9).

A font whose codes have no way back to characters makes the words of the file unknown, not empty: ``why`` says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

from gateway.rulings.context import Context
from gateway.rulings.malformed import Malformed, Unsupported
from gateway.rulings.pdf.reading import entry
from gateway.rulings.wording import Wording, cmap
from gateway.rulings.wording.layout import Piece, lines
from gateway.rulings.wording.operators import operators

MAX_PAGES = 2_000
_MAX_DEPTH = 12
_TOLERANCE = 2.0  # points


def wording_of(reader: PdfFileReader, context: Context) -> Wording:
    """Return the words of every page, in order."""
    found: list[str] = []
    pages = 0
    try:
        for page, resources in islice(_pages(reader.root["/Pages"], None, 0), MAX_PAGES):
            context.deadline.check()
            pages += 1
            found += lines(_Page(resources).pieces(_contents(page)), tolerance=_TOLERANCE)
    except Malformed as error:
        return Wording(lines=(), pages=pages or None, why=error.code)
    except Exception:
        return Wording(lines=(), pages=None, why="rulings.wording.unreadable")
    if pages == MAX_PAGES:
        return Wording(lines=(), pages=None, why="rulings.wording.too_long")
    return Wording(lines=tuple(found), pages=pages, why=None if any(found) else "rulings.wording.no_characters")


def _pages(node: Any, inherited: Any, depth: int) -> Iterator[tuple[Any, Any]]:
    if depth > _MAX_DEPTH:
        raise Malformed("rulings.wording.unreadable")
    resources = entry(node, "/Resources") or inherited
    if "/Kids" not in node:
        yield node, resources
        return
    for kid in node["/Kids"]:
        yield from _pages(kid.get_object(), resources, depth + 1)


def _contents(page: Any) -> bytes:
    contents = entry(page, "/Contents")
    if contents is None:
        return b""
    parts = contents if isinstance(contents, generic.ArrayObject) else [contents]
    return b"\n".join(part.get_object().data for part in parts)


class _Page:
    """Follow the text operators of a page and of the forms drawn on it."""

    def __init__(self, resources: Any, depth: int = 0) -> None:
        self._resources, self._depth = resources or {}, depth
        self._fonts: dict[str, cmap.Decoder] = {}
        self._decode: cmap.Decoder = cmap.latin
        self._line = [0.0, 0.0]
        self._scale = (1.0, 1.0)
        self._leading = self._run = 0.0
        self._moved: list[float] = [0.0, 0.0]
        self._saved: list[list[float]] = []

    def pieces(self, stream: bytes) -> Iterator[Piece]:
        """Yield every piece of text with its place on the page."""
        for name, operands in operators(stream):
            if name in ("Tj", "'", '"', "TJ"):
                yield from self._show(name, operands)
            elif name == "Do" and operands:
                yield from self._form(operands[0])
            elif name == "Tf" and operands:
                self._decode = self._font(str(operands[0]))
            else:
                self._place(name, [each for each in operands if isinstance(each, float)])

    def _place(self, name: str, numbers: list[float]) -> None:
        if name == "BT":
            self._line, self._scale, self._run = [0.0, 0.0], (1.0, 1.0), 0.0
        elif name == "Tm" and len(numbers) == 6:
            self._line, self._scale, self._run = [numbers[4], numbers[5]], (numbers[0] or 1.0, numbers[3] or 1.0), 0.0
        elif name in ("Td", "TD") and len(numbers) == 2:
            self._next(numbers[0], numbers[1])
            self._leading = -numbers[1] if name == "TD" else self._leading
        elif name == "TL" and numbers:
            self._leading = numbers[0]
        elif name == "T*":
            self._next(0.0, -self._leading)
        elif name == "q":
            self._saved.append(list(self._moved))
        elif name == "Q" and self._saved:
            self._moved = self._saved.pop()
        elif name == "cm" and len(numbers) == 6:
            self._moved = [self._moved[0] + numbers[4], self._moved[1] + numbers[5]]

    def _next(self, across: float, up: float) -> None:
        self._line = [self._line[0] + across * self._scale[0], self._line[1] + up * self._scale[1]]
        self._run = 0.0

    def _show(self, name: str, operands: list[Any]) -> Iterator[Piece]:
        if name in ("'", '"'):
            self._next(0.0, -self._leading)
        parts = operands[-1] if operands and isinstance(operands[-1], list) else operands[-1:]
        text = "".join(self._decode(part) for part in parts if isinstance(part, bytes))
        self._run += 0.001  # runs of one line stay in the order in which they were shown
        across = self._moved[0] + self._line[0] + self._run
        yield Piece(-(self._moved[1] + self._line[1]), across, text)

    def _form(self, name: Any) -> Iterator[Piece]:
        form = entry(entry(self._resources, "/XObject") or {}, f"/{name}")
        if form is None or entry(form, "/Subtype") != "/Form":
            return
        if self._depth >= _MAX_DEPTH:
            raise Malformed("rulings.wording.unreadable")
        resources = entry(form, "/Resources") or self._resources
        yield from _Page(resources, self._depth + 1).pieces(form.data)

    def _font(self, name: str) -> cmap.Decoder:
        if name not in self._fonts:
            font = entry(entry(self._resources, "/Font") or {}, f"/{name}")
            self._fonts[name] = cmap.latin if font is None else _decoder(font)
        return self._fonts[name]


def _decoder(font: Any) -> cmap.Decoder:
    if "/ToUnicode" in font and hasattr(font["/ToUnicode"], "data"):
        return cmap.to_unicode(font["/ToUnicode"].data)
    if entry(font, "/Subtype") != "/Type0":
        return cmap.latin
    decoder = cmap.predefined(str(entry(font, "/Encoding") or "").removeprefix("/"))
    if decoder is None:
        raise Unsupported("rulings.wording.no_map")
    return decoder
