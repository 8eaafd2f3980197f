"""The frames by themselves: they must hold without the digest that a document is checked against besides."""

from __future__ import annotations

import io

import pytest

from gateway.errors import StoreUnavailable
from gateway.store.cipher import Cipher
from gateway.store.frames import FRAME, TAG, SealedWriter, open_frames

STEP = FRAME + TAG


def sealed(cipher: Cipher, content: bytes) -> tuple[bytes, list[bytes]]:
    """Return the start of the sealed file, and its frames."""
    out = io.BytesIO()
    writer = SealedWriter(out, cipher)
    start = len(out.getvalue())
    writer.write(content)
    writer.finish()
    frames = out.getvalue()[start:]
    return out.getvalue()[:start], [frames[place : place + STEP] for place in range(0, len(frames), STEP)]


def opened(cipher: Cipher, file: bytes) -> bytes:
    return b"".join(plain for plain, _ in open_frames(io.BytesIO(file), cipher))


@pytest.mark.parametrize(("size", "frames"), [(0, 1), (1, 1), (FRAME, 1), (FRAME + 1, 2), (3 * FRAME, 3)])
def test_a_full_frame_may_be_the_last(cipher: Cipher, size: int, frames: int) -> None:
    start, made = sealed(cipher, b"x" * size)
    assert len(made) == frames
    assert opened(cipher, start + b"".join(made)) == b"x" * size


@pytest.mark.parametrize(
    "order", [(0,), (0, 1), (1, 0, 2), (0, 0, 1, 2), (0, 2), (2,), (0, 1, 2, 2), (0, 1, 1, 2)], ids=str
)
def test_equal_frames_cut_off_moved_or_doubled_do_not_open(cipher: Cipher, order: tuple[int, ...]) -> None:
    start, frames = sealed(cipher, bytes(3 * FRAME))
    with pytest.raises(StoreUnavailable):
        opened(cipher, start + b"".join(frames[number] for number in order))


def test_a_frame_of_another_file_does_not_open(cipher: Cipher) -> None:
    start, frames = sealed(cipher, bytes(2 * FRAME))
    _, others = sealed(cipher, bytes(2 * FRAME))
    with pytest.raises(StoreUnavailable):
        opened(cipher, start + others[0] + frames[1])
