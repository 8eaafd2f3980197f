"""One signature value over one message: SM2, RSA or ECDSA, chosen by the algorithm that the file names.

The algorithm must be one of the key of the certificate, and one that may still be relied on: what is signed with MD5 or
SHA-1 is refused, not verified.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from gateway.rulings.certificate import Certificate
from gateway.rulings.sm2 import sm2_verify

Outcome = Literal["holds", "broken", "weak", "mismatch", "unknown"]

SM2_SM3 = "1.2.156.10197.1.501"
# GM/T 0006 gives the signing of SM2 identifiers of its own, which GB/T 35275 uses without the digest.
SM2 = frozenset({SM2_SM3, "1.2.156.10197.1.301.1", "1.2.156.10197.1.301"})
_RSA_PLAIN = "1.2.840.113549.1.1.1"
_EC_PLAIN = "1.2.840.10045.2.1"
_RSA: Mapping[str, type[hashes.HashAlgorithm]] = MappingProxyType(
    {
        "1.2.840.113549.1.1.11": hashes.SHA256,
        "1.2.840.113549.1.1.12": hashes.SHA384,
        "1.2.840.113549.1.1.13": hashes.SHA512,
    }
)
_ECDSA: Mapping[str, type[hashes.HashAlgorithm]] = MappingProxyType(
    {
        "1.2.840.10045.4.3.2": hashes.SHA256,
        "1.2.840.10045.4.3.3": hashes.SHA384,
        "1.2.840.10045.4.3.4": hashes.SHA512,
    }
)
_WEAK = frozenset({"1.2.840.113549.1.1.4", "1.2.840.113549.1.1.5", "1.2.840.10045.4.1", "1.3.14.3.2.29"})
_BY_DIGEST: Mapping[str, type[hashes.HashAlgorithm]] = MappingProxyType(
    {
        "2.16.840.1.101.3.4.2.1": hashes.SHA256,
        "2.16.840.1.101.3.4.2.2": hashes.SHA384,
        "2.16.840.1.101.3.4.2.3": hashes.SHA512,
    }
)
_LEAST_RSA_BITS = 2048


def outcome(
    certificate: Certificate, algorithm: str, message: bytes, signature: bytes, *, digest: str | None = None
) -> Outcome:
    """Say whether ``signature`` over ``message`` holds; ``digest``: what CMS names apart from the algorithm."""
    if algorithm in _WEAK:
        return "weak"
    if algorithm in SM2:
        if not certificate.is_sm2:
            return "mismatch"
        return "holds" if sm2_verify(certificate.point, message, signature) else "broken"
    if algorithm == _RSA_PLAIN or algorithm in _RSA:
        return _rsa(certificate, _RSA.get(algorithm) or _BY_DIGEST.get(digest or ""), message, signature)
    if algorithm == _EC_PLAIN or algorithm in _ECDSA:
        return _ecdsa(certificate, _ECDSA.get(algorithm) or _BY_DIGEST.get(digest or ""), message, signature)
    return "unknown"


def _rsa(
    certificate: Certificate, algorithm: type[hashes.HashAlgorithm] | None, message: bytes, signature: bytes
) -> Outcome:
    key = _key(certificate)
    if algorithm is None or not isinstance(key, rsa.RSAPublicKey):
        return "mismatch"
    if key.key_size < _LEAST_RSA_BITS:
        return "weak"
    try:
        key.verify(signature, message, padding.PKCS1v15(), algorithm())
    except (InvalidSignature, ValueError):
        return "broken"
    return "holds"


def _ecdsa(
    certificate: Certificate, algorithm: type[hashes.HashAlgorithm] | None, message: bytes, signature: bytes
) -> Outcome:
    key = _key(certificate)
    if algorithm is None or not isinstance(key, ec.EllipticCurvePublicKey):
        return "mismatch"
    try:
        key.verify(signature, message, ec.ECDSA(algorithm()))
    except (InvalidSignature, ValueError):
        return "broken"
    return "holds"


def _key(certificate: Certificate) -> object:
    try:
        return load_der_public_key(certificate.key)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
