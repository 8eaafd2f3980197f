"""RSA signatures (PKCS #1 v1.5 with SHA-256) by keys in PEM: ours signs, the partner's proves."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from gateway.errors import ConfigurationFault

LEAST_BITS = 2048


def sign(private_key: str, text: bytes, *, name: str) -> bytes:
    """Return the signature of ``text``. Raises ConfigurationFault naming the secret where it holds no such key."""
    return _private(private_key, name).sign(text, padding.PKCS1v15(), hashes.SHA256())


def holds(public_key: str, text: bytes, signature: bytes, *, name: str) -> bool:
    """Say whether ``signature`` is that of the key over ``text``. Raises ConfigurationFault as ``sign``."""
    try:
        _public(public_key, name).verify(signature, text, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def _private(pem: str, name: str) -> rsa.RSAPrivateKey:
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < LEAST_BITS:
        raise _unreadable(name)  # outside except: what the library says may quote the key
    return key


def _public(pem: str, name: str) -> rsa.RSAPublicKey:
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < LEAST_BITS:
        raise _unreadable(name)
    return key


def _unreadable(name: str) -> ConfigurationFault:
    why = f"an RSA key in PEM of at least {LEAST_BITS} bits is expected"
    return ConfigurationFault("wire.rsa_key", file=None, line=None, field=f"secrets.{name}", why=why, bits=LEAST_BITS)
