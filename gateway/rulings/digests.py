"""Digests by the object identifiers and names that signed files use; always computed in C, never in Python."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cryptography.hazmat.primitives import hashes

SM3 = "1.2.156.10197.1.401"
SHA256 = "2.16.840.1.101.3.4.2.1"
SHA384 = "2.16.840.1.101.3.4.2.2"
SHA512 = "2.16.840.1.101.3.4.2.3"

ALGORITHMS: Mapping[str, type[hashes.HashAlgorithm]] = MappingProxyType(
    {SM3: hashes.SM3, SHA256: hashes.SHA256, SHA384: hashes.SHA384, SHA512: hashes.SHA512}
)
WEAK: Mapping[str, str] = MappingProxyType(
    {
        "1.2.840.113549.2.5": "MD5",
        "1.3.14.3.2.26": "SHA-1",
        "md5": "MD5",
        "sha1": "SHA-1",
        "sha-1": "SHA-1",
    }
)
# GB/T 33190 leaves the spelling of CheckMethod open; these were met in files of different makers.
_SPELLINGS = {
    "sm3": SM3,
    "1.2.156.10197.1.401.1": SM3,  # SM3 without a key, GM/T 0006
    "1.2.156.10197.1.401.2": SM3,  # SM3 with a key by name, yet plain digests by content
    "sha256": SHA256,
    "sha-256": SHA256,
}


def known(name: str) -> str | None:
    """Return the object identifier of a digest that may be relied on, from an identifier or a name; else None."""
    name = name.strip()
    return name if name in ALGORITHMS else _SPELLINGS.get(name.lower())


def weak(name: str) -> str | None:
    """Return the name of a digest that nobody may rely on any more; None where it is not one of those."""
    return WEAK.get(name.strip()) or WEAK.get(name.strip().lower())


def digest(algorithm: str, *parts: bytes | memoryview) -> bytes:
    """Return the digest of the parts one after the other. Raises KeyError for an algorithm that is not known."""
    running = hashes.Hash(ALGORITHMS[algorithm]())
    for part in parts:
        running.update(bytes(part) if isinstance(part, memoryview) else part)
    return running.finalize()


def sm3(*parts: bytes | memoryview) -> bytes:
    """Return the SM3 digest (GB/T 32905) of the parts one after the other."""
    return digest(SM3, *parts)
