"""The pretend OA's own reading and writing of frames, from the README: it shares nothing with the adapter."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

# The OA's names of a material's parts beside the samples'.
_MATERIAL = {
    "id": "clbh", "name": "clmc", "kind": "cllx", "media_type": "wjlx", "size": "wjdx", "sha256": "sha256",
    "sm3": "sm3", "content_base64": "nr", "url": "url",
}  # fmt: skip


def write_frame(record: Mapping[str, Any]) -> bytes:
    """Return the message that carries a record of the samples' form."""
    frame = Element("bw")
    head = {"bwbh": record["id"], "bwlx": record["kind"], "bbh": record.get("version")}
    frame.append(_element("bwt", {name: value for name, value in head.items() if value is not None}))
    frame.append(_element("bwnr", record.get("fields", {})))
    if record.get("attachments"):
        materials = ElementTree.SubElement(frame, "clxx")
        for item in record["attachments"]:
            named = {there: item[here] for here, there in _MATERIAL.items() if item.get(here) is not None}
            materials.append(_element("cl", named))
    return _bytes(frame)


def read_frame(body: bytes) -> dict[str, Any]:
    """Return number, kind, fields and materials of a message. Raises ValueError where it is none."""
    try:
        frame = ElementTree.fromstring(body)  # noqa: S314  # what the gateway of the same test wrote
    except ElementTree.ParseError as error:
        raise ValueError("报文不是XML") from error
    number, kind, fields = frame.findtext("bwt/bwbh"), frame.findtext("bwt/bwlx"), frame.find("bwnr")
    if frame.tag != "bw" or not number or not kind or fields is None:
        raise ValueError("报文缺少 bwbh、bwlx 或 bwnr")
    materials = [{part.tag: part.text or "" for part in item} for item in frame.iterfind("clxx/cl")]
    return {"id": number, "kind": kind, "fields": _value(fields) or {}, "materials": materials}


def content_of(material: Mapping[str, str]) -> bytes | None:
    """Return the bytes of a material that came inside its message."""
    return base64.b64decode(material["nr"]) if "nr" in material else None


def answer_frame(said: Mapping[str, Any]) -> bytes:
    """Return an answer."""
    return _bytes(_element("ydxx", {name: value for name, value in said.items() if value is not None}))


def answer_fields(body: bytes) -> dict[str, str]:
    """Return what an answer of the gateway says."""
    return {part.tag: part.text or "" for part in ElementTree.fromstring(body)}  # noqa: S314  # the gateway's own


def _element(name: str, value: Any) -> Element:
    element = Element(name)
    if isinstance(value, Mapping):
        element.extend(_element(inner, each) for inner, each in value.items())
    elif isinstance(value, list | tuple):
        element.extend(_items(value))
    else:
        element.text = str(value)
    return element


def _items(values: Iterable[Any]) -> Iterable[Element]:
    return (_element("item", each) for each in values)


def _value(element: Element) -> Any:
    if not len(element):
        return element.text
    if all(child.tag == "item" for child in element):
        return [_value(child) for child in element]
    return {child.tag: _value(child) for child in element}


def _bytes(element: Element) -> bytes:
    text: bytes = ElementTree.tostring(element, encoding="utf-8", xml_declaration=True)
    return text
