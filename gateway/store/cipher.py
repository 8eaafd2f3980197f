"""Sealing what is personal: authenticated encryption under named keys, and keyed digests for look-ups.

    sealed = version │ algorithm │ length, key name │ nonce 12 │ ciphertext │ tag 16
             └────────── header: authenticated, with the context ──────────┘

AES-256-GCM, or SM4-GCM (GB/T 32907, GM/T 0009 family) by setting; a ring opens both, whatever it seals with. Each use
of a key has its own derived key (HKDF, RFC 5869). Nonces are random: NIST SP 800-38D §8.3 allows 2³² of them per key,
so a key is to be rotated before four thousand million seals.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import hmac as keyed
from cryptography.hazmat.primitives.ciphers import Cipher as Suite
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import GCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gateway.canonical.identifiers.randomness import random_bytes
from gateway.errors import StoreUnavailable

Algorithm = Literal["aes", "sm4"]

_VERSION = 1
_NONCE = 12
_TAG = 16
_NUMBERS: dict[Algorithm, int] = {"aes": 1, "sm4": 2}
_KEY_SIZES: dict[Algorithm, int] = {"aes": 32, "sm4": 16}


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A named key: 32 random bytes that nothing is encrypted with directly."""

    name: str
    material: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyring:
    """The keys at hand: the first seals, all of them open."""

    keys: tuple[Key, ...]


class Aead(Protocol):
    """Authenticated encryption under one key."""

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes, /) -> bytes:
        """Return ciphertext and tag."""

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes, /) -> bytes:
        """Return the plaintext. Raises InvalidTag."""


class Cipher:
    """Seal with the first key of a ring, open with any; one object serves every thread."""

    def __init__(self, keys: Keyring, algorithm: Algorithm = "aes") -> None:
        self.algorithm = algorithm
        self.sealing_key = keys.keys[0].name
        self.key_names = frozenset(key.name for key in keys.keys)
        self._keys = {key.name: key for key in keys.keys}
        self._suites = {
            _header(each, key.name): _suite(each, key, purpose=b"seal") for key in keys.keys for each in _NUMBERS
        }
        self._header = _header(algorithm, self.sealing_key)
        self._encrypt = self._suites[self._header].encrypt
        self._digesters = [_digester(each, key) for key in keys.keys for each in _first(algorithm)]

    def __repr__(self) -> str:
        return f"Cipher({self.algorithm}, seals with {self.sealing_key})"

    def seal(self, plain: bytes, *, context: bytes) -> bytes:
        """Encrypt ``plain``; only the same ``context`` (where it stands: table, column, row) opens it again."""
        nonce = random_bytes(_NONCE)
        return self._header + nonce + self._encrypt(nonce, plain, self._header + context)

    def open(self, sealed: bytes, *, context: bytes) -> bytes:
        """Decrypt what ``seal`` made. Raises StoreUnavailable when the key is missing or a byte is not as sealed."""
        header = read_header(sealed)
        suite = self._suites.get(header)
        if suite is None:
            raise _no_key(header)
        nonce = sealed[len(header) : len(header) + _NONCE]
        try:
            return suite.decrypt(nonce, sealed[len(header) + _NONCE :], header + context)
        except (InvalidTag, ValueError):  # ValueError: too short to hold a nonce
            raise StoreUnavailable("store.damaged") from None

    def digest(self, plain: bytes) -> bytes:
        """Return the keyed digest of ``plain``: HMAC-SHA256, or HMAC-SM3 where SM4 seals; 32 bytes."""
        return self._digesters[0](plain)

    def digests(self, plain: bytes) -> tuple[bytes, ...]:
        """Return every digest that ``plain`` may stand under, the present one first: older keys, the other algorithm.

        Compare a kept digest with these: a rotated key must not make a record sent again look like another one.
        """
        return tuple(digester(plain) for digester in self._digesters)

    def by_keys(self, plain: bytes) -> tuple[bytes, ...]:
        """Return the digest under each key by the present algorithm alone, the present key first: the other is slow."""
        return tuple(digester(plain) for digester in self._digesters[:: len(_NUMBERS)])

    def recognising(self, plain: bytes) -> Digests:
        """Return what ``digests`` returns, each made when it is asked for: most records never came before."""
        return Digests(plain, self._digesters)

    def stream(self, salt: bytes, header: bytes | None = None) -> tuple[bytes, Aead]:
        """Return header and suite for one stream of frames under a key of its own, derived with its random ``salt``.

        Without ``header`` it is for sealing. Raises StoreUnavailable when the header's key is not in the ring.
        """
        header = self._header if header is None else header
        if header not in self._suites:
            raise _no_key(header)
        algorithm: Algorithm = "aes" if header[1] == _NUMBERS["aes"] else "sm4"
        return header, _suite(algorithm, self._keys[header[3:].decode()], purpose=b"stream", salt=salt)


