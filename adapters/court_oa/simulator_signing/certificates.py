"""Issue test certificates and revocation lists (RFC 5280), every property that verifiers look at an argument."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from adapters.court_oa.simulator_signing import der
from adapters.court_oa.simulator_signing.keys import Key, algorithm_identifier

SIGNING = 0xC0  # digitalSignature, nonRepudiation
ENCRYPTING = 0x30  # keyEncipherment, dataEncipherment
AUTHORITY = 0x06  # keyCertSign, cRLSign
TIME_STAMPING = "1.3.6.1.5.5.7.3.8"
KEY_COMPROMISE = 1
_serials = itertools.count(0x4651_0001)


@dataclass(frozen=True, kw_only=True)
class Issued:
    """A certificate with its key and the serial number and name by which others refer to it."""

    der: bytes = field(repr=False)
    key: Key = field(repr=False)
    name: bytes = field(repr=False)
    issuer_name: bytes = field(repr=False)
    serial: int
    shown: str

    @property
    def sha256(self) -> str:
        """Return the digest by which a trust folder names the certificate."""
        return hashlib.sha256(self.der).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a certificate is to say."""

    common_name: str
    organisation: str = "枫桥测试"
    start: datetime
    end: datetime
    usage: int | None = SIGNING
    authority: bool | None = False  # None: no basicConstraints
    path_length: int | None = None
    extended: str | None = None
    critical: str | None = None  # an unknown critical extension


def issue(wanted: Wanted, key: Key, issuer: Issued | None, *, signed_by: Key | None = None) -> Issued:
    """Return a certificate of ``key``, self-signed without an ``issuer``; ``signed_by`` forges the signature."""
    signer = signed_by or (issuer.key if issuer else key)
    name = _name(wanted)
    issuer_name = issuer.name if issuer else name
    serial = next(_serials)
    body = der.sequence(
        der.tagged(0, der.integer(2)),
        der.integer(serial),
        algorithm_identifier(signer),
        issuer_name,
        der.sequence(der.utc_time(wanted.start), der.utc_time(wanted.end)),
        name,
        key.public(),
        der.tagged(3, der.sequence(*_extensions(wanted, key, issuer.key if issuer else key))),
    )
    whole = der.sequence(body, algorithm_identifier(signer), der.bits(signer.sign(body)))
    return Issued(der=whole, key=key, name=name, issuer_name=issuer_name, serial=serial, shown=wanted.common_name)


def revocation_list(
    issuer: Issued, revoked: Iterable[tuple[Issued, datetime, int | None]], *, at: datetime,
    signed_by: Key | None = None,
) -> bytes:  # fmt: skip
    """Return a list of revoked certificates with date and reason, good for a week."""
    signer = signed_by or issuer.key
    entries = [_revoked(certificate, when, reason) for certificate, when, reason in revoked]
    body = der.sequence(
        der.integer(1),
        algorithm_identifier(signer),
        issuer.name,
        der.utc_time(at),
        der.utc_time(at + timedelta(days=7)),
        *([der.sequence(*entries)] if entries else []),
    )
    return der.sequence(body, algorithm_identifier(signer), der.bits(signer.sign(body)))


def _revoked(certificate: Issued, when: datetime, reason: int | None) -> bytes:
    entry = [der.integer(certificate.serial), der.utc_time(when)]
    if reason is not None:
        code = der.tlv(0x0A, bytes([reason]))
        entry.append(der.sequence(der.sequence(der.oid("2.5.29.21"), der.octets(code))))
    return der.sequence(*entry)


def _name(wanted: Wanted) -> bytes:
    parts = (("2.5.4.6", der.printable("CN")), ("2.5.4.10", der.utf8(wanted.organisation)))
    every = (*parts, ("2.5.4.3", der.utf8(wanted.common_name)))
    return der.sequence(*(der.set_of(der.sequence(der.oid(kind), value)) for kind, value in every))


def _extensions(wanted: Wanted, key: Key, issuer: Key) -> list[bytes]:
    found = []
    if wanted.authority is not None:
        length = [der.integer(wanted.path_length)] if wanted.path_length is not None else []
        says = [der.boolean(True), *length] if wanted.authority else []
        found.append(_extension("2.5.29.19", der.sequence(*says), critical=True))
    if wanted.usage is not None:
        found.append(
            _extension("2.5.29.15", der.tlv(0x03, _unused(wanted.usage), bytes([wanted.usage])), critical=True)
        )
    if wanted.extended:
        found.append(_extension("2.5.29.37", der.sequence(der.oid(wanted.extended)), critical=True))
    if wanted.critical:
        found.append(_extension(wanted.critical, der.null(), critical=True))
    found.append(_extension("2.5.29.14", der.octets(_key_id(key))))
    found.append(_extension("2.5.29.35", der.sequence(der.tlv(0x80, _key_id(issuer)))))
    return found


def _extension(kind: str, value: bytes, *, critical: bool = False) -> bytes:
    return der.sequence(der.oid(kind), *([der.boolean(True)] if critical else []), der.octets(value))


def _unused(usage: int) -> bytes:
    return bytes([(usage & -usage).bit_length() - 1])


def _key_id(key: Key) -> bytes:
    return hashlib.sha256(key.public()).digest()[:20]
