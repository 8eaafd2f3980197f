"""A pretend police station's book and its papers: what it takes once, and the SOAP envelopes that it reads and writes.

call ─► signature? ─► envelope ─► document ─► known? ─► the first answer again
                                                └─► kept, a case of its own where it had none ─► its receipt
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
SERVICE = "urn:jingwu:jiufen"


class Station:
    """What the station remembers."""

    def __init__(self) -> None:
        self.held: dict[str, dict[str, Any]] = {}
        self.acts: list[str] = []  # numbers of the records it acted on, each time it did

    def take(self, kind: str, document: str) -> tuple[dict[str, Any], bool]:
        """Return what is kept of a record, and whether it was known. Raises ValueError for what is no record."""
        record = read_document(kind, document)
        number = record["id"]
        if number in self.held:
            self.held[number]["times"] += 1
            return self.held[number], True
        case = record["fields"].get("jwbh") or f"JW{len(self.held) + 1:08d}"
        kept = {**record, "case": case, "times": 1, "received_at": datetime.now(UTC).isoformat()}
        self.held[number] = kept
        self.acts.append(number)
        return kept, False

    def forget(self) -> None:
        """Begin anew."""
        self.held.clear()
        self.acts.clear()


def read_document(kind: str, document: str) -> dict[str, Any]:
    """Return a record of the samples' form from its document. Raises ValueError."""
    root = _parsed(document)
    number = root.findtext("head/bwbh")
    body = root.find("body")
    if not number or body is None:
        raise ValueError("缺少报文编号或报文内容")
    return {
        "id": number,
        "kind": kind,
        "version": root.findtext("head/bbh"),
        "fields": {each.tag: _value(each) for each in body},
        "attachments": [_paper(each) for each in root.iterfind("fjlb/row")],
    }


def write_document(record: Mapping[str, Any]) -> str:
    """Return the document of a record of the samples' form."""
    head = {"bwbh": record["id"], "bbh": record.get("version")}
    papers = [_listed(each) for each in record.get("attachments") or []]
    root = {"head": head, "body": record.get("fields") or {}, "fjlb": papers or None}
    return '<?xml version="1.0" encoding="GB18030"?>' + _element("root", root)


def read_call(body: bytes) -> tuple[str, str]:
    """Return kind and document of a call. Raises ValueError."""
    root = _parsed(body.decode("gb18030"))
    kind, document = root.findtext(f".//{{{SERVICE}}}jkid"), root.findtext(f".//{{{SERVICE}}}xmlDoc")
    if not kind or not document:
        raise ValueError("缺少参数")
    return kind, document


def write_call(kind: str, document: str) -> bytes:
    """Return the envelope of a call, with the prefixes that a Java library writes."""
    said = f"<ns1:xtlb>60</ns1:xtlb><ns1:jkxlh>PCS</ns1:jkxlh><ns1:jkid>{escape(kind)}</ns1:jkid>"
    inner = f"<ns1:writeObjectOut>{said}<ns1:xmlDoc>{escape(document)}</ns1:xmlDoc></ns1:writeObjectOut>"
    return _enveloped(inner)


def read_answer(body: bytes) -> dict[str, Any]:
    """Return what the gateway answers: code, message, its receipt, its number of the case. Raises ValueError."""
    root = _parsed(body.decode("gb18030"))
    text = root.findtext(f".//{{{SERVICE}}}writeObjectOutReturn")
    if text is None:
        return {"code": root.findtext(f".//{{{SERVICE}}}code"), "message": root.findtext(".//faultstring")}
    said = _parsed(text)
    answer = {"code": said.findtext("head/code"), "message": said.findtext("head/message")}
    return {**answer, **{each: said.findtext(f"body/{each}") for each in ("bwbh", "hzbh", "wgajbh", "zdmc")}}


def write_answer(code: str, message: str, **said: str | None) -> bytes:
    """Return the envelope of an answer."""
    text = _element("root", {"head": {"code": code, "message": message}, "body": said})
    returned = f"<ns1:writeObjectOutReturn>{escape(text)}</ns1:writeObjectOutReturn>"
    return _enveloped(f"<ns1:writeObjectOutResponse>{returned}</ns1:writeObjectOutResponse>")


def signature(key: str, body: bytes, time: str) -> str:
    """Return HMAC-SM3 over "body=<SM3>&time=<milliseconds>"."""
    sm3 = hashes.Hash(hashes.SM3())
    sm3.update(body)
    mac = HMAC(key.encode(), hashes.SM3())
    mac.update(f"body={sm3.finalize().hex()}&time={time}".encode())
    return mac.finalize().hex()


def _enveloped(inner: str) -> bytes:
    names = f'xmlns:SOAP-ENV="{ENVELOPE}" xmlns:ns1="{SERVICE}"'
    text = f"<SOAP-ENV:Envelope {names}><SOAP-ENV:Header/><SOAP-ENV:Body>{inner}</SOAP-ENV:Body></SOAP-ENV:Envelope>"
    return f'<?xml version="1.0" encoding="GB18030"?>{text}'.encode("gb18030")


def _parsed(text: str) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(text.partition("?>")[2] if text.startswith("<?xml") else text)  # noqa: S314  # ours
    except ElementTree.ParseError as error:
        raise ValueError("报文不是有效的XML") from error


def _value(element: ElementTree.Element) -> Any:
    children = list(element)
    if not children:
        return element.text
    if all(child.tag == "row" for child in children):
        return [_value(child) for child in children]
    return {child.tag: _value(child) for child in children}


def _element(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        inner = "".join(_element("row", item) for item in value)
    elif isinstance(value, Mapping):
        inner = "".join(_element(*pair) for pair in value.items())
    else:
        inner = escape(str(value))
    return f"<{name}>{inner}</{name}>"


def _listed(file: Mapping[str, Any]) -> dict[str, Any]:
    names = {"fjbh": "id", "fjmc": "name", "fjlx": "kind", "wjlx": "media_type", "fjnr": "content_base64"}
    return {theirs: file.get(ours) for theirs, ours in names.items()}


def _paper(item: ElementTree.Element) -> dict[str, Any]:
    content = base64.b64decode(item.findtext("fjnr") or "")
    return {
        "name": item.findtext("fjmc"), "kind": item.findtext("fjlx"),
        "sha256": hashlib.sha256(content).hexdigest(), "size": len(content),
    }  # fmt: skip
