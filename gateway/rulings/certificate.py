"""An X.509 certificate as the checks need it: every field read once, with nothing that can raise later.

asn1crypto reads lazily and raises where a field is first looked at, a UnicodeDecodeError where a name's string type
lies; so everything is looked at here. Names are compared as received; what is shown of them is for people only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from asn1crypto import pem, x509

from gateway.rulings.malformed import Malformed

SM2_CURVE = "1.2.156.10197.1.301"
# Critical extensions that are understood here; any other critical one makes a certificate unusable (RFC 5280 §4.2).
_APPLIED = frozenset({"2.5.29.15", "2.5.29.19", "2.5.29.37", "2.5.29.17", "2.5.29.32", "2.5.29.14", "2.5.29.35"})
_NAMES_SHOWN = {"2.5.4.3", "2.5.4.10", "2.5.4.11"}
# Whatever asn1crypto may raise on bytes that are no certificate.
READING_FAILS = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """One certificate; times are aware, names are DER, ``key_usage`` is None where the extension is absent."""

    der: bytes = field(repr=False)
    signed: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    algorithm: str
    serial: int
    issuer: bytes = field(repr=False)
    subject: bytes = field(repr=False)
    shown: str
    not_before: datetime
    not_after: datetime
    key: bytes = field(repr=False)  # SubjectPublicKeyInfo
    key_algorithm: str
    curve: str | None
    point: bytes = field(repr=False)  # the key's bits; the point of an elliptic curve
    is_ca: bool
    path_length: int | None
    key_usage: frozenset[str] | None
    extended_usage: frozenset[str] | None
    key_id: bytes | None = field(repr=False)
    issuer_key_id: bytes | None = field(repr=False)
    unknown_critical: bool

    @property
    def sha256(self) -> str:
        """Return the digest by which configuration names the certificate."""
        return hashlib.sha256(self.der).hexdigest()

    @property
    def is_sm2(self) -> bool:
        """Say whether the key is one of SM2."""
        return self.curve == SM2_CURVE

    @property
    def self_issued(self) -> bool:
        """Say whether subject and issuer are the same."""
        return self.subject == self.issuer

    def valid_at(self, at: datetime) -> bool:
        """Say whether ``at`` lies within the dates of the certificate."""
        return self.not_before <= at <= self.not_after


def read_certificate(der: bytes) -> Certificate:
    """Return the certificate that ``der`` is. Raises Malformed."""
    try:
        return _read(der)
    except READING_FAILS:
        raise Malformed("rulings.certificate.unreadable") from None


def read_certificates(content: bytes) -> tuple[Certificate, ...]:
    """Return all certificates of a file in PEM or DER. Raises Malformed."""
    if not pem.detect(content):
        return (read_certificate(content),)
    try:
        blocks = [der for kind, _, der in pem.unarmor(content, multiple=True) if kind == "CERTIFICATE"]
    except READING_FAILS:
        raise Malformed("rulings.certificate.unreadable") from None
    if not blocks:
        raise Malformed("rulings.certificate.unreadable")
    return tuple(map(read_certificate, blocks))


def _read(der: bytes) -> Certificate:
    whole = x509.Certificate.load(der, strict=True)
    body = whole["tbs_certificate"]
    key = body["subject_public_key_info"]
    extensions = _extensions(body)
    constraints = extensions.get("2.5.29.19", (False, None))[1]
    usage, extended = extensions.get("2.5.29.15"), extensions.get("2.5.29.37")
    curve = key["algorithm"]["parameters"] if key["algorithm"]["algorithm"].dotted == "1.2.840.10045.2.1" else None
    if whole["signature_algorithm"]["algorithm"].dotted != body["signature"]["algorithm"].dotted:
        raise Malformed("rulings.certificate.unreadable")
    return Certificate(
        der=der,
        signed=body.dump(),
        signature=bytes(whole["signature_value"].native),
        algorithm=whole["signature_algorithm"]["algorithm"].dotted,
        serial=body["serial_number"].native,
        issuer=body["issuer"].dump(),
        subject=body["subject"].dump(),
        shown=shown_name(body["subject"]),
        not_before=body["validity"]["not_before"].native,
        not_after=body["validity"]["not_after"].native,
        key=key.dump(),
        key_algorithm=key["algorithm"]["algorithm"].dotted,
        curve=curve.chosen.dotted if curve is not None and curve.name == "named" else None,
        point=_key_bits(key),
        is_ca=bool(constraints is not None and constraints["ca"].native),
        path_length=constraints["path_len_constraint"].native if constraints is not None else None,
        key_usage=frozenset(usage[1].native) if usage else None,
        extended_usage=frozenset(each.dotted for each in extended[1]) if extended else None,
        key_id=extensions["2.5.29.14"][1].native if "2.5.29.14" in extensions else None,
        issuer_key_id=_issuer_key_id(extensions),
        unknown_critical=any(critical for oid, (critical, _) in extensions.items() if oid not in _APPLIED),
    )


def shown_name(name: Any) -> str:
    """Return common name and organisation of a name for people; each value guarded, because string types lie."""
    return ", ".join(_values(name))[:200]


def _values(name: Any) -> Iterator[str]:
    for part in name.chosen:
        for attribute in part:
            if attribute["type"].dotted in _NAMES_SHOWN:
                yield _guarded(attribute["value"])


def _guarded(value: Any) -> str:
    try:
        return str(value.native)
    except (UnicodeDecodeError, ValueError):
        contents = value.chosen.contents if hasattr(value, "chosen") else value.contents
        return bytes(contents).decode("gb18030", "replace")


def _extensions(body: Any) -> dict[str, tuple[bool, Any]]:
    """Return each extension's criticality and value. Raises ValueError when one stands twice (RFC 5280 §4.2)."""
    found: dict[str, tuple[bool, Any]] = {}
    for extension in body["extensions"]:
        oid = extension["extn_id"].dotted
        if oid in found:
            raise ValueError(oid)
        value = extension["extn_value"].parsed if oid in _APPLIED else None
        found[oid] = (extension["critical"].native, value)
    return found


def _issuer_key_id(extensions: dict[str, tuple[bool, Any]]) -> bytes | None:
    value = extensions.get("2.5.29.35", (False, None))[1]
    return None if value is None else value["key_identifier"].native


def _key_bits(key: Any) -> bytes:
    bits = key["public_key"]
    return bytes(bits.contents[1:]) if bits.contents[:1] == b"\0" else b""
