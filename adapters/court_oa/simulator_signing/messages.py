"""SignedData over a content: CMS (RFC 5652) for RSA and ECDSA, the form of GB/T 35275 for SM2."""

from __future__ import annotations

from datetime import datetime

from adapters.court_oa.simulator_signing import der
from adapters.court_oa.simulator_signing.certificates import Issued
from adapters.court_oa.simulator_signing.keys import digest

CMS = "1.2.840.113549.1.7.2"
GBT_35275 = "1.2.156.10197.6.1.4.2.2"
_DATA = {CMS: "1.2.840.113549.1.7.1", GBT_35275: "1.2.156.10197.6.1.4.2.1"}
_SM2_SIGNING = "1.2.156.10197.1.301.1"
_RSA, _ECDSA_SHA256 = "1.2.840.113549.1.1.1", "1.2.840.10045.4.3.2"


def signed_message(
    content: bytes, signer: Issued, *, at: datetime | None, form: str | None = None, content_type: str | None = None,
    carried: bool = False, attributes: bool = True, others: tuple[Issued, ...] = (), break_value: bool = False,
    stamp: bytes | None = None,
) -> bytes:  # fmt: skip
    """Return a ContentInfo over ``content``, which it carries only when ``carried``; without ``attributes`` the content
    itself is signed."""
    form = form or (GBT_35275 if signer.key.kind == "sm2" else CMS)
    kind = content_type or _DATA[form]
    signed = _attributes(kind, digest(signer.key.digest, content), at) if attributes else None
    value = signer.key.sign(der.set_of(*signed) if signed is not None else content)
    if break_value:
        value = broken(value)
    algorithm = der.sequence(der.oid(signer.key.digest), der.null())
    who = der.sequence(signer.issuer_name, der.integer(signer.serial))
    unsigned = [_attribute("1.2.840.113549.1.9.16.2.14", stamp)] if stamp else []
    signer_info = der.sequence(
        der.integer(1),
        who,
        algorithm,
        *([der.tagged(0, *sorted(signed))] if signed is not None else []),
        der.sequence(der.oid(_encryption(signer)), *([der.null()] if signer.key.kind == "rsa" else [])),
        der.octets(value),
        *([der.tagged(1, *unsigned)] if unsigned else []),
    )
    body = der.sequence(
        der.integer(1 if kind == _DATA[form] else 3),
        der.set_of(algorithm),
        der.sequence(der.oid(kind), *([der.tagged(0, der.octets(content))] if carried else [])),
        der.tagged(0, signer.der, *(each.der for each in others)),
        der.set_of(signer_info),
    )
    return der.sequence(der.oid(form), der.tagged(0, body))


def broken(value: bytes) -> bytes:
    """Return a signature value with its last bit turned."""
    return value[:-1] + bytes([value[-1] ^ 1])


def _attributes(kind: str, hashed: bytes, at: datetime | None) -> list[bytes]:
    found = [
        _attribute("1.2.840.113549.1.9.3", der.oid(kind)),
        _attribute("1.2.840.113549.1.9.4", der.octets(hashed)),
    ]
    return [*found, _attribute("1.2.840.113549.1.9.5", der.utc_time(at))] if at else found


def _attribute(kind: str, value: bytes) -> bytes:
    return der.sequence(der.oid(kind), der.tlv(0x31, value))


def _encryption(signer: Issued) -> str:
    return {"sm2": _SM2_SIGNING, "rsa": _RSA, "ecdsa": _ECDSA_SHA256}[signer.key.kind]
