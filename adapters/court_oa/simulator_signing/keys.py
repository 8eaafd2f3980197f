"""Test keys of the three kinds, each with its public key as X.509 writes it and a signature over a message.

The SM2 one is in plain integers with a nonce drawn from key and message, so that a run can be repeated; its timing
tells the key, which is why it signs nothing but tests.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from typing import Literal, Protocol

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from adapters.court_oa.simulator_signing import der

Kind = Literal["sm2", "rsa", "ecdsa"]

_P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
_A = _P - 3
_B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
_N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
_GX = 0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7
_GY = 0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0
DEFAULT_ID = b"1234567812345678"
_Point = tuple[int, int] | None


class Key(Protocol):
    """A key pair."""

    @property
    def kind(self) -> Kind:
        """Return which kind it is."""

    @property
    def algorithm(self) -> str:
        """Return the identifier of its signatures, as certificates and seals name it."""

    @property
    def digest(self) -> str:
        """Return the identifier of the digest that goes with it."""

    def public(self) -> bytes:
        """Return the SubjectPublicKeyInfo."""

    def sign(self, message: bytes) -> bytes:
        """Return the signature over ``message`` in DER."""


@dataclass(frozen=True)
class Sm2Key:
    """A key of the recommended curve (GB/T 32918.5)."""

    secret: int = field(repr=False)
    kind: Kind = "sm2"
    algorithm: str = "1.2.156.10197.1.501"
    digest: str = "1.2.156.10197.1.401"

    @property
    def point(self) -> bytes:
        """Return 04‖x‖y."""
        point = _times(self.secret, (_GX, _GY))
        assert point is not None  # noqa: S101 - 0 < secret < n
        return b"\4" + b"".join(each.to_bytes(32, "big") for each in point)

    def public(self) -> bytes:
        """Return the SubjectPublicKeyInfo."""
        algorithm = der.sequence(der.oid("1.2.840.10045.2.1"), der.oid("1.2.156.10197.1.301"))
        return der.sequence(algorithm, der.bits(self.point))

    def sign(self, message: bytes) -> bytes:
        """Return the signature over ``message`` under the default id, in DER."""
        return der.sequence(*map(der.integer, self.numbers(message)))

    def numbers(self, message: bytes, ident: bytes = DEFAULT_ID) -> tuple[int, int]:
        """Return r and s (GB/T 32918.2 §6.1)."""
        curve = b"".join(each.to_bytes(32, "big") for each in (_A, _B, _GX, _GY))
        z = sm3((8 * len(ident)).to_bytes(2, "big") + ident + curve + self.point[1:])
        e = int.from_bytes(sm3(z + message), "big")
        for attempt in range(100):
            seed = self.secret.to_bytes(32, "big")
            drawn = hmac.new(seed, e.to_bytes(32, "big") + bytes([attempt]), hashlib.sha512).digest()
            k = int.from_bytes(drawn, "big") % (_N - 1) + 1
            point = _times(k, (_GX, _GY))
            r = (e + (point[0] if point else 0)) % _N
            s = pow(1 + self.secret, -1, _N) * (k - r * self.secret) % _N
            if r and s and r + k != _N:
                return r, s
        raise ValueError("no nonce fits")


@dataclass(frozen=True)
class RsaKey:
    """An RSA key of 2048 bits, signing with SHA-256."""

    private: rsa.RSAPrivateKey = field(repr=False)
    kind: Kind = "rsa"
    algorithm: str = "1.2.840.113549.1.1.11"
    digest: str = "2.16.840.1.101.3.4.2.1"

    def public(self) -> bytes:
        """Return the SubjectPublicKeyInfo."""
        return self.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, message: bytes) -> bytes:
        """Return the signature over ``message``, PKCS #1 v1.5."""
        return self.private.sign(message, padding.PKCS1v15(), hashes.SHA256())


@dataclass(frozen=True)
class EcKey:
    """A key of P-256, signing with SHA-256."""

    private: ec.EllipticCurvePrivateKey = field(repr=False)
    kind: Kind = "ecdsa"
    algorithm: str = "1.2.840.10045.4.3.2"
    digest: str = "2.16.840.1.101.3.4.2.1"

    def public(self) -> bytes:
        """Return the SubjectPublicKeyInfo."""
        return self.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, message: bytes) -> bytes:
        """Return the signature over ``message`` in DER."""
        return self.private.sign(message, ec.ECDSA(hashes.SHA256()))


def new_key(kind: Kind) -> Key:
    """Return a new key."""
    if kind == "sm2":
        return Sm2Key(secrets.randbelow(_N - 2) + 1)
    if kind == "rsa":
        return RsaKey(rsa.generate_private_key(public_exponent=65537, key_size=2048))
    return EcKey(ec.generate_private_key(ec.SECP256R1()))


def digest(algorithm: str, content: bytes) -> bytes:
    """Return a digest by its object identifier."""
    return sm3(content) if algorithm == "1.2.156.10197.1.401" else hashlib.sha256(content).digest()


def sm3(content: bytes) -> bytes:
    """Return the SM3 digest."""
    running = hashes.Hash(hashes.SM3())
    running.update(content)
    return running.finalize()


def algorithm_identifier(key: Key) -> bytes:
    """Return the AlgorithmIdentifier of a key's signatures."""
    return der.sequence(der.oid(key.algorithm), *([der.null()] if key.kind == "rsa" else []))


def _plus(one: _Point, other: _Point) -> _Point:
    if one is None or other is None:
        return one or other
    (x1, y1), (x2, y2) = one, other
    if x1 == x2 and (y1 + y2) % _P == 0:
        return None
    slope = (3 * x1 * x1 + _A) * pow(2 * y1, -1, _P) if one == other else (y2 - y1) * pow(x2 - x1, -1, _P)
    x = (slope * slope - x1 - x2) % _P
    return x, (slope * (x1 - x) - y1) % _P


def _times(number: int, point: _Point) -> _Point:
    total: _Point = None
    for bit in f"{number:b}":
        total = _plus(total, total)
        if bit == "1":
            total = _plus(total, point)
    return total
