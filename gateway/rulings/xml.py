"""Read the XML of a signed file without anything that reaches outside it: no DOCTYPE, no entities, no network."""

from __future__ import annotations

from typing import Any

from lxml import etree

from gateway.rulings.malformed import Malformed


def parse(octets: bytes, *, file: str, limit: int) -> Any:
    """Return the root element of ``octets``. Raises Malformed naming the ``file`` in the container."""
    if len(octets) > limit:
        raise Malformed("rulings.xml.too_large", file=file, limit=limit)
    refuse_doctype(octets, file=file)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(octets, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise Malformed("rulings.xml.malformed", file=file) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise Malformed("rulings.xml.doctype", file=file)
    return root


def refuse_doctype(octets: bytes, *, file: str) -> None:
    """Raise Malformed for a file with a DOCTYPE, well-formed or not: other readers of it may be more careless.

    Found in every encoding whose letters are those of ASCII, with or without zeros between them.
    """
    if b"<!DOCTYPE" in octets.replace(b"\0", b"").upper():
        raise Malformed("rulings.xml.doctype", file=file)


def local(element: Any) -> str:
    """Return an element's name without its namespace: makers disagree about the namespace of OFD."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def children(element: Any, name: str) -> list[Any]:
    """Return the direct children of one name, in any namespace."""
    return [child for child in element if local(child) == name]


def only(element: Any, name: str, *, file: str) -> Any:
    """Return the one child of a name. Raises Malformed when there is none or more than one."""
    found = children(element, name)
    if len(found) != 1:
        raise Malformed("rulings.xml.unexpected", file=file, element=name)
    return found[0]


def text_of(element: Any) -> str:
    """Return the text in an element, trimmed."""
    return "".join(element.itertext()).strip()