class Digests:
    """The digests that a text may stand under: ``[0]`` is the present one, ``in`` compares with all of them."""

    __slots__ = ("_digesters", "_first", "_plain")

    def __init__(self, plain: bytes, digesters: Sequence[Callable[[bytes], bytes]]) -> None:
        self._plain = plain
        self._digesters = digesters
        self._first = digesters[0](plain)

    def __getitem__(self, at: int) -> bytes:
        return self._first if at == 0 else self._digesters[at](self._plain)

    def __contains__(self, kept: object) -> bool:
        return kept == self._first or any(digester(self._plain) == kept for digester in self._digesters[1:])


def read_header(sealed: bytes) -> bytes:
    """Return the header that ``sealed`` begins with. Raises StoreUnavailable when it begins with none."""
    if len(sealed) < 3 or sealed[0] != _VERSION or len(sealed) < 3 + sealed[2]:
        raise StoreUnavailable("store.damaged")
    return sealed[: 3 + sealed[2]]


class _Sm4Gcm:
    """SM4-GCM in the shape of ``AESGCM``."""

    def __init__(self, key: bytes) -> None:
        self._algorithm = SM4(key)

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes, /) -> bytes:
        encryptor = Suite(self._algorithm, GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(associated_data)
        return encryptor.update(data) + encryptor.finalize() + encryptor.tag

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes, /) -> bytes:
        if len(data) < _TAG:
            raise InvalidTag
        decryptor = Suite(self._algorithm, GCM(nonce, data[-_TAG:])).decryptor()
        decryptor.authenticate_additional_data(associated_data)
        return decryptor.update(data[:-_TAG]) + decryptor.finalize()


def _header(algorithm: Algorithm, key_name: str) -> bytes:
    name = key_name.encode()
    return bytes((_VERSION, _NUMBERS[algorithm], len(name))) + name


def _no_key(header: bytes) -> StoreUnavailable:
    return StoreUnavailable("store.key_missing", key=header[3:].decode("ascii", "replace"))


def _first(algorithm: Algorithm) -> tuple[Algorithm, ...]:
    return (algorithm, *(other for other in _NUMBERS if other != algorithm))


def _derive(algorithm: Algorithm, key: Key, purpose: bytes, size: int, salt: bytes | None = None) -> bytes:
    """Return ``size`` bytes for one purpose; the SM family where SM4 seals, so that neither mixes with the other."""
    family = hashes.SHA256() if algorithm == "aes" else hashes.SM3()
    return HKDF(family, size, salt, b"fengqiao:" + purpose + b":" + algorithm.encode()).derive(key.material)


def _suite(algorithm: Algorithm, key: Key, *, purpose: bytes, salt: bytes | None = None) -> Aead:
    derived = _derive(algorithm, key, purpose, _KEY_SIZES[algorithm], salt)
    return AESGCM(derived) if algorithm == "aes" else _Sm4Gcm(derived)


def _digester(algorithm: Algorithm, key: Key) -> Callable[[bytes], bytes]:
    derived = _derive(algorithm, key, b"digest", 32)

    # HMAC after RFC 2104, its two keyed beginnings made once: a fifth of what hmac.digest() costs for a short text.
    padded = derived.ljust(hashlib.sha256().block_size, b"\0")
    inner, outer = (hashlib.sha256(bytes(byte ^ pad for byte in padded)) for pad in (0x36, 0x5C))

    def with_sha256(plain: bytes) -> bytes:
        within, around = inner.copy(), outer.copy()
        within.update(plain)
        around.update(within.digest())
        return around.digest()

    def with_sm3(plain: bytes) -> bytes:
        mac = keyed.HMAC(derived, hashes.SM3())
        mac.update(plain)
        return mac.finalize()

    return with_sha256 if algorithm == "aes" else with_sm3
