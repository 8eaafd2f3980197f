"""The frames around the record: a call of SOAP 1.1 with the record as a text inside it, and the answer to one.

call      Envelope ─► Body ─► writeObjectOut         ─► xtlb, jkxlh, jkid (kind), xmlDoc: the record as a text
fault     Envelope ─► Body ─► Fault                  ─► faultcode, faultstring, detail: of a call not taken as a whole
answer    Envelope ─► Body ─► writeObjectOutResponse ─► writeObjectOutReturn: code, message and more, as a text

Prefixes are whatever the sender's library writes, so elements are known by their local names; a text may carry the
attributes of SOAP's encoding (``xsi:type``), be CDATA, or be percent-encoded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from gateway.errors import Undecodable
from gateway.wire import charsets, xml_guard

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
NAMESPACE = "urn:jingwu:jiufen"
OPERATION = "writeObjectOut"
RETURN = "writeObjectOutReturn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call: the kind of record, and the record as a text."""

    kind: str
    document: str | bytes = field(repr=False)


def read_call(body: bytes, *, declared: str | None) -> Call:
    """Return the call in a SOAP envelope. Raises Undecodable."""
    operation = _operation(body, OPERATION, declared)
    return Call(kind=_text(operation, "jkid"), document=_plain(_text(operation, "xmlDoc")))


def read_answer(body: bytes, *, declared: str | None = None) -> Mapping[str, Any] | None:
    """Return the answer in a SOAP envelope, its ``head`` and ``body`` in one; None for anything else."""
    try:
        operation = _operation(body, f"{OPERATION}Response", declared)
        root = xml_guard.loads(_plain(_text(operation, RETURN))).get("root")
    except Undecodable:
        return None
    if not isinstance(root, dict) or not isinstance(root.get("head"), dict):
        return None
    inner = root.get("body")
    return {**(inner if isinstance(inner, dict) else {}), **root["head"]}


def write_call(document: str, *, kind: str, system: str, caller: str, charset: str, url_encoded: bool) -> bytes:
    """Return the SOAP envelope that carries a record's document. Raises Untranslatable."""
    said = quote(charsets.encode(document, charset)) if url_encoded else document
    parameters = {"xtlb": system, "jkxlh": caller, "jkid": kind, "xmlDoc": said}
    return _enveloped(OPERATION, parameters, charset)


def write_answer(head: Mapping[str, str], body: Mapping[str, str | None], *, charset: str) -> bytes:
    """Return the SOAP envelope of an answer."""
    said = {name: value for name, value in body.items() if value is not None}
    text = xml_guard.dumps({"root": {"head": dict(head), "body": said}}, declaration=False).decode()
    return _enveloped(f"{OPERATION}Response", {RETURN: text}, charset)


def write_fault(message: str, detail: Mapping[str, str | None], *, sender: bool, charset: str) -> bytes:
    """Return the SOAP envelope of a fault; ``sender``: it is the caller's, who should not try again unaltered."""
    said = {f"jw:{name}": value for name, value in detail.items() if value is not None}
    code = f"soapenv:{'Client' if sender else 'Server'}"
    return _body({"soapenv:Fault": {"faultcode": code, "faultstring": message, "detail": said}}, charset)


def charset_of(headers: Mapping[str, str]) -> str | None:
    """Return the charset that a content type declares."""
    return headers.get("content-type", "").lower().partition("charset=")[2].partition(";")[0].strip(" \"'") or None


def _enveloped(name: str, parameters: Mapping[str, str], charset: str) -> bytes:
    inner = {f"jw:{each}": value for each, value in parameters.items()}
    return _body({f"jw:{name}": inner}, charset)


def _body(content: Mapping[str, Any], charset: str) -> bytes:
    names = {"@xmlns:soapenv": SOAP, "@xmlns:jw": NAMESPACE}
    return xml_guard.dumps({"soapenv:Envelope": {**names, "soapenv:Body": content}}, charset=charset)


def _operation(body: bytes, name: str, declared: str | None) -> Mapping[str, Any]:
    found: Any = xml_guard.loads(body, declared=declared)
    for step in ("Envelope", "Body", name):
        found = _within(found, step)
        if not isinstance(found, dict):
            raise Undecodable("police.not_a_call", field=step)
    operation: Mapping[str, Any] = found
    return operation


def _within(holder: Mapping[str, Any], name: str) -> Any:
    return next((value for key, value in holder.items() if key.rpartition(":")[2] == name), None)


def _text(operation: Mapping[str, Any], name: str) -> str:
    value = _within(operation, name)
    if isinstance(value, dict):
        value = value.get("#text")
    if not isinstance(value, str) or not value:
        raise Undecodable("police.not_a_call", field=name)
    return value


def _plain(text: str) -> str | bytes:
    """Undo the percent-encoding that some callers put around the document; no XML begins with a percent sign."""
    return unquote_to_bytes(text.replace("+", " ")) if text.startswith("%") else text
