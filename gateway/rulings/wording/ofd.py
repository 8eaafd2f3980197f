"""The words of an OFD: TextCode of every page and of the templates below it (GB/T 33190 §11.3)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gateway.rulings import xml
from gateway.rulings.context import Context
from gateway.rulings.malformed import Malformed
from gateway.rulings.ofd.package import Package
from gateway.rulings.wording import Wording
from gateway.rulings.wording.layout import Piece, lines

MAX_PAGES = 2_000
_TOLERANCE = 1.0  # mm


def wording_of(package: Package, context: Context) -> Wording:
    """Return the words of every document in the package, in order."""
    found: list[str] = []
    pages = 0
    try:
        for root in package.roots:
            for contents in _pages(package, root, context):
                context.deadline.check()
                pages += 1
                pieces = [piece for content in contents for piece in _pieces(content)]
                found += lines(pieces, tolerance=_TOLERANCE)
    except Malformed as error:
        return Wording(lines=(), pages=None, why=error.code)
    return Wording(lines=tuple(found), pages=pages, why=None if any(found) else "rulings.wording.no_characters")


def _pages(package: Package, root: str, context: Context) -> Iterator[list[Any]]:
    """Yield for each page the contents that make it up, templates first."""
    limit = context.limits.xml
    document = xml.parse(package.files[root], file=root, limit=limit)
    templates = {
        str(each.get("ID")): package.find(str(each.get("BaseLoc", "")), root)
        for common in xml.children(document, "CommonData")
        for each in xml.children(common, "TemplatePage")
    }
    listed = [page for part in xml.children(document, "Pages") for page in xml.children(part, "Page")]
    if len(listed) > MAX_PAGES:
        raise Malformed("rulings.wording.too_long", limit=MAX_PAGES)
    for page in listed:
        file = package.find(str(page.get("BaseLoc", "")), root)
        content = xml.parse(package.files[file], file=file, limit=limit)
        used = [templates.get(str(each.get("TemplateID"))) for each in xml.children(content, "Template")]
        below = [xml.parse(package.files[name], file=name, limit=limit) for name in used if name]
        yield [*below, content]


def _pieces(content: Any) -> Iterator[Piece]:
    for element in content.iter():
        if xml.local(element) == "TextObject" and element.get("Visible", "true").lower() != "false":
            left, top = _numbers(element.get("Boundary"), 2)
            for code in xml.children(element, "TextCode"):
                x, y = _numbers(f"{code.get('X', '0')} {code.get('Y', '0')}", 2)
                yield Piece(top + y, left + x, xml.text_of(code))


def _numbers(text: str | None, count: int) -> tuple[float, ...]:
    found = []
    for part in (text or "").split()[:count]:
        try:
            found.append(float(part))
        except ValueError:
            found.append(0.0)
    return (*found, *([0.0] * (count - len(found))))
