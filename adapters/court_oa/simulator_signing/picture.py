"""Draw the picture in a seal: a red ring with a star in it, as PNG."""

from __future__ import annotations

import math
import struct
import zlib

SIZE = 120
_RED, _CLEAR = b"\xd0\x10\x10\xff", b"\0\0\0\0"


def seal_picture() -> bytes:
    """Return the picture as PNG with transparency."""
    rows = b"".join(b"\0" + b"".join(_pixel(x, y) for x in range(SIZE)) for y in range(SIZE))
    header = struct.pack(">IIBBBBB", SIZE, SIZE, 8, 6, 0, 0, 0)
    chunks = (_chunk(b"IHDR", header), _chunk(b"IDAT", zlib.compress(rows, 9)), _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _pixel(x: int, y: int) -> bytes:
    across, down = x - SIZE / 2 + 0.5, y - SIZE / 2 + 0.5
    radius = math.hypot(across, down)
    if SIZE * 0.44 <= radius <= SIZE * 0.49:
        return _RED
    angle = (math.atan2(across, -down) + math.tau) % (math.tau / 5)
    edge = SIZE * 0.076 / math.cos(min(angle, math.tau / 5 - angle) - math.tau / 5) if radius else 0
    return _RED if radius < abs(edge) * 1.0 else _CLEAR


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
