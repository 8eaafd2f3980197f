"""Electronic seals and what is made with them: GM/T 0031-2014 (v1), GB/T 38540-2020 (v4), GM/T 0031-2025 (v5).

    v4, v5   SES_Signature = { toSign, cert, algorithm, signature, [0] time stamp }
             SESeal        = { eSealInfo, maker's cert, algorithm, signature, [0] time stamp }    signed: eSealInfo
    v1       SES_Signature = { toSign { …, cert, algorithm }, signature }
             SESeal        = { eSealInfo, { maker's cert, algorithm, signature } }    signed: the first 3

Everything that is signed is kept as it was received.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from gateway.rulings import tlv
from gateway.rulings.malformed import Malformed

Version = Literal[1, 4, 5]
_CERTIFICATES, _DIGESTS = 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """A seal with its maker's signature; ``signed`` is what the maker signed, as received."""

    raw: bytes = field(repr=False)
    version: Version
    maker_id: str
    id: str
    name: str
    listed: tuple[bytes, ...] = field(repr=False)  # certificates, or their digests
    lists_digests: bool
    created: datetime
    start: datetime
    end: datetime
    picture_kind: str
    maker: bytes = field(repr=False)
    algorithm: str
    signed: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    time_stamp: bytes | None = field(repr=False, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class SealSignature:
    """What a seal was put to; ``signed`` is TBS_Sign as received."""

    seal: Seal
    at: datetime | None
    hashed: bytes = field(repr=False)
    property: str
    signer: bytes = field(repr=False)
    algorithm: str
    signed: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    time_stamp: bytes | None = field(repr=False, default=None)


def is_seal_signature(whole: tlv.Element) -> bool:
    """Say whether an element has the outline of an SES_Signature."""
    if whole.tag != tlv.SEQUENCE or len(whole) < 2 or whole[0].tag != tlv.SEQUENCE:
        return False
    signed = whole[0]
    return len(signed) >= 5 and signed[0].tag == tlv.INTEGER and signed[1].tag == tlv.SEQUENCE


def read_seal(octets: bytes) -> Seal:
    """Return the seal of a ``.esl`` file. Raises Malformed."""
    return _seal(tlv.read(octets))


def read_seal_signature(octets: bytes, *, trailing: bytes | None = None) -> SealSignature:
    """Return an SES_Signature of any version. Raises Malformed."""
    whole = tlv.read(octets, trailing=trailing)
    if not is_seal_signature(whole):
        raise Malformed("rulings.ses.outline")
    return _first_version(whole) if len(whole) == 2 else _later_version(whole)


def _later_version(whole: tlv.Element) -> SealSignature:
    if len(whole) > 5:
        raise Malformed("rulings.ses.outline")
    signed = whole[0].expect(tlv.SEQUENCE)
    seal = _seal(signed[1])
    return SealSignature(
        seal=seal,
        at=_time(signed[2]),
        hashed=_hashed(signed[3]),
        property=signed[4].text,
        signer=whole[1].octets,
        algorithm=_algorithm(whole[2]),
        signed=signed.raw,
        signature=whole[3].bits,
        time_stamp=_time_stamp(whole, 4),
    )


def _first_version(whole: tlv.Element) -> SealSignature:
    signed = whole[0].expect(tlv.SEQUENCE)
    if len(signed) < 7:
        raise Malformed("rulings.ses.outline")
    return SealSignature(
        seal=_seal(signed[1]),
        at=_time(signed[2]),
        hashed=_hashed(signed[3]),
        property=signed[4].text,
        signer=signed[5].octets,
        algorithm=_algorithm(signed[6]),
        signed=signed.raw,
        signature=whole[1].bits,
    )


def _seal(whole: tlv.Element) -> Seal:
    body = whole.expect(tlv.SEQUENCE)[0].expect(tlv.SEQUENCE)
    header, properties, picture = (body[at].expect(tlv.SEQUENCE) for at in (0, 2, 3))
    if header[0].text != "ES":
        raise Malformed("rulings.ses.outline")
    version = _version(header[1].integer)
    maker = whole[1].expect(tlv.SEQUENCE) if version == 1 else None
    cert, algorithm, signature = (maker[at] if maker else whole[at + 1] for at in range(3))
    lists_digests = version != 1 and properties[2].integer == _DIGESTS
    # The first version has no kind of list; its members are certificates.
    listed, dates = (properties[2], 3) if version == 1 else (properties[3], 4)
    return Seal(
        raw=whole.raw,
        version=version,
        maker_id=header[2].text,
        id=body[1].text,
        name=properties[1].text,
        listed=_listed(listed, digests=lists_digests),
        lists_digests=lists_digests,
        created=properties[dates].time,
        start=properties[dates + 1].time,
        end=properties[dates + 2].time,
        picture_kind=picture[0].text,
        maker=cert.octets,
        algorithm=_algorithm(algorithm),
        signed=_joined(body, cert, algorithm) if version == 1 else body.raw,
        signature=signature.bits,
        time_stamp=_time_stamp(whole, 4) if version != 1 else None,
    )


def _version(number: int) -> Version:
    # Makers of the first version write 1, 2 or 3 here; those of the second 4.
    if number in (1, 2, 3):
        return 1
    if number == 4:
        return 4
    if number == 5:
        return 5
    raise Malformed("rulings.ses.version", version=str(number)[:8])


def _listed(element: tlv.Element, *, digests: bool) -> tuple[bytes, ...]:
    """Return the members of a list of certificates, or of { type, digest } objects."""
    if not digests:
        return tuple(child.octets for child in element.children)
    return tuple(_digest(child) for child in element.children)


def _digest(element: tlv.Element) -> bytes:
    last = element.children[-1] if element.children else element
    return last.bits if last.tag == tlv.BIT_STRING else last.octets


def _joined(*elements: tlv.Element) -> bytes:
    """Return SEQUENCE { elements } over the received bytes, in DER."""
    content = b"".join(element.raw for element in elements)
    size = len(content)
    if size < 0x80:
        return bytes([tlv.SEQUENCE, size]) + content
    width = (size.bit_length() + 7) // 8
    return bytes([tlv.SEQUENCE, 0x80 | width]) + size.to_bytes(width, "big") + content


def _algorithm(element: tlv.Element) -> str:
    return element.oid if element.tag == tlv.OID else element.expect(tlv.SEQUENCE)[0].oid


def _hashed(element: tlv.Element) -> bytes:
    return element.bits if element.tag == tlv.BIT_STRING else element.octets


def _time(element: tlv.Element) -> datetime | None:
    """Return the time of signing; the first version has it, or a time stamp, in a BIT STRING."""
    if element.tag in (tlv.UTC_TIME, tlv.GENERALIZED_TIME):
        return element.time
    try:
        return tlv.read(element.bits).time
    except Malformed:
        pass
    stated = element.bits
    return tlv.Element(tlv.GENERALIZED_TIME, stated, stated).time if stated[:2] in (b"20", b"19") else None


def _time_stamp(whole: tlv.Element, at: int) -> bytes | None:
    if len(whole) <= at:
        return None
    if whole[at].tag != 0xA0 or len(whole[at]) != 1:
        raise Malformed("rulings.ses.outline")
    return whole[at][0].bits
