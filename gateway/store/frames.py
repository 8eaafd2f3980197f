"""A sealed file as a stream of frames, so that a document of any size is never whole in memory.

    file  = header │ salt 16 │ frame │ frame │ … │ last frame
    frame = ciphertext of 64 KiB (the last one: 0 to 64 KiB) │ tag 16

Each file has a key of its own, derived with its salt. A frame's number and whether it is the last are authenticated
with it: a frame cut off, doubled, moved or taken from another file does not open.
"""

from __future__ import annotations

from collections.abc import Iterator
from os import urandom
from typing import BinaryIO, Protocol

from cryptography.exceptions import InvalidTag

from gateway.errors import StoreUnavailable
from gateway.store.cipher import Cipher, read_header

FRAME = 64 * 1024  # bytes of plaintext
TAG = 16
_SALT = 16
_HEADER_AT_LEAST = 3  # the last of them says how long the key's name is that follows


class Writes(Protocol):
    """Whatever takes the sealed bytes."""

    def write(self, chunk: bytes, /) -> object:
        """Take the next bytes."""


class SealedWriter:
    """Write plaintext to ``file`` in sealed frames; ``finish`` writes the last one."""

    def __init__(self, file: Writes, cipher: Cipher) -> None:
        self._file = file
        salt = urandom(_SALT)
        self._start, self._suite = cipher.stream(salt)
        self._start += salt
        self._held = bytearray()
        self._number = 0
        file.write(self._start)

    def write(self, chunk: bytes | memoryview) -> None:
        """Take ``chunk``; full frames go to the file, except one that may turn out to be the last."""
        self._held += chunk
        while len(self._held) > FRAME:
            self._seal(bytes(self._held[:FRAME]), last=False)
            del self._held[:FRAME]

    def finish(self) -> None:
        """Write the last frame, which may be empty."""
        self._seal(bytes(self._held), last=True)
        self._held.clear()

    def _seal(self, plain: bytes, *, last: bool) -> None:
        nonce, bound = _bound(self._start, self._number, last=last)
        self._file.write(self._suite.encrypt(nonce, plain, bound))
        self._number += 1


def open_frames(file: BinaryIO, cipher: Cipher) -> Iterator[tuple[bytes, bool]]:
    """Yield the plaintext of each frame, and whether it is the last.

    Raises StoreUnavailable when the file is not as sealed or its key is not in the ring.
    """
    start = file.read(_HEADER_AT_LEAST)
    header = read_header(start + file.read(start[-1] if len(start) == _HEADER_AT_LEAST else 0))
    salt = file.read(_SALT)
    _, suite = cipher.stream(salt, header)
    number = 0
    sealed = file.read(FRAME + TAG)
    while True:
        following = file.read(FRAME + TAG)
        nonce, bound = _bound(header + salt, number, last=not following)
        try:
            plain = suite.decrypt(nonce, sealed, bound)
        except InvalidTag:
            raise StoreUnavailable("store.damaged") from None
        yield plain, not following
        if not following:
            return
        sealed, number = following, number + 1


def _bound(start: bytes, number: int, *, last: bool) -> tuple[bytes, bytes]:
    """Return nonce and authenticated context of a frame; numbers do as nonces, for each file has its own key."""
    place = number.to_bytes(11, "big") + bytes((last,))
    return place, start + place
