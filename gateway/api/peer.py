"""Who is at the other end: its address and its client certificate, told by the proxy in front, and by nobody else.

    caller ─TLS─► proxy (verifies the certificate) ─ X-Client-Verify, X-Client-Cert, X-Forwarded-For ─► door
    caller ──────────────── the same headers, from anywhere else ───────────────────────────────► refused, logged

Only who connects from one of ``FENGQIAO_TRUSTED_PROXIES`` is believed. The headers never reach a dialect.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address
from urllib.parse import unquote

import structlog
from cryptography import x509
from starlette.types import Scope

from gateway.configuration import PartnerRow
from gateway.errors import NotAuthentic

log = structlog.get_logger("fengqiao.peer")
Networks = tuple[IPv4Network | IPv6Network, ...]
VERIFIED, CERTIFICATE, FORWARDED = b"x-client-verify", b"x-client-cert", b"x-forwarded-for"
_OURS = frozenset({VERIFIED, CERTIFICATE, FORWARDED})
_PLACE = "fengqiao.peer"  # in the scope of a request
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----\s+([A-Za-z0-9+/=\s]+?)\s*-----END CERTIFICATE-----\s*", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """The caller of one request. ``certificate``: DER of a client certificate that a trusted proxy has verified.

    ``pretends``: it brought a certificate in a header without being a trusted proxy.
    """

    address: str
    certificate: bytes | None = field(default=None, repr=False)
    pretends: bool = False

    @property
    def sha256(self) -> str | None:
        """Return the SHA-256 of the certificate, hexadecimal."""
        return hashlib.sha256(self.certificate).hexdigest() if self.certificate else None

    def has_subject(self, subjects: Sequence[str]) -> bool:
        """Say whether the certificate's subject is one of these (RFC 4514)."""
        if not self.certificate or not subjects:
            return False
        subject = x509.load_der_x509_certificate(self.certificate).subject
        return any(x509.Name.from_rfc4514_string(each) == subject for each in subjects)


def recognise(scope: Scope, trusted: Networks) -> None:
    """Take what a proxy says out of a request's headers, and note who called. Costs next to nothing where it is absent.

    To be called once, before anything else reads the headers.
    """
    client = scope.get("client")
    address = str(client[0]) if client else ""
    said = {name: value for name, value in scope["headers"] if name in _OURS}
    if not said:
        scope[_PLACE] = Peer(address=address)
        return
    scope["headers"] = [(name, value) for name, value in scope["headers"] if name not in _OURS]
    scope[_PLACE] = _believed(address, said, trusted) if _is_of(address, trusted) else _stranger(address, said)


def peer_of(scope: Scope) -> Peer:
    """Return who called."""
    found = scope.get(_PLACE)
    return found if isinstance(found, Peer) else Peer(address="")


def admit(row: PartnerRow, scope: Scope) -> None:
    """Let a caller pass to a partner's own authentication.

    Raises NotAuthentic when it pretends to be the proxy, or the row demands a certificate that it has not.
    """
    peer, wanted = peer_of(scope), row.client_certificate
    if peer.pretends:
        log.warning("peer.pretends_certificate", partner=row.partner, host=peer.address)
        raise NotAuthentic("auth.certificate_untrusted")
    if wanted is None:
        return
    if peer.certificate is None:
        log.warning("peer.without_certificate", partner=row.partner, host=peer.address)
        raise NotAuthentic("auth.certificate_missing")
    if peer.sha256 not in wanted.sha256 and not peer.has_subject(wanted.subject):
        log.warning("peer.other_certificate", partner=row.partner, host=peer.address, digest=peer.sha256)
        raise NotAuthentic("auth.certificate_other")


def _believed(address: str, said: dict[bytes, bytes], trusted: Networks) -> Peer:
    certificate = _der(said.get(CERTIFICATE, b"")) if said.get(VERIFIED) == b"SUCCESS" else None
    return Peer(address=_origin(address, said.get(FORWARDED, b""), trusted), certificate=certificate)


def _stranger(address: str, said: dict[bytes, bytes]) -> Peer:
    return Peer(address=address, pretends=bool(said.get(CERTIFICATE) or said.get(VERIFIED, b"NONE") != b"NONE"))


def _origin(address: str, forwarded: bytes, trusted: Networks) -> str:
    """Return the nearest address that is no trusted proxy's: what stands further left anybody may have written."""
    for hop in reversed([each.strip() for each in forwarded.decode("latin-1").split(",")]):
        try:
            ip_address(hop)
        except ValueError:
            break
        address = hop
        if not _is_of(hop, trusted):
            break
    return address


@lru_cache(maxsize=1024)
def _is_of(address: str, networks: Networks) -> bool:
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return any(ip in network for network in networks)


@lru_cache(maxsize=256)
def _der(escaped: bytes) -> bytes | None:
    """Return the certificate that nginx writes as percent-encoded PEM; None where it is none."""
    found = _PEM.fullmatch(unquote(escaped.decode("latin-1")))
    try:
        der = base64.b64decode("".join(found[1].split()), validate=True) if found else b""
        x509.load_der_x509_certificate(der)
    except (binascii.Error, ValueError):
        return None
    return der
