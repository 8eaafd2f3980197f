"""SignedData as in CMS (RFC 5652) and in its Chinese form (GB/T 35275-2017, before GM/T 0010): read, not judged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from gateway.rulings import tlv
from gateway.rulings.certificate import Certificate, read_certificate
from gateway.rulings.malformed import Malformed

CMS = "1.2.840.113549.1.7.2"
GBT_35275 = "1.2.156.10197.6.1.4.2.2"
FORMS = {CMS: "cms", GBT_35275: "gbt_35275"}
_CONTENT_TYPE, _MESSAGE_DIGEST, _SIGNING_TIME = (f"1.2.840.113549.1.9.{number}" for number in (3, 4, 5))
_TIME_STAMP = "1.2.840.113549.1.9.16.2.14"
_MAX_CERTIFICATES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """One SignerInfo. ``attributes``: what is signed instead of the content, as SET OF; None where there are none."""

    issuer: bytes | None = field(repr=False)
    serial: int | None
    key_id: bytes | None = field(repr=False)
    digest: str
    attributes: bytes | None = field(repr=False)
    content_type: str | None
    message_digest: bytes | None = field(repr=False)
    signed_at: datetime | None
    algorithm: str
    signature: bytes = field(repr=False)
    time_stamp: bytes | None = field(repr=False)

    def certificate(self, certificates: tuple[Certificate, ...]) -> Certificate | None:
        """Return the signer's certificate among those at hand."""
        for each in certificates:
            if self.key_id is not None and each.key_id == self.key_id:
                return each
            if self.issuer is not None and (each.issuer, each.serial) == (self.issuer, self.serial):
                return each
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedMessage:
    """A SignedData. ``content``: what it carries itself, None where it signs something beside it."""

    form: str
    content_type: str
    content: bytes | None = field(repr=False)
    certificates: tuple[Certificate, ...]
    signers: tuple[Signer, ...]


def read_signed_message(octets: bytes, *, trailing: bytes | None = None) -> SignedMessage:
    """Return the SignedData in ``octets``. Raises Malformed."""
    whole = tlv.read(octets, trailing=trailing).expect(tlv.SEQUENCE)
    form = FORMS.get(whole[0].oid)
    if form is None or whole[1].tag != 0xA0:
        raise Malformed("rulings.cms.outline")
    body = whole[1][0].expect(tlv.SEQUENCE)
    encapsulated = body[2].expect(tlv.SEQUENCE)
    certificates = [each for part in body.children[3:] if part.tag == 0xA0 for each in part.children]
    signers = [each for part in body.children[3:] if part.tag == tlv.SET for each in part.children]
    if len(certificates) > _MAX_CERTIFICATES or len(signers) > _MAX_CERTIFICATES:
        raise Malformed("rulings.cms.outline")
    return SignedMessage(
        form=form,
        content_type=encapsulated[0].oid,
        content=_content(encapsulated),
        certificates=tuple(_readable(certificates)),
        signers=tuple(_signer(each.expect(tlv.SEQUENCE)) for each in signers),
    )


def is_signed_message(whole: tlv.Element) -> bool:
    """Say whether an element has the outline of a ContentInfo with SignedData."""
    return whole.tag == tlv.SEQUENCE and len(whole) == 2 and whole[0].tag == tlv.OID and whole[0].oid in FORMS


def _content(encapsulated: tlv.Element) -> bytes | None:
    if len(encapsulated) < 2:
        return None
    part = encapsulated[1]
    if part.tag == 0xA0 and len(part) == 1:
        part = part[0]
    if part.tag in (tlv.OCTET_STRING, tlv.OCTET_STRING | 0x20):
        return part.octets
    return part.content if part.tag == 0x80 else part.raw


def _readable(elements: list[tlv.Element]) -> Iterator[Certificate]:
    """Yield the certificates that can be read; a bag may hold other things, and nothing in it is believed."""
    for element in elements:
        try:
            yield read_certificate(element.raw)
        except Malformed:
            continue


def _signer(whole: tlv.Element) -> Signer:
    sid = whole[1]
    rest = list(whole.children[3:])
    signed = rest.pop(0) if rest and rest[0].tag == 0xA0 else None
    if len(rest) < 2:
        raise Malformed("rulings.cms.outline")
    attributes = dict(_attributes(signed)) if signed else {}
    unsigned = dict(_attributes(rest[2])) if len(rest) > 2 and rest[2].tag == 0xA1 else {}
    return Signer(
        issuer=sid[0].raw if sid.tag == tlv.SEQUENCE else None,
        serial=sid[1].integer if sid.tag == tlv.SEQUENCE else None,
        key_id=sid.content if sid.tag == 0x80 else None,
        digest=whole[2][0].oid,
        attributes=b"\x31" + signed.raw[1:] if signed else None,  # RFC 5652 §5.4: signed as SET OF
        content_type=attributes[_CONTENT_TYPE].oid if _CONTENT_TYPE in attributes else None,
        message_digest=attributes[_MESSAGE_DIGEST].octets if _MESSAGE_DIGEST in attributes else None,
        signed_at=attributes[_SIGNING_TIME].time if _SIGNING_TIME in attributes else None,
        algorithm=rest[0][0].oid,
        signature=rest[1].octets,
        time_stamp=unsigned[_TIME_STAMP].raw if _TIME_STAMP in unsigned else None,
    )


def _attributes(part: tlv.Element) -> Iterator[tuple[str, tlv.Element]]:
    """Yield each attribute's kind and value. Raises Malformed when one stands twice or has several values."""
    seen: set[str] = set()
    for attribute in part.children:
        kind = attribute[0].oid
        if kind in seen or len(attribute[1].expect(tlv.SET)) != 1:
            raise Malformed("rulings.cms.outline")
        seen.add(kind)
        yield kind, attribute[1][0]
