"""The files of an OFD and what they say of each other: documents, and the list of signatures (check 1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.rulings import container, xml
from gateway.rulings.limits import Deadline, Limits
from gateway.rulings.malformed import Malformed

ROOT = "OFD.xml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A signature as the list names it."""

    id: str
    kind: str  # Seal or Sign
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """An OFD unpacked: every file by its path, the roots of its documents, its signatures in their order."""

    files: Mapping[str, bytes] = field(repr=False)
    roots: tuple[str, ...]
    lists: tuple[str, ...]
    signatures: tuple[Listed, ...]

    def find(self, reference: str, base: str) -> str:
        """Return the path that ``reference`` in the file ``base`` means. Raises Malformed.

        Absolute from the root of the package, else from the folder of ``base``, as the standard says, or from the root,
        as some makers write; a reference that could mean two files is refused.
        """
        return locate(self.files, reference, base)


def read_package(octets: bytes, limits: Limits, deadline: Deadline) -> Package:
    """Return the package in ``octets``, no XML file in it with a DOCTYPE. Raises Malformed."""
    files = container.unpack(octets, limits, deadline)
    if ROOT not in files:
        raise Malformed("rulings.ofd.no_root")
    for name, content in files.items():
        deadline.check()
        if name.casefold().endswith(".xml"):
            xml.refuse_doctype(content, file=name)
    bodies = xml.children(xml.parse(files[ROOT], file=ROOT, limit=limits.xml), "DocBody")
    if not bodies:
        raise Malformed("rulings.xml.unexpected", file=ROOT, element="DocBody")
    roots = tuple(locate(files, xml.text_of(xml.only(body, "DocRoot", file=ROOT)), ROOT) for body in bodies)
    lists = tuple(
        locate(files, xml.text_of(each), ROOT) for body in bodies for each in xml.children(body, "Signatures")
    )
    signatures = tuple(entry for path in lists for entry in _listed(files, path, limits))
    if len(signatures) > limits.signatures:
        raise Malformed("rulings.ofd.too_many_signatures", limit=limits.signatures)
    return Package(files=files, roots=roots, lists=lists, signatures=signatures)


def locate(files: Mapping[str, bytes], reference: str, base: str) -> str:
    """Return the path of a reference. Raises Malformed when it leaves the package, means nothing or two things."""
    if reference.startswith("/"):
        candidates = {_normal(reference.removeprefix("/"))}
    else:
        folder = base.rpartition("/")[0]
        candidates = {_normal(f"{folder}/{reference}" if folder else reference), _normal(reference)}
    found = [path for path in candidates if path is not None and path in files]
    if None in candidates and not found:
        raise Malformed("rulings.container.path")
    if len(found) > 1:
        raise Malformed("rulings.ofd.ambiguous", file=reference[:200])
    if not found:
        raise Malformed("rulings.ofd.missing", file=reference[:200])
    return found[0]


def _normal(path: str) -> str | None:
    """Return a path without ``.`` and ``..``; None for one that leaves the package."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def _listed(files: Mapping[str, bytes], path: str, limits: Limits) -> Iterator[Listed]:
    seen: set[str] = set()
    for entry in xml.children(xml.parse(files[path], file=path, limit=limits.xml), "Signature"):
        listed = Listed(
            id=str(entry.get("ID", ""))[:64],
            kind=str(entry.get("Type", "Seal"))[:16],
            path=locate(files, _attribute(entry, "BaseLoc", path), path),
        )
        if listed.path in seen:
            raise Malformed("rulings.ofd.listed_twice", file=listed.path)
        seen.add(listed.path)
        yield listed


def _attribute(element: Any, name: str, file: str) -> str:
    value = element.get(name)
    if not value:
        raise Malformed("rulings.xml.unexpected", file=file, element=name)
    return str(value)
